//! The short cut for the head that nearly every client sends: no empty line in front, no folded
//! line, every line ended by CRLF, no limit reached. httparse reads such a head at the speed of the
//! vector unit. Anything else, errors included, is left to `lines`.

use std::mem::MaybeUninit;

use httparse::{ParserConfig, Request, Status};

use crate::head::{Limits, RequestHead, Version};
use crate::text::Text;

/// More fields than this are read line by line.
const FIELDS: usize = 64;

impl RequestHead {
    /// Reads a complete plain head and returns its length.
    pub(crate) fn parse_plain(&mut self, buf: &[u8], limits: &Limits) -> Option<usize> {
        let mut fields = [const { MaybeUninit::uninit() }; FIELDS];
        let mut request = Request::new(&mut []);
        let parsed = ParserConfig::default().parse_request_with_uninit_headers(
            &mut request,
            buf,
            &mut fields,
        );
        let Ok(Status::Complete(length)) = parsed else { return None };
        let line_end = self.plain_line(buf, &request, limits)?;
        self.plain_fields(buf, &request, line_end..length, limits)?;
        self.read_target(buf).ok()?;
        Some(length)
    }

    /// Notes the request line and returns where the fields begin.
    fn plain_line(&mut self, buf: &[u8], request: &Request, limits: &Limits) -> Option<usize> {
        let method = place(buf, request.method?.as_bytes())?;
        let target = place(buf, request.path?.as_bytes())?;
        let protocol = Text::received(target.end + 1, target.end + 9);
        self.line = Text::received(0, protocol.end);
        if method.start != 0 || method.end + 1 != target.start || self.line.len() > limits.line {
            return None;
        }
        self.version = if request.version? == 0 { Version::Http10 } else { Version::Http11 };
        (self.method, self.target, self.protocol) = (method, target, protocol);
        ends_line(buf, protocol.end + 2)
    }

    fn plain_fields(
        &mut self,
        buf: &[u8],
        request: &Request,
        block: std::ops::Range<usize>,
        limits: &Limits,
    ) -> Option<()> {
        let count = request.headers.len();
        if limits.fields > 0 && count > limits.fields {
            return None;
        }
        let mut start = block.start;
        for (at, field) in request.headers.iter().enumerate() {
            let name = place(buf, field.name.as_bytes())?;
            let value = place(buf, field.value).unwrap_or(Text::received(name.end, name.end));
            let end = match request.headers.get(at + 1) {
                Some(next) => place(buf, next.name.as_bytes())?.start,
                None => block.end.checked_sub(2)?,
            };
            ends_line(buf, end)?;
            if name.start != start || end.checked_sub(start + 2)? > limits.field_size {
                return None;
            }
            self.fields.push(buf, name, value);
            start = end;
        }
        (start + 2 == block.end).then_some(())?;
        ends_line(buf, block.end).map(|_| ())
    }
}

/// `end`, if the line that ends there ends with CRLF.
fn ends_line(buf: &[u8], end: usize) -> Option<usize> {
    (buf.get(end.checked_sub(2)?..end)? == b"\r\n").then_some(end)
}

/// Where `part` lies in `buf`. httparse returns constants for what is empty, hence the option.
fn place(buf: &[u8], part: &[u8]) -> Option<Text> {
    let start = part.as_ptr().addr().checked_sub(buf.as_ptr().addr())?;
    let end = start.checked_add(part.len())?;
    (!part.is_empty() && end <= buf.len()).then_some(Text::received(start, end))
}
