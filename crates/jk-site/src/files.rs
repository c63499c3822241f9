//! Decisions about static files: which file a path names, whether the client has it already, which
//! part of it is wanted. Nothing here touches the file system; the caller says what it found.
//!
//! The order of calls: [`StaticSite::locate`] turns a decoded path into a file name or a status. The
//! caller looks the name up and calls [`plan`] for a file, [`StaticSite::directory`] for a
//! directory, [`missing`] for neither.

mod conditions;
mod media;
mod plan;
mod range;
mod site;

pub use conditions::{Conditions, Precondition};
pub use plan::{FilePlan, Resource, plan};
pub use range::{MultipartBoundary, Ranges, push_part_head, push_parts_end};
pub use site::{Directory, StaticSite, missing, push_moved_location};
