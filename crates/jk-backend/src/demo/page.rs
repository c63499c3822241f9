//! The page, from a template without any foreign files.

use std::fmt::Write;

use super::session::Visit;
use crate::{Request, Response};

static TEMPLATE: &str = include_str!("page.html");

/// Writes the page as the content of `response`.
pub(super) fn write(route: &str, request: &Request<'_>, visit: &Visit, response: &mut Response) {
    let activation = request.attribute("JK_LB_ACTIVATION").unwrap_or(b"-");
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        response.content().extend_from_slice(before.as_bytes());
        match name {
            "route" => escape(route.as_bytes(), response.content()),
            "session" => escape(visit.id.as_bytes(), response.content()),
            "activation" => escape(activation, response.content()),
            "path" => escape(request.path, response.content()),
            "hits" => response.print(format_args!("{}", visit.hits)),
            "hue" => response.print(format_args!("{}", hue(route))),
            "rows" => response.print(format_args!("{}", rows(route, visit))),
            other => debug_assert!(false, "the template asks for {other}"),
        }
        rest = behind;
    }
    response.content().extend_from_slice(rest.as_bytes());
}

/// The answers of this backend; a script puts those of the others beside them.
fn rows(route: &str, visit: &Visit) -> String {
    let mut name = Vec::new();
    escape(route.as_bytes(), &mut name);
    let (name, hue) = (String::from_utf8_lossy(&name), hue(route));
    let mut rows = String::new();
    for (hit, age) in &visit.answers {
        let age = age.as_secs();
        writeln!(rows, "<tr><td><i style=\"--hue:{hue}\"></i>{name}<td>{hit}<td>{age} s ago")
            .expect("a string takes everything");
    }
    rows
}

/// A colour for a route. Names that differ in their last digit get colours far apart.
fn hue(route: &str) -> u32 {
    route.bytes().map(u32::from).fold(0, u32::wrapping_add).wrapping_mul(137) % 360
}

/// Text as it may stand in HTML, in attributes as well.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    for &byte in text {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            0x20..0x7F => out.push(byte),
            _ => out.push(b'?'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_becomes_markup() {
        let mut out = Vec::new();
        escape(b"<a href='x'>\"&\n\xFF", &mut out);
        assert_eq!(out, b"&lt;a href=&#39;x&#39;&gt;&quot;&amp;??");
    }

    #[test]
    fn neighbours_differ_in_colour() {
        let hues: Vec<_> = ["node1", "node2", "node3"].map(hue).into();
        for (at, hue) in hues.iter().enumerate() {
            assert!(hues[..at].iter().all(|other| hue.abs_diff(*other) > 60), "{hues:?}");
        }
    }
}
