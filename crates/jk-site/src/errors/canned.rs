use super::{PageFacts, push_html, status_line};

pub(super) fn page(status: u16, facts: &PageFacts<'_>, out: &mut Vec<u8>) {
    let _ = facts;
    out.extend_from_slice(b"<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n");
    status_line(status, out);
    push_html(b"", out);
}
