use std::time::Duration;

use ajp13::{FrameError, MessageError};

/// What exactly went wrong in a try. The log tells it; nothing depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing more is known.
    #[default]
    Unknown,
    /// The system says so.
    System(i32),
    /// The backend closed the connection.
    Closed,
    /// The backend closed the connection within a packet.
    CutShort,
    /// The header of a packet is wrong.
    Frame(FrameError),
    /// The content of a packet is wrong.
    Message(MessageError),
    /// No answer to CPING came within this time.
    NoPong(Duration),
    /// Something else came.
    OtherThanPong,
    /// The backend asked for the content that did not come.
    Asked,
    /// A status that is listed in `fail_on_status`.
    Status(u16),
}

impl Trouble {
    /// The system's number for a time that ran out.
    pub(crate) const TIMED_OUT: Self = Self::System(110);
    /// The system's number for a read that brought nothing in time.
    pub(crate) const TRY_AGAIN: Self = Self::System(11);

    pub(crate) fn of(error: &std::io::Error) -> Self {
        error.raw_os_error().map_or(Self::Unknown, Self::System)
    }

    /// The system's number, as mod_jk has it.
    pub(super) fn number(self) -> i32 {
        match self {
            Self::System(number) => number,
            Self::NoPong(_) => 110,
            Self::Closed | Self::CutShort => 32,
            _ => 0,
        }
    }
}
