/// What was observed of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum MemberState {
    /// Not used since the last maintenance.
    #[default]
    Idle,
    /// Works.
    Ok,
    /// No free connection, or its busy limit is reached.
    Busy,
    /// Failed; nobody tries it until `recover_time` has passed.
    Error,
    /// `recover_time` has passed: the next request is the probe.
    Recover,
    /// The probe is out; nobody else may use the member until it is settled.
    Probe,
    /// In error, but tried because nothing else is left.
    Force,
}

impl MemberState {
    /// The text that the status worker and the log notes print.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Idle => "OK/IDLE",
            Self::Ok => "OK",
            Self::Busy => "OK/BUSY",
            Self::Error => "ERR",
            Self::Recover => "ERR/REC",
            Self::Probe => "ERR/PRB",
            Self::Force => "ERR/FRC",
        }
    }

    /// Whether a request may be sent to a member in this state.
    pub const fn eligible(self) -> bool {
        matches!(self, Self::Idle | Self::Ok | Self::Recover | Self::Force)
    }
}
