use crate::time::TimeFormat;

/// A compiled `LogFormat`.
#[derive(Clone, Debug)]
pub struct Format {
    pub(super) items: Vec<Item>,
}

/// A format that httpd would refuse at start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// A `%` code that does not exist.
    #[error("unrecognized LogFormat directive `%{0}`")]
    Unknown(char),
    /// The format ends within a directive.
    #[error("the format ends within a `%` directive")]
    Unfinished,
}

#[derive(Clone, Debug)]
pub(super) enum Item {
    Text(Vec<u8>),
    Directive(Directive),
}

#[derive(Clone, Debug)]
pub(super) struct Directive {
    pub(super) code: Code,
    /// The first request of a chain of internal redirects is meant, not the last.
    pub(super) original: bool,
    /// Only for these statuses, or only for others.
    pub(super) statuses: Vec<u32>,
    pub(super) negated: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Code {
    RemoteHost,
    RemoteLogname,
    User,
    Time {
        end: bool,
        style: TimeStyle,
    },
    RequestLine,
    Status,
    Bytes {
        dash: bool,
    },
    BytesIn,
    BytesOut,
    BytesBoth,
    Duration(u32),
    RequestField(String),
    ResponseField(String),
    Trailer,
    Note(String),
    Variable(String),
    Cookie(String),
    ConfiguredName,
    Name,
    Port(Port),
    RemoteAddr {
        peer: bool,
    },
    LocalAddr,
    File,
    Protocol,
    KeptAlive,
    LogId,
    Method,
    Pid,
    Tid {
        hex: bool,
    },
    Query,
    Handler,
    Path,
    ConnectionEnd,
    /// An argument that the directive does not know is printed.
    Bogus(String),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Port {
    Canonical,
    Local,
    Remote,
}

#[derive(Clone, Debug)]
pub(super) enum TimeStyle {
    Common,
    Seconds,
    Milliseconds,
    Microseconds,
    MillisecondFraction,
    MicrosecondFraction,
    Custom(TimeFormat),
}

impl Format {
    /// Compiles a format whose quoting has been removed.
    ///
    /// # Errors
    /// What httpd refuses at start.
    pub fn compile(format: &str) -> Result<Self, FormatError> {
        let mut items = Vec::new();
        let mut rest = format;
        while !rest.is_empty() {
            let (item, after) = match rest.strip_prefix('%') {
                Some(after) => directive(after)?,
                None => literal(rest),
            };
            items.push(item);
            rest = after;
        }
        Ok(Self { items })
    }

    /// Whether it shows notes, which need not be made otherwise.
    pub fn shows_notes(&self) -> bool {
        let is_note =
            |item: &Item| matches!(item, Item::Directive(Directive { code: Code::Note(_), .. }));
        self.items.iter().any(is_note)
    }
}

fn literal(text: &str) -> (Item, &str) {
    let end = text.find('%').unwrap_or(text.len());
    let mut out = Vec::with_capacity(end);
    let mut bytes = text[..end].bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        match bytes.clone().next() {
            Some(b'\\') => out.push(b'\\'),
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b't') => out.push(b'\t'),
            _ => {
                out.push(b'\\');
                continue;
            }
        }
        bytes.next();
    }
    (Item::Text(out), &text[end..])
}

fn directive(text: &str) -> Result<(Item, &str), FormatError> {
    if let Some(rest) = text.strip_prefix('%') {
        return Ok((Item::Text(b"%".to_vec()), rest));
    }
    let mut rest = text;
    let mut argument = "";
    let mut wish = None;
    let mut statuses = Vec::new();
    let mut negated = false;
    loop {
        let c = rest.chars().next().ok_or(FormatError::Unfinished)?;
        let after = &rest[c.len_utf8()..];
        match c {
            '!' => negated = !negated,
            '<' => wish = Some(true),
            '>' => wish = Some(false),
            ',' => {}
            '{' => {
                (argument, rest) = after.split_once('}').unwrap_or((after, ""));
                continue;
            }
            '0'..='9' => {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                statuses.push(rest[..end].parse().unwrap_or(u32::MAX));
                rest = &rest[end..];
                continue;
            }
            '^' if after.starts_with("ti") || after.starts_with("to") => {
                let directive =
                    Directive { code: Code::Trailer, original: false, statuses, negated };
                return Ok((Item::Directive(directive), &after[2..]));
            }
            c => {
                let (code, default) = code(c, argument).ok_or(FormatError::Unknown(c))?;
                let original = wish.unwrap_or(default);
                let directive = Directive { code, original, statuses, negated };
                return Ok((Item::Directive(directive), after));
            }
        }
        rest = after;
    }
}

