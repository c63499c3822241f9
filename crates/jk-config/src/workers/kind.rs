//! What a worker is.

use jk_types::AjpKind;

use super::settings::Settings;
use crate::diagnostic::quoted;
use crate::{Diagnostic, spelling};

/// The kinds of worker that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ajp(AjpKind),
    Lb,
    Status,
}

const KINDS: [(&str, Kind); 4] = [
    ("ajp13", Kind::Ajp(AjpKind::Ajp13)),
    ("ajp14", Kind::Ajp(AjpKind::Ajp14)),
    ("lb", Kind::Lb),
    ("status", Kind::Status),
];

/// The kind that `type` names, or `None` after saying why there is none.
pub(super) fn of(settings: Settings<'_>) -> Option<Kind> {
    let Some(entry) = settings.entry("type") else { return Some(Kind::Ajp(AjpKind::Ajp13)) };
    let known = known(&entry.value);
    if known.is_none() {
        settings.site.report(unknown(&entry.value, entry.value_location()));
    }
    known
}

/// The same, without a word.
pub(super) fn silently(settings: Settings<'_>) -> Option<Kind> {
    settings.entry("type").map_or(Some(Kind::Ajp(AjpKind::Ajp13)), |entry| known(&entry.value))
}

fn known(word: &[u8]) -> Option<Kind> {
    KINDS.iter().find(|(name, _)| name.as_bytes() == word).map(|(_, kind)| *kind)
}

fn unknown(word: &[u8], at: Option<crate::Location>) -> Diagnostic {
    let name = quoted(word);
    let text = String::from_utf8_lossy(word);
    match text.as_ref() {
        "ajp12" => Diagnostic::error(at, "`ajp12` is not spoken here, nor by any Tomcat since 4.0")
            .help("write `ajp13`, and the port of the AJP connector"),
        "jni" => Diagnostic::error(at, "`jni` workers are gone, also from mod_jk since 1.2.33")
            .help("write `ajp13`, and run Tomcat as a process of its own"),
        _ => {
            let finding = Diagnostic::error(at, format!("{name} is not a type of worker"));
            let kinds = KINDS.iter().map(|(kind, _)| *kind);
            match spelling::nearest(&text, kinds) {
                Some(kind) => finding.help(format!("did you mean `{kind}`?")),
                None => finding.help("write one of ajp13, lb, status"),
            }
        }
    }
}
