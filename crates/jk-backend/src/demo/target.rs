//! What a path asks the demo for.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Page,
    WhoAmI,
    Slow,
    Echo,
    Status(u16),
    Bytes(u64),
    Forget,
}

impl Target {
    /// Looks at the end of the path only, so that the demo can be mounted anywhere. Parameters such
    /// as `;jsessionid=…` are not part of it.
    pub(super) fn of(path: &[u8]) -> Self {
        let path = path.split(|&byte| byte == b';').next().unwrap_or(path);
        let mut segments = path.rsplit(|&byte| byte == b'/');
        let last = segments.next().unwrap_or_default();
        let parent = segments.next().unwrap_or_default();
        match (parent, last) {
            (b"b", digits) => number(digits).map_or(Self::Page, Self::Bytes),
            (b"status", digits) => status(digits).map_or(Self::Page, Self::Status),
            (_, b"whoami") => Self::WhoAmI,
            (_, b"slow") => Self::Slow,
            (_, b"echo") => Self::Echo,
            (_, b"forget") => Self::Forget,
            _ => Self::Page,
        }
    }
}

/// A number in decimal digits.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A final status.
fn status(digits: &[u8]) -> Option<u16> {
    number(digits)?.try_into().ok().filter(|status| (200..=599).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_path_decides() {
        let cases = [
            ("/", Target::Page),
            ("/demo/", Target::Page),
            ("", Target::Page),
            ("/whoami", Target::WhoAmI),
            ("/any/where/whoami;jsessionid=1.n1", Target::WhoAmI),
            ("/demo/slow", Target::Slow),
            ("/demo/echo", Target::Echo),
            ("/demo/forget", Target::Forget),
            ("/demo/status/503", Target::Status(503)),
            ("/status/100", Target::Page),
            ("/status/600", Target::Page),
            ("/status/x", Target::Page),
            ("/b/1024", Target::Bytes(1024)),
            ("/b/0", Target::Bytes(0)),
            ("/b/-1", Target::Page),
            ("/b/99999999999999999999", Target::Page),
        ];
        for (path, target) in cases {
            assert_eq!(Target::of(path.as_bytes()), target, "{path}");
        }
    }
}
