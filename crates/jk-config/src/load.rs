//! Everything put together: `httpd.conf` and the files it names become one [`Config`].

mod checks;
mod maps;
mod pool;

use std::path::{Path, PathBuf};
use std::time::Duration;

use jk_types::Worker;

use crate::httpd::{
    Defaults, Global, Reader, Report, Root, Scope, Variables, Walk, Walked, resolve, server,
};
use crate::{
    Config, Diagnostic, Files, LogTarget, Pace, Server, Severity, Sources, VirtualHost,
    WorkersInput, WorkersOutput, read_workers,
};
use maps::Maps;

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
    let environment = |name: &str| files.env(name);
    let variables = Variables::new(&options.defines, &environment);
    let server_root = options.server_root.clone().unwrap_or_else(|| server_root_of(root));
    let mut reader = Reader::new(files, variables, server_root);
    let directives = reader.file(root, None);
    assemble(reader, &directives)
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
    let environment = |name: &str| files.env(name);
    let variables = Variables::new(&options.defines, &environment);
    let server_root = options.server_root.clone().unwrap_or_else(|| PathBuf::from("."));
    let mut reader = Reader::new(files, variables, server_root);
    let text = directives_of(listen, workers, map);
    let directives = reader.text(Path::new("command line"), text.into_bytes());
    assemble(reader, &directives)
}

/// The directives that a command line stands for.
fn directives_of(listen: &[String], workers: &Path, map: Option<&Path>) -> String {
    let quoted = |text: &str| {
        let escaped = text.replace('\\', r"\\").replace('"', "\\\"");
        // Whatever it is, it stays on its line.
        format!("\"{}\"", escaped.replace(['\n', '\r', '\0'], "?"))
    };
    let path = |path: &Path| quoted(&path.to_string_lossy());
    let mut lines: Vec<String> =
        listen.iter().map(|address| format!("Listen {}", quoted(address))).collect();
    lines.push("ServerName localhost".to_owned());
    lines.push("ErrorLog /dev/stderr".to_owned());
    lines.push("JkLogFile /dev/stderr".to_owned());
    lines.push(format!("JkWorkersFile {}", path(workers)));
    lines.extend(map.map(|map| format!("JkMountFile {}", path(map))));
    lines.join("\n") + "\n"
}

/// Where relative paths start when nobody says it: beside the file, or above its `conf`.
fn server_root_of(file: &Path) -> PathBuf {
    let directory = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let above = directory.parent().filter(|_| directory.ends_with("conf"));
    above.unwrap_or(directory).to_owned()
}

/// Carries out what was read, follows the files it names, and checks the whole.
fn assemble(reader: Reader<'_>, directives: &[crate::httpd::Directive]) -> Loaded {
    let Reader { files, mut sources, mut report, modules, server_root, read, .. } = reader;
    let walked = Walk::new(files, &server_root, &modules, &mut report).run(directives);
    let mpm = modules.mpm();

    let mut maps = Maps::new(files, &mut sources, &mut report, read);
    let workers = workers(&walked.global, &server_root, &mut maps);
    let main_map = maps.main(&walked.main, &workers.mounts);
    let host_maps: Vec<_> = walked
        .hosts
        .iter()
        .map(|host| maps.host(&walked.main, host, walked.global.mount_copy_all))
        .collect();
    let locations = maps.rules().to_vec();
    let read = maps.finish();

    let mut config = {
        let defaults = defaults(files, &server_root, &walked, &mut report);
        config(&walked, &defaults, &workers, &server_root, mpm)
    };
    config.media_types = media_types(files, &server_root, &walked.global, &mut report);
    config.autoindex = modules.may_list_directories();
    if !modules.is_loaded("reqtimeout_module") {
        // Its own default is that of the module; heads are bounded without it, too.
        let servers = config.vhosts.iter_mut().map(|host| &mut host.server);
        let scopes = std::iter::once(&walked.main).chain(&walked.hosts);
        for (server, scope) in std::iter::once(&mut config.main).chain(servers).zip(scopes) {
            if scope.read_body.or(walked.main.read_body).is_none() {
                server.read_paces.body = Pace::ENDLESS;
            }
        }
    }
    config.main.jk.mounts = main_map;
    for (host, map) in config.vhosts.iter_mut().zip(host_maps) {
        host.server.jk.mounts = map;
    }
    for (host, scope) in config.vhosts.iter_mut().zip(&walked.hosts) {
        // What goes with the mounts: it is inherited only by those that copy them.
        if scope.jk.mount_copy.unwrap_or(walked.global.mount_copy_all) {
            let alias = &mut host.server.jk.auto_alias;
            *alias = alias.take().or_else(|| walked.main.jk.auto_alias.clone());
        }
    }
    walked.guards.finish(&document_roots(&config), &mut report);
    checks::run(&walked, &config, &workers, &locations, &mut report);
    // Who maps nothing need not hear of the worker that mod_jk makes up.
    if walked.global.workers_file.is_some()
        || !walked.global.worker_properties.is_empty()
        || !locations.is_empty()
    {
        report.extend(workers.diagnostics);
    }

    let config = (!report.has_errors() && !workers.fatal).then_some(config);
    Loaded { config, diagnostics: report.into_sorted(), sources, files: read }
}

