//! The choice of a member for one attempt (mod_jk: `get_most_suitable_worker`). Nothing is changed
//! here, so that the same choice can be explained without being made.

use jk_types::{Activation, LbSettings};

use crate::SessionIds;
use crate::openness::Openness;
use crate::roster::{Load, Roster};

/// Why a member was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no other.
    OnlyMember,
    /// Its route is in the session id.
    Route,
    /// The route in the session id is, or begins with, its domain.
    Domain,
    /// The member of the session is unusable and redirects to it.
    Redirect,
    /// The member of the session is unusable and shares its domain.
    SameDomain,
    /// It has the smallest distance and then the least load.
    Load,
    /// Nobody is usable; it is what the first redirect of the load balancer leads to.
    StandIn,
}

/// A member, and why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pick {
    pub(crate) member: usize,
    pub(crate) why: Why,
}

impl Pick {
    /// Whether the request keeps its route: then no cookie tells the client of a new one.
    pub(crate) fn sticky(self) -> bool {
        matches!(self.why, Why::OnlyMember | Why::Route)
    }
}

/// What a choice does to the route that the backend is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RouteChange {
    Keep,
    /// The chosen member's route will be told, even if another was told before.
    Unset,
    /// The domain of this member is told.
    DomainOf(usize),
}

/// The result of choosing. What it changes applies even when nobody was chosen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) pick: Option<Pick>,
    pub(crate) route: RouteChange,
    /// Where the next choice by load begins.
    pub(crate) offset: Option<usize>,
    /// Whether session ids were looked at.
    pub(crate) looked_at_ids: bool,
}

/// All that a choice depends on. `open` are the request's private states.
pub(crate) struct Ballot<'a> {
    pub(crate) settings: &'a LbSettings,
    pub(crate) roster: &'a Roster,
    pub(crate) open: &'a [Openness],
    pub(crate) offset: usize,
    pub(crate) ids: Option<&'a SessionIds<'a>>,
    /// mod_jk forgets all ids but the first once it has looked at them.
    pub(crate) first_id_only: bool,
    pub(crate) stateless: bool,
}

impl Ballot<'_> {
    pub(crate) fn choose(&self) -> Choice {
        let mut choice =
            Choice { pick: None, route: RouteChange::Keep, offset: None, looked_at_ids: false };
        match self.open {
            // A single disabled member is subject to the ordinary rules.
            [only] if !only.sticky_usable() => return choice,
            [only] if only.activation() == Activation::Active => {
                choice.pick = Some(Pick { member: 0, why: Why::OnlyMember });
                return choice;
            }
            _ => {}
        }
        choice.looked_at_ids = self.ids.is_some();
        (choice.pick, choice.route) = self.by_ids();
        if choice.pick.is_some() || (self.ids.is_some() && self.settings.sticky_session_force) {
            return choice;
        }
        match self.by_load() {
            Some(member) => {
                choice.pick = Some(Pick { member, why: Why::Load });
                choice.offset = Some(member.saturating_add(1));
            }
            None => self.stand_in(&mut choice),
        }
        choice
    }

    fn by_ids(&self) -> (Option<Pick>, RouteChange) {
        let mut change = RouteChange::Keep;
        let limit = if self.first_id_only { 1 } else { usize::MAX };
        let parts = self.ids.into_iter().flat_map(SessionIds::iter).take(limit);
        for route in parts.filter_map(|part| part.route) {
            let pick = self.by_route(route, &mut change);
            if pick.is_some() {
                return (pick, change);
            }
        }
        (None, change)
    }

    /// mod_jk: `find_bysession_route`
    fn by_route(&self, route: &[u8], change: &mut RouteChange) -> Option<Pick> {
        let Some(member) = self.roster.directory.route(route) else {
            let member = self.best_in_domain(route)?;
            *change = RouteChange::DomainOf(member);
            return Some(Pick { member, why: Why::Domain });
        };
        if self.sticky_usable(member) {
            return Some(Pick { member, why: Why::Route });
        }
        self.instead_of(member, change)
    }

    /// A redirect beats a domain, even if it leads nowhere.
    fn instead_of(&self, member: usize, change: &mut RouteChange) -> Option<Pick> {
        let member = self.settings.members.get(member)?;
        if self.settings.sticky_session_force {
            return None;
        }
        if let Some(redirect) = set(&member.redirect) {
            *change = RouteChange::Unset;
            let member = self.roster.directory.route(redirect)?;
            return self.sticky_usable(member).then_some(Pick { member, why: Why::Redirect });
        }
        let best = self.best_in_domain(set(&member.domain)?);
        *change = best.map_or(RouteChange::Unset, RouteChange::DomainOf);
        best.map(|member| Pick { member, why: Why::SameDomain })
    }

    /// mod_jk: `find_failover_worker`. The redirect of the first member that has one, whoever
    /// failed; this is how a disabled standby serves requests without session.
    fn stand_in(&self, choice: &mut Choice) {
        let redirect = self.settings.members.iter().find_map(|member| set(&member.redirect));
        let pick = redirect.and_then(|redirect| self.by_route(redirect, &mut choice.route));
        choice.pick = pick.map(|pick| Pick { why: Why::StandIn, ..pick });
    }

    /// mod_jk: `find_best_bydomain`. The domain is the text before the first dot. There is no
    /// rotation: of equals, the first in the configuration wins.
    fn best_in_domain(&self, route: &[u8]) -> Option<usize> {
        let end = memchr::memchr(b'.', route).unwrap_or(route.len());
        let domain = self.roster.directory.domain(route.get(..end)?)?;
        let mut best: Option<(usize, Load)> = None;
        for (index, (open, load)) in self.open.iter().zip(&self.roster.loads).enumerate() {
            let candidate = load.domain == domain && open.usable();
            if candidate && best.is_none_or(|(_, best)| closer(load, &best)) {
                best = Some((index, *load));
            }
        }
        best.map(|(index, _)| index)
    }

    /// mod_jk: `find_best_byvalue`. The pass begins behind the member chosen last, so that equals
    /// take turns.
    fn by_load(&self) -> Option<usize> {
        let loads = &self.roster.loads;
        let start = if self.offset < loads.len() { self.offset } else { 0 };
        let mut best: Option<(usize, Load)> = None;
        self.scan(start, loads.len(), &mut best);
        self.scan(0, start, &mut best);
        best.map(|(index, _)| index)
    }

    fn scan(&self, from: usize, to: usize, best: &mut Option<(usize, Load)>) {
        let range = from..to;
        let open = self.open.get(range.clone()).unwrap_or_default();
        let loads = self.roster.loads.get(range.clone()).unwrap_or_default();
        for (index, (open, load)) in range.zip(open.iter().zip(loads)) {
            if !open.usable() {
                continue;
            }
            let better = match best {
                None => true,
                Some((_, best)) if self.stateless => load.distance < best.distance,
                Some((_, best)) => closer(load, best),
            };
            if better {
                *best = Some((index, *load));
            }
        }
    }

    fn sticky_usable(&self, member: usize) -> bool {
        self.open.get(member).is_some_and(|open| open.sticky_usable())
    }
}

/// Whether `a` goes before `b`: a smaller distance, then strictly less load.
fn closer(a: &Load, b: &Load) -> bool {
    (a.distance, a.value) < (b.distance, b.value)
}

fn set(text: &Option<String>) -> Option<&[u8]> {
    text.as_deref().map(str::as_bytes).filter(|text| !text.is_empty())
}
