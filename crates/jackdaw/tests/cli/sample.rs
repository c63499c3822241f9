//! The sample configuration is read without a word of complaint.

use std::path::Path;
use std::process::Command;

#[test]
fn the_sample_is_without_fault() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO_BIN_EXE_jackdaw"))
        .args(["check", "-f", "conf/httpd.conf", "--strict"])
        .current_dir(root)
        .output()
        .unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    assert!(report.starts_with("Listeners\n"), "a finding comes first:\n{report}");
    for part in ["load balancer with 3 members", "/shop/static/*", "change-me"] {
        assert_eq!(report.contains(part), part != "change-me", "{part}:\n{report}");
    }
}
