use crate::Note;
use crate::openness::Openness;

/// One request on its way through a load balancer. Reused for the next request, it needs no new
/// memory.
#[derive(Debug, Default)]
pub struct Run {
    /// What the request believes of each member: the shared states, less its own failures.
    pub(crate) open: Vec<Openness>,
    pub(crate) round: u32,
    pub(crate) attempt: u32,
    /// Members in error are forced once per request.
    pub(crate) forced: bool,
    /// The sleep between two rounds is under way.
    pub(crate) resting: bool,
    pub(crate) first_id_only: bool,
    pub(crate) end: End,
    pub(crate) status: u16,
    /// The member of the last attempt.
    pub(crate) last_member: Option<usize>,
    pub(crate) first: Option<Note>,
    pub(crate) last: Option<Note>,
    pub(crate) route: Text,
    pub(crate) cookies: Cookies,
    pub(crate) remarks: Vec<Remark>,
}

/// What a load balancer has to say of a request that does not go smoothly, in the order in which it
/// happens. mod_jk's log has a line for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Nobody else may serve the session (`sticky_session_force`).
    SessionLost,
    /// Nobody could serve, so that members in error get another chance.
    Forced {
        /// How many.
        members: usize,
    },
    /// Nobody could serve, and nobody was in error.
    NobodyToForce {
        /// The attempt of the round, counted from one.
        attempt: u32,
        /// The round, counted from zero.
        round: u32,
    },
    /// Nobody could serve although all had another chance.
    Nobody {
        /// The attempt of the round, counted from one.
        attempt: u32,
        /// The round, counted from zero.
        round: u32,
    },
    /// No connection slot of this member came free.
    NoSlot {
        /// The member.
        member: usize,
        /// The round, counted from zero.
        round: u32,
    },
    /// This member did not serve the request.
    Failed {
        /// The member.
        member: usize,
        /// Other requests may still try it.
        local: bool,
    },
    /// The request cannot be sent to anybody else.
    Unrecoverable {
        /// The status that the client gets.
        status: u16,
        /// The client is to blame.
        client: bool,
    },
    /// The last round is over.
    Exhausted,
    /// The request fails.
    AllFailed,
}

/// Whether the run is over, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum End {
    #[default]
    Open,
    Served,
    ClientError,
    Failed,
}

impl Run {
    /// The route that the backend is told. It is set with the first attempt and kept on fail-over,
    /// unless a redirect or a domain replaces it; `JK_ROUTE` sets it before.
    pub fn route(&self) -> Option<&[u8]> {
        self.route.get()
    }

    /// The values of the `Set-Cookie` fields to append to the response: one for each attempt on a
    /// member that the request did not stick to.
    pub fn cookies(&self) -> impl Iterator<Item = &[u8]> {
        self.cookies.iter()
    }

    /// What there was to say since this was last asked.
    pub fn take_remarks(&mut self) -> impl Iterator<Item = Remark> {
        self.remarks.drain(..)
    }

    /// The member of the first attempt, as it was right afterwards.
    pub fn first(&self) -> Option<&Note> {
        self.first.as_ref()
    }

    /// The member of the last attempt, as it was when the run finished.
    pub fn last(&self) -> Option<&Note> {
        self.last.as_ref()
    }

    /// Whether [`Step::Finish`](crate::Step::Finish) is due, or was given.
    pub fn is_over(&self) -> bool {
        self.end != End::Open
    }

    pub(crate) fn clear(&mut self) {
        self.round = 0;
        self.attempt = 0;
        self.forced = false;
        self.resting = false;
        self.first_id_only = false;
        self.end = End::Open;
        self.status = 503;
        self.last_member = None;
        self.first = None;
        self.last = None;
        self.route.unset();
        self.cookies.clear();
        self.remarks.clear();
    }

    pub(crate) fn open_to(&mut self, member: usize, eligible: bool) {
        if let Some(open) = self.open.get_mut(member) {
            *open = open.with_eligible(eligible);
        }
    }
}

/// Text that may be unset, in a buffer that stays.
#[derive(Debug, Default)]
pub(crate) struct Text {
    is_set: bool,
    bytes: Vec<u8>,
}

impl Text {
    pub(crate) fn get(&self) -> Option<&[u8]> {
        self.is_set.then_some(&*self.bytes)
    }

    pub(crate) fn set(&mut self, text: &[u8]) {
        self.is_set = true;
        self.bytes.clear();
        self.bytes.extend_from_slice(text);
    }

    pub(crate) fn unset(&mut self) {
        self.is_set = false;
    }
}

/// The values of header fields, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Cookies {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Cookies {
    pub(crate) fn push(&mut self, pieces: &[&str]) {
        for piece in pieces {
            self.bytes.extend_from_slice(piece.as_bytes());
        }
        self.ends.push(self.bytes.len());
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).filter_map(|(&start, &end)| self.bytes.get(start..end))
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}
