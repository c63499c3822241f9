//! Which files an `Include` means (httpd: `ap_dir_fnmatch`).

use std::path::{Path, PathBuf};

use super::glob;
use super::report::Refusal;
use crate::Files;

/// Directories are read recursively, but not deeper than this.
const MOST_DIRECTORIES: usize = 20;

/// No single `Include` names more files than this: a link that leads back up would never end.
const MOST_FILES: usize = 4096;

/// The files that an absolute path stands for, in the order in which httpd reads them. Wildcards may
/// stand in every segment, a directory stands for all that is in it, and `optional` forgives what
/// is not there.
pub(crate) fn files_of(
    path: &Path,
    files: &dyn Files,
    optional: bool,
) -> Result<Vec<PathBuf>, Refusal> {
    let mut search = Search { files, optional, found: Vec::new() };
    let text = path.to_string_lossy();
    if glob::is_pattern(&text) {
        let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
        let start = if path.is_absolute() { "/" } else { "." };
        search.walk(PathBuf::from(start), &segments)?;
    } else {
        search.take(path.to_owned(), 0)?;
    }
    Ok(search.found)
}

struct Search<'a> {
    files: &'a dyn Files,
    optional: bool,
    found: Vec<PathBuf>,
}

impl Search<'_> {
    /// Follows a path segment by segment, wildcards included.
    fn walk(&mut self, start: PathBuf, segments: &[&str]) -> Result<(), Refusal> {
        let Some((first, rest)) = segments.split_first() else { return self.take(start, 0) };
        if !glob::is_pattern(first) {
            return self.walk(start.join(first), rest);
        }
        let Some(names) = self.names(&start)? else { return Ok(()) };
        let hits: Vec<PathBuf> = names
            .iter()
            .filter(|name| glob::matches(first, name))
            .map(|name| start.join(name))
            .filter(|path| rest.is_empty() || self.files.is_dir(path))
            .collect();
        if hits.is_empty() && !self.optional {
            let place = start.display();
            return Err(Refusal::new(format!("nothing in {place} matches `{first}`"))
                .help("`IncludeOptional` forgives this"));
        }
        hits.into_iter().try_for_each(|path| self.walk(path, rest))
    }

    /// Takes a file, or everything below a directory, hidden names included.
    fn take(&mut self, path: PathBuf, depth: usize) -> Result<(), Refusal> {
        if !self.files.is_dir(&path) {
            if self.optional && !self.files.exists(&path) {
                return Ok(());
            }
            return self.push(path);
        }
        if depth >= MOST_DIRECTORIES {
            let path = path.display();
            return Err(Refusal::new(format!(
                "{path} is more than {MOST_DIRECTORIES} levels deep"
            )));
        }
        let names = self.names(&path)?.unwrap_or_default();
        names.into_iter().try_for_each(|name| self.take(path.join(name), depth + 1))
    }

    fn push(&mut self, path: PathBuf) -> Result<(), Refusal> {
        if self.found.len() >= MOST_FILES {
            return Err(Refusal::new(format!("this names more than {MOST_FILES} files")));
        }
        self.found.push(path);
        Ok(())
    }

    /// The names in a directory, sorted bytewise; `None` when it is not there and need not be.
    fn names(&self, dir: &Path) -> Result<Option<Vec<String>>, Refusal> {
        match self.files.list(dir) {
            Ok(mut names) => {
                names.retain(|name| name != "." && name != "..");
                names.sort_unstable();
                Ok(Some(names))
            }
            Err(_) if self.optional && !self.files.exists(dir) => Ok(None),
            Err(error) => {
                Err(Refusal::new(format!("could not open directory {}: {error}", dir.display())))
            }
        }
    }
}
