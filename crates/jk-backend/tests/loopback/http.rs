//! Plain HTTP.

use std::io::{Read, Write};
use std::net::SocketAddr;

use jk_backend::{Backend, Demo, Handle, Options};

use crate::client::connect;

fn node() -> (Handle, SocketAddr) {
    let any = "127.0.0.1:0".parse().unwrap();
    let options = Options { http: Some(any), ..Options::new(any) };
    let handle = Backend::start_with(&options, Demo::new("n1")).unwrap();
    let addr = handle.http_addr().unwrap();
    (handle, addr)
}

/// Sends `requests`, the last of which closes the connection, and returns all that comes back.
fn exchange(addr: SocketAddr, requests: &str, step: usize) -> String {
    let mut socket = connect(addr);
    requests.as_bytes().chunks(step).for_each(|piece| socket.write_all(piece).unwrap());
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

const FIVE: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\
    Content-Length: 5\r\nConnection: close\r\n\r\nxxxxx";

#[test]
fn filler_comes_with_its_length() {
    let (_node, addr) = node();
    for step in [1000, 1, 3] {
        let got = exchange(addr, "GET /b/5 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", step);
        assert_eq!(got, FIVE);
    }
    let big = exchange(addr, "GET /b/1000000 HTTP/1.1\r\nConnection: close\r\n\r\n", 1000);
    assert_eq!(big.split_once("\r\n\r\n").unwrap().1.len(), 1_000_000);
}

#[test]
fn connections_are_kept_and_requests_may_come_in_a_row() {
    let (_node, addr) = node();
    let requests = "GET /b/5 HTTP/1.1\r\n\r\n\
        POST /echo HTTP/1.1\r\nContent-Length: 4\r\n\r\nping\
        POST /b/5 HTTP/1.1\r\nContent-Length: 7\r\n\r\nunheard\
        HEAD /b/5 HTTP/1.1\r\n\r\n\
        GET /b/5 HTTP/1.1\r\nConnection: close\r\n\r\n";
    for step in [1000, 1, 3] {
        let got = exchange(addr, requests, step);
        assert_eq!(got.matches("HTTP/1.1 200 OK\r\n").count(), 5, "{got}");
        assert_eq!(got.matches("xxxxx").count(), 3, "{got}");
        assert!(got.contains("\r\n\r\npingHTTP/1.1"), "{got}");
        assert!(got.ends_with(FIVE), "{got}");
    }
}

#[test]
fn http_1_0_is_closed_unless_it_asks() {
    let (_node, addr) = node();
    assert_eq!(exchange(addr, "GET /b/5 HTTP/1.0\r\n\r\n", 1000), FIVE);
    let two = "GET /b/5 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b/5 HTTP/1.0\r\n\r\n";
    assert_eq!(exchange(addr, two, 1000).matches("xxxxx").count(), 2);
}

#[test]
fn a_pause_keeps_the_order_of_answers() {
    let (_node, addr) = node();
    let requests = "GET /slow?ms=20 HTTP/1.1\r\n\r\n\
        GET /status/404 HTTP/1.1\r\nConnection: close\r\n\r\n";
    let got = exchange(addr, requests, 1000);
    let (slow, missing) = (got.find("route=n1").unwrap(), got.find("404 Not Found").unwrap());
    assert!(slow < missing, "{got}");
}

#[test]
fn what_is_not_understood_ends_the_connection() {
    let (_node, addr) = node();
    for request in [
        "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /echo HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        assert_eq!(exchange(addr, request, 1000), "", "{request}");
    }
}

#[test]
fn who_waits_for_100_gets_it() {
    let (_node, addr) = node();
    let mut socket = connect(addr);
    let head = b"POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nConnection: close\r\n\
        Content-Length: 2\r\n\r\n";
    socket.write_all(head).unwrap();
    let mut interim = [0; 25];
    socket.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    socket.write_all(b"hi").unwrap();
    let mut rest = String::new();
    socket.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("\r\n\r\nhi"), "{rest}");
}
