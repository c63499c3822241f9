use std::time::Duration;

/// One line of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// A request that is waited for.
    Get(Request),
    /// A request that its backend keeps until `Free`.
    Hold(Request),
    /// Lets all kept requests end.
    Free,
    /// Kills a backend.
    Down(String),
    /// Starts it again.
    Up(String),
    /// Lets time pass, where a clock is what the sequence is about.
    Pause(Duration),
}

/// A request of a sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) host: Option<String>,
    pub(super) target: String,
    /// What follows a `^` is a field of its own.
    pub(super) cookie: Option<String>,
}

impl Act {
    /// Reads what follows the result on a line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split('\t').collect();
        match words[..] {
            ["get", host, target, cookie] => Ok(Self::Get(Request::new(host, target, cookie))),
            ["hold", host, target, cookie] => Ok(Self::Hold(Request::new(host, target, cookie))),
            ["free"] => Ok(Self::Free),
            ["down", name] => Ok(Self::Down(name.to_owned())),
            ["pause", ms] => {
                let ms = ms.parse().map_err(|_| format!("{ms:?} is no time"))?;
                Ok(Self::Pause(Duration::from_millis(ms)))
            }
            ["up", name] => Ok(Self::Up(name.to_owned())),
            _ => Err(format!("{text:?} is no act")),
        }
    }
}

impl Request {
    fn new(host: &str, target: &str, cookie: &str) -> Self {
        let given = |word: &str| (word != "-").then(|| word.to_owned());
        Self { host: given(host), target: target.to_owned(), cookie: given(cookie) }
    }

    /// The bytes to send.
    pub(super) fn head(&self) -> String {
        let host = self.host.as_deref().unwrap_or("www.test");
        let fields = self.cookie.iter().flat_map(|cookies| cookies.split('^'));
        let cookie: String = fields.map(|cookie| format!("Cookie: {cookie}\r\n")).collect();
        let target = &self.target;
        format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n{cookie}Connection: close\r\n\r\n")
    }
}
