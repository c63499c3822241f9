//! Reading a site's files and saying what is wrong with them.

use std::path::PathBuf;

use jk_config::{Config, LoadOptions, Loaded, Severity, Sources, load, load_plain};

use crate::cli::SiteArgs;
use crate::disk::Disk;
use crate::findings;
use crate::term::{Paint, count};

/// The address listened on when none is given without an httpd.conf.
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// A configuration that cannot be used; what is wrong with it has been printed.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {}; nothing is served", count(*.errors, "error"))]
pub(crate) struct Unusable {
    errors: usize,
}

impl SiteArgs {
    /// What tells one site from another: the file it begins with.
    pub(crate) fn identity(&self) -> PathBuf {
        let first = self.file.as_ref().or(self.workers.as_ref()).cloned().unwrap_or_default();
        std::fs::canonicalize(&first).unwrap_or(first)
    }
}

/// Reads what the arguments name.
pub(crate) fn read(args: &SiteArgs) -> Loaded {
    let options =
        LoadOptions { defines: args.defines.clone(), server_root: args.server_root.clone() };
    match &args.file {
        Some(file) => load(file, &Disk, &options),
        None => {
            let mut listen = args.listen.clone();
            if listen.is_empty() {
                listen.push(DEFAULT_LISTEN.to_owned());
            }
            let workers =
                args.workers.clone().unwrap_or_else(|| PathBuf::from("workers.properties"));
            load_plain(&listen, &workers, args.map.as_deref(), &Disk, &options)
        }
    }
}

/// Whether what was read can be served.
pub(crate) fn is_usable(args: &SiteArgs, loaded: &Loaded) -> bool {
    loaded.config.is_some() && errors(args, loaded) == 0
}

/// The configuration, if it can be used; warnings and errors are told through `tell`.
///
/// # Errors
/// It cannot be used.
pub(crate) fn usable(
    args: &SiteArgs,
    loaded: Loaded,
    paint: Paint,
    tell: impl FnOnce(&str),
) -> Result<Config, Unusable> {
    tell(&findings::list(&loaded, Severity::Warning, paint));
    config_of(args, loaded).map(|(config, _)| config)
}

/// The configuration and the texts it was read from, if it can be used.
///
/// # Errors
/// It cannot be used.
pub(crate) fn config_of(args: &SiteArgs, loaded: Loaded) -> Result<(Config, Sources), Unusable> {
    let errors = errors(args, &loaded);
    let config = loaded.config.filter(|_| errors == 0);
    config.map(|config| (config, loaded.sources)).ok_or(Unusable { errors: errors.max(1) })
}

/// Findings that forbid to serve; with `--strict` warnings too.
fn errors(args: &SiteArgs, loaded: &Loaded) -> usize {
    let bad = if args.strict { Severity::Warning } else { Severity::Error };
    loaded.diagnostics.iter().filter(|d| d.severity >= bad).count()
}
