//! A status worker: directives to [`StatusSettings`].

use jk_types::StatusSettings;

use super::settings::{Settings, Word};
use crate::Diagnostic;
use crate::diagnostic::quoted;

/// Reads a worker of type `status` (`init` of `jk_status.c`).
pub(super) fn read(settings: Settings<'_>) -> StatusSettings {
    check_ratings(settings);
    let text =
        |directive, default: &str| settings.text(directive).unwrap_or_else(|| default.to_owned());
    // A value cannot be empty, so a minus sign stands for that.
    let or_empty = |text: String| if text.starts_with('-') { String::new() } else { text };
    StatusSettings {
        name: String::from_utf8_lossy(settings.name).into_owned(),
        css: settings.text("css"),
        read_only: settings.switch("read_only", false),
        users: settings.strings("user").unwrap_or_default(),
        user_case_insensitive: settings.switch("user_case_insensitive", false),
        good: settings.strings("good"),
        bad: settings.strings("bad"),
        prefix: text("prefix", "worker"),
        ns: or_empty(text("ns", "jk:")),
        xmlns: or_empty(text("xmlns", "xmlns:jk=\"http://tomcat.apache.org\"")),
        doctype: settings.text("doctype"),
    }
}

/// Sets of (activation, state), one bit each: a byte per activation, a bit per state.
type Rating = u32;

const GOOD: Rating = 0x0000_000f;
const BAD: Rating = 0x00ff_1010;

fn check_ratings(settings: Settings<'_>) {
    let good = ratings(settings, "good").unwrap_or(GOOD);
    let bad = ratings(settings, "bad").unwrap_or(BAD);
    if good & bad != 0 {
        let at = settings.location("good").or_else(|| settings.location("bad"));
        let message = "some members are both `good` and `bad`; they count as bad";
        settings.site.report(Diagnostic::warning(at, message));
    }
}

fn ratings(settings: Settings<'_>, directive: &str) -> Option<Rating> {
    let words = settings.list(directive)?;
    Some(words.iter().map(|word| rating(settings, word)).fold(0, |all, one| all | one))
}

/// One letter, or two with a dot between that must both hold (`status_get_rating`). What follows
/// a letter up to the dot is ignored, so that whole words work.
fn rating(settings: Settings<'_>, word: &Word<'_>) -> Rating {
    let start = word.bytes.iter().position(|&b| b != b'.').unwrap_or(word.bytes.len());
    let mut parts = word.bytes[start..].splitn(2, |&b| b == b'.');
    let first = parts.next().unwrap_or_default();
    let second = parts.next().unwrap_or_default();
    let mask = letter(settings, word, first);
    if second.is_empty() { mask } else { mask & letter(settings, word, second) }
}

fn letter(settings: Settings<'_>, word: &Word<'_>, part: &[u8]) -> Rating {
    match part.first().unwrap_or(&0).to_ascii_lowercase() {
        b'a' => 0x0000_00ff,
        b'd' => 0x0000_ff00,
        b's' => 0x00ff_0000,
        b'o' => 0x0001_0101,
        b'i' | b'n' => 0x0002_0202,
        b'b' => 0x0004_0404,
        b'r' => 0x0008_0808,
        b'e' => 0x0010_1010,
        _ => {
            let message = format!("{} is not a rating", quoted(part));
            let help = "the letters are a, d, s for the activation and o, i, n, b, r, e for the \
                        state of a member";
            settings.site.report(Diagnostic::warning(word.location(), message).help(help));
            0
        }
    }
}
