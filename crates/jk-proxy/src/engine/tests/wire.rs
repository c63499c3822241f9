//! What the tests of exchanges say and hear, on either side.

use ajp13::container;

use super::world::Backend;

pub(super) const ONE: &str = "worker.list=w\nworker.w.host=127.0.0.1\nworker.w.port=8009\n";

pub(super) const TWO: &str = "\
worker.list=lb
worker.a.host=127.0.0.1
worker.a.port=8001
worker.b.host=127.0.0.1
worker.b.port=8002
worker.lb.type=lb
worker.lb.balance_workers=a,b
";

pub(super) const GET: &[u8] = b"GET /app?q=1 HTTP/1.1\r\nHost: www.example.org\r\n\r\n";

pub(super) fn headers(fields: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    container::send_headers(&mut out, 200, b"OK", fields.iter().copied()).unwrap();
    out
}

pub(super) fn chunk(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    container::send_body_chunk(&mut out, content);
    out
}

pub(super) fn end(reuse: bool) -> Vec<u8> {
    let mut out = Vec::new();
    container::end_response(&mut out, reuse);
    out
}

pub(super) fn ask(wanted: u16) -> Vec<u8> {
    let mut out = Vec::new();
    container::get_body_chunk(&mut out, wanted);
    out
}

pub(super) fn answer(body: &[u8]) -> Vec<u8> {
    [headers(&[(b"Content-Type", b"text/plain")]), chunk(body), end(true)].concat()
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The packets a backend got, without their heads.
pub(super) fn packets(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = bytes;
    let mut all = Vec::new();
    while let Some(frame) = container::split_frame(rest, 65536).unwrap() {
        all.push(frame.payload.to_vec());
        rest = &rest[frame.len..];
    }
    assert!(rest.is_empty(), "half a packet");
    all
}

pub(super) fn is_request(backend: &Backend) -> bool {
    packets(&backend.end.drain()).first().is_some_and(|packet| packet[0] == 2)
}

/// The content of a response, when it is whole.
#[track_caller]
pub(super) fn body(response: &[u8]) -> String {
    let response = text(response);
    let (head, body) = response.split_once("\r\n\r\n").expect("a whole head");
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    assert_eq!(length, Some(body.len().to_string().as_str()), "{head}");
    body.to_owned()
}
