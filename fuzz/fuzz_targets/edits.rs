//! Any bytes are edits or are refused; what is read and written again is the same, and no text brings a
//! configuration to a second opinion of itself.
#![no_main]

use jk_status::edits::Saved;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Saved::decode(bytes);
    // The sum hides from the fuzzer what is before it.
    let mut ours = b"jackdaw-edits 1\nserial 1\n".to_vec();
    ours.extend_from_slice(bytes);
    ours.push(b'\n');
    let sum = crc32fast::hash(&ours);
    ours.extend_from_slice(format!("end {sum:08x}\n").as_bytes());
    let Ok(saved) = Saved::decode(&ours) else { return };
    assert_eq!(Saved::decode(saved.encode().as_bytes()).as_ref(), Ok(&saved));
    assert!(saved.edits.merge(&[]).edits.is_empty());
});
