//! Any `workers.properties`: no panic, every finding prints and points into its text, the secret
//! does not show, and reading twice gives the same.
#![no_main]

use jk_config::{Severity, Sources, WorkersInput, read_workers};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let mut sources = Sources::default();
    let file = sources.add("workers.properties".into(), text.to_vec());
    let env = |name: &str| (name == "net").then(|| "10.0.0".to_owned());
    let input = WorkersInput {
        lines: &[],
        file: Some((file, sources.text(file))),
        server_root: "/srv",
        env: &env,
    };
    let output = read_workers(&input);
    assert_eq!(output.fatal, output.diagnostics.iter().any(|d| d.severity == Severity::Error));
    assert_eq!(output.diagnostics, read_workers(&input).diagnostics);
    for diagnostic in &output.diagnostics {
        if let Some(location) = &diagnostic.location {
            assert!(location.span.start <= location.span.end && location.span.end <= text.len());
        }
        let printed = diagnostic.render(&sources).to_string();
        let control = |c: char| c.is_control() && c != '\n';
        assert!(printed.ends_with('\n') && !printed.contains(control));
    }
    for worker in &output.workers {
        assert!(output.worker_location(&worker.name).is_some() || worker.name == "ajp13");
    }
});
