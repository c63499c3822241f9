//! The members of a load balancer, laid out for a quick pass over all of them.

use std::collections::HashMap;
use std::sync::Arc;

use jk_types::{Activation, LbSettings, MemberState};

use crate::WorkerCounters;
use crate::member::Member;
use crate::method;
use crate::openness::Openness;

/// What a choice by load compares.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    pub(crate) value: u64,
    pub(crate) distance: i32,
    /// The number of its domain in the [`Directory`]; 0 is none.
    pub(crate) domain: u32,
}

/// All members. The three lists run in parallel; `open` always tells what state and activation say.
#[derive(Debug)]
pub(crate) struct Roster {
    pub(crate) loads: Vec<Load>,
    open: Vec<Openness>,
    members: Vec<Member>,
    /// Members whose shared state is busy: usually none, and then nobody looks for them.
    busy: usize,
    pub(crate) directory: Directory,
}

/// Where members are found by text.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    names: HashMap<Box<str>, usize>,
    routes: HashMap<Box<[u8]>, usize>,
    domains: HashMap<Box<[u8]>, u32>,
}

impl Roster {
    /// Counters that are missing are made up, so that every member has some.
    pub(crate) fn new(settings: &LbSettings, counters: Vec<Arc<WorkerCounters>>) -> Self {
        let mut counters = counters.into_iter();
        let members: Vec<Member> = settings
            .members
            .iter()
            .map(|_| Member::new(counters.next().unwrap_or_default()))
            .collect();
        let mut roster = Self {
            loads: vec![Load::default(); members.len()],
            open: vec![Openness::default(); members.len()],
            members,
            busy: 0,
            directory: Directory::default(),
        };
        roster.adopt(settings);
        roster
    }

    /// Takes over what operators may change: factors, distances, routes, domains, activations.
    pub(crate) fn adopt(&mut self, settings: &LbSettings) {
        self.directory = Directory::new(settings);
        let mults = method::multipliers(settings.members.iter().map(|member| member.lbfactor));
        for (member, mult) in self.members.iter_mut().zip(mults) {
            member.mult = mult;
        }
        for (load, member) in self.loads.iter_mut().zip(&settings.members) {
            load.distance = member.distance;
            let domain = member.domain.as_deref().unwrap_or_default();
            load.domain = self.directory.domain(domain.as_bytes()).unwrap_or(0);
        }
        for ((open, member), settings) in
            self.open.iter_mut().zip(&self.members).zip(&settings.members)
        {
            *open = Openness::new(member.state, settings.activation);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn open(&self) -> &[Openness] {
        &self.open
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Member, &Load)> {
        self.members.iter().zip(&self.loads)
    }

    /// `None` for an index that is not a member's.
    pub(crate) fn get(&self, index: usize) -> Option<&Member> {
        self.members.get(index)
    }

    /// `None` for an index that is not a member's. States change through [`Self::set_state`].
    pub(crate) fn get_mut(&mut self, index: usize) -> Option<&mut Member> {
        self.members.get_mut(index)
    }

    pub(crate) fn state(&self, index: usize) -> MemberState {
        self.members.get(index).map_or(MemberState::Error, |member| member.state)
    }

    pub(crate) fn set_state(&mut self, index: usize, state: MemberState) {
        let Some(member) = self.members.get_mut(index) else { return };
        let was = std::mem::replace(&mut member.state, state);
        match (was == MemberState::Busy, state == MemberState::Busy) {
            (false, true) => self.busy = self.busy.saturating_add(1),
            (true, false) => self.busy = self.busy.saturating_sub(1),
            _ => {}
        }
        if let Some(open) = self.open.get_mut(index) {
            *open = open.with_eligible(state.eligible());
        }
    }

    pub(crate) fn any_busy(&self) -> bool {
        self.busy > 0
    }

    /// Puts every member in error to forced; returns how many there were. `each` hears of them.
    pub(crate) fn force(&mut self, mut each: impl FnMut(usize)) -> usize {
        let mut forced = 0_usize;
        for index in 0..self.len() {
            if self.state(index) == MemberState::Error {
                self.set_state(index, MemberState::Force);
                self.members[index].counters.forget_reply_timeouts();
                each(index);
                forced = forced.saturating_add(1);
            }
        }
        forced
    }

    pub(crate) fn largest_load(&self) -> u64 {
        self.loads.iter().map(|load| load.value).max().unwrap_or(0)
    }

    /// Replaces the activation that decides for one request.
    pub(crate) fn override_activation(
        &self,
        open: &mut [Openness],
        name: &str,
        activation: Activation,
    ) {
        if let Some(open) = self.directory.name(name).and_then(|index| open.get_mut(index)) {
            *open = open.with_activation(activation);
        }
    }
}

impl Directory {
    /// The first member with a name or route has it; only the status worker can make routes equal.
    fn new(settings: &LbSettings) -> Self {
        let mut directory = Self::default();
        for (index, member) in settings.members.iter().enumerate() {
            directory.names.entry(member.ajp.name.as_str().into()).or_insert(index);
            directory.routes.entry(member.route.as_bytes().into()).or_insert(index);
            if let Some(domain) = member.domain.as_deref().filter(|domain| !domain.is_empty()) {
                let next = u32::try_from(directory.domains.len()).unwrap_or(u32::MAX - 1) + 1;
                directory.domains.entry(domain.as_bytes().into()).or_insert(next);
            }
        }
        directory
    }

    pub(crate) fn name(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    pub(crate) fn route(&self, route: &[u8]) -> Option<usize> {
        self.routes.get(route).copied()
    }

    /// The number of a domain, never 0.
    pub(crate) fn domain(&self, domain: &[u8]) -> Option<u32> {
        if self.domains.is_empty() { None } else { self.domains.get(domain).copied() }
    }
}
