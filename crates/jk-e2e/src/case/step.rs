//! What a case does: the `[steps]` section.

use crate::text::{pattern, unprintable};

/// One step of a case.
#[derive(Clone, Debug)]
pub enum Step {
    /// A request on a connection of its own, and its response.
    Request(Request),
    /// The same, not waited for; `Join` with the label collects it.
    Start(String, Request),
    /// Waits for the response of a started request.
    Join(String),
    /// Exact bytes on a connection of its own.
    Raw(RawExchange),
    /// Waits until a backend has received that many requests in all.
    AwaitRequests(String, usize),
    /// Waits until a backend has received that many CPINGs in all.
    AwaitProbes(String, usize),
    /// Waits until a backend has accepted that many connections in all.
    AwaitConnections(String, usize),
    /// Lets so many `hold` statements of a backend pass.
    Release(String, usize),
    /// Kills a backend.
    Down(String),
    /// Starts a backend again, or one that refused so far.
    Up(String),
    /// Lets a backend close its connections while it goes on listening.
    Close(String),
    /// Lets so many milliseconds pass; only where a clock is what the case is about.
    Pause(u64),
    /// Writes a file of the site.
    Write(String, String),
    /// Sends the server a signal.
    Signal(String),
}

/// An ordinary request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The line of the case, for the recording.
    pub label: String,
    /// The method.
    pub method: String,
    /// The request target, escapes undone.
    pub target: Vec<u8>,
    /// `HTTP/1.1` unless given.
    pub version: String,
    /// Fields as given, escapes undone; `Host` and `Connection` are added where they are not given.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Body,
    /// Send no `Host` at all.
    pub no_host: bool,
    /// Wait for an interim response before sending the body.
    pub await_continue: bool,
    /// Send so many bytes of the body and no more, then half-close.
    pub short: Option<usize>,
    /// Close the connection after sending, without reading.
    pub vanish: bool,
    /// The response takes no less than so many milliseconds.
    pub at_least: Option<u64>,
    /// Use the site's second port.
    pub second_port: bool,
    /// Before it is asked who was tried: wait until this backend has had so many requests in all.
    /// For requests that the client gives up before any backend is heard of.
    pub reaches: Option<(String, usize)>,
}

/// The body of a request.
#[derive(Clone, Debug, Default)]
pub enum Body {
    /// None.
    #[default]
    None,
    /// With a Content-Length.
    Sized(Vec<u8>),
    /// In chunks.
    Chunked(Vec<Vec<u8>>),
}

/// Bytes exactly as they are to be sent.
#[derive(Clone, Debug)]
pub struct RawExchange {
    /// The line of the case, for the recording.
    pub label: String,
    /// What is sent.
    pub bytes: Vec<u8>,
    /// The methods of the responses that are awaited.
    pub methods: Vec<String>,
    /// Whether it belongs to the outcome that the server then closes the connection.
    pub closed: bool,
    /// Half-close after sending.
    pub finish: bool,
    /// Use the site's second port.
    pub second_port: bool,
}

/// Reads the lines of the section.
///
/// # Errors
/// Names the line that is not understood.
pub(super) fn parse(lines: &[&str]) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = lines;
    while let Some((line, more)) = rest.split_first() {
        let indented = more.iter().take_while(|l| l.starts_with([' ', '\t', '|', '+'])).count();
        let (details, after) = more.split_at(indented);
        rest = after;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        step(line, details, &mut steps).map_err(|e| format!("{line:?}: {e}"))?;
    }
    Ok(steps)
}

fn step(line: &str, details: &[&str], steps: &mut Vec<Step>) -> Result<(), String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let first = words[0];
    let name = |i: usize| words.get(i).map(|w| (*w).to_owned()).ok_or("a word is missing");
    let count = |i: usize| number(words.get(i).copied().unwrap_or("1"));
    steps.push(match first {
        "join" => Step::Join(name(1)?),
        "raw" => Step::Raw(raw(line, &words[1..], details)?),
        "requests" => Step::AwaitRequests(name(1)?, count(2)?),
        "probes" => Step::AwaitProbes(name(1)?, count(2)?),
        "connections" => Step::AwaitConnections(name(1)?, count(2)?),
        "release" => Step::Release(name(1)?, count(2)?),
        "down" => Step::Down(name(1)?),
        "up" => Step::Up(name(1)?),
        "close" => Step::Close(name(1)?),
        "pause" => Step::Pause(number(&name(1)?)?),
        "write" => Step::Write(name(1)?, piped(details)),
        "signal" => Step::Signal(name(1)?),
        _ if first.starts_with('&') => {
            Step::Start(first[1..].to_owned(), request(&words[1..], details)?)
        }
        _ => {
            let times = first.strip_suffix('x').and_then(|n| n.parse::<usize>().ok());
            let words = if times.is_some() { &words[1..] } else { &words[..] };
            let step = Step::Request(request(words, details)?);
            steps.extend(vec![step; times.unwrap_or(1)]);
            return Ok(());
        }
    });
    Ok(())
}

fn request(words: &[&str], details: &[&str]) -> Result<Request, String> {
    let [method, target, version @ ..] = words else {
        return Err("a request is METHOD TARGET".to_owned());
    };
    let mut request = Request {
        label: words.join(" "),
        method: (*method).to_owned(),
        target: unprintable(target),
        version: version.first().copied().unwrap_or("HTTP/1.1").to_owned(),
        ..Request::default()
    };
    for line in details {
        request.detail(line.trim())?;
    }
    Ok(request)
}

