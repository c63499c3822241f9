//! Conformance cases: one idea each, as a text file.
//!
//! `testdata/conformance/README.md` explains the form. A case is [read](Case::read), [played](play)
//! on a program, and what happened is [rendered](Outcome::render) as text; two programs agree when
//! their texts do.

mod outcome;
mod play;
mod step;

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

pub use outcome::{Outcome, StepOutcome};
pub use play::play;
pub use step::{Body, RawExchange, Request, Step};

use crate::backend::Script;
use crate::site::SiteText;
use crate::slot::BACKEND_PORT;

/// One case, ready to be played.
#[derive(Debug)]
pub struct Case {
    /// The file's path.
    pub path: PathBuf,
    /// The entry of `docs/COMPAT.md` that explains why jackdaw answers differently.
    pub compat: Option<String>,
    /// The site's files.
    pub site: SiteText,
    /// Backends by name, in the order of their ports.
    pub backends: Vec<(String, Script)>,
    /// What is done.
    pub steps: Vec<Step>,
    /// Text that varies from run to run, and what stands for it.
    pub masks: Vec<(Regex, String)>,
    /// Files of the site whose content belongs to the outcome.
    pub shown: Vec<String>,
}

/// Lines of one `[name]` section.
struct Section<'a> {
    name: &'a str,
    lines: Vec<&'a str>,
}

impl Case {
    /// Reads a case file.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(path, &text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// The file's name without its extension.
    pub fn name(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Reads the text of a case that stands at `path`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(path: &Path, text: &str) -> Result<Self, String> {
        let (head, sections) = split(text);
        let mut case = Self {
            path: path.to_owned(),
            compat: None,
            site: SiteText::default(),
            backends: Vec::new(),
            steps: Vec::new(),
            masks: Vec::new(),
            shown: Vec::new(),
        };
        case.read_head(&head)?;
        for section in &sections {
            case.section(section)?;
        }
        case.give_ports();
        Ok(case)
    }

    fn read_head(&mut self, head: &[&str]) -> Result<(), String> {
        for line in head.iter().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            match line.split_once(": ") {
                Some(("compat", slug)) => self.compat = Some(slug.trim().to_owned()),
                _ => return Err(format!("{line:?} is no heading of a case")),
            }
        }
        Ok(())
    }

    fn section(&mut self, section: &Section<'_>) -> Result<(), String> {
        let text = || section.lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let (kind, argument) = section.name.split_once(' ').unwrap_or((section.name, ""));
        match kind {
            "workers" => self.site.workers = Some(text()),
            "map" => self.site.map = Some(text()),
            "httpd" => self.site.httpd = text(),
            "file" => self.site.files.push((argument.to_owned(), text())),
            "backend" => self.backends.push((argument.to_owned(), Script::parse(&section.lines)?)),
            "steps" => self.steps = step::parse(&section.lines)?,
            "mask" => self.masks = masks(&section.lines)?,
            "show" => self.shown = words(&section.lines),
            _ => return Err(format!("[{kind}] is no section of a case")),
        }
        Ok(())
    }

    /// The port of the backend with this index.
    pub fn port(index: usize) -> u16 {
        BACKEND_PORT + u16::try_from(index).expect("no case has that many backends")
    }

    /// Gives each backend's worker its address, unless the case does, and resolves `@port.NAME@`.
    fn give_ports(&mut self) {
        for (index, (name, _)) in self.backends.iter().enumerate() {
            let port = Self::port(index).to_string();
            let place = format!("@port.{name}@");
            let SiteText { workers, map, httpd, files } = &mut self.site;
            let texts = workers.iter_mut().chain(map).chain([httpd]);
            for text in texts.chain(files.iter_mut().map(|(_, text)| text)) {
                *text = text.replace(&place, &port);
            }
        }
        let Some(workers) = &mut self.site.workers else { return };
        let mut given = String::new();
        for (index, (name, _)) in self.backends.iter().enumerate() {
            if !workers.contains(&format!("worker.{name}.port")) {
                given += &format!("worker.{name}.host=@IP@\n");
                given += &format!("worker.{name}.port={}\n", Self::port(index));
            }
        }
        workers.insert_str(0, &given);
    }
}

/// The lines before the first section, and the sections. Blank lines at a section's end are dropped.
fn split(text: &str) -> (Vec<&str>, Vec<Section<'_>>) {
    let mut head = Vec::new();
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in text.lines() {
        let name = line.strip_prefix('[').and_then(|rest| rest.trim_end().strip_suffix(']'));
        match (name, sections.last_mut()) {
            (Some(name), _) => sections.push(Section { name, lines: Vec::new() }),
            (None, Some(section)) => section.lines.push(line),
            (None, None) => head.push(line),
        }
    }
    for section in &mut sections {
        while section.lines.last().is_some_and(|line| line.trim().is_empty()) {
            section.lines.pop();
        }
    }
    (head, sections)
}

fn masks(lines: &[&str]) -> Result<Vec<(Regex, String)>, String> {
    lines
        .iter()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (pattern, stand_in) = line.split_once(" => ").ok_or("a mask needs ` => `")?;
            let pattern = Regex::new(pattern).map_err(|e| e.to_string())?;
            Ok((pattern, stand_in.to_owned()))
        })
        .collect()
}

fn words(lines: &[&str]) -> Vec<String> {
    lines.iter().flat_map(|line| line.split_whitespace()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_get_ports_unless_the_case_gives_them() {
        let text =
            "# W1\n[workers]\nworker.list=A\nworker.B.port=@port.B@\n[backend A]\n[backend B]\n";
        let case = Case::parse(Path::new("x.case"), text).unwrap();
        assert_eq!(
            case.site.workers.as_deref(),
            Some("worker.A.host=@IP@\nworker.A.port=22001\nworker.list=A\nworker.B.port=22002\n")
        );
    }

    #[test]
    fn unknown_sections_and_headings_are_refused() {
        assert!(Case::parse(Path::new("x"), "[wokers]\n").is_err());
        assert!(Case::parse(Path::new("x"), "comptat: x\n").is_err());
    }
}
