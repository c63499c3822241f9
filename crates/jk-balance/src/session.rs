//! The session ids of a request: where they stand, and the routes they end in.

use memchr::memmem;

/// Ids kept without allocation. Browsers send one; a second comes from a cookie of another path.
const INLINE: usize = 4;

/// The session ids that a request carries, in the order in which their routes are tried.
///
/// mod_jk joins them with `;` and later splits the text again; the parts are the same, no text is
/// built here.
#[derive(Clone, Debug, Default)]
pub struct SessionIds<'a> {
    parts: [Part<'a>; INLINE],
    len: usize,
    /// The parts after the first [`INLINE`].
    more: Vec<Part<'a>>,
}

/// One session id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part<'a> {
    /// The id as sent; empty for the id that a forced route stands for.
    pub id: &'a [u8],
    /// What follows the first dot, if there is one.
    pub route: Option<&'a [u8]>,
}

impl<'a> Part<'a> {
    fn of(id: &'a [u8]) -> Self {
        let route = memchr::memchr(b'.', id).and_then(|dot| id.get(dot.saturating_add(1)..));
        Self { id, route }
    }
}

impl<'a> SessionIds<'a> {
    /// The ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = Part<'a>> + '_ {
        self.parts.iter().take(self.len).chain(&self.more).copied()
    }

    fn push(&mut self, part: Part<'a>) {
        match self.parts.get_mut(self.len) {
            Some(slot) => {
                *slot = part;
                self.len = self.len.saturating_add(1);
            }
            None => self.more.push(part),
        }
    }

    /// `None` when there is nothing, or nothing but one empty value: mod_jk then sees an empty
    /// text. Two empty values are joined to `;`, which is not empty.
    fn unless_empty(self) -> Option<Self> {
        let blank = self.len == 0 || (self.len == 1 && self.parts[0] == Part::default());
        (!blank).then_some(self)
    }
}

/// Finds the session ids of a request (mod_jk: `get_sessionid`).
///
/// A forced route (`JK_ROUTE`) hides everything else. Then a path parameter hides the cookies,
/// even with an empty value, unless nothing at all follows its `=`. `forwarded_uri` is the URI as it
/// will be sent to the backend; `cookies` are the values of all `Cookie` header fields.
pub fn session_ids<'a>(
    forwarded_uri: &'a [u8],
    cookies: impl Iterator<Item = &'a [u8]>,
    cookie_name: &str,
    path_param: &str,
    forced_route: Option<&'a [u8]>,
) -> Option<SessionIds<'a>> {
    let mut ids = SessionIds::default();
    if let Some(route) = forced_route.filter(|route| !route.is_empty()) {
        push_forced(&mut ids, route);
        return Some(ids);
    }
    match path_parameter(forwarded_uri, path_param.as_bytes()) {
        Some(value) => ids.push(Part::of(value)),
        None => cookies.for_each(|field| push_cookies(&mut ids, field, cookie_name.as_bytes())),
    }
    ids.unless_empty()
}

/// mod_jk searches for the id `.route`, and like every id it is split at `;`.
fn push_forced<'a>(ids: &mut SessionIds<'a>, forced: &'a [u8]) {
    let mut parts = forced.split(|&byte| byte == b';');
    ids.push(Part { id: b"", route: Some(parts.next().unwrap_or_default()) });
    parts.for_each(|part| ids.push(Part::of(part)));
}

/// The value of the path parameter (mod_jk: `get_path_param`).
fn path_parameter<'a>(uri: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut from = 0_usize;
    loop {
        let at = from.checked_add(memmem::find(uri.get(from..)?, name)?)?;
        let behind = uri.get(at.checked_add(name.len())?..)?;
        if let Some(value) = behind.strip_prefix(b"=") {
            let end = memchr::memchr3(b'?', b';', b'/', value).unwrap_or(value.len());
            // Nothing follows the `=`: then nothing else can follow either.
            return (!value.is_empty()).then(|| value.get(..end)).flatten();
        }
        from = at.checked_add(1)?;
    }
}

/// Adds the values of all cookies of that name in one field (mod_jk: `get_cookie`).
///
/// The search goes on behind what was looked at, which may be the blanks behind a name without
/// value. mod_jk can read on behind the end of the field; we stop there.
fn push_cookies<'a>(ids: &mut SessionIds<'a>, field: &'a [u8], name: &[u8]) {
    let mut from = 0_usize;
    while let Some(found) = field.get(from..).and_then(|rest| memmem::find(rest, name)) {
        let at = from.saturating_add(found);
        let end = if starts_cookie(field, at) {
            push_cookie(ids, field, at.saturating_add(name.len()))
        } else {
            at
        };
        from = end.saturating_add(1);
    }
}

/// Whether a cookie's name may begin at `at`.
fn starts_cookie(field: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| field.get(before));
    before.is_none_or(|&byte| byte == b';' || byte == b',' || is_space(byte))
}

/// Adds the value whose name ends at `at`, if there is one; returns where looking stopped.
fn push_cookie<'a>(ids: &mut SessionIds<'a>, field: &'a [u8], at: usize) -> usize {
    let blanks = field.iter().skip(at).take_while(|&&byte| is_space(byte)).count();
    let equals = at.saturating_add(blanks);
    let behind = field.get(equals..).unwrap_or_default();
    let Some(value) = behind.strip_prefix(b"=").filter(|value| !value.is_empty()) else {
        return equals;
    };
    let end = memchr::memchr2(b';', b',', value).unwrap_or(value.len());
    ids.push(Part::of(unquoted(value.get(..end).unwrap_or_default())));
    equals.saturating_add(1).saturating_add(end)
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

/// White space of the C locale; unlike `is_ascii_whitespace` it includes the vertical tab.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
