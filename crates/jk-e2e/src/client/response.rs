use std::io::{self, BufRead, Read};

/// One header field as received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// In the case received.
    pub name: String,
    /// Without the blanks around it.
    pub value: Vec<u8>,
}

/// How a response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All of it came: the final chunk, the announced length, or no body was due.
    Complete,
    /// The connection ended it, as HTTP/1.0 does when no length is announced.
    ByClose,
    /// The connection ended early.
    Truncated,
    /// The connection was reset.
    Reset,
    /// Nothing more came in time.
    TimedOut,
    /// What came was not HTTP.
    Malformed,
}

/// A response, as far as it came.
#[derive(Clone, Debug)]
pub struct Response {
    /// Statuses of the interim responses before it.
    pub interim: Vec<u16>,
    /// The whole first line; empty when there was none.
    pub status_line: String,
    /// The status; 0 when there was none.
    pub status: u16,
    /// In the order received.
    pub fields: Vec<Field>,
    /// The body, chunked coding removed.
    pub body: Vec<u8>,
    /// Fields after a chunked body.
    pub trailers: Vec<Field>,
    /// How it ended.
    pub end: End,
}

impl Response {
    pub(super) fn read(input: &mut impl BufRead, method: &str) -> Self {
        let mut response = Self {
            interim: Vec::new(),
            status_line: String::new(),
            status: 0,
            fields: Vec::new(),
            body: Vec::new(),
            trailers: Vec::new(),
            end: End::Complete,
        };
        if let Err(end) = response.read_all(input, method) {
            response.end = end;
        }
        response
    }

    /// The first value of the field `name`.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name)).map(|f| f.value.as_slice())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn read_all(&mut self, input: &mut impl BufRead, method: &str) -> Result<(), End> {
        loop {
            self.read_head(input)?;
            if !(100..200).contains(&self.status) || self.status == 101 {
                break;
            }
            self.interim.push(self.status);
        }
        if method == "HEAD" || matches!(self.status, 204 | 304) {
            return Ok(());
        }
        self.read_body(input)
    }

    fn read_head(&mut self, input: &mut impl BufRead) -> Result<(), End> {
        self.status_line = line(input)?;
        self.status = status_of(&self.status_line).ok_or(End::Malformed)?;
        self.fields = fields(input)?;
        Ok(())
    }

    fn read_body(&mut self, input: &mut impl BufRead) -> Result<(), End> {
        let chunked = self
            .field("Transfer-Encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case(b"chunked"));
        if chunked {
            return self.read_chunks(input);
        }
        let length = self
            .field("Content-Length")
            .and_then(|value| std::str::from_utf8(value).ok()?.trim().parse::<u64>().ok());
        match length {
            Some(length) => self.read_exactly(input, length),
            None => self.read_to_close(input),
        }
    }

    fn read_chunks(&mut self, input: &mut impl BufRead) -> Result<(), End> {
        loop {
            let head = line(input)?;
            let digits = head.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(digits, 16).map_err(|_| End::Malformed)?;
            if size == 0 {
                self.trailers = fields(input)?;
                return Ok(());
            }
            self.read_exactly(input, size)?;
            if !line(input)?.is_empty() {
                return Err(End::Malformed);
            }
        }
    }

    fn read_exactly(&mut self, input: &mut impl BufRead, length: u64) -> Result<(), End> {
        match input.take(length).read_to_end(&mut self.body) {
            Ok(n) if n as u64 == length => Ok(()),
            Ok(_) => Err(End::Truncated),
            Err(e) => Err(failure(&e)),
        }
    }

    fn read_to_close(&mut self, input: &mut impl BufRead) -> Result<(), End> {
        match input.read_to_end(&mut self.body) {
            Ok(_) => Err(End::ByClose),
            Err(e) => Err(failure(&e)),
        }
    }
}

pub(super) fn read_interim(input: &mut impl BufRead) -> io::Result<u16> {
    let invalid = |end: End| io::Error::new(io::ErrorKind::InvalidData, format!("{end:?}"));
    let head = line(input).map_err(invalid)?;
    fields(input).map_err(invalid)?;
    status_of(&head).ok_or_else(|| invalid(End::Malformed))
}

fn status_of(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.")?;
    rest.get(2..5)?.parse().ok()
}

fn fields(input: &mut impl BufRead) -> Result<Vec<Field>, End> {
    let mut all = Vec::new();
    loop {
        let line = raw_line(input)?;
        if line.is_empty() {
            return Ok(all);
        }
        let colon = line.iter().position(|&b| b == b':').ok_or(End::Malformed)?;
        let name = String::from_utf8_lossy(&line[..colon]).into_owned();
        all.push(Field { name, value: line[colon + 1..].trim_ascii().to_vec() });
    }
}

fn line(input: &mut impl BufRead) -> Result<String, End> {
    Ok(String::from_utf8_lossy(&raw_line(input)?).into_owned())
}

/// A line without its CRLF.
fn raw_line(input: &mut impl BufRead) -> Result<Vec<u8>, End> {
    let mut line = Vec::new();
    input.take(1 << 20).read_until(b'\n', &mut line).map_err(|e| failure(&e))?;
    if line.pop() != Some(b'\n') {
        return Err(End::Truncated);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(line)
}

fn failure(error: &io::Error) -> End {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => End::TimedOut,
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => End::Reset,
        _ => End::Truncated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, method: &str) -> Response {
        Response::read(&mut text.as_bytes(), method)
    }

    #[test]
    fn a_chunked_body_is_complete_only_with_its_last_chunk() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
        let whole = read(&format!("{head}0\r\nX: y\r\n\r\n"), "GET");
        assert_eq!((whole.end, whole.text().as_str()), (End::Complete, "abc"));
        assert_eq!(whole.trailers.len(), 1);
        assert_eq!(read(head, "GET").end, End::Truncated);
    }

    #[test]
    fn a_length_is_held() {
        let head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
        let response = read(&format!("{head}abc"), "GET");
        assert_eq!((response.end, response.interim), (End::Complete, vec![100]));
        assert_eq!(read(&format!("{head}ab"), "GET").end, End::Truncated);
        assert_eq!(read(head, "HEAD").end, End::Complete);
    }

    #[test]
    fn without_a_length_the_connection_ends_it() {
        assert_eq!(read("HTTP/1.1 200 OK\r\n\r\nabc", "GET").end, End::ByClose);
        assert_eq!(read("", "GET").end, End::Truncated);
        assert_eq!(read("hello\r\n", "GET").end, End::Malformed);
    }
}
