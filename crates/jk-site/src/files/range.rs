use std::io::Write as _;
use std::ops::Range;

/// Above this number of parts httpd sends a multipart response in chunks, this many parts in each:
/// it does not wait to know the length.
pub const CHUNKED_PARTS: usize = 32;

/// More parts than this, and the whole file is sent (`MaxRanges`).
const MAX_PARTS: usize = 200;
/// More merges than this, and the whole file is sent (`MaxRangeOverlaps`).
const MAX_OVERLAPS: usize = 20;
/// More steps backwards than this, and the whole file is sent (`MaxRangeReversals`).
const MAX_REVERSALS: usize = 20;

/// The parts of a file that a request asks for. Kept and reused between requests.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    /// Byte ranges in the order in which they are sent; never empty ones.
    pub parts: Vec<Range<u64>>,
}

/// What a `Range` field asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeVerdict {
    /// The field does not count: send everything.
    Whole,
    /// The parts.
    Parts,
    /// Nothing of the content: 416.
    Unsatisfiable,
}

/// What separates the parts of a multipart response: random bytes that the caller supplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultipartBoundary(pub u64);

impl Ranges {
    /// Reads a `Range` field for a content of `size` bytes (httpd's `ap_set_byterange`): neighbours
    /// and overlaps are merged as long as they follow each other.
    pub fn read(&mut self, field: &[u8], size: u64) -> RangeVerdict {
        self.parts.clear();
        let Some((unit, set)) = field.split_at_checked(6) else { return RangeVerdict::Whole };
        if !unit.eq_ignore_ascii_case(b"bytes=") || size == 0 {
            return RangeVerdict::Whole;
        }
        let Some(merging) = self.collect(set, size) else { return RangeVerdict::Whole };
        if self.parts.is_empty() {
            let unsatisfiable = merging.unsatisfiable;
            return if unsatisfiable { RangeVerdict::Unsatisfiable } else { RangeVerdict::Whole };
        }
        let sum = self.parts.iter().fold(0u64, |sum, p| sum.saturating_add(p.end - p.start));
        if sum > size || self.parts.len() > MAX_PARTS || merging.is_excessive() {
            return RangeVerdict::Whole;
        }
        RangeVerdict::Parts
    }

    /// Gathers the parts. `None` when the set is malformed.
    fn collect(&mut self, set: &[u8], size: u64) -> Option<Merging> {
        let mut merging = Merging::default();
        let mut words = set.split(|&byte| byte == b',').peekable();
        while let Some(word) = words.next() {
            if word.is_empty() {
                break;
            }
            // A run of commas separates as one does.
            while words.next_if(|next| next.is_empty()).is_some() {}
            let range = one(word, size)?;
            if word == b"0-" {
                // Everything: whatever else was asked for does not matter.
                self.parts.clear();
                merging.current = Some(range);
                break;
            }
            self.parts.extend(merging.add(range, size));
        }
        self.parts.extend(merging.current.take());
        Some(merging)
    }
}

/// What `ap_set_byterange` remembers from one range to the next.
#[derive(Default)]
struct Merging {
    current: Option<Range<u64>>,
    overlaps: usize,
    reversals: usize,
    unsatisfiable: bool,
}

impl Merging {
    /// Takes one more range, and gives back the one before if the two cannot be merged.
    fn add(&mut self, range: Range<u64>, size: u64) -> Option<Range<u64>> {
        if range.start >= size {
            self.unsatisfiable = true;
            return None;
        }
        let range = range.start..range.end.min(size);
        let Some(current) = &mut self.current else {
            self.current = Some(range);
            return None;
        };
        if range.start > current.end || range.end < current.start {
            return self.current.replace(range);
        }
        self.reversals += usize::from(range.start < current.start);
        self.overlaps += 1;
        current.start = current.start.min(range.start);
        current.end = current.end.max(range.end);
        None
    }

    fn is_excessive(&self) -> bool {
        self.overlaps > MAX_OVERLAPS || self.reversals > MAX_REVERSALS
    }
}

/// `first "-" [ last ]` or `"-" count`; `None` when malformed. The end may lie past the content.
fn one(word: &[u8], size: u64) -> Option<Range<u64>> {
    let dash = memchr::memchr(b'-', word)?;
    let (first, last) = (&word[..dash], &word[dash + 1..]);
    if first.is_empty() {
        let count = number(last).filter(|&count| count > 0)?;
        return Some(size.saturating_sub(count)..size);
    }
    let first = number(first)?;
    if last.is_empty() {
        return Some(first..size.max(first));
    }
    let last = number(last).filter(|&last| last >= first)?;
    Some(first..last.saturating_add(1))
}

/// Digits that fit into a C `off_t`.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = std::str::from_utf8(digits).ok()?.parse::<i64>().ok()?;
    u64::try_from(number).ok()
}

impl MultipartBoundary {
    /// Appends what precedes a part: boundary, its fields, a blank line.
    pub fn push_part_head(
        self,
        content_type: Option<&[u8]>,
        part: &Range<u64>,
        size: u64,
        out: &mut Vec<u8>,
    ) {
        // Writing to a vector cannot fail.
        let _ = write!(out, "\r\n--{:016x}", self.0);
        if let Some(content_type) = content_type {
            out.extend_from_slice(b"\r\nContent-type: ");
            out.extend_from_slice(content_type);
        }
        let last = part.end.saturating_sub(1);
        let _ = write!(out, "\r\nContent-range: bytes {}-{last}/{size}\r\n\r\n", part.start);
    }

    /// Appends what follows the last part.
    pub fn push_end(self, out: &mut Vec<u8>) {
        let _ = write!(out, "\r\n--{:016x}--\r\n", self.0);
    }

    /// Appends the value of `Content-Type` of the whole.
    pub fn push_content_type(self, out: &mut Vec<u8>) {
        // Writing to a vector cannot fail.
        let _ = write!(out, "multipart/byteranges; boundary={:016x}", self.0);
    }

    /// The bytes of a whole multipart body.
    pub(super) fn length(
        self,
        content_type: Option<&[u8]>,
        parts: &[Range<u64>],
        size: u64,
    ) -> u64 {
        let heads: u64 = parts
            .iter()
            .map(|part| {
                // 16 digits of boundary and the text around them: see `push_part_head`.
                let fields = "\r\n--\r\nContent-range: bytes -/\r\n\r\n".len() + 16;
                let media =
                    content_type.map_or(0, |media| "\r\nContent-type: ".len() + media.len());
                let numbers =
                    digits(part.start) + digits(part.end.saturating_sub(1)) + digits(size);
                (fields + media + numbers) as u64 + (part.end - part.start)
            })
            .sum();
        heads + "\r\n----\r\n".len() as u64 + 16
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}
