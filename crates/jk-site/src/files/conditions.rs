use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::date::{parse, seconds};
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

/// A file's times as the conditions see them: in whole seconds.
#[derive(Clone, Copy)]
struct Times {
    modified: i64,
    now: i64,
}

impl Times {
    /// `Last-Modified` is never in the future.
    fn of(modified: SystemTime, now: SystemTime) -> Self {
        Self { modified: seconds(modified.min(now)), now: seconds(now) }
    }

    /// Changed so recently that it may change again within the same second, as httpd sees it. A
    /// match by date is then weak, which a request for a range must not rely on.
    fn is_fresh(self) -> bool {
        self.now < self.modified.saturating_add(60)
    }
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

    /// Checks them against a file, in the order of httpd's `ap_meets_conditions`. `etag` is its
    /// entity tag with quotes, `get` is true for GET and HEAD.
    pub fn check(
        &self,
        get: bool,
        etag: &[u8],
        modified: SystemTime,
        now: SystemTime,
    ) -> Precondition {
        let times = Times::of(modified, now);
        if self.if_match.is_some_and(|list| !list.starts_with(b"*") && !lists(list, etag, true)) {
            return Precondition::Failed;
        }
        if self.was_modified(times) {
            return Precondition::Failed;
        }
        // A validator that says "changed" outweighs every other that says "not modified".
        let tag = self.if_none_match.map(|list| self.has_tag(list, get, etag));
        let date = self.if_modified_since.map(|date| self.is_as_old(date, times));
        match (tag, get) {
            (Some(true), false) => return Precondition::Failed,
            (Some(false), _) => return Precondition::Met,
            _ => {}
        }
        let asks_for_part = self.if_range.is_some() && self.range.is_some();
        let unchanged = get && (tag == Some(true) || date == Some(true)) && date != Some(false);
        if unchanged && self.if_unmodified_since.is_none() && !asks_for_part {
            return Precondition::NotModified;
        }
        Precondition::Met
    }

    /// Whether a range may be served although `If-Range` is there.
    pub(super) fn allow_range(&self, etag: &[u8], modified: SystemTime, now: SystemTime) -> bool {
        let Some(if_range) = self.if_range else { return true };
        if if_range.starts_with(b"\"") {
            return if_range == etag;
        }
        let times = Times::of(modified, now);
        parse(if_range).unwrap_or(0) == times.modified && !times.is_fresh()
    }

    /// Whether a range may be served of content that someone else made, as far as `If-Range` goes.
    pub fn allow_range_of(&self, fields: &dyn Fields, now: SystemTime) -> bool {
        let etag = fields.get(b"ETag").unwrap_or_default();
        let modified = fields.get(b"Last-Modified").and_then(parse).unwrap_or_default();
        let modified = UNIX_EPOCH + Duration::from_secs(u64::try_from(modified).unwrap_or(0));
        self.allow_range(etag, modified, now)
    }

    /// If-Unmodified-Since names an earlier time.
    fn was_modified(&self, times: Times) -> bool {
        let since = self.if_unmodified_since.and_then(parse);
        since.is_some_and(|since| times.modified > since)
            && !(times.is_fresh() && self.range.is_some())
    }

    fn has_tag(&self, list: &[u8], get: bool, etag: &[u8]) -> bool {
        list.starts_with(b"*") || lists(list, etag, !get || self.range.is_some())
    }

    /// If-Modified-Since names this time or a later one, but not the future.
    fn is_as_old(&self, date: &[u8], times: Times) -> bool {
        let since = parse(date).unwrap_or(0);
        since >= times.modified && since <= times.now && !(times.is_fresh() && self.range.is_some())
    }
}

/// Whether a list of entity tags has this one. In a strong comparison weak tags are never equal.
fn lists(list: &[u8], etag: &[u8], strong: bool) -> bool {
    let opaque = |tag: &'_ [u8]| -> Option<usize> {
        match tag {
            [b'"', ..] => Some(0),
            [b'W', b'/', b'"', ..] if !strong => Some(2),
            _ => None,
        }
    };
    let Some(skip) = opaque(etag) else { return false };
    let wanted = &etag[skip..];
    let mut rest = list;
    loop {
        let start = rest.iter().position(|b| *b != b',' && !b.is_ascii_whitespace());
        rest = start.map_or(&b""[..], |start| &rest[start..]);
        // httpd gives up at the first item that is no tag of the wanted kind.
        let Some(skip) = opaque(rest) else { return false };
        rest = &rest[skip..];
        let end = item_end(rest);
        if rest[..end].trim_ascii_end() == wanted {
            return true;
        }
        rest = &rest[end..];
    }
}

/// Where an item ends: at the first comma outside quotes.
fn item_end(text: &[u8]) -> usize {
    let mut quoted = false;
    let outside = |byte: &u8| {
        quoted ^= *byte == b'"';
        *byte == b',' && !quoted
    };
    text.iter().position(outside).unwrap_or(text.len())
}
