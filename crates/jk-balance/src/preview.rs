use jk_types::{Activation, MemberState};

use crate::lb::LbWorker;
use crate::run::Run;
use crate::{Facts, Why};

/// Who would be elected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The member, or nobody: then the request is answered with 503.
    pub member: Option<usize>,
    /// Why it.
    pub why: Option<Why>,
    /// Whether the request sticks to it.
    pub sticky: bool,
    /// The activation that decided, the rule's extensions included.
    pub activation: Activation,
    /// Nobody was usable, so that all members in error would be forced first.
    pub forced: bool,
}

impl LbWorker {
    /// Who would be elected for a request that came now, changing nothing.
    pub fn preview(&self, facts: &Facts<'_>) -> Preview {
        let mut run = Run::default();
        self.copy_states(&mut run, facts);
        let choice = self.ballot(&run, facts).choose();
        if choice.pick.is_some() || !self.force_in(&mut run) {
            return self.preview_of(&run, choice, false);
        }
        // The second look sees what forcing leaves of the session ids.
        run.first_id_only |= choice.looked_at_ids;
        let choice = self.ballot(&run, facts).choose();
        self.preview_of(&run, choice, true)
    }

    fn force_in(&self, run: &mut Run) -> bool {
        let mut any = false;
        for (open, (member, _)) in run.open.iter_mut().zip(self.roster.iter()) {
            if member.state == MemberState::Error {
                *open = open.with_eligible(true);
                any = true;
            }
        }
        any
    }

    fn preview_of(&self, run: &Run, choice: crate::elect::Choice, forced: bool) -> Preview {
        let member = choice.pick.map(|pick| pick.member);
        let open = member.and_then(|member| run.open.get(member));
        Preview {
            member,
            why: choice.pick.map(|pick| pick.why),
            sticky: choice.pick.is_some_and(|pick| pick.sticky()),
            activation: open.map_or(Activation::Active, |open| open.activation()),
            forced,
        }
    }
}
