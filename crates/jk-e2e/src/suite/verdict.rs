use std::fs;
use std::path::Path;

use super::diff;
use crate::case::{Case, play};
use crate::decisions;
use crate::front::Program;

/// What is to be done with each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Play it on the original and keep the outcome.
    Record,
    /// Play it on the original and compare with the kept outcome.
    Original,
    /// Play it on jackdaw and compare with the kept outcome.
    Replay,
    /// Play it on both now.
    Live,
    /// Play it on both now; what the original does becomes the recording.
    Fresh,
    /// Play it on jackdaw and keep the outcome as the intended one; only for cases that name the
    /// reason.
    Intend,
}

/// How a case went.
#[derive(Debug)]
pub enum Verdict {
    /// As it should.
    Passed,
    /// It differs as `docs/COMPAT.md` says.
    Intended(String),
    /// It differs, or could not be played.
    Failed(String),
}

/// Plays one case and judges it.
pub fn judge(path: &Path, mode: Mode, compat: &str) -> Verdict {
    match try_judge(path, mode, compat) {
        Ok(verdict) => verdict,
        Err(why) => Verdict::Failed(why),
    }
}

fn try_judge(path: &Path, mode: Mode, compat: &str) -> Result<Verdict, String> {
    if path.extension().is_some_and(|e| e == "decisions") {
        return judge_decisions(path, mode);
    }
    let case = Case::read(path)?;
    let recording = path.with_extension("recorded");
    match mode {
        Mode::Record => {
            write(&recording, &play(&case, Program::Httpd)?)?;
            Ok(Verdict::Passed)
        }
        Mode::Original => Ok(compare("httpd", &read(&recording)?, &play(&case, Program::Httpd)?)),
        Mode::Replay => against(&case, &read(&recording)?, compat),
        Mode::Live => {
            let original = play(&case, Program::Httpd)?;
            match compare("httpd", &read(&recording)?, &original) {
                Verdict::Passed => against(&case, &original, compat),
                stale => Ok(stale),
            }
        }
        Mode::Fresh => {
            let original = play(&case, Program::Httpd)?;
            write(&recording, &original)?;
            against(&case, &original, compat)
        }
        Mode::Intend => {
            if case.compat.is_some() {
                write(&path.with_extension("intended"), &play(&case, Program::Jackdaw)?)?;
            }
            Ok(Verdict::Passed)
        }
    }
}

/// A sequence holds its own recording, and knows no intended differences.
fn judge_decisions(path: &Path, mode: Mode) -> Result<Verdict, String> {
    let recorded = read(path)?;
    let play = |program| decisions::play(path, &recorded, program);
    match mode {
        Mode::Record => {
            write(path, &play(Program::Httpd)?)?;
            Ok(Verdict::Passed)
        }
        Mode::Original => Ok(compare("httpd", &recorded, &play(Program::Httpd)?)),
        Mode::Replay => Ok(compare("jackdaw", &recorded, &play(Program::Jackdaw)?)),
        Mode::Live => match compare("httpd", &recorded, &play(Program::Httpd)?) {
            Verdict::Passed => Ok(compare("jackdaw", &recorded, &play(Program::Jackdaw)?)),
            stale => Ok(stale),
        },
        Mode::Fresh => Ok(compare("jackdaw", &play(Program::Httpd)?, &play(Program::Jackdaw)?)),
        Mode::Intend => Ok(Verdict::Passed),
    }
}

/// Plays `case` on jackdaw. It must equal the original, or else what is kept as intended.
fn against(case: &Case, original: &str, compat: &str) -> Result<Verdict, String> {
    let got = play(case, Program::Jackdaw)?;
    let Some(slug) = &case.compat else { return Ok(compare("jackdaw", original, &got)) };
    if !has_entry(compat, slug) {
        return Err(format!("docs/COMPAT.md has no entry `{slug}`"));
    }
    if got == *original {
        return Err(format!("does not differ any more: `compat: {slug}` is to be removed"));
    }
    match compare("jackdaw", &read(&case.path.with_extension("intended"))?, &got) {
        Verdict::Passed => Ok(Verdict::Intended(slug.clone())),
        failed => Ok(failed),
    }
}

fn compare(who: &str, expected: &str, got: &str) -> Verdict {
    if expected == got {
        return Verdict::Passed;
    }
    Verdict::Failed(format!("{who} differs (- expected, + got)\n{}", diff(expected, got)))
}

/// Whether the document has an entry that begins `**[slug]**`.
fn has_entry(document: &str, slug: &str) -> bool {
    document.lines().any(|line| line.trim_start_matches("- ").starts_with(&format!("**[{slug}]**")))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_begins_with_its_name() {
        let document = "# All\n\n**[body-sizes]** Packets differ.\nSee [other].\n";
        assert!(has_entry(document, "body-sizes"));
        assert!(!has_entry(document, "other"));
        assert!(!has_entry(document, "body"));
    }
}