fn workers(global: &Global, server_root: &Path, maps: &mut Maps<'_>) -> WorkersOutput {
    let file = global.workers_file.as_ref();
    let source = file.and_then(|(path, at)| maps.read(path, at));
    maps.with_text(source, |text, files| {
        read_workers(&WorkersInput {
            lines: &global.worker_properties,
            file: source.zip(text),
            server_root: &server_root.to_string_lossy(),
            env: &|name| files.env(name),
        })
    })
}

fn config(
    walked: &Walked,
    defaults: &Defaults,
    workers: &WorkersOutput,
    server_root: &Path,
    mpm: &str,
) -> Config {
    let global = &walked.global;
    Config {
        server_root: server_root.to_owned(),
        listeners: global.listeners.clone(),
        main: server(&walked.main, None, defaults),
        vhosts: walked.hosts.iter().filter_map(|host| vhost(walked, host, defaults)).collect(),
        workers: workers.workers.clone(),
        properties: workers.properties.clone(),
        maintain: workers.maintain,
        watchdog_interval: global.watchdog_interval,
        shm_file: global.shm_file.clone(),
        pid_file: global.pid_file.clone(),
        default_pool_size: pool::default_size(&global.mpm, mpm),
        autoindex: true,
        media_types: None,
        server_tokens: global.server_tokens.unwrap_or_default(),
        user: global.user.clone(),
        group: global.group.clone(),
        listen_backlog: global.listen_backlog,
        threads: global.threads,
        grace: global.grace,
        graceful_shutdown_timeout: global.graceful_shutdown_timeout,
        response_pace: global.response_pace.unwrap_or(RESPONSE_PACE),
        max_connections: global.max_connections,
        max_connections_per_address: global.max_connections_per_address,
    }
}

/// A client that takes fewer bytes than this does not want the response, but a place.
const RESPONSE_PACE: Pace =
    Pace { first: Duration::from_secs(60), most: Duration::ZERO, rate: 250 };

fn vhost(walked: &Walked, host: &Scope, defaults: &Defaults) -> Option<VirtualHost> {
    let server: Server = server(&walked.main, Some(host), defaults);
    let location = host.at.clone()?;
    Some(VirtualHost { addresses: host.addresses.clone(), server, location })
}

/// httpd's and mod_jk's own places for logs, where there is such a directory.
fn defaults(
    files: &dyn Files,
    server_root: &Path,
    walked: &Walked,
    report: &mut Report,
) -> Defaults {
    let logs = resolve(server_root, "logs");
    if files.is_dir(&logs) {
        return Defaults {
            error_log: LogTarget::File(logs.join("error_log")),
            jk_log: Some(LogTarget::File(logs.join("mod_jk.log"))),
        };
    }
    if walked.main.error_log.is_none() {
        let message = format!(
            "there is no ErrorLog and no directory {}: errors go to standard error",
            logs.display()
        );
        report.say(Severity::Warning, None, message).help("write an ErrorLog line");
    }
    Defaults { error_log: LogTarget::Stderr, jk_log: None }
}

/// What `TypesConfig` names, or httpd's own place for it. COMPAT: [media-types]
fn media_types(
    files: &dyn Files,
    server_root: &Path,
    global: &Global,
    report: &mut Report,
) -> Option<String> {
    let named = global.types_config.as_ref();
    let path = match named {
        Some((path, _)) => path.clone(),
        None => resolve(server_root, "conf/mime.types"),
    };
    match files.read(&path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(why) => {
            let (_, at) = named?;
            let message = format!("cannot read {}: {why}", path.display());
            let help = "httpd would not start; media types come from a list that is built in";
            report.warning(at, message).help(help);
            None
        }
    }
}

fn document_roots(config: &Config) -> Vec<Root> {
    let of = |host, server: &Server| server.document_root.clone().map(|path| Root { host, path });
    let hosts = config.vhosts.iter().enumerate();
    of(None, &config.main)
        .into_iter()
        .chain(hosts.filter_map(|(index, host)| of(Some(index), &host.server)))
        .collect()
}

/// The worker of a name.
fn worker<'w>(workers: &'w [Worker], name: &str) -> Option<&'w Worker> {
    workers.iter().find(|worker| worker.name == name)
}
