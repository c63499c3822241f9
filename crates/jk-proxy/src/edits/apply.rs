//! Putting a change in force.

use jk_balance::MemberChange;
use jk_status::{AjpChange, AjpNumber, Change};

use crate::site::{Kind, Lb, Site};

/// Changes a site, for every loop at once. The backends that moved, by their place.
pub(super) fn apply(site: &Site, change: &Change) -> Vec<usize> {
    let mut moved = Vec::new();
    match change {
        Change::Lb { worker, change } => {
            if let Some(lb) = lb(site, worker) {
                let mut balancer = lb.balancer.lock();
                balancer.update(*change);
                lb.sees_sessions(balancer.settings().sticky_session);
            }
        }
        Change::Member { worker, member, change } => {
            if let Some(lb) = lb(site, worker) {
                let mut balancer = lb.balancer.lock();
                if let Some(place) = balancer.member_named(member) {
                    balancer.update_member(place, change.clone());
                }
            }
        }
        Change::Ajp { worker, change: AjpChange::Number(number, value) } => {
            for backend in site.backends.iter().filter(|it| it.settings.name == *worker) {
                backend.live.set(*number, *value);
            }
            if *number == AjpNumber::BusyLimit {
                limit_members(site, worker, *value);
            }
        }
        Change::Ajp { worker, change: AjpChange::Address { host, port, address } } => {
            for (at, backend) in site.backends.iter().enumerate() {
                if backend.settings.name == *worker {
                    backend.live.relocate(host.clone(), *port, *address);
                    moved.push(at);
                }
            }
        }
    }
    moved
}

/// The load balancer with that name.
pub(super) fn lb<'s>(site: &'s Site, name: &str) -> Option<&'s Lb> {
    match &site.workers.iter().find(|worker| worker.name == name)?.kind {
        Kind::Lb(lb) => Some(lb),
        _ => None,
    }
}

/// Balancers look at `busy_limit` themselves.
fn limit_members(site: &Site, name: &str, limit: i32) {
    for worker in &site.workers {
        let Kind::Lb(lb) = &worker.kind else { continue };
        let mut balancer = lb.balancer.lock();
        let Some(place) = balancer.member_named(name) else { continue };
        let member = balancer.candidate(place).map(|member| member.settings.ajp.clone());
        if let Some(mut ajp) = member {
            ajp.busy_limit = u32::try_from(limit).unwrap_or(0);
            balancer.update_member(place, MemberChange::Ajp(Box::new(ajp)));
        }
    }
}
