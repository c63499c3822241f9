//! The head line by line, as httpd reads it. This is the parser that decides; `plain` is only its
//! short cut for heads in which there is nothing to decide.

use memchr::memchr;

use crate::error::HeadErrorKind;
use crate::grammar::{is_blank, is_field_value, is_target_byte, is_token, is_token_byte};
use crate::head::{Limits, RequestHead, Version};
use crate::text::Text;

/// Empty lines that httpd skips before a request line (`DEFAULT_LIMIT_BLANK_LINES`).
const EMPTY_LINES: u8 = 10;

/// Where the line parser stands between two calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Phase {
    /// Where the current line starts.
    start: usize,
    /// No line ends before here.
    scanned: usize,
    empty_lines: u8,
    has_line: bool,
    /// Length of the last field line with its continuations, as httpd counts it.
    field_len: usize,
    field_lines: usize,
}

impl RequestHead {
    /// Takes whole lines from `buf` until the head ends; returns its length then.
    pub(crate) fn parse_lines(
        &mut self,
        buf: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, HeadErrorKind> {
        while let Some(line) = self.next_line(buf, limits)? {
            if self.phase.has_line && line.len() == 0 {
                return Ok(Some(self.phase.start));
            }
            if self.phase.has_line {
                self.field_line(buf, line, limits)?;
            } else {
                self.first_line(buf, line)?;
            }
        }
        Ok(None)
    }

    /// The next line without its CRLF, or `None` until it is complete.
    fn next_line(&mut self, buf: &[u8], limits: &Limits) -> Result<Option<Text>, HeadErrorKind> {
        let start = self.phase.start;
        let unseen = buf.get(self.phase.scanned..).unwrap_or_default();
        let Some(offset) = memchr(b'\n', unseen) else {
            self.phase.scanned = buf.len();
            // A CR at the end may turn out to belong to the line end.
            let end = buf.strip_suffix(b"\r").unwrap_or(buf).len();
            self.check_length(Text::received(start, end), limits)?;
            return Ok(None);
        };
        let lf = self.phase.scanned + offset;
        self.phase.start = lf + 1;
        self.phase.scanned = lf + 1;
        let ends_well = lf > start && buf.get(lf - 1) == Some(&b'\r');
        let line = Text::received(start, if ends_well { lf - 1 } else { lf });
        self.check_length(line, limits)?;
        if ends_well {
            return Ok(Some(line));
        }
        // The LF shows in httpd's log as well.
        self.note_line(Text { end: lf + 1, ..line });
        Err(HeadErrorKind::LineEnd)
    }

    /// Refuses a line that is too long. One byte more than the limit is let through, as in httpd,
    /// whose buffer has room for it.
    fn check_length(&mut self, line: Text, limits: &Limits) -> Result<(), HeadErrorKind> {
        let (limit, kind) = if self.phase.has_line {
            (limits.field_size, HeadErrorKind::FieldTooLong)
        } else {
            (limits.line, HeadErrorKind::LineTooLong)
        };
        let room = limit.saturating_add(1);
        if line.len() <= room {
            return Ok(());
        }
        self.note_line(Text { end: line.start.saturating_add(room), ..line });
        Err(kind)
    }

    /// Keeps a refused request line for the log.
    fn note_line(&mut self, line: Text) {
        if !self.phase.has_line {
            self.line = line;
        }
    }

    /// A line where the request line is expected.
    fn first_line(&mut self, buf: &[u8], line: Text) -> Result<(), HeadErrorKind> {
        if line.len() == 0 {
            self.phase.empty_lines += 1;
            return if self.phase.empty_lines > EMPTY_LINES {
                Err(HeadErrorKind::EmptyLines)
            } else {
                Ok(())
            };
        }
        self.line = line;
        self.phase.has_line = true;
        self.request_line(buf, line)
    }

    /// `method SP target SP version`, with exactly one space each (RFC 9112 section 3).
    fn request_line(&mut self, buf: &[u8], line: Text) -> Result<(), HeadErrorKind> {
        let bytes = line.within(buf);
        let space = memchr(b' ', bytes).ok_or(HeadErrorKind::Line)?;
        let method_end = line.start + space;
        self.method = Text::received(line.start, method_end);
        if !is_token(self.method.within(buf)) {
            return Err(HeadErrorKind::Method);
        }
        let rest = bytes.get(space + 1..).unwrap_or_default();
        let target_len = memchr(b' ', rest).unwrap_or(rest.len());
        self.target = Text::received(method_end + 1, method_end + 1 + target_len);
        let target = self.target.within(buf);
        if target.is_empty() || !target.iter().all(|&b| is_target_byte(b)) {
            return Err(HeadErrorKind::Target);
        }
        if target_len == rest.len() {
            return Err(HeadErrorKind::NoVersion);
        }
        self.protocol = Text::received(self.target.end + 1, line.end);
        self.version = parse_version(self.protocol.within(buf)).ok_or(HeadErrorKind::Version)?;
        self.read_target(buf)
    }

    /// A line after the request line that is not empty.
    fn field_line(&mut self, buf: &[u8], line: Text, limits: &Limits) -> Result<(), HeadErrorKind> {
        let bytes = line.within(buf);
        let end = bytes.iter().rposition(|&b| !is_blank(b)).map_or(0, |last| last + 1);
        let bytes = bytes.get(..end).unwrap_or_default();
        if buf.get(line.start).is_some_and(|&b| is_blank(b)) {
            return self.continuation(buf, Text { end: line.start + end, ..line }, limits);
        }
        self.phase.field_lines += 1;
        if limits.fields > 0 && self.phase.field_lines > limits.fields {
            return Err(HeadErrorKind::TooManyFields);
        }
        let (name, value) = split_field(bytes)?;
        self.phase.field_len = end;
        let value_start = line.start + end - value;
        self.fields.push(
            buf,
            Text::received(line.start, line.start + name),
            Text::received(value_start, line.start + end),
        );
        Ok(())
    }

    /// A line that continues the value before it (RFC 9112 section 5.2, obs-fold).
    fn continuation(
        &mut self,
        buf: &[u8],
        line: Text,
        limits: &Limits,
    ) -> Result<(), HeadErrorKind> {
        let bytes = line.within(buf);
        let blank = bytes.iter().position(|&b| !is_blank(b)).ok_or(HeadErrorKind::Fold)?;
        if self.fields.len() == 0 {
            return Err(HeadErrorKind::Fold);
        }
        let content = Text { start: line.start + blank, ..line };
        if !is_field_value(content.within(buf)) {
            return Err(HeadErrorKind::FieldValue);
        }
        // One for the space that replaces the line break, one for the NUL that httpd appends.
        self.phase.field_len += content.len() + 1;
        if self.phase.field_len + 1 >= limits.field_size {
            return Err(HeadErrorKind::FieldTooLong);
        }
        self.fields.fold(buf, content);
        Ok(())
    }
}

/// Lengths of the name and of the value of a field line without trailing blanks.
fn split_field(line: &[u8]) -> Result<(usize, usize), HeadErrorKind> {
    let name = line.iter().position(|&b| !is_token_byte(b)).ok_or(HeadErrorKind::FieldName)?;
    if name == 0 || line.get(name) != Some(&b':') {
        return Err(HeadErrorKind::FieldName);
    }
    let value = line.get(name + 1..).unwrap_or_default();
    let blank = value.iter().position(|&b| !is_blank(b)).unwrap_or(value.len());
    let value = value.get(blank..).unwrap_or_default();
    if !is_field_value(value) {
        return Err(HeadErrorKind::FieldValue);
    }
    Ok((name, value.len()))
}

fn parse_version(text: &[u8]) -> Option<Version> {
    match text {
        b"HTTP/1.0" => Some(Version::Http10),
        [b'H', b'T', b'T', b'P', b'/', b'1'..=b'9', b'.', b'0'..=b'9'] => Some(Version::Http11),
        _ => None,
    }
}
