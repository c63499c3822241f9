use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use super::{CHUNKED_PARTS, Conditions, MultipartBoundary, Precondition, RangeVerdict, Ranges};
use crate::date;

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
    /// 206: several parts, `ranges.parts`, each after [`MultipartBoundary::push_part_head`].
    Parts(MultipartBoundary),
    /// 304: no body.
    NotModified,
    /// 412: an empty body; httpd makes no page here.
    PreconditionFailed,
    /// 416: an error page, and nothing of [`Self::push_fields`].
    Unsatisfiable,
}

/// Plans the answer to a GET, HEAD or POST for a file. `ranges` is filled for the `Part` plans. A
/// HEAD request is planned as a GET is; its answer has no body. `now` is the time of the request.
pub fn plan(
    method: &[u8],
    resource: &Resource<'_>,
    conditions: &Conditions<'_>,
    now: SystemTime,
    boundary: MultipartBoundary,
    ranges: &mut Ranges,
) -> FilePlan {
    let mut tag = [0; TAG_ROOM];
    let etag = resource.etag(now, &mut tag);
    let get = method != b"POST";
    match conditions.check(get, etag, resource.modified, now) {
        Precondition::Met => {}
        Precondition::NotModified => return FilePlan::NotModified,
        Precondition::Failed => return FilePlan::PreconditionFailed,
    }
    let field = conditions.range.filter(|_| conditions.allow_range(etag, resource.modified, now));
    match field.map_or(RangeVerdict::Whole, |field| ranges.read(field, resource.size)) {
        RangeVerdict::Whole => FilePlan::Whole,
        RangeVerdict::Unsatisfiable => FilePlan::Unsatisfiable,
        RangeVerdict::Parts if ranges.parts.len() == 1 => FilePlan::Part,
        RangeVerdict::Parts => FilePlan::Parts(boundary),
    }
}

impl FilePlan {
    /// The status.
    pub fn status(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Part | Self::Parts(_) => 206,
            Self::NotModified => 304,
            Self::PreconditionFailed => 412,
            Self::Unsatisfiable => 416,
        }
    }

    /// The number of body bytes that a GET gets. `None` when the body is sent in chunks of
    /// [`CHUNKED_PARTS`] parts, the end of the multipart with the last of them.
    pub fn content_length(self, resource: &Resource<'_>, ranges: &Ranges) -> Option<u64> {
        match self {
            Self::Whole => Some(resource.size),
            Self::Part => ranges.parts.first().map(|part| part.end - part.start),
            Self::Parts(_) if ranges.parts.len() > CHUNKED_PARTS => None,
            Self::Parts(boundary) => {
                Some(boundary.length(resource.content_type, &ranges.parts, resource.size))
            }
            Self::NotModified | Self::PreconditionFailed | Self::Unsatisfiable => Some(0),
        }
    }

    /// Appends the response's fields that follow `Date` and `Server`, each with its line end, in
    /// httpd's order. After them come `Keep-Alive`, `Connection`, `Transfer-Encoding` and
    /// [`Self::push_content_type`].
    pub fn push_fields(
        self,
        head: bool,
        resource: &Resource<'_>,
        now: SystemTime,
        ranges: &Ranges,
        out: &mut Vec<u8>,
    ) {
        if self == Self::Unsatisfiable {
            return;
        }
        out.extend_from_slice(b"Last-Modified: ");
        date::push(resource.modified.min(now), out);
        out.extend_from_slice(b"\r\nETag: ");
        out.extend_from_slice(resource.etag(now, &mut [0; TAG_ROOM]));
        out.extend_from_slice(b"\r\nAccept-Ranges: bytes\r\n");
        if self == Self::NotModified {
            return;
        }
        // httpd says nothing of the length of an empty answer to HEAD.
        let length = self.content_length(resource, ranges).filter(|&length| !head || length > 0);
        // Writing to a vector cannot fail.
        if let Some(length) = length {
            let _ = write!(out, "Content-Length: {length}\r\n");
        }
        if let (Self::Part, Some(part)) = (self, ranges.parts.first()) {
            let (last, size) = (part.end.saturating_sub(1), resource.size);
            let _ = write!(out, "Content-Range: bytes {}-{last}/{size}\r\n", part.start);
        }
    }

    /// Appends the field `Content-Type`, if the response has one: the head's last field.
    pub fn push_content_type(self, resource: &Resource<'_>, out: &mut Vec<u8>) {
        match (self, resource.content_type) {
            (Self::Parts(boundary), _) => {
                let _ = write!(
                    out,
                    "Content-Type: multipart/byteranges; boundary={:016x}\r\n",
                    boundary.0
                );
            }
            (Self::Whole | Self::Part | Self::PreconditionFailed, Some(media)) => {
                out.extend_from_slice(b"Content-Type: ");
                out.extend_from_slice(media);
                out.extend_from_slice(b"\r\n");
            }
            _ => {}
        }
    }
}

/// Room for `W/"`, two 64-bit numbers in hexadecimal, a dash and a quote.
const TAG_ROOM: usize = 40;

impl Resource<'_> {
    /// The entity tag, quotes included: `FileETag MTime Size`. Weak within a second of a change.
    fn etag<'b>(&self, now: SystemTime, room: &'b mut [u8; TAG_ROOM]) -> &'b [u8] {
        let modified = self.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = u64::try_from(modified.as_micros()).unwrap_or(u64::MAX);
        let settled =
            now.duration_since(self.modified).is_ok_and(|age| age.as_micros() > 1_000_000);
        let mut left = &mut room[..];
        let weak = if settled { "" } else { "W/" };
        // The room holds the largest tag.
        let _ = write!(left, "{weak}\"{:x}-{micros:x}\"", self.size);
        let used = TAG_ROOM - left.len();
        &room[..used]
    }
}
