//! What httpd itself decides about a request, beside mod_jk.
//!
//! Which virtual host answers ([`vhost`]), what the request target means ([`target`], [`path`],
//! [`host`]), what the server calls itself ([`canonical`], [`banner`]), which variables a request
//! has ([`mod@env`]), how a static file is served ([`files`]), what an error page says ([`errors`]) and
//! what the logs say ([`access_log`], [`jk_log`]). Every rule was observed on httpd 2.4 and mod_jk
//! 1.2.48; the observations are the tables in `testdata/site/`.
//!
//! The crate opens no file or socket, reads no clock and writes no log: it borrows what a request
//! says and appends to the caller's buffers. It does not parse HTTP messages (`jk-http` does) nor map
//! paths to workers (`jk-balance` does).
//!
//! ```
//! use jk_config::EncodedSlashes;
//! use jk_site::{host::Host, path::decode_path, target::split_target};
//!
//! let target = split_target(b"GET", b"/shop/%7Ebob/../a%20b;x=1?q")?;
//! let mut path = Vec::new();
//! decode_path(target.path, EncodedSlashes::Off, &mut path)?;
//! assert_eq!(path, b"/shop/a b;x=1");
//! assert_eq!(target.query, Some(&b"q"[..]));
//!
//! let host = Host::parse(b"Example.ORG.:8080")?.expect("a name was given");
//! assert!(host.is(b"example.org"));
//! assert_eq!(host.port, Some(8080));
//! assert_eq!(decode_path(b"/a/../../b", EncodedSlashes::Off, &mut path), Err(400));
//! # Ok::<(), u16>(())
//! ```

pub mod access_log;
pub mod banner;
pub mod canonical;
pub mod date;
pub mod env;
pub mod errors;
pub mod fields;
pub mod files;
pub mod host;
pub mod jk_log;
pub mod location;
pub mod options;
pub mod path;
mod pattern;
pub mod target;
mod time;
pub mod vhost;