/// The directive's meaning, and whether it means the original request unless told otherwise.
fn code(letter: char, argument: &str) -> Option<(Code, bool)> {
    let owned = || argument.to_owned();
    Some(match letter {
        'h' => (Code::RemoteHost, false),
        'a' => (Code::RemoteAddr { peer: argument == "c" }, false),
        'A' => (Code::LocalAddr, false),
        'l' => (Code::RemoteLogname, false),
        'u' => (Code::User, false),
        't' => (time(argument), false),
        'f' => (Code::File, false),
        'b' => (Code::Bytes { dash: true }, false),
        'B' => (Code::Bytes { dash: false }, false),
        'i' => (Code::RequestField(owned()), false),
        'o' => (Code::ResponseField(owned()), false),
        'n' => (Code::Note(owned()), false),
        'L' => (Code::LogId, false),
        'e' => (Code::Variable(owned()), false),
        'V' => (Code::Name, false),
        'v' => (Code::ConfiguredName, false),
        'p' => (port(argument), false),
        'P' => (process(argument), false),
        'H' => (Code::Protocol, false),
        'm' => (Code::Method, false),
        'q' => (Code::Query, false),
        'X' => (Code::ConnectionEnd, false),
        'C' => (Code::Cookie(owned()), false),
        'k' => (Code::KeptAlive, false),
        'r' => (Code::RequestLine, true),
        'D' => (Code::Duration(1), true),
        'T' => (duration(argument), true),
        'U' => (Code::Path, true),
        's' => (Code::Status, true),
        'R' => (Code::Handler, true),
        'I' => (Code::BytesIn, false),
        'O' => (Code::BytesOut, false),
        'S' => (Code::BytesBoth, false),
        _ => return None,
    })
}

fn port(argument: &str) -> Code {
    match argument.to_ascii_lowercase().as_str() {
        "" | "canonical" => Code::Port(Port::Canonical),
        "remote" => Code::Port(Port::Remote),
        "local" => Code::Port(Port::Local),
        _ => Code::Bogus(argument.to_owned()),
    }
}

fn process(argument: &str) -> Code {
    match argument.to_ascii_lowercase().as_str() {
        "" | "pid" => Code::Pid,
        "tid" => Code::Tid { hex: false },
        "hextid" => Code::Tid { hex: true },
        _ => Code::Bogus(argument.to_owned()),
    }
}

/// The divisor of microseconds.
fn duration(argument: &str) -> Code {
    match argument.to_ascii_lowercase().as_str() {
        "" | "s" => Code::Duration(1_000_000),
        "ms" => Code::Duration(1_000),
        "us" => Code::Duration(1),
        _ => Code::Bogus(argument.to_owned()),
    }
}

fn time(argument: &str) -> Code {
    let (end, style) = match argument {
        "begin" => (false, ""),
        "end" => (true, ""),
        _ => match (argument.strip_prefix("begin:"), argument.strip_prefix("end:")) {
            (Some(style), _) => (false, style),
            (_, Some(style)) => (true, style),
            _ => (false, argument),
        },
    };
    let style = match style {
        "" => TimeStyle::Common,
        "sec" => TimeStyle::Seconds,
        "msec" => TimeStyle::Milliseconds,
        "usec" => TimeStyle::Microseconds,
        "msec_frac" => TimeStyle::MillisecondFraction,
        "usec_frac" => TimeStyle::MicrosecondFraction,
        custom => TimeStyle::Custom(TimeFormat::compile(custom)),
    };
    Code::Time { end, style }
}
