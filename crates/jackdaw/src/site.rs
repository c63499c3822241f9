//! Reading a site's files and saying what is wrong with them.

use std::path::PathBuf;

use jk_config::{Config, LoadOptions, Loaded, Severity, load, load_plain};

use crate::cli::SiteArgs;
use crate::disk::Disk;

/// The address listened on when none is given without an httpd.conf.
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// A configuration that cannot be used; what is wrong with it has been printed.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {errors} error(s); nothing is served")]
pub struct Unusable {
    errors: usize,
}

/// Reads what the arguments name.
pub fn read(args: &SiteArgs) -> Loaded {
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

/// The configuration, if it can be used; warnings and errors go to standard error.
///
/// # Errors
/// It cannot be used.
pub fn usable(args: &SiteArgs, loaded: Loaded) -> Result<Config, Unusable> {
    let bad = if args.strict { Severity::Warning } else { Severity::Error };
    for diagnostic in loaded.diagnostics.iter().filter(|d| d.severity >= Severity::Warning) {
        eprintln!("{}", diagnostic.render(&loaded.sources));
    }
    let errors = loaded.diagnostics.iter().filter(|d| d.severity >= bad).count();
    loaded.config.filter(|_| errors == 0).ok_or(Unusable { errors: errors.max(1) })
}
