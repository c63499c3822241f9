//! What a configuration finds around it: directories, files of types, names of hosts.

use std::net::IpAddr;
use std::path::Path;

use jk_config::{LoadOptions, Loaded, LogTarget, Severity, load};

use crate::tree::Tree;

const SHORTEST: &str = "ServerRoot /site\nServerName h\nListen 127.0.0.1:80\n";

fn read(text: &str, tree: Tree) -> Loaded {
    let tree = tree.file("/site/httpd.conf", format!("{SHORTEST}{text}"));
    load(Path::new("/site/httpd.conf"), &tree, &LoadOptions::default())
}

fn warns(loaded: &Loaded, of: &str) -> bool {
    let said = |message: &str| message.contains(of);
    loaded.diagnostics.iter().any(|d| d.severity == Severity::Warning && said(&d.message))
}

/// COMPAT [log-directory]
#[test]
fn without_a_directory_for_logs_errors_go_to_standard_error() {
    let loaded = read("", Tree::default());
    assert!(warns(&loaded, "errors go to standard error"));
    let config = loaded.config.expect("that is no reason to refuse");
    assert_eq!(config.main.error_log, LogTarget::Stderr);
    assert_eq!(config.main.jk.log_file, None);

    let config = read("", Tree::default().directory("/site/logs")).config.expect("fine");
    assert_eq!(config.main.error_log, LogTarget::File("/site/logs/error_log".into()));
}

/// COMPAT [media-types]
#[test]
fn media_types_are_those_of_the_file_if_there_is_one() {
    let types = Tree::default().directory("/site/logs").file("/site/own.types", "a/b c\n");
    let config = read("TypesConfig own.types\n", types.clone()).config.expect("fine");
    assert_eq!(config.media_types.as_deref(), Some("a/b c\n"));

    let usual = types.file("/site/conf/mime.types", "d/e f\n");
    let config = read("", usual).config.expect("fine");
    assert_eq!(config.media_types.as_deref(), Some("d/e f\n"));

    let loaded = read("TypesConfig gone.types\n", Tree::default().directory("/site/logs"));
    assert!(warns(&loaded, "gone.types"));
    assert_eq!(loaded.config.expect("a list is built in").media_types, None);
}

#[test]
fn names_of_addresses_stand_for_all_that_they_have() {
    let ips: Vec<IpAddr> = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap()).to_vec();
    let tree = Tree::default().directory("/site/logs").host("two.test", &ips);
    let text = "Listen two.test:81\n<VirtualHost two.test:81 nobody.test>\n</VirtualHost>\n\
                <VirtualHost nobody.test:81>\n</VirtualHost>\n";
    let loaded = read(text, tree);
    assert!(warns(&loaded, "`nobody.test` is the name of no host"));
    let config = loaded.config.expect("httpd ignores what it cannot resolve");
    let listeners: Vec<_> =
        config.listeners.iter().map(|listen| (listen.ip, listen.port)).collect();
    assert_eq!(listeners[1..], ips.iter().map(|ip| (Some(*ip), 81)).collect::<Vec<_>>());
    let of_host = |at: usize| -> Vec<_> {
        config.vhosts[at].addresses.iter().map(|address| (address.ip, address.port)).collect()
    };
    assert_eq!(of_host(0), ips.iter().map(|ip| (Some(*ip), Some(81))).collect::<Vec<_>>());
    assert!(of_host(1).is_empty(), "it serves nobody");

    let refused = read("Listen nobody.test:81\n", Tree::default().directory("/site/logs"));
    assert!(refused.config.is_none());
}
