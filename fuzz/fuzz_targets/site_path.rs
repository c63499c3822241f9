#![no_main]
//! Targets, paths, hosts and file names: no panic, and nothing ever leaves its root.

use jk_config::EncodedSlashes;
use jk_site::date;
use jk_site::files::{RangeVerdict, Ranges};
use jk_site::host::{Host, of_request};
use jk_site::path::{decode_path, escape_httpd, escape_proxy};
use jk_site::target::split_target;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8], u8)| {
    let (text, field, choice) = input;
    let methods: [&[u8]; 3] = [b"GET", b"OPTIONS", b"CONNECT"];
    let settings = [EncodedSlashes::Off, EncodedSlashes::On, EncodedSlashes::NoDecode];
    let method = methods[usize::from(choice) % 3];
    let slashes = settings[usize::from(choice / 3) % 3];

    let _ = date::parse(field);
    let mut ranges = Ranges::default();
    let size = u64::from(choice);
    if ranges.read(field, size) == RangeVerdict::Parts {
        assert!(ranges.parts.iter().all(|part| part.start < part.end && part.end <= size));
    }
    if let Ok(Some(host)) = Host::parse(field) {
        let mut name = Vec::new();
        host.push_name(&mut name);
        assert!(host.is(&name) && !name.contains(&b'/'));
    }

    let Ok(target) = split_target(method, text) else { return };
    let _ = of_request(&target, Some(field), (1, 1), "http");
    let mut path = Vec::new();
    if decode_path(target.path, slashes, &mut path).is_err() || path == b"*" {
        return;
    }
    assert!(path.starts_with(b"/") && !path.contains(&0));
    assert!(path.split(|&b| b == b'/').all(|segment| segment != b".." && segment != b"."));
    for escape in [escape_proxy, escape_httpd] {
        let (mut escaped, mut back) = (Vec::new(), Vec::new());
        escape(&path, &mut escaped);
        assert_eq!(decode_path(&escaped, EncodedSlashes::Off, &mut back), Ok(()));
        assert_eq!(back, path);
    }
});
