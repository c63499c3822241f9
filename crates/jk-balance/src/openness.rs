use jk_types::{Activation, MemberState};

/// Whether a member may be elected, as three bits: one byte per member keeps a pass over a thousand
/// of them, and a request's private copy, short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Openness(u8);

const ACTIVE: u8 = 1;
const REACHABLE: u8 = 2;
const ELIGIBLE: u8 = 4;

impl Openness {
    pub(crate) const fn new(state: MemberState, activation: Activation) -> Self {
        Self(0).with_activation(activation).with_eligible(state.eligible())
    }

    pub(crate) const fn with_activation(self, activation: Activation) -> Self {
        let bits = match activation {
            Activation::Active => ACTIVE | REACHABLE,
            Activation::Disabled => REACHABLE,
            Activation::Stopped => 0,
        };
        Self(self.0 & ELIGIBLE | bits)
    }

    pub(crate) const fn with_eligible(self, eligible: bool) -> Self {
        if eligible { Self(self.0 | ELIGIBLE) } else { Self(self.0 & !ELIGIBLE) }
    }

    pub(crate) const fn activation(self) -> Activation {
        if self.0 & ACTIVE != 0 {
            Activation::Active
        } else if self.0 & REACHABLE != 0 {
            Activation::Disabled
        } else {
            Activation::Stopped
        }
    }

    /// May serve any request.
    pub(crate) const fn usable(self) -> bool {
        self.0 & (ACTIVE | ELIGIBLE) == ACTIVE | ELIGIBLE
    }

    /// May serve requests that carry its route.
    pub(crate) const fn sticky_usable(self) -> bool {
        self.0 & (REACHABLE | ELIGIBLE) == REACHABLE | ELIGIBLE
    }
}
