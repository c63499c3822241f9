//! A configuration without `httpd.conf`.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use jk_config::{LoadOptions, Mounts, load_plain};

use crate::case;
use crate::tree::Tree;

fn tree() -> Tree {
    Tree::default()
        .file("/site/a \"file\".properties", "worker.list=w\nworker.w.reply_timeout=1000\n")
        .file("/site/map.properties", "/app|/*=w\n!/app/static/*=w\n")
}

fn listen(addresses: &[&str]) -> Vec<String> {
    addresses.iter().map(|address| (*address).to_owned()).collect()
}

#[test]
fn workers_and_a_map_are_enough() {
    let loaded = load_plain(
        &listen(&["127.0.0.1:21501", "[::1]:21502"]),
        Path::new("/site/a \"file\".properties"),
        Some(Path::new("/site/map.properties")),
        &tree(),
        &LoadOptions::default(),
    );
    let said = case::rendered(&loaded);
    assert_eq!(said, "", "nothing is odd about it");
    let config = loaded.config.expect("there is no error");
    let addresses: Vec<(Option<IpAddr>, u16)> =
        config.listeners.iter().map(|listen| (listen.ip, listen.port)).collect();
    let ip = |text: &str| Some(text.parse().unwrap());
    assert_eq!(addresses, [(ip("127.0.0.1"), 21501), (ip("::1"), 21502)]);
    assert_eq!(config.workers.len(), 1);
    let Mounts::Own(own) = config.main.jk.mounts else { panic!("the rules are the main server's") };
    assert_eq!(own.file.unwrap().rules.unwrap().len(), 3);
    let read = ["/site/a \"file\".properties", "/site/map.properties"].map(PathBuf::from);
    assert_eq!(loaded.files, read);
}

#[test]
fn what_is_wrong_is_said() {
    let loaded = load_plain(
        &listen(&["nowhere"]),
        Path::new("/site/missing"),
        None,
        &tree(),
        &LoadOptions::default(),
    );
    let said = case::rendered(&loaded);
    assert!(loaded.config.is_none());
    assert!(said.contains("command line:1:8: error: `nowhere` names no port"), "{said}");
    assert!(said.contains("there is no file /site/missing"), "{said}");
}

#[test]
fn the_command_line_defines_variables() {
    let tree = Tree::default()
        .file(
            "/etc/site/conf/httpd.conf",
            "Listen ${PORT}\n<IfDefine TEST>\nServerName t\n</IfDefine>\nErrorLog logs/e\n",
        )
        .directory("/etc/site/logs");
    let options = LoadOptions { defines: listen(&["TEST", "PORT=81"]), ..LoadOptions::default() };
    let loaded = jk_config::load(Path::new("/etc/site/conf/httpd.conf"), &tree, &options);
    let config = loaded.config.expect("there is no error");
    assert_eq!(config.listeners[0].port, 81);
    assert_eq!(config.main.name.as_deref(), Some("t"));
    // Without ServerRoot, paths start above `conf`.
    assert_eq!(config.server_root, Path::new("/etc/site"));
}
