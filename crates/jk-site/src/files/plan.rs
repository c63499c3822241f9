use std::time::SystemTime;

use super::{Conditions, MultipartBoundary, Ranges};

/// A file that is to be served.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// Its size.
    pub size: u64,
    /// When its content last changed.
    pub modified: SystemTime,
    /// The value of `Content-Type`, if it has one.
    pub content_type: Option<&'a [u8]>,
}

/// How to answer a request for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilePlan {
    /// 200: the whole file.
    Whole,
    /// 206: one part, `ranges.parts[0]`.
    Part,
    /// 206: several parts, `ranges.parts`, each after [`super::push_part_head`].
    Parts(MultipartBoundary),
    /// 304.
    NotModified,
    /// An error page with this status: 405, 412, 416. [`Self::push_fields`] adds what belongs to it.
    Refuse(u16),
}

/// Plans the answer to a request for a file. `ranges` is filled for the `Part` plans. A HEAD
/// request is planned as a GET is; its answer has no body.
pub fn plan(
    method: &[u8],
    resource: &Resource<'_>,
    conditions: &Conditions<'_>,
    now: SystemTime,
    boundary: MultipartBoundary,
    ranges: &mut Ranges,
) -> FilePlan {
    let _ = (method, resource, conditions, now, boundary);
    ranges.parts.clear();
    FilePlan::Whole
}

impl FilePlan {
    /// The status.
    pub fn status(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Part | Self::Parts(_) => 206,
            Self::NotModified => 304,
            Self::Refuse(status) => status,
        }
    }

    /// The number of body bytes of a GET.
    pub fn content_length(self, resource: &Resource<'_>, ranges: &Ranges) -> u64 {
        let _ = ranges;
        resource.size
    }

    /// Appends the response's fields that follow `Date` and `Server`, up to but without
    /// `Connection` and what belongs to it, each with its line end, in httpd's order.
    pub fn push_fields(
        self,
        resource: &Resource<'_>,
        now: SystemTime,
        ranges: &Ranges,
        out: &mut Vec<u8>,
    ) {
        let _ = (resource, now, ranges, out);
    }
}
