//! What a backend is told to do, read from the `[backend NAME]` section of a case.

use crate::text::unprintable;

/// How a backend treats its peers.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// What happens to new connections.
    pub acceptance: Acceptance,
    /// What CPINGs are answered with; the first selector that fits decides.
    pub cpings: Vec<(Selector, CpingAnswer)>,
    /// What requests are answered with; the first selector that fits decides.
    pub rules: Vec<Rule>,
}

/// What happens to new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Acceptance {
    /// They are served.
    #[default]
    Serve,
    /// The port is closed until the case says `up`.
    Refuse,
    /// They are accepted and never read.
    Hang,
    /// They are accepted and closed.
    Close,
}

/// What a CPING is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CpingAnswer {
    /// CPONG
    Pong,
    /// Nothing.
    Ignore,
    /// An END_RESPONSE, as if left over.
    Wrong,
    /// Something that is no AJP packet.
    Garbage,
    /// The connection's end.
    Close,
    /// CPONG, after so many milliseconds.
    Late(u64),
}

/// What is done for the requests that `selector` fits.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which requests.
    pub selector: Selector,
    /// One after another.
    pub statements: Vec<Statement>,
}

/// Which requests of one backend are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// All.
    Any,
    /// Those whose ordinal, from 1, lies between these.
    Ordinal(usize, usize),
    /// Those whose path begins so.
    Prefix(String),
    /// Those with exactly this path.
    Path(String),
    /// Those with this text anywhere in their path.
    Contains(String),
}

/// One act of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Do not read the first body packet before the rest of the rule.
    Early,
    /// Read the first body packet, if one is announced.
    First,
    /// Ask for so many bytes and read the answer.
    Ask(u16),
    /// Ask for so many bytes again and again, until the body's end.
    AskAll(u16),
    /// Remember a header for `Headers` and `Answer`.
    Header(Vec<u8>, Vec<u8>),
    /// Send the headers with this status and reason.
    Headers(u16, Vec<u8>),
    /// Send these bytes as one chunk.
    Chunk(Vec<u8>),
    /// Send that many pattern bytes in chunks of that size.
    Fill(usize, usize),
    /// Send an empty chunk.
    Flush,
    /// Send END_RESPONSE with this flag.
    End(u8),
    /// Headers, a body that names the backend, end.
    Answer(u16, Vec<u8>),
    /// Read the whole body, then answer with its length and checksum.
    Digest,
    /// Send these bytes as they are.
    Hex(Vec<u8>),
    /// End the connection.
    Close,
    /// Reset the connection.
    Reset,
    /// Do nothing until the peer gives up.
    Hang,
    /// Wait so many milliseconds.
    Delay(u64),
    /// Wait until the case says `release`.
    Hold,
}

impl Script {
    /// Reads the lines of a section.
    ///
    /// # Errors
    /// Names the line that is not understood.
    pub fn parse(lines: &[&str]) -> Result<Self, String> {
        let mut script = Self::default();
        for line in lines.iter().filter(|line| !line.trim().is_empty()) {
            script.line(line).map_err(|e| format!("{line:?}: {e}"))?;
        }
        Ok(script)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        if line.starts_with([' ', '\t']) {
            let rule = self.rules.last_mut().ok_or("no `on` stands before it")?;
            rule.statements.push(Statement::parse(line.trim())?);
            return Ok(());
        }
        let (word, rest) = split_word(line);
        match (word, rest) {
            ("refuse", "") => self.acceptance = Acceptance::Refuse,
            ("accept", "hang") => self.acceptance = Acceptance::Hang,
            ("accept", "close") => self.acceptance = Acceptance::Close,
            ("cping", rest) => self.cpings.push(cping(rest)?),
            ("on", rest) => self.rules.push(rule(rest)?),
            _ => return Err("not a line of a backend".to_owned()),
        }
        Ok(())
    }

    /// The answer to the CPING with this ordinal.
    pub fn cping(&self, ordinal: usize) -> CpingAnswer {
        let fits = |(selector, _): &&(Selector, CpingAnswer)| selector.fits(ordinal, "");
        self.cpings.iter().find(fits).map_or(CpingAnswer::Pong, |(_, answer)| *answer)
    }

    /// What to do for the request with this ordinal and path.
    pub fn statements(&self, ordinal: usize, path: &str) -> &[Statement] {
        const DEFAULT: &[Statement] = &[Statement::Answer(200, Vec::new())];
        let rule = self.rules.iter().find(|rule| rule.selector.fits(ordinal, path));
        rule.map_or(DEFAULT, |rule| &rule.statements)
    }
}

