//! V01 to V28: what they say, and that writing it again gives the same bytes.

use ajp13::container::{self, ForwardRequest, Incoming};
use ajp13::{Attribute, Message, RECEIVE_LIMIT, RequestEncoder};

use crate::cases::{STEPS, cases, feed, packet};

#[test]
fn every_response_packet_decodes_and_is_written_alike() {
    for case in cases("packets.txt").iter().filter(|case| !case.to_container) {
        for step in STEPS {
            let mut again = Vec::new();
            let fed = feed(&case.bytes, step, 8192, |message| {
                write(&mut again, message);
                Ok(())
            });
            assert_eq!(fed, Ok(()), "{} fed {step} bytes at a time", case.id);
            assert_eq!(again, case.bytes, "{}: {}", case.id, case.text);
        }
    }
}

fn write(out: &mut Vec<u8>, message: &Message<'_>) {
    match *message {
        Message::SendHeaders(head) => {
            container::send_headers(out, head.status, head.reason.unwrap(), head.fields()).unwrap();
        }
        Message::SendBodyChunk(content) => container::send_body_chunk(out, content),
        Message::GetBodyChunk { wanted } => container::get_body_chunk(out, wanted),
        Message::EndResponse { reuse } => container::end_response(out, reuse),
        Message::CPong => container::cpong(out),
    }
}

#[test]
fn every_request_decodes_and_is_written_alike() {
    let mut seen = 0;
    for case in cases("packets.txt") {
        if !case.to_container || case.bytes.get(4) != Some(&0x02) || case.bytes.len() < 64 {
            continue;
        }
        // V25a is data whose length is 511, not a request.
        if case.id == "V25a" {
            continue;
        }
        seen += 1;
        let frame = container::split_frame(&case.bytes, 8192).unwrap().expect(&case.id);
        assert_eq!(frame.len, case.bytes.len(), "{}", case.id);
        let request = ForwardRequest::decode(frame.payload).expect(&case.id);
        assert_eq!(encode(&request), case.bytes, "{}: {}", case.id, case.text);
    }
    assert_eq!(seen, 9, "V03 to V05, V15 to V18, V23 and V24");
}

fn encode(request: &ForwardRequest<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = RequestEncoder::begin(&mut out, 8192, request.line());
    request.headers().for_each(|(name, value)| encoder.header(name, value));
    request.attributes().for_each(|attribute| encoder.attribute(attribute));
    encoder.finish().unwrap();
    out
}

#[test]
fn v01_v02_ping_and_pong() {
    assert_eq!(packet("V01"), ajp13::CPING);
    let ping = container::split_frame(&ajp13::CPING, RECEIVE_LIMIT).unwrap().unwrap();
    assert!(matches!(Incoming::decode(ping.payload), Ok(Incoming::CPing)));
}

#[test]
fn v04_says_what_was_meant() {
    let wire = packet("V04");
    let request = ForwardRequest::decode(&wire[4..]).unwrap();
    let line = request.line();
    assert_eq!(line.method, b"GET");
    assert_eq!(line.protocol, b"HTTP/1.1");
    assert_eq!(line.uri, b"/app/a.jsp");
    assert_eq!(line.remote_addr, b"192.0.2.7");
    assert_eq!(line.remote_host, None);
    assert_eq!(line.server_name, b"www.example.com");
    assert_eq!((line.server_port, line.is_ssl), (8080, false));
    assert_eq!(request.header(b"Cookie"), Some(&b"JSESSIONID=1A2B.tomcat1"[..]));
    assert_eq!(request.header(b"X-Demo"), Some(&b"yes"[..]));
    assert_eq!(request.query(), Some(&b"q=1&r=%20"[..]));
    let named = |name, value| Attribute::Request { name, value };
    let attributes: Vec<_> = request.attributes().skip(1).collect();
    assert_eq!(
        attributes,
        [
            Attribute::Route(b"tomcat1"),
            named(b"AJP_REMOTE_PORT", b"51234"),
            named(b"AJP_LOCAL_ADDR", b"192.0.2.80"),
            named(b"JK_LB_ACTIVATION", b"ACT"),
        ]
    );
}

#[test]
fn v15_v17_v23_say_what_was_meant() {
    let (patch, tls, head) = (packet("V15"), packet("V17"), packet("V23"));
    assert_eq!(ForwardRequest::decode(&patch[4..]).unwrap().line().method, b"PATCH");
    let tls = ForwardRequest::decode(&tls[4..]).unwrap();
    assert!(tls.line().is_ssl);
    assert!(tls.attributes().any(|attribute| attribute == Attribute::SslKeySize(256)));
    assert_eq!(ForwardRequest::decode(&head[4..]).unwrap().line().remote_host, Some(&b""[..]));
}

#[test]
fn v06_v19_v25_v26_data_packets() {
    for id in ["V06", "V19", "V25a", "V25b", "V26"] {
        let wire = packet(id);
        let frame = container::split_frame(&wire, 8192).unwrap().expect(id);
        let data = container::body_data(frame.payload).expect(id);
        let mut again = ajp13::data_head(data.len()).to_vec();
        again.extend_from_slice(data);
        assert_eq!(again, wire, "{id}");
    }
    let full = packet("V26");
    assert_eq!(container::body_data(&full[4..]).unwrap().len(), ajp13::max_data(8192));
}

#[test]
fn v07_v08_both_forms_of_the_end_of_body() {
    assert_eq!(packet("V07"), ajp13::END_OF_BODY);
    for id in ["V07", "V08"] {
        assert_eq!(container::body_data(&packet(id)[4..]), Ok(&b""[..]), "{id}");
    }
}

#[test]
fn v10_v20_names_of_codes_are_canonical() {
    let (ok, found) = (packet("V10"), packet("V20"));
    let Ok(Message::SendHeaders(head)) = Message::decode(&ok[4..]) else { panic!("V10") };
    assert_eq!((head.status, head.reason), (200, Some(&b"200"[..])));
    let fields: Vec<_> = head.fields().collect();
    assert_eq!(fields[0], (&b"Content-Type"[..], &b"text/plain;charset=UTF-8"[..]));
    assert_eq!(fields[1], (&b"Content-Length"[..], &b"5"[..]));
    let Ok(Message::SendHeaders(head)) = Message::decode(&found[4..]) else { panic!("V20") };
    let names: Vec<_> = head.fields().map(|(name, _)| name.escape_ascii().to_string()).collect();
    assert_eq!(names, ["Location", "Set-Cookie", "Set-Cookie", "X-Up"]);
    assert_eq!(head.fields().len(), 4);
}
