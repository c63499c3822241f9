//! N01 to N06: decoded faithfully, and told apart from what may be forwarded.

use ajp13::{Message, is_field_value, is_reason, is_token};

use crate::cases::cases;

#[test]
fn what_must_not_be_forwarded_is_recognised() {
    let cases = cases("unfit.txt");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let Ok(Message::SendHeaders(head)) = Message::decode(&case.bytes[4..]) else {
            panic!("{} is sound", case.id)
        };
        let reason = is_reason(head.reason.unwrap());
        let names = head.fields().all(|(name, _)| is_token(name));
        let values = head.fields().all(|(_, value)| is_field_value(value));
        let expected = case.text.split(':').next().unwrap();
        assert_eq!(
            (reason, names, values),
            (expected != "reason", expected != "name", expected != "value"),
            "{}",
            case.id
        );
    }
}

#[test]
fn each_byte_is_judged_alone() {
    for byte in 0..=u8::MAX {
        let control = byte < 0x20 || byte == 0x7F;
        assert_eq!(is_reason(&[b'a', byte]), !control, "{byte:#04x}");
        assert_eq!(is_field_value(&[b'a', byte]), !control || byte == b'\t', "{byte:#04x}");
        let separator = b" \"(),/:;<=>?@[\\]{}".contains(&byte);
        assert_eq!(is_token(&[byte]), byte < 0x80 && !control && !separator, "{byte:#04x}");
    }
    assert!(!is_token(b""));
    assert!(!is_reason(b""));
    assert!(is_field_value(b""));
}
