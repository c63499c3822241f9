//! Any query is a request, its values never hold what opens markup or begins a line, and reading
//! what a link would send gives the same values.
#![no_main]

use jk_status::{Query, Request, push_query_value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let request = Request::parse(bytes);
    let mut again = String::new();
    for (name, value) in request.query.items() {
        assert!(!name.contains(['<', '>', '"', '\n']) && !value.contains(['<', '>', '"', '\n']));
        again.push_str(name);
        again.push('=');
        push_query_value(value, &mut again);
        again.push('&');
    }
    let again = Query::parse(again.as_bytes());
    assert!(again.items().eq(request.query.items()));
});
