//! Whole-program tests: the binary beside real peers.
//!
//! Everything here runs *real* programs on loopback: Debian's httpd with mod_jk as the oracle, our
//! own binary on the very same files, Debian's Tomcat behind either, and a [scripted
//! backend](backend) that records whatever reaches it and misbehaves as told. [Conformance
//! cases](case) put these together.
//!
//! Nothing of the product's own crates is used: what judges them shares no code with them.
//!
//! ```
//! use jk_e2e::backend::{Script, Statement};
//!
//! let script = Script::parse(&["on 1: close", "on *: answer 404"]).unwrap();
//! assert_eq!(script.statements(1, "/"), [Statement::Close]);
//! ```

pub mod ajp;
pub mod backend;
pub mod careful;
pub mod case;
pub mod client;
pub mod cluster;
pub mod decisions;
pub mod front;
pub mod generate;
pub mod load;
pub mod member;
pub mod process;
pub mod site;
pub mod slot;
pub mod suite;
pub mod tap;
pub mod text;
pub mod tomcat;
pub mod tools;
pub mod usage;
