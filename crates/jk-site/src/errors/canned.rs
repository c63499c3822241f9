use super::{NO_ADMIN, PageFacts, SignatureLine, push_html, push_status, text};

pub(super) fn page(status: u16, facts: &PageFacts<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(
        b"<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \
          \"http://www.w3.org/TR/html4/strict.dtd\">\n<html><head>\n<title>",
    );
    let title = out.len();
    push_status(status, out);
    // The heading is the title without its number.
    let heading = title + 4..out.len();
    out.extend_from_slice(b"</title>\n</head><body>\n<h1>");
    out.extend_from_within(heading);
    out.extend_from_slice(b"</h1>\n");
    let text = match (status, facts.expect) {
        (417, None) => text::NO_EXPECTATION,
        _ => text::of(status),
    };
    expand(text, facts, out);
    if let Some(second) = facts.second {
        out.extend_from_slice(b"<p>Additionally, a ");
        push_status(second, out);
        out.extend_from_slice(
            b"\nerror was encountered while trying to use an ErrorDocument to handle the request.</p>\n",
        );
    }
    if let Some(line) = &facts.signature {
        out.extend_from_slice(b"<hr>\n");
        signature(line, out);
    }
    out.extend_from_slice(b"</body></html>\n");
}

/// Appends a text with its words in braces replaced. No text has other braces.
fn expand(text: &str, facts: &PageFacts<'_>, out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.extend_from_slice(before.as_bytes());
        let (word, after) = after.split_once('}').unwrap_or((after, ""));
        match word {
            "method" => push_html(facts.method, out),
            "location" => push_html(facts.location, out),
            "expect" => push_html(facts.expect.unwrap_or_default(), out),
            "admin" => push_html(facts.admin.unwrap_or(NO_ADMIN).as_bytes(), out),
            _ => out.extend_from_slice(facts.notes.unwrap_or_default().as_bytes()),
        }
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
}

pub(super) fn signature(line: &SignatureLine<'_>, out: &mut Vec<u8>) {
    use std::io::Write as _;

    out.extend_from_slice(b"<address>");
    out.extend_from_slice(line.banner.as_bytes());
    out.extend_from_slice(b" Server at ");
    match line.mail {
        None => push_html(line.name, out),
        Some(mail) => {
            let scheme = if is_url(mail) { "" } else { "mailto:" };
            out.extend_from_slice(b"<a href=\"");
            out.extend_from_slice(scheme.as_bytes());
            push_html(mail.as_bytes(), out);
            out.extend_from_slice(b"\">");
            push_html(line.name, out);
            out.extend_from_slice(b"</a>");
        }
    }
    // Writing to a vector cannot fail.
    let _ = writeln!(out, " Port {}</address>", line.port);
}

/// httpd's `ap_is_url`: letters, digits, `+`, `-` and `.`, then `://`.
fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}
