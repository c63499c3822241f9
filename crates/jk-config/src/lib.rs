//! Text of `httpd.conf`, `workers.properties` and `uriworkermap.properties` to a [`Config`].
//!
//! The crate takes text and returns values. It opens no file by itself (see [`Files`]), resolves no
//! name and starts nothing. What is wrong with the text comes back as [`Diagnostic`]s, all of them
//! at once, each with the place it speaks of; what mod_jk or httpd silently repair is repaired alike
//! and reported.
//!
//! ```
//! use std::io::{self, ErrorKind};
//! use std::path::Path;
//!
//! use jk_config::{Files, LoadOptions, load};
//!
//! /// A file system of one file.
//! struct Only(&'static str);
//!
//! impl Files for Only {
//!     fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
//!         match path == Path::new("/etc/site/httpd.conf") {
//!             true => Ok(self.0.into()),
//!             false => Err(ErrorKind::NotFound.into()),
//!         }
//!     }
//!     fn list(&self, _: &Path) -> io::Result<Vec<String>> {
//!         Err(ErrorKind::NotFound.into())
//!     }
//!     fn is_dir(&self, path: &Path) -> bool {
//!         path == Path::new("/etc/site")
//!     }
//!     fn exists(&self, path: &Path) -> bool {
//!         self.is_dir(path) || self.read(path).is_ok()
//!     }
//!     fn env(&self, _: &str) -> Option<String> {
//!         None
//!     }
//! }
//!
//! let files = Only("Listen 80\nJkMuont /app/* w\n");
//! let loaded = load(Path::new("/etc/site/httpd.conf"), &files, &LoadOptions::default());
//! assert!(loaded.config.is_none());
//! let found: Vec<String> =
//!     loaded.diagnostics.iter().map(|d| d.render(&loaded.sources).to_string()).collect();
//! assert!(found.iter().any(|text| text.contains("httpd.conf:2:1: error: ")));
//! assert!(found.iter().any(|text| text.contains("did you mean `JkMount`?")));
//! ```

mod diagnostic;
pub mod directive;
mod expand;
mod extensions;
mod httpd;
mod load;
mod model;
mod number;
mod pace;
mod properties;
mod property_map;
mod reader;
mod realm;
mod render;
mod secrets;
mod spelling;
mod uriworkermap;
mod workers;

pub use diagnostic::{Diagnostic, Location, Severity, SourceId, Sources, Span};
pub use directive::{DIRECTIVES, Directive};
pub use extensions::{Finding, Target, check_rule, mount_rules, parse_target};
pub use load::{LoadOptions, Loaded, load, load_plain};
pub use model::*;
pub use pace::{Pace, Paces};
pub use realm::{LocationEnv, LocationHandler, LocationMatch, Realm, RealmKind};
pub use render::Rendered;
pub use uriworkermap::read_uriworkermap;
pub use workers::{WorkersInput, WorkersOutput, read_workers};
