//! Starting and stopping.

use std::io::Read;
use std::net::TcpStream;

use jk_backend::{Backend, Demo, Options};

use crate::ajp::node;
use crate::client::{Client, GET, connect, request};

#[test]
fn dropping_the_handle_closes_everything() {
    let node = node("n1");
    let addr = node.addr();
    let mut idle = Client::new(addr);
    idle.ping();
    let mut paused = Client::new(addr);
    std::io::Write::write_all(&mut paused.socket, &request("/slow?ms=60000", GET)).unwrap();
    drop(node);
    let mut rest = Vec::new();
    assert_eq!(idle.socket.read_to_end(&mut rest).unwrap(), 0);
    let _ = paused.socket.read_to_end(&mut rest);
    assert!(rest.is_empty());
    assert!(TcpStream::connect(addr).is_err());
}

#[test]
fn several_loops_share_the_connections() {
    let any = "127.0.0.1:0".parse().unwrap();
    let options = Options { threads: 3, ..Options::new(any) };
    let node = Backend::start_with(&options, Demo::new("n1")).unwrap();
    let mut clients: Vec<_> = (0..20).map(|_| Client::new(node.addr())).collect();
    for round in 0..3 {
        for client in &mut clients {
            assert_eq!(client.get("/b/100").content.len(), 100, "round {round}");
        }
    }
}

#[test]
fn packets_are_as_large_as_configured() {
    let any = "127.0.0.1:0".parse().unwrap();
    let options = Options { packet_size: 16384, ..Options::new(any) };
    let node = Backend::start_with(&options, Demo::new("n1")).unwrap();
    let mut socket = connect(node.addr());
    let wire = request("/echo", crate::client::Ask { method: "POST", chunked: true, ..GET });
    std::io::Write::write_all(&mut socket, &wire).unwrap();
    let mut asked = [0; 7];
    socket.read_exact(&mut asked).unwrap();
    assert_eq!(asked, *b"AB\0\x03\x06\x3F\xFA");
}

#[test]
fn an_address_in_use_is_an_error() {
    let node = node("n1");
    assert!(Backend::start(node.addr(), Demo::new("n2")).is_err());
}
