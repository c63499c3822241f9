/// How a load balancer measures the load of its members; the least loaded is elected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Method {
    /// Counts requests.
    #[default]
    Request,
    /// Counts bytes in both directions.
    Traffic,
    /// Counts requests in flight.
    Busyness,
    /// Counts requests that come without a session id.
    Session,
    /// As `Session`, but decays by subtracting the minimum instead of halving.
    Next,
}

impl Method {
    /// The word that the status worker prints.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Traffic => "Traffic",
            Self::Busyness => "Busyness",
            Self::Session => "Sessions",
            Self::Next => "Next",
        }
    }

    /// Reads the spellings of `method`: the first letter or digit decides, and what is not
    /// recognised is `Request` (mod_jk: `jk_lb_get_method_code`).
    pub fn from_directive(text: &str) -> Self {
        match text.bytes().next() {
            Some(b't' | b'T' | b'1') => Self::Traffic,
            Some(b'b' | b'B' | b'2') => Self::Busyness,
            Some(b's' | b'S' | b'3') => Self::Session,
            Some(b'n' | b'N' | b'4') => Self::Next,
            _ => Self::Request,
        }
    }
}

/// How mod_jk's processes guard the shared load values. One process needs no such choice; it is
/// kept because the status worker shows and edits it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lock {
    /// Values are updated without a lock.
    #[default]
    Optimistic,
    /// Values are updated under a lock.
    Pessimistic,
}

impl Lock {
    /// The word that the status worker prints.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Optimistic => "Optimistic",
            Self::Pessimistic => "Pessimistic",
        }
    }

    /// Reads the spellings of `lock`: the first letter or digit decides.
    pub fn from_directive(text: &str) -> Self {
        match text.bytes().next() {
            Some(b'p' | b'P' | b'1') => Self::Pessimistic,
            _ => Self::Optimistic,
        }
    }
}
