//! What must hold for every text.

use std::path::Path;

use jk_config::{LoadOptions, Loaded, load};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::tree::Tree;

/// Words that mean something, and bytes that do not.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        Just("Listen"),
        Just("JkMount"),
        Just("JkUnMount"),
        Just("JkOptions"),
        Just("JkMountCopy"),
        Just("Include"),
        Just("IncludeOptional"),
        Just("Define"),
        Just("UnDefine"),
        Just("ServerName"),
        Just("<VirtualHost"),
        Just("</VirtualHost>"),
        Just("<Location"),
        Just("</Location>"),
        Just("<IfModule"),
        Just("</IfModule>"),
        Just("<IfDefine"),
        Just("</IfDefine>"),
        Just("<If"),
        Just("<Directory"),
        Just("</Directory>"),
        Just("Require"),
        Just("SetEnvIf"),
        Just("SetHandler"),
        Just("JkMountFile"),
        Just("JkWorkersFile"),
        Just("JkWorkerProperty"),
        Just("CustomLog"),
        Just("LogFormat"),
        Just("ErrorDocument"),
        Just("AddType"),
        Just("<Proxy"),
        Just("</Proxy>"),
        Just("<IfVersion"),
        Just("<Limit"),
        Just("LoadModule"),
        Just("Nonsense"),
        Just("#"),
        Just(""),
    ];
    let word = prop_oneof![
        Just(&b"80"[..]),
        Just(&b"*:80>"[..]),
        Just(&b"/x>"[..]),
        Just(&b">"[..]),
        Just(&b"/a|/*"[..]),
        Just(&b"w"[..]),
        Just(&b"jk_module>"[..]),
        Just(&b"!ssl_module>"[..]),
        Just(&b"On"[..]),
        Just(&b"All"[..]),
        Just(&b"inc.conf"[..]),
        Just(&b"*.conf"[..]),
        Just(&b"/site/*/[a-z]*"[..]),
        Just(&b"map.properties"[..]),
        Just(&b"workers.properties"[..]),
        Just(&b"${X}"[..]),
        Just(&b"${"[..]),
        Just(&b"X"[..]),
        Just(&b"\"a b"[..]),
        Just(&b"\"a\\\"b\""[..]),
        Just(&b"'x'"[..]),
        Just(&b"\\"[..]),
        Just(&b"\\\n"[..]),
        Just(&b"\xff\xfe"[..]),
        Just(&b"\0"[..]),
        Just(&b"%h %{x"[..]),
        Just(&b"404"[..]),
        Just(&b"[::1]:1"[..]),
        Just(&b"all granted"[..]),
        Just(&b"("[..]),
        Just("\u{1f426}".as_bytes()),
        Just(&b"\r"[..]),
        Just(&b"worker.list=w"[..]),
    ];
    let words = vec(word, 0..4);
    let sensible = (name, words).prop_map(|(name, words)| {
        let mut line = name.as_bytes().to_vec();
        for word in words {
            line.push(b' ');
            line.extend_from_slice(word);
        }
        line
    });
    prop_oneof![9 => sensible, 1 => vec(any::<u8>(), 0..20)]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    vec(line(), 0..30).prop_map(|lines| lines.join(&b'\n'))
}

fn load_three(root: &[u8], included: &[u8], properties: &[u8]) -> Loaded {
    let tree = Tree::default()
        .file("/site/httpd.conf", root)
        .file("/site/inc.conf", included)
        .file("/site/map.properties", properties)
        .file("/site/workers.properties", properties)
        .directory("/site/logs")
        .env("X", "value");
    load(Path::new("/site/httpd.conf"), &tree, &LoadOptions::default())
}

/// Places lie within their texts and can be shown, and a refusal has its reason.
fn check(loaded: &Loaded) {
    for found in &loaded.diagnostics {
        if let Some(at) = &found.location {
            let length = loaded.sources.text(at.source).len();
            assert!(at.span.start <= at.span.end && at.span.end <= length, "{found:?}");
        }
        assert!(found.render(&loaded.sources).to_string().contains(found.severity.label()));
        assert!(!found.message.ends_with('.') && !found.message.is_empty(), "{found:?}");
    }
    assert!(loaded.config.is_some() || crate::case::refused(loaded));
}

proptest! {
    #[test]
    fn no_text_is_too_much(root in text(), included in text(), properties in text()) {
        check(&load_three(&root, &included, &properties));
    }

    #[test]
    fn no_bytes_are_too_much(root in vec(any::<u8>(), 0..200)) {
        check(&load_three(&root, b"", b""));
    }

    /// Where a file is cut into an included part makes no difference to what is configured.
    #[test]
    fn an_include_stands_for_its_text(lines in vec(harmless(), 0..12), cut in any::<prop::sample::Index>()) {
        let at = cut.index(lines.len() + 1);
        let (before, after) = lines.split_at(at);
        let whole = load_three(framed(&lines.join("\n")).as_bytes(), b"", b"");
        let parts = framed(&format!("{}\nInclude inc.conf", before.join("\n")));
        let cut = load_three(parts.as_bytes(), after.join("\n").as_bytes(), b"");
        let dump = |loaded: &Loaded| {
            let config = loaded.config.as_ref().expect("these lines are fine");
            let dump = crate::dump::config(config, &loaded.sources);
            dump.lines().filter(|line| !line.contains(" from ")).collect::<Vec<_>>().join("\n")
        };
        prop_assert_eq!(dump(&whole), dump(&cut));
    }
}

fn framed(text: &str) -> String {
    format!("ServerRoot /site\nListen 80\nServerName x\nErrorLog logs/e\n{text}\n")
}

fn harmless() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,3}".prop_map(|name| format!("SetEnv {name} 1")),
        "[a-z]{1,3}".prop_map(|name| format!("JkMount /{name}/* w")),
        "[a-z]{1,3}".prop_map(|name| format!("JkUnMount /{name}/* *")),
        "[a-z]{1,3}".prop_map(|name| format!("JkEnvVar {name} 2")),
        (1..9_u8).prop_map(|n| format!("Timeout {n}")),
        "[a-z]{1,3}"
            .prop_map(|name| format!("<VirtualHost *:80>\nServerName {name}\n</VirtualHost>")),
        "[a-z]{1,3}".prop_map(|name| format!(
            "Define {name} 1\n<IfDefine {name}>\nKeepAlive Off\n</IfDefine>"
        )),
        Just("JkOptions +FlushPackets -ForwardKeySize".to_owned()),
        Just("# a comment".to_owned()),
    ]
}
