//! Decisions about static files: which file a path names, whether the client has it already, which
//! part of it is wanted. Nothing here touches the file system; the caller says what it found.
//!
//! The order of calls: [`StaticSite::locate`] turns a decoded path into a file name, the caller looks
//! that up, and [`decide`] says what to do with what was found. A file that is to be served is then
//! [`plan`]ned. For a directory the caller tries [`StaticSite::index`] in order and asks
//! [`without_index`] when there is none.

mod conditions;
mod lookup;
mod media;
mod plan;
mod range;
mod site;

pub use conditions::{Conditions, Precondition};
pub use lookup::{Found, Step, decide, push_moved_location, without_index};
pub use media::MediaTypes;
pub use plan::{FilePlan, Resource, plan};
pub use range::{CHUNKED_PARTS, MultipartBoundary, RangeVerdict, Ranges};
pub use site::StaticSite;
