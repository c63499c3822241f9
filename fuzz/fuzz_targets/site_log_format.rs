#![no_main]
//! Log formats and hostile values: no panic, one line per request, nothing unprintable in it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use chrono::DateTime;
use jk_site::access_log::{ConnectionEnd, Format, Record};
use jk_site::env::EnvVars;
use jk_site::jk_log::{RequestFormat, Stamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8])| {
    let (format, value) = input;
    let time =
        DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap_or_default().fixed_offset();
    let mut out = Vec::new();
    Stamp::compile(format).push(&time, &mut out);
    let _ = RequestFormat::compile(format);

    let Ok(compiled) = Format::compile(format) else { return };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 80));
    let fields = [(&b"Cookie"[..], value), (b"X", value)];
    let env = EnvVars::default();
    let record = Record {
        client: address,
        peer: address,
        local: address,
        client_name: Some(value),
        user: Some(value),
        time,
        duration: Duration::MAX,
        request_line: value,
        method: value,
        protocol: value,
        path: value,
        original_path: value,
        query: Some(value),
        file: Some(value),
        handler: Some(value),
        status: 200,
        original_status: 404,
        body_bytes: u64::MAX,
        bytes_in: u64::MAX,
        bytes_out: u64::MAX,
        kept_alive: u32::MAX,
        end: ConnectionEnd::Closed,
        log_id: None,
        configured_name: value,
        configured_port: 80,
        name: value,
        pid: 1,
        tid: u64::MAX,
        request_fields: &fields,
        response_fields: &fields,
        notes: &fields,
        env: &env,
    };
    out.clear();
    compiled.render(&record, &mut out);
    assert_eq!(out.pop(), Some(b'\n'));
    // What is not printable came from the format, never from the request.
    if format.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'\\' && b != b'{') {
        assert!(out.iter().all(|b| (b' '..=b'~').contains(b)));
    }
});
