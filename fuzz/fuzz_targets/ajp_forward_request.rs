//! Any bytes from a client: a request that decodes is written again by the encoder, and reads alike.
#![no_main]

use ajp13::container::{self, ForwardRequest, Incoming};
use ajp13::{RECEIVE_LIMIT, RequestEncoder, method_code};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = container::split_frame(data, RECEIVE_LIMIT);
    let _ = container::body_data(data);
    if let Ok(Incoming::Forward(request)) = Incoming::decode(data) {
        check(&request);
    }
});

fn check(request: &ForwardRequest<'_>) {
    let line = request.line();
    // A method that has a code may have come as text; the encoder then uses the code.
    let coded = method_code(line.method).is_some();
    let kept =
        |attribute: &ajp13::Attribute<'_>| !matches!(attribute, ajp13::Attribute::StoredMethod(_));
    let mut wire = Vec::new();
    let mut encoder = RequestEncoder::begin(&mut wire, RECEIVE_LIMIT, line);
    request.headers().for_each(|(name, value)| encoder.header(name, value));
    if !coded {
        encoder.attribute(ajp13::Attribute::StoredMethod(line.method));
    }
    request.attributes().filter(kept).for_each(|attribute| encoder.attribute(attribute));
    // Refused: too large by now, or text that a sound client does not send.
    let Ok(len) = encoder.finish() else { return assert!(wire.is_empty()) };
    assert_eq!(len, wire.len());
    let again = ForwardRequest::decode(&wire[ajp13::HEADER_LEN..]).expect("it was just written");
    assert_eq!(again.line().method, line.method);
    assert_eq!(again.line().uri, line.uri);
    assert!(again.attributes().filter(kept).eq(request.attributes().filter(kept)));
    assert_eq!(again.headers().count(), request.headers().count());
}
