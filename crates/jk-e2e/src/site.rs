//! The files of one site, in a directory of its own, as both programs are given them.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::slot::{HTTP_PORT, SECOND_HTTP_PORT, Slot};

/// Where Debian keeps httpd's modules.
const MODULES: &str = "/usr/lib/apache2/modules";
/// What httpd needs before it can read the rest, in loading order. `autoindex` is there because
/// Debian loads it, and without it directories answer differently.
const LOADED: [&str; 10] = [
    "mpm_event",
    "authz_core",
    "authz_host",
    "setenvif",
    "env",
    "mime",
    "dir",
    "alias",
    "autoindex",
    "jk",
];

/// A directory with `httpd.conf` and whatever it names, on a slot of its own.
#[derive(Debug)]
pub struct Site {
    slot: Slot,
    dir: TempDir,
}

/// What a site says beyond the part that all sites share.
#[derive(Clone, Debug, Default)]
pub struct SiteText {
    /// `workers.properties`, if there is to be one.
    pub workers: Option<String>,
    /// `uriworkermap.properties`, if there is to be one.
    pub map: Option<String>,
    /// Lines for the end of `httpd.conf`.
    pub httpd: String,
    /// Further files, by path below the site's directory.
    pub files: Vec<(String, String)>,
}

impl Site {
    /// Claims a slot and an empty directory.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn claim() -> io::Result<Self> {
        let slot = Slot::claim()?;
        let mut dir = tempfile::Builder::new().prefix("jk-e2e-").tempdir()?;
        // For looking at logs after a failure.
        dir.disable_cleanup(std::env::var_os("JK_E2E_KEEP").is_some());
        // httpd's child runs as another user and must read what lies here.
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755))?;
        for sub in ["logs", "docs", "conf"] {
            fs::create_dir(dir.path().join(sub))?;
        }
        Ok(Self { slot, dir })
    }

    /// Its slot.
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// `httpd.conf`
    pub fn httpd_conf(&self) -> std::path::PathBuf {
        self.dir().join("httpd.conf")
    }

    /// Writes all files, `@IP@`, `@PORT@` and `@DIR@` replaced by what they stand for here.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, text: &SiteText) -> io::Result<()> {
        if let Some(workers) = &text.workers {
            self.write_file("workers.properties", workers)?;
        }
        if let Some(map) = &text.map {
            self.write_file("uriworkermap.properties", map)?;
        }
        for (path, content) in &text.files {
            self.write_file(path, content)?;
        }
        self.write_file("httpd.conf", &httpd_conf(text))
    }

    /// Writes one file, placeholders replaced, with a modification time that never changes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_file(&self, path: &str, content: &str) -> io::Result<()> {
        self.write_bytes(path, self.expand(content).as_bytes())
    }

    /// As [`Site::write_file`], the bytes as they are.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_bytes(&self, path: &str, content: &[u8]) -> io::Result<()> {
        let path = self.dir().join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, content)?;
        let fixed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000);
        File::options().write(true).open(&path)?.set_modified(fixed)
    }

    /// Replaces placeholders by what they stand for here.
    pub fn expand(&self, text: &str) -> String {
        text.replace("@IP@", &self.slot.ip().to_string())
            .replace("@PORT@", &HTTP_PORT.to_string())
            .replace("@PORT2@", &SECOND_HTTP_PORT.to_string())
            .replace("@DIR@", &self.dir().to_string_lossy())
    }

    /// Replaces what is particular to this site by the placeholders.
    pub fn mask(&self, text: &str) -> String {
        text.replace(&*self.dir().to_string_lossy(), "@DIR@")
            .replace(&self.slot.ip().to_string(), "@IP@")
    }
}

fn httpd_conf(text: &SiteText) -> String {
    let mut conf = String::from("ServerRoot \"@DIR@\"\n");
    for module in LOADED {
        conf.push_str(&format!("LoadModule {module}_module {MODULES}/mod_{module}.so\n"));
    }
    conf.push_str(COMMON);
    if text.workers.is_some() {
        conf.push_str("JkWorkersFile workers.properties\n");
    }
    if text.map.is_some() {
        conf.push_str("JkMountFile uriworkermap.properties\n");
    }
    conf.push_str(&text.httpd);
    conf
}

/// One child process, so that pools, load values and rotation are the same for every request.
const COMMON: &str = "\
User www-data
Group www-data
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
MinSpareThreads 1
MaxSpareThreads 64
PidFile logs/httpd.pid
ErrorLog logs/error.log
LogLevel warn
TypesConfig /etc/mime.types
Listen @IP@:@PORT@
ServerName www.test
DocumentRoot \"@DIR@/docs\"
Timeout 20
KeepAliveTimeout 5
JkShmFile logs/jk.shm
JkLogFile logs/mod_jk.log
JkLogLevel info
";
