//! `verdicts.txt`: snippets that apache2 accepts or refuses, and whether we do.
//!
//! ```text
//! # what it shows
//! Listen 80
//! => accepted
//! ```
//!
//! Control pictures stand for the characters that they show. A line that begins with `~~` says why
//! we differ.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jk_config::{LoadOptions, Loaded, load};

use crate::apache::Unpacked;
use crate::case::{self, SITE};
use crate::tree::Tree;

struct Snippet {
    title: String,
    text: String,
    differs: Option<String>,
    verdict: String,
}

fn read() -> Vec<Snippet> {
    let table = fs::read_to_string(case::directory().join("verdicts.txt")).expect("it is there");
    let mut snippets = Vec::new();
    let mut lines = table.lines();
    while let Some(line) = lines.next() {
        let Some(title) = line.strip_prefix("# ") else { continue };
        let mut snippet = Snippet {
            title: title.to_owned(),
            text: String::new(),
            differs: None,
            verdict: String::new(),
        };
        for line in lines.by_ref() {
            if let Some(verdict) = line.strip_prefix("=>") {
                verdict.trim().clone_into(&mut snippet.verdict);
                break;
            }
            match line.strip_prefix("~~ ") {
                Some(why) => snippet.differs = Some(why.to_owned()),
                None => snippet.text += &format!("{line}\n"),
            }
        }
        snippets.push(snippet);
    }
    snippets
}

impl Snippet {
    /// The snippet in a site that is otherwise fine.
    fn tree(&self) -> Tree {
        let frame = format!(
            "ServerRoot {SITE}\nServerName localhost\nListen 127.0.0.1:21500\n\
             PidFile {SITE}/pid\nErrorLog {SITE}/error.log\nTypesConfig /etc/mime.types\n\
             DocumentRoot {SITE}/docs\nInclude {SITE}/snippet.conf\n"
        );
        Tree::default()
            .file("/site/httpd.conf", frame)
            .file("/site/snippet.conf", self.bytes())
            .file("/site/workers.properties", "worker.list=w\n")
            .file("/site/map.properties", "/x=w\n")
            .file("/site/inc/a/1.conf", "Define a1\n")
            .file("/site/inc/a/2.conf", "Define a2\n")
            .file("/site/inc/a/.hidden.conf", "Define hidden\n")
            .file("/site/inc/a/sub/s.txt", "Define sub\n")
            .file("/site/inc/b/1.conf", "Define b1\n")
            .file("/site/twice/self.conf", "Include twice/self.conf\nInclude twice/self.conf\n")
            .directory("/site/docs")
            .directory("/site/logs")
            .env("CASE_DIR", "conf")
    }

    fn bytes(&self) -> Vec<u8> {
        // The last line has no end, so that a snippet can show what that means.
        let text = self.text.strip_suffix('\n').unwrap_or(&self.text);
        let pictures =
            [('␀', "\0"), ('␍', "\r"), ('␋', "\x0b"), ('␌', "\x0c"), ('␉', "\t"), ('␊', "\n")];
        let shown = text.chars().map(|c| {
            let control = pictures.iter().find(|(picture, _)| *picture == c);
            control.map_or_else(|| c.to_string(), |(_, control)| (*control).to_owned())
        });
        shown.collect::<String>().into_bytes()
    }

    fn load(&self) -> Loaded {
        load(Path::new("/site/httpd.conf"), &self.tree(), &LoadOptions::default())
    }
}

#[test]
fn snippets_are_taken_or_refused_as_by_apache() {
    let mut wrong = String::new();
    for snippet in read() {
        let loaded = snippet.load();
        let agree = snippet.verdict.starts_with("refused") == case::refused(&loaded);
        if agree == snippet.differs.is_some() {
            let Snippet { title, text, verdict, .. } = &snippet;
            let said = case::rendered(&loaded);
            writeln!(wrong, "# {title}\n{text}=> {verdict}\nwe say:\n{said}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
#[ignore = "runs apache2"]
fn apache_still_judges_as_recorded() {
    let mut table = HEADING.to_owned();
    let mut differing = Vec::new();
    for snippet in read() {
        let site = Unpacked::of(&snippet.tree());
        let (accepted, said) = site.check(Path::new("/site/httpd.conf"), &[]);
        let verdict = if accepted { "accepted".to_owned() } else { reason(&said) };
        // The words are kept to be read; httpd does not always choose the same.
        if accepted == snippet.verdict.starts_with("refused") {
            differing.push(snippet.title.clone());
        }
        let Snippet { title, text, differs, .. } = snippet;
        let differs = differs.map_or_else(String::new, |why| format!("~~ {why}\n"));
        writeln!(table, "\n# {title}\n{text}{differs}=> {verdict}").unwrap();
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(case::directory().join("verdicts.txt"), table).expect("it can be written");
        return;
    }
    assert!(differing.is_empty(), "apache2 judges otherwise: {differing:?}");
}

const HEADING: &str = "\
Snippets, and whether apache2 2.4.71 with mod_jk 1.2.48 accepts them. The last line of each was
measured. `~~` says why we differ where we do; control pictures stand for what they show.
";

/// What apache2 complains of, without the place.
fn reason(said: &str) -> String {
    let last = said.lines().rfind(|line| !line.contains("Configuration check failed"));
    let last = last.unwrap_or_default();
    let text = last.rsplit(".conf: ").next().unwrap_or(last);
    format!("refused: {}", text.chars().take(120).collect::<String>())
}
