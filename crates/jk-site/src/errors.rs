//! The pages that httpd writes itself: for errors, redirects and whatever else has no better body.

use jk_config::{ErrorDocument, Signature};

mod canned;
mod reason;
mod text;

pub use reason::{push_status, reason};

/// The media type of every page.
pub const CONTENT_TYPE: &str = "text/html; charset=iso-8859-1";

/// What a page may quote.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageFacts<'a> {
    /// The request's method.
    pub method: &'a [u8],
    /// The value of `Location`, for redirects.
    pub location: &'a [u8],
    /// The request's `Expect` field, for 417.
    pub expect: Option<&'a [u8]>,
    /// `ServerAdmin`, for 500; `None` is `[no address given]`.
    pub admin: Option<&'a str>,
    /// What went wrong, as HTML; httpd's `error-notes` (400, 403, 411, 414, 501, 502).
    pub notes: Option<&'a str>,
    /// Set when fetching an `ErrorDocument` for this page failed. httpd puts the page's own status
    /// here, whatever the failure was.
    pub second: Option<u16>,
    /// The line under the page.
    pub signature: Option<SignatureLine<'a>>,
}

/// The line under a page.
#[derive(Clone, Copy, Debug)]
pub struct SignatureLine<'a> {
    /// What [`crate::banner::server`] gives.
    pub banner: &'a str,
    /// The server's name as in [`crate::canonical::Identity::push_name`].
    pub name: &'a [u8],
    /// The server's port as in [`crate::canonical::Identity::port`].
    pub port: u16,
    /// A mail link: `ServerSignature EMail`.
    pub mail: Option<&'a str>,
}

impl<'a> SignatureLine<'a> {
    /// The line that a setting asks for.
    pub fn new(
        setting: Signature,
        banner: &'a str,
        name: &'a [u8],
        port: u16,
        admin: Option<&'a str>,
    ) -> Option<Self> {
        let mail = match setting {
            Signature::Off => return None,
            Signature::On => None,
            Signature::EMail => Some(admin.unwrap_or(NO_ADMIN)),
        };
        Some(Self { banner, name, port, mail })
    }
}

/// What stands for a `ServerAdmin` that was not configured.
pub const NO_ADMIN: &str = "[no address given]";

/// Whether the connection ends after a response with this status, whoever made it.
pub fn closes_connection(status: u16) -> bool {
    matches!(status, 400 | 408 | 411 | 413 | 414 | 500 | 501 | 503)
}

/// Whether a response with this status has no body and no page: 1xx, 204, 304.
pub fn is_header_only(status: u16) -> bool {
    status < 200 || status == 204 || status == 304
}

/// Appends the line under a page by itself, as the variable `SERVER_SIGNATURE` has it.
pub fn push_signature(line: &SignatureLine<'_>, out: &mut Vec<u8>) {
    canned::signature(line, out);
}

/// Appends the page for a status.
pub fn push_page(status: u16, facts: &PageFacts<'_>, out: &mut Vec<u8>) {
    canned::page(status, facts, out);
}

/// The `ErrorDocument` for a status, the default excluded. A later directive wins.
pub fn document(documents: &[(u16, ErrorDocument)], status: u16) -> Option<&ErrorDocument> {
    let (_, found) = documents.iter().rev().find(|(code, _)| *code == status)?;
    Some(found).filter(|found| **found != ErrorDocument::Default)
}

/// Appends text with `<`, `>`, `&` and `"` escaped.
pub fn push_html(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            _ => out.push(byte),
        }
    }
}
