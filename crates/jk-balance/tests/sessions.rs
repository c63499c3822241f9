//! Session ids of a request, straight from the table of mod_jk's extraction.

use jk_balance::{SessionIds, session_ids};

/// The ids as mod_jk would join them, or `-`.
fn joined(uri: &str, cookies: &[&str], forced: Option<&str>) -> String {
    let fields = cookies.iter().map(|field| field.as_bytes());
    let forced = forced.map(str::as_bytes);
    let ids = session_ids(uri.as_bytes(), fields, "JSESSIONID", ";jsessionid", forced);
    let part = |ids: &SessionIds<'_>| {
        let parts: Vec<String> =
            ids.iter().map(|part| String::from_utf8_lossy(part.id).into_owned()).collect();
        parts.join(";")
    };
    ids.as_ref().map_or_else(|| "-".to_owned(), part)
}

/// COMPAT [cookie-scan]: the rows whose name is the end of the field.
#[test]
fn cookies_are_found_as_mod_jk_finds_them() {
    let cases = [
        (r#"JSESSIONID="q.C""#, "q.C"),
        ("JSESSIONID=q.C ; z=1", "q.C "),
        ("a=b; JSESSIONID = q.C", " q.C"),
        ("a=1,JSESSIONID=2.C,b=2", "2.C"),
        ("XJSESSIONID=1.B; JSESSIONIDSSO=1.B;JSESSIONID=9.C", "9.C"),
        ("jsessionid=2.C", "-"),
        ("JSESSIONID=1.Z; JSESSIONID=2.C", "1.Z;2.C"),
        ("JSESSIONID=;JSESSIONID=2.C", ";2.C"),
        ("JSESSIONID=;", "-"),
        ("JSESSIONID=;JSESSIONID=;", ";"),
        ("JSESSIONID=", "-"),
        ("JSESSIONID", "-"),
        ("JSESSIONID==1.A", "=1.A"),
        // One quote alone is no pair.
        ("JSESSIONID=\"", "\""),
        ("JSESSIONID=\"\"", "-"),
        ("JSESSIONID=\"a;b\"", "\"a"),
        ("x=1\tJSESSIONID=1.A", "1.A"),
        ("x=1\u{b}JSESSIONID=1.A", "1.A"),
        // The search goes on behind what was looked at, so the second name is missed.
        ("JSESSIONID JSESSIONID=1.A", "-"),
        ("JSESSIONID;JSESSIONID=1.A", "1.A"),
        ("JSESSIONID=1.A;JSESSIONID", "1.A"),
        ("JSESSIONID=1;JSESSIONID=2;JSESSIONID=3;JSESSIONID=4;JSESSIONID=5.A", "1;2;3;4;5.A"),
    ];
    for (field, expected) in cases {
        assert_eq!(joined("/x", &[field], None), expected, "{field}");
    }
    assert_eq!(joined("/x", &["JSESSIONID=1.Z", "JSESSIONID=2.C"], None), "1.Z;2.C");
}

#[test]
fn a_path_parameter_hides_cookies() {
    let cases = [
        ("/x;jsessionid=1.B", "1.B"),
        ("/a;jsessionid=1.C/b", "1.C"),
        ("/a;jsessionid=1.C;v=2/b", "1.C"),
        ("/a;jsessionid=1.C?q=1;x", "1.C"),
        // Empty, but something follows.
        ("/x;jsessionid=;y", "-"),
        ("/x;jsessionid=/y;jsessionid=1.B", "-"),
        // Nothing follows at all.
        ("/x;jsessionid=", "2.C"),
        ("/x;jsessionidx=1.B", "2.C"),
        ("/x;jsessionidx=1.B;jsessionid=3.B", "3.B"),
        ("/x;JSESSIONID=1.B", "2.C"),
        ("/jsessionid=1.B", "2.C"),
    ];
    for (uri, expected) in cases {
        assert_eq!(joined(uri, &["JSESSIONID=2.C"], None), expected, "{uri}");
    }
}

#[test]
fn routes_follow_the_first_dot() {
    let field = b"JSESSIONID=1; JSESSIONID=2.x.C; JSESSIONID=.A; JSESSIONID=3.".as_slice();
    let ids = session_ids(b"/", [field].into_iter(), "JSESSIONID", ";jsessionid", None).unwrap();
    let routes: Vec<Option<&[u8]>> = ids.iter().map(|part| part.route).collect();
    assert_eq!(routes, [None, Some(b"x.C".as_slice()), Some(b"A"), Some(b"")]);
}

#[test]
fn a_forced_route_hides_everything_and_is_split_like_an_id() {
    let routes = |forced: &str| -> Vec<Option<String>> {
        let ids = session_ids(
            b"/x;jsessionid=1.B",
            [b"JSESSIONID=2.C".as_slice()].into_iter(),
            "JSESSIONID",
            ";jsessionid",
            Some(forced.as_bytes()),
        );
        let text = |route: &[u8]| String::from_utf8_lossy(route).into_owned();
        ids.unwrap().iter().map(|part| part.route.map(text)).collect()
    };
    assert_eq!(routes("A"), [Some("A".to_owned())]);
    assert_eq!(routes("x.A"), [Some("x.A".to_owned())]);
    assert_eq!(routes("A;1.B"), [Some("A".to_owned()), Some("B".to_owned())]);
    // Set but empty is not set.
    assert_eq!(routes(""), [Some("B".to_owned())]);
}

#[test]
fn names_of_any_text_end() {
    for name in ["", "=", ";", " "] {
        for field in ["", "=", "==;=", " ; =, =x"] {
            let fields = [field.as_bytes()].into_iter();
            let ids = session_ids(field.as_bytes(), fields, name, name, None);
            assert!(ids.is_none_or(|ids| ids.iter().count() <= field.len()));
        }
    }
}
