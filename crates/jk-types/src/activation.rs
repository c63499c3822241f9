/// What the operator wants of a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Activation {
    /// Serves everything.
    #[default]
    Active,
    /// Serves only requests that carry its route, or are redirected to it.
    Disabled,
    /// Serves nothing.
    Stopped,
}

impl Activation {
    /// The three letters that the backend (`JK_LB_ACTIVATION`), the logs and the status worker see.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "ACT",
            Self::Disabled => "DIS",
            Self::Stopped => "STP",
        }
    }

    /// Reads the spellings of `activation`: the first letter or digit decides, and what is not
    /// recognised is `Active` (mod_jk: `jk_lb_get_activation_code`).
    pub fn from_directive(text: &str) -> Self {
        match text.bytes().next() {
            Some(b'd' | b'D' | b'1') => Self::Disabled,
            Some(b's' | b'S' | b'2') => Self::Stopped,
            _ => Self::Active,
        }
    }
}