impl Selector {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(part) = text.strip_prefix('~') {
            return Ok(Self::Contains(part.to_owned()));
        }
        if text.starts_with('/') {
            return Ok(match text.strip_suffix('*') {
                Some(prefix) => Self::Prefix(prefix.to_owned()),
                None => Self::Path(text.to_owned()),
            });
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let last = if last.is_empty() { usize::MAX } else { number(last)? };
        Ok(Self::Ordinal(number(first)?, last))
    }

    fn fits(&self, ordinal: usize, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Ordinal(first, last) => (*first..=*last).contains(&ordinal),
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Self::Path(whole) => path == whole,
            Self::Contains(part) => path.contains(part.as_str()),
        }
    }
}

impl Statement {
    fn parse(line: &str) -> Result<Self, String> {
        let (word, rest) = split_word(line);
        Ok(match word {
            "early" => Self::Early,
            "first" => Self::First,
            "ask" => Self::Ask(number(rest)?),
            "ask-all" => Self::AskAll(number(rest)?),
            "header" => {
                let (name, value) =
                    rest.split_once(": ").unwrap_or((rest.trim_end_matches(':'), ""));
                Self::Header(unprintable(name), unprintable(value))
            }
            "headers" => status(rest).map(|(code, reason)| Self::Headers(code, reason))?,
            "chunk" => Self::Chunk(unprintable(rest)),
            "fill" => {
                let (total, size) = split_word(rest);
                Self::Fill(number(total)?, if size.is_empty() { 8184 } else { number(size)? })
            }
            "flush" => Self::Flush,
            "end" => Self::End(if rest.is_empty() { 1 } else { number(rest)? }),
            "answer" => status(rest).map(|(code, reason)| Self::Answer(code, reason))?,
            "digest" => Self::Digest,
            "hex" => Self::Hex(hex(rest)?),
            "close" => Self::Close,
            "reset" => Self::Reset,
            "hang" => Self::Hang,
            "delay" => Self::Delay(number(rest)?),
            "hold" => Self::Hold,
            _ => return Err("not a statement of a backend".to_owned()),
        })
    }
}

/// `SELECTOR` or `SELECTOR: statement`
fn rule(text: &str) -> Result<Rule, String> {
    let (selector, statement) = match text.split_once(": ") {
        Some((selector, statement)) => (selector, Some(statement)),
        None => (text.trim_end_matches(':'), None),
    };
    Ok(Rule {
        selector: Selector::parse(selector.trim())?,
        statements: statement.map(Statement::parse).transpose()?.into_iter().collect(),
    })
}

/// `ANSWER` or `SELECTOR ANSWER`
fn cping(text: &str) -> Result<(Selector, CpingAnswer), String> {
    let (first, rest) = split_word(text);
    let is_ordinal = first.starts_with(|c: char| c.is_ascii_digit());
    let (selector, answer) =
        if is_ordinal { (Selector::parse(first)?, rest) } else { (Selector::Any, text) };
    let answer = match split_word(answer) {
        ("pong", _) => CpingAnswer::Pong,
        ("ignore", _) => CpingAnswer::Ignore,
        ("wrong", _) => CpingAnswer::Wrong,
        ("garbage", _) => CpingAnswer::Garbage,
        ("close", _) => CpingAnswer::Close,
        ("late", ms) => CpingAnswer::Late(number(ms)?),
        _ => return Err("not an answer to CPING".to_owned()),
    };
    Ok((selector, answer))
}

/// `[STATUS [REASON]]`
fn status(text: &str) -> Result<(u16, Vec<u8>), String> {
    if text.is_empty() {
        return Ok((200, b"OK".to_vec()));
    }
    let (code, reason) = split_word(text);
    Ok((number(code)?, unprintable(reason)))
}

fn hex(text: &str) -> Result<Vec<u8>, String> {
    text.split_whitespace()
        .map(|pair| u8::from_str_radix(pair, 16).map_err(|e| format!("{pair:?}: {e}")))
        .collect()
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("{text:?} is not a number that fits"))
}

fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_selector_that_fits_decides() {
        let script = Script::parse(&["on 1-2: close", "on /a*", "  delay 5", "  answer 404"]);
        let script = script.unwrap();
        assert_eq!(script.statements(2, "/a"), [Statement::Close]);
        assert_eq!(
            script.statements(3, "/ab"),
            [Statement::Delay(5), Statement::Answer(404, Vec::new())]
        );
        assert_eq!(script.statements(3, "/b"), [Statement::Answer(200, Vec::new())]);
    }

    #[test]
    fn unknown_words_are_refused() {
        assert!(Script::parse(&["on 1: dance"]).is_err());
        assert!(Script::parse(&["perhaps"]).is_err());
        assert!(Script::parse(&["  answer"]).is_err());
    }
}
