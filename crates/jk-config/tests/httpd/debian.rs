//! The configuration that Debian installs, read where it lies.

use std::io;
use std::path::Path;

use jk_config::{Files, LoadOptions, LogTarget, Mounts, Severity, load};

use crate::case;

/// The file system, and the environment that Debian's `apache2ctl` makes.
struct Debian;

impl Files for Debian {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let names = std::fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name()));
        let names: io::Result<Vec<_>> = names.collect();
        Ok(names?.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    fn is_dir(&self, path: &Path) -> bool {
        // Not made before the service is started for the first time.
        path.is_dir() || path == Path::new("/var/run/apache2")
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn env(&self, name: &str) -> Option<String> {
        let value = match name {
            "APACHE_RUN_USER" | "APACHE_RUN_GROUP" => "www-data",
            "APACHE_PID_FILE" => "/var/run/apache2/apache2.pid",
            "APACHE_RUN_DIR" => "/var/run/apache2",
            "APACHE_LOCK_DIR" => "/var/lock/apache2",
            "APACHE_LOG_DIR" => "/var/log/apache2",
            _ => return None,
        };
        Some(value.to_owned())
    }
}

#[test]
fn the_stock_configuration_loads() {
    let root = Path::new("/etc/apache2/apache2.conf");
    if !root.exists() {
        eprintln!("SKIPPED: Debian's apache2 is not installed");
        return;
    }
    let loaded = load(root, &Debian, &LoadOptions::default());
    let said = case::rendered(&loaded);
    if std::env::var_os("SHOW").is_some() {
        println!("{said}");
    }
    assert!(loaded.diagnostics.iter().all(|d| d.severity != Severity::Error), "{said}");
    let config = loaded.config.expect("there is no error");

    assert_eq!(config.server_root, Path::new("/etc/apache2"));
    assert_eq!(config.listeners.iter().map(|l| (l.ip, l.port)).collect::<Vec<_>>(), [(None, 80)]);
    assert_eq!(config.user.as_deref(), Some("www-data"));
    assert_eq!(config.default_pool_size, 150);
    assert_eq!(config.vhosts.len(), 1);
    let host = &config.vhosts[0].server;
    assert_eq!(host.document_root.as_deref(), Some(Path::new("/var/www/html")));
    assert_eq!(host.error_log, LogTarget::File("/var/log/apache2/error.log".into()));
    assert_eq!(host.access_logs.len(), 1);
    assert!(
        host.access_logs[0].format.ends_with("\\\"%{User-Agent}i\\\"")
            || host.access_logs[0].format.ends_with("\"%{User-Agent}i\"")
    );
    assert!(matches!(host.jk.mounts, Mounts::None));
    // What it restricts and we do not is told.
    for lost in [
        "`Require ip 127.0.0.1` is not enforced: everybody may reach `/jk-status`",
        "`Require local` is not enforced",
    ] {
        assert!(said.contains(lost), "{lost}\n{said}");
    }
}
