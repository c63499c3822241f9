//! strftime formats, compiled once.

use std::io::Write as _;

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, FixedOffset};

/// A format as the C library reads it in the C locale. What it does not know is printed as written.
/// Widths and the flags `^` and `#` are ignored.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeFormat {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Items(Vec<Item<'static>>),
    /// `%Z`. Only the name of UTC is known.
    Zone,
}

impl TimeFormat {
    pub(crate) fn compile(format: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            pieces.push(Piece::Text(rest[..at].to_owned()));
            let (piece, after) = conversion(&rest[at..]);
            pieces.push(piece);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Self { pieces }
    }

    pub(crate) fn push(&self, time: &DateTime<FixedOffset>, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            // Writing to a vector cannot fail.
            let _ = match piece {
                Piece::Text(text) => out.write_all(text.as_bytes()),
                Piece::Items(items) => write!(out, "{}", time.format_with_items(items.iter())),
                Piece::Zone if time.offset().local_minus_utc() == 0 => out.write_all(b"UTC"),
                Piece::Zone => write!(out, "{}", time.format("%z")),
            };
        }
    }
}

/// The piece that a text beginning with `%` begins with, and what follows it.
fn conversion(text: &str) -> (Piece, &str) {
    let body = &text[1..];
    let letter = body.trim_start_matches(|c: char| "_-^#".contains(c) || c.is_ascii_digit());
    let letter = letter.strip_prefix(['E', 'O']).unwrap_or(letter);
    let Some(c) = letter.chars().next() else {
        return (Piece::Text(text.to_owned()), "");
    };
    let after = &letter[c.len_utf8()..];
    if c == 'Z' {
        return (Piece::Zone, after);
    }
    if !"aAbBcCdDeFgGhHIjklmMnprRsStTuUVwWxXyYzP%".contains(c) {
        let raw = &text[..text.len() - after.len()];
        return (Piece::Text(raw.to_owned()), after);
    }
    let padding = body.chars().next().filter(|flag| matches!(flag, '_' | '-' | '0'));
    let plain = format!("%{}{c}", padding.map(String::from).unwrap_or_default());
    let items = StrftimeItems::new(&plain).map(|item| match item {
        Item::Error => Item::Literal("%"),
        item => item.to_owned(),
    });
    (Piece::Items(items.collect()), after)
}