impl Request {
    fn detail(&mut self, line: &str) -> Result<(), String> {
        let Some(directive) = line.strip_prefix('@') else {
            let (name, value) = line.split_once(':').ok_or("a field needs a colon")?;
            let value = value.strip_prefix(' ').unwrap_or(value);
            self.fields.push((unprintable(name), unprintable(value)));
            return Ok(());
        };
        let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
        match word {
            "body" => self.body = Body::Sized(pattern(number(rest)?)),
            "text" => self.body = Body::Sized(unprintable(rest)),
            "chunks" => self.body = Body::Chunked(chunks(rest)?),
            "no-host" => self.no_host = true,
            "await-continue" => self.await_continue = true,
            "short" => self.short = Some(number(rest)?),
            "vanish" => self.vanish = true,
            "at-least" => self.at_least = Some(number(rest)?),
            "second-port" => self.second_port = true,
            "reaches" => {
                let (name, count) = rest.split_once(' ').ok_or("a count is missing")?;
                self.reaches = Some((name.to_owned(), number(count)?));
            }
            _ => return Err(format!("@{word} is no directive of a request")),
        }
        Ok(())
    }

    /// Everything up to and with the blank line.
    pub fn head(&self) -> Vec<u8> {
        let mut head = self.method.clone().into_bytes();
        head.push(b' ');
        head.extend_from_slice(&self.target);
        head.extend_from_slice(format!(" {}\r\n", self.version).as_bytes());
        if !self.no_host && !self.has(b"host") {
            head.extend_from_slice(b"Host: www.test\r\n");
        }
        for (name, value) in &self.fields {
            head.extend_from_slice(&[name, &b": "[..], value, b"\r\n"].concat());
        }
        if !self.has(b"connection") {
            head.extend_from_slice(b"Connection: close\r\n");
        }
        match &self.body {
            Body::Sized(bytes) if !self.has(b"content-length") => {
                head.extend_from_slice(format!("Content-Length: {}\r\n", bytes.len()).as_bytes());
            }
            Body::Chunked(_) => head.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
            _ => {}
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    /// What follows the head, as sent.
    pub fn coded_body(&self) -> Vec<u8> {
        let whole = match &self.body {
            Body::None => Vec::new(),
            Body::Sized(bytes) => bytes.clone(),
            Body::Chunked(chunks) => {
                let mut out = Vec::new();
                for chunk in chunks {
                    out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    out.extend_from_slice(chunk);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"0\r\n\r\n");
                out
            }
        };
        match self.short {
            Some(n) => whole[..n.min(whole.len())].to_vec(),
            None => whole,
        }
    }

    fn has(&self, name: &[u8]) -> bool {
        self.fields.iter().any(|(given, _)| given.eq_ignore_ascii_case(name))
    }
}

/// Consecutive pieces, of the given sizes, of one pattern.
fn chunks(sizes: &str) -> Result<Vec<Vec<u8>>, String> {
    let sizes: Vec<usize> = sizes.split_whitespace().map(number).collect::<Result<_, _>>()?;
    let all = pattern(sizes.iter().sum());
    let mut rest = &all[..];
    Ok(sizes
        .iter()
        .map(|&size| {
            let (chunk, more) = rest.split_at(size);
            rest = more;
            chunk.to_vec()
        })
        .collect())
}

fn raw(label: &str, words: &[&str], details: &[&str]) -> Result<RawExchange, String> {
    let is_method = |w: &&&str| w.starts_with(|c: char| c.is_ascii_uppercase());
    let mut bytes = Vec::new();
    for line in details {
        match line.split_at_checked(1) {
            Some(("|", text)) => {
                bytes.extend(unprintable(text.strip_prefix(' ').unwrap_or(text)));
                bytes.extend_from_slice(b"\r\n");
            }
            Some(("+", text)) => bytes.extend(unprintable(text.strip_prefix(' ').unwrap_or(text))),
            _ => return Err(format!("{line:?} begins neither with `|` nor with `+`")),
        }
    }
    Ok(RawExchange {
        label: label.to_owned(),
        bytes,
        methods: words.iter().filter(is_method).map(|w| (*w).to_owned()).collect(),
        closed: words.contains(&"closed"),
        finish: words.contains(&"finish"),
        second_port: words.contains(&"second-port"),
    })
}

fn piped(details: &[&str]) -> String {
    let strip = |line: &&str| {
        let text = line.strip_prefix('|').unwrap_or(line);
        format!("{}\n", text.strip_prefix(' ').unwrap_or(text))
    };
    details.iter().map(strip).collect()
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("{text:?} is not a number that fits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_gets_host_and_connection_unless_given() {
        let steps = parse(&["POST /a HTTP/1.0", "  Connection: x", "  @text hi"]).unwrap();
        let [Step::Request(request)] = &steps[..] else { panic!("{steps:?}") };
        assert_eq!(
            String::from_utf8(request.head()).unwrap(),
            "POST /a HTTP/1.0\r\nHost: www.test\r\nConnection: x\r\nContent-Length: 2\r\n\r\n"
        );
        assert_eq!(request.coded_body(), b"hi");
    }

    #[test]
    fn repeats_and_comments() {
        assert_eq!(parse(&["# no", "", "3x GET /"]).unwrap().len(), 3);
    }
}
