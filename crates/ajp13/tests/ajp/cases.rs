//! Reading the case files, and feeding packets as a network may cut them.

use std::path::Path;

use ajp13::{Message, ProtocolError, RECEIVE_LIMIT, split_frame};

/// One case of a file of packets.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) to_container: bool,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/ajp").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn cases(name: &str) -> Vec<Case> {
    let text: String =
        file(name).lines().filter(|l| !l.starts_with('#')).map(|l| l.to_owned() + "\n").collect();
    text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).map(case).collect()
}

/// The bytes of one case of `packets.txt`.
#[track_caller]
pub(crate) fn packet(id: &str) -> Vec<u8> {
    cases("packets.txt").into_iter().find(|case| case.id == id).expect(id).bytes
}

fn case(block: &str) -> Case {
    let (head, hex) = block.split_once('\n').expect("bytes follow the first line");
    let mut words = head.splitn(3, ' ');
    Case {
        id: words.next().expect("an id").to_owned(),
        to_container: words.next().expect("a direction") == "C",
        text: words.next().expect("a description").to_owned(),
        bytes: hex.split_whitespace().flat_map(bytes).collect(),
    }
}

fn bytes(word: &str) -> Vec<u8> {
    let (byte, count) = word.split_once('*').unwrap_or((word, "1"));
    vec![u8::from_str_radix(byte, 16).expect(word); count.parse().expect(word)]
}

/// Feeds `wire` in pieces of `step` bytes and hands each message on as soon as it is whole.
pub(crate) fn feed(
    wire: &[u8],
    step: usize,
    limit: usize,
    mut each: impl FnMut(&Message<'_>) -> Result<(), ProtocolError>,
) -> Result<(), ProtocolError> {
    let mut gathered = Vec::new();
    for piece in wire.chunks(step) {
        gathered.extend_from_slice(piece);
        while let Some(frame) = split_frame(&gathered, limit)? {
            each(&Message::decode(frame.payload)?)?;
            let len = frame.len;
            gathered.drain(..len);
        }
    }
    assert!(gathered.is_empty(), "{} bytes are left over", gathered.len());
    Ok(())
}

/// Whole, byte by byte, three bytes at a time.
pub(crate) const STEPS: [usize; 3] = [RECEIVE_LIMIT, 1, 3];
