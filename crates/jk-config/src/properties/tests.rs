use super::{Content, MAX_LINE, is_space, lines, single, words};

/// What a line says, as text.
fn shown(content: Content<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match content {
        Content::Blank => "blank".to_owned(),
        Content::NoEquals(piece) => format!("no equals: {}", text(piece.bytes)),
        Content::NoKey(piece) => format!("no key: {}", text(piece.bytes)),
        Content::NoValue(piece) => format!("no value: {}", text(piece.bytes)),
        Content::Property { key, value } => {
            format!("[{}] [{}]", text(key.bytes), text(value.bytes))
        }
    }
}

#[test]
fn lines_are_cut_and_trimmed() {
    for (text, expected) in [
        ("a=b", "[a] [b]"),
        ("  a\t=  b c \r\n", "[a] [b c]"),
        ("a==b", "[a] [=b]"),
        ("a=b=c", "[a] [b=c]"),
        ("a=\"b\"", "[a] [\"b\"]"),
        ("a=b\\", "[a] [b\\]"),
        ("a=b # c", "[a] [b]"),
        ("a#=b", "no equals: a"),
        ("# a=b", "blank"),
        ("\x0b\x0c \t", "blank"),
        ("a", "no equals: a"),
        ("a=", "no value: a"),
        ("a= # b", "no value: a"),
        ("=b", "no key: b"),
        ("=", "no value: "),
        ("a=b\0c", "[a] [b]"),
        ("a=1#\0", "[a] [1]"),
    ] {
        let mut found = lines(text.as_bytes());
        assert_eq!(
            found.next().map(|line| shown(line.content)).as_deref(),
            Some(expected),
            "{text:?}"
        );
        assert!(found.next().is_none(), "{text:?}");
    }
}

#[test]
fn a_line_of_httpd_has_no_comment() {
    assert_eq!(shown(single(b" worker.list=a # x ")), "[worker.list] [a # x]");
}

#[test]
fn pieces_know_where_they_stand() {
    let text = b"#\n  key = some value # c\nx=y";
    for line in lines(text) {
        if let Content::Property { key, value } = line.content {
            assert_eq!(&text[key.span()], key.bytes);
            assert_eq!(&text[value.span()], value.bytes);
        }
    }
}

#[test]
fn a_comment_in_a_word_is_noticed() {
    let at = |text: &[u8]| lines(text).next().and_then(|line| line.cut_by_comment);
    assert_eq!(at(b"a=b#c"), Some(3));
    assert_eq!(at(b"a=#c"), Some(2));
    assert_eq!(at(b"a=b #c"), None);
    assert_eq!(at(b"#c"), None);
}

#[test]
fn long_lines_are_read_in_parts() {
    let long = format!("x={}\nz=1\n", "y".repeat(MAX_LINE + 100));
    let found: Vec<_> = lines(long.as_bytes()).collect();
    let Content::Property { value, .. } = found[0].content else { panic!("{:?}", found[0]) };
    assert_eq!(value.bytes.len(), MAX_LINE - 2);
    assert_eq!(found[0].cut_by_length, Some(MAX_LINE));
    assert!(matches!(found[1].content, Content::NoEquals(rest) if rest.bytes.len() == 102));
    assert_eq!(found[1].cut_by_length, None);
    assert_eq!(shown(found[2].content), "[z] [1]");
}

#[test]
fn the_tail_of_a_long_comment_is_no_comment() {
    let text = format!("#{}a=1\n", "c".repeat(MAX_LINE - 1));
    let found: Vec<_> = lines(text.as_bytes()).map(|line| shown(line.content)).collect();
    assert_eq!(found, ["blank", "[a] [1]"]);
}

#[test]
fn a_line_of_exactly_the_limit_is_whole() {
    let text = format!("a={}", "b".repeat(MAX_LINE - 2));
    let found: Vec<_> = lines(text.as_bytes()).collect();
    assert_eq!((found.len(), found[0].cut_by_length), (1, None));
}

#[test]
fn lists_are_separated_by_blanks_tabs_and_commas() {
    let found: Vec<_> = words(b" a,b\tc,, d;e ").collect();
    assert_eq!(found, [&b"a"[..], b"b", b"c", b"d;e"]);
    assert_eq!((0..=u8::MAX).filter(|&b| is_space(b)).count(), 6);
}
