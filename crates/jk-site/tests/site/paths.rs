//! Paths against the measured tables.

use crate::common::{escape, rows, unescape};
use jk_config::EncodedSlashes;
use jk_site::path::{decode_path, escape_httpd, escape_proxy};
use jk_site::target::split_target;
use proptest::prelude::*;

fn decoded(target: &[u8], slashes: EncodedSlashes) -> Result<Vec<u8>, u16> {
    let target = split_target(b"GET", target)?;
    let mut out = b"left over".to_vec();
    decode_path(target.path, slashes, &mut out)?;
    Ok(out)
}

#[test]
fn paths_are_decoded_as_measured() {
    let settings = [EncodedSlashes::Off, EncodedSlashes::On, EncodedSlashes::NoDecode];
    for (line, row) in rows("paths.tsv") {
        for (setting, expected) in settings.iter().zip(&row[1..]) {
            let shown = match decoded(&unescape(&row[0]), *setting) {
                Ok(path) => escape(&path),
                Err(status) => status.to_string(),
            };
            assert_eq!(&shown, expected, "paths.tsv:{line}: {} with {setting:?}", row[0]);
        }
    }
}

#[test]
fn paths_are_escaped_as_measured() {
    for (line, row) in rows("escapes.tsv") {
        let Ok(path) = decoded(&unescape(&row[0]), EncodedSlashes::On) else {
            assert!(row[1].parse::<u16>().is_ok(), "escapes.tsv:{line}");
            continue;
        };
        let (mut proxy, mut httpd) = (Vec::new(), Vec::new());
        escape_proxy(&path, &mut proxy);
        escape_httpd(&path, &mut httpd);
        assert_eq!(escape(&proxy), row[1], "escapes.tsv:{line}");
        assert_eq!(escape(&httpd), row[2], "escapes.tsv:{line}");
    }
}

fn hostile_path() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b"/", b".", b"..", b"%2e", b"%2E", b"%2f", b"%25", b"%00", b"%", b";", b"a", b"\\", b"%5c",
        b"*", b"\xff",
    ];
    let piece = prop::sample::select(pieces);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn setting() -> impl Strategy<Value = EncodedSlashes> {
    prop_oneof![Just(EncodedSlashes::Off), Just(EncodedSlashes::On), Just(EncodedSlashes::NoDecode)]
}

#[test]
fn a_raw_zero_byte_is_refused() {
    assert_eq!(decoded(b"/a\0b", EncodedSlashes::On), Err(400));
}

proptest! {
    #[test]
    fn a_decoded_path_never_leaves_the_root(raw in hostile_path(), slashes in setting()) {
        let mut out = Vec::new();
        if decode_path(&raw, slashes, &mut out).is_ok() && out != b"*" {
            prop_assert!(out.starts_with(b"/"));
            prop_assert!(!out.contains(&0));
            prop_assert!(out.split(|&b| b == b'/').all(|segment| segment != b".." && segment != b"."));
            prop_assert!(!out.windows(2).any(|pair| pair == b"//"));
        }
    }

    #[test]
    fn any_bytes_are_decoded_without_panic(raw: Vec<u8>, slashes in setting()) {
        let mut out = Vec::new();
        let _ = decode_path(&raw, slashes, &mut out);
        prop_assert!(out.len() <= raw.len());
    }

    #[test]
    fn escaping_is_undone_by_decoding(segments in prop::collection::vec("[^/\0]{1,8}", 1..5)) {
        prop_assume!(segments.iter().all(|s| s != "." && s != ".."));
        let path = format!("/{}", segments.join("/"));
        for escape in [escape_proxy, escape_httpd] {
            let (mut escaped, mut back) = (Vec::new(), Vec::new());
            escape(path.as_bytes(), &mut escaped);
            prop_assert!(escaped.is_ascii());
            prop_assert_eq!(decode_path(&escaped, EncodedSlashes::Off, &mut back), Ok(()));
            prop_assert_eq!(&back[..], path.as_bytes());
        }
    }

    #[test]
    fn decoding_twice_changes_nothing_without_percent(raw in hostile_path(), slashes in setting()) {
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        if decode_path(&raw, slashes, &mut once).is_ok() && !once.contains(&b'%') {
            prop_assert_eq!(decode_path(&once, slashes, &mut twice), Ok(()));
            prop_assert_eq!(once, twice);
        }
    }
}
