//! `httpd.conf`, from the text to what comes of it.
//!
//! `testdata/config/httpd` holds whole sites, each a `.case` with its `.expected` (what we make of
//! it) and its `.measured` (what apache2 made of it), and `verdicts.txt`, a table of snippets that
//! apache2 accepts or refuses. `UPDATE=1` rewrites what can be rewritten.

mod apache;
mod case;
mod cases;
mod debian;
mod dump;
mod plain;
mod random;
mod surroundings;
mod tree;
mod verdicts;
