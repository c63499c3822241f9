//! Every `testdata/cli/*.expected` is the transcript of a run; see the README there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the command of a transcript in its directory and writes down what comes of it.
fn transcript(command: &str, directory: &Path) -> String {
    let mut words = words(command).into_iter();
    assert_eq!(words.next().as_deref(), Some("jackdaw"), "{command}");
    let output = Command::new(env!("CARGO_BIN_EXE_jackdaw"))
        .args(words)
        .current_dir(directory)
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let mut text = format!("$ {command}\n{}", String::from_utf8(output.stdout).unwrap());
    if !output.stderr.is_empty() {
        text += "--- stderr\n";
        text += &String::from_utf8(output.stderr).unwrap();
    }
    text + &format!("--- exit {}\n", output.status.code().unwrap())
}

/// Words as a shell would have them; quotes are all that is special.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (None, ' ') => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn cases(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|ext| ext == "expected")).collect();
    cases.sort();
    cases
}

#[test]
fn transcripts_are_repeated() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/cli");
    let write = std::env::var_os("JACKDAW_TRANSCRIPTS").is_some_and(|value| value == "write");
    let cases = cases(&directory);
    assert!(cases.len() > 20, "only {} transcripts in {}", cases.len(), directory.display());
    let mut different = Vec::new();
    for case in cases {
        let expected = fs::read_to_string(&case).unwrap();
        let first = expected.lines().next().unwrap_or_default();
        let command = first.strip_prefix("$ ").unwrap_or_else(|| panic!("{}", case.display()));
        let actual = transcript(command, &directory);
        if actual == expected {
            continue;
        }
        if write {
            fs::write(&case, actual).unwrap();
        } else {
            different.push(format!("{}:\n{}", case.display(), difference(&expected, &actual)));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// The first line that differs, both ways.
fn difference(expected: &str, actual: &str) -> String {
    let mut pairs = expected.lines().zip(actual.lines()).enumerate();
    match pairs.find(|(_, (expected, actual))| expected != actual) {
        Some((at, (expected, actual))) => {
            format!("line {}\n  expected: {expected}\n  actual:   {actual}", at + 1)
        }
        None => {
            let counts = (expected.lines().count(), actual.lines().count());
            format!("{} lines expected, {} came", counts.0, counts.1)
        }
    }
}

#[test]
fn quotes_keep_words_together() {
    assert_eq!(words("a 'b c'  \"d'e\" ''"), ["a", "b c", "d'e", ""]);
}
