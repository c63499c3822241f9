//! Everything put together: `httpd.conf` and the files it names become one [`Config`].

use std::path::{Path, PathBuf};

use crate::{Config, Diagnostic, Files, Sources};

/// What the command line adds to a configuration.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// `-D NAME`, for `<IfDefine>`; `NAME=VALUE` also gives `${NAME}` a value.
    pub defines: Vec<String>,
    /// `-d DIR`: where relative paths start until a `ServerRoot` says otherwise. By default the
    /// directory of the first file, or its parent when that directory is called `conf`.
    pub server_root: Option<PathBuf>,
}

/// What came of reading a configuration.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration; `None` when any diagnostic is an error.
    pub config: Option<Config>,
    /// All findings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts that the findings point into.
    pub sources: Sources,
    /// Every file that was read, in order; a change of one of them asks for a reload.
    pub files: Vec<PathBuf>,
}

/// Reads the configuration that begins with the file `root`.
pub fn load(root: &Path, files: &dyn Files, options: &LoadOptions) -> Loaded {
    let _ = (root, files, options);
    Loaded { config: None, diagnostics: Vec::new(), sources: Sources::default(), files: Vec::new() }
}

/// Reads a configuration without an `httpd.conf`: addresses as in `Listen`, a workers file and
/// perhaps a rule file. The equivalent directives are written and read, so that nothing but the
/// way in differs from [`load`].
pub fn load_plain(
    listen: &[String],
    workers: &Path,
    map: Option<&Path>,
    files: &dyn Files,
    options: &LoadOptions,
) -> Loaded {
    let _ = (listen, workers, map);
    load(Path::new(""), files, options)
}
