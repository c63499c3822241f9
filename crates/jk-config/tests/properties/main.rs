//! `workers.properties` and `uriworkermap.properties`, from the text to what comes of it.
//!
//! A case is a file in `testdata/config` together with its `.expected` (what we make of it) and its
//! `.measured` (what mod_jk 1.2.48 made of it). `UPDATE=1` rewrites the expectations.

mod assertions;
mod case;
mod cases;
mod dump;
mod mod_jk;
mod print;
mod random;
