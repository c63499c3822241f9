//! The settings that `cmd=update` changes: their names, and how they are read and written as text.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jk_balance::MemberChange;
use jk_types::{
    Activation, AjpSettings, LbSettings, Lock, MemberSettings, Method, Worker, WorkerKind,
};

use crate::change::AjpNumber;
use crate::update::LONGEST;

/// A setting, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Of the load balancer with this name.
    Lb(String, LbAttribute),
    /// Of a load balancer's member as such.
    Member(String, String, MemberAttribute),
    /// Of every backend whose worker has this name.
    Ajp(String, AjpAttribute),
}

/// A setting of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LbAttribute {
    /// `retries`
    Retries,
    /// `retry_interval`
    RetryInterval,
    /// `recover_time`
    RecoverTime,
    /// `error_escalation_time`
    ErrorEscalationTime,
    /// `max_reply_timeouts`
    MaxReplyTimeouts,
    /// `sticky_session`
    StickySession,
    /// `sticky_session_force`
    StickySessionForce,
    /// `method`
    Method,
    /// `lock`
    Lock,
}

/// A setting of a member as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberAttribute {
    /// `activation`
    Activation,
    /// `lbfactor`
    LbFactor,
    /// `route`
    Route,
    /// `redirect`; empty is none.
    Redirect,
    /// `domain`; empty is none.
    Domain,
    /// `distance`
    Distance,
}

/// A setting of a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AjpAttribute {
    /// A number.
    Number(AjpNumber),
    /// `host`
    Host,
    /// `port`
    Port,
}

impl Key {
    /// The directive.
    pub const fn directive(&self) -> &'static str {
        match self {
            Self::Lb(_, attribute) => attribute.directive(),
            Self::Member(_, _, attribute) => attribute.directive(),
            Self::Ajp(_, attribute) => attribute.directive(),
        }
    }

    /// The setting's value; `None` when there is no such worker or member.
    pub fn read(&self, workers: &[Worker]) -> Option<String> {
        match self {
            Self::Lb(lb, attribute) => lbs(workers, lb).next().map(|lb| attribute.read(lb)),
            Self::Member(lb, member, attribute) => {
                let mut members = lbs(workers, lb).flat_map(|lb| &lb.members);
                let found = members.find(|it| it.ajp.name == *member);
                found.map(|member| attribute.read(member))
            }
            Self::Ajp(name, attribute) => {
                let found = workers.iter().flat_map(backends).find(|it| it.name == *name);
                found.map(|backend| attribute.read(backend))
            }
        }
    }

    /// Sets it everywhere; `false` when the text is no value of it, or nobody has it.
    pub fn write(&self, workers: &mut [Worker], value: &str) -> bool {
        let mut written = false;
        for worker in workers {
            match (self, &mut worker.kind) {
                (Self::Lb(name, attribute), WorkerKind::Lb(lb)) if worker.name == *name => {
                    written |= attribute.write(lb, value).is_some();
                }
                (Self::Member(name, member, attribute), WorkerKind::Lb(lb))
                    if worker.name == *name =>
                {
                    let found = lb.members.iter_mut().find(|it| it.ajp.name == *member);
                    written |= found.and_then(|it| attribute.write(it, value)).is_some();
                }
                (Self::Ajp(name, attribute), WorkerKind::Lb(lb)) => {
                    for member in lb.members.iter_mut().filter(|it| it.ajp.name == *name) {
                        written |= attribute.write(&mut member.ajp, value).is_some();
                    }
                }
                (Self::Ajp(name, attribute), WorkerKind::Ajp(ajp)) if ajp.name == *name => {
                    written |= attribute.write(ajp, value).is_some();
                }
                _ => {}
            }
        }
        written
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directive = self.directive();
        match self {
            Self::Lb(lb, _) => write!(f, "'{directive}' of lb worker '{lb}'"),
            Self::Member(lb, member, _) => {
                write!(f, "'{directive}' of sub worker '{member}' of lb worker '{lb}'")
            }
            Self::Ajp(worker, _) => write!(f, "'{directive}' of worker '{worker}'"),
        }
    }
}

impl LbAttribute {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Retries,
        Self::RetryInterval,
        Self::RecoverTime,
        Self::ErrorEscalationTime,
        Self::MaxReplyTimeouts,
        Self::StickySession,
        Self::StickySessionForce,
        Self::Method,
        Self::Lock,
    ];

    /// The directive.
    pub const fn directive(self) -> &'static str {
        match self {
            Self::Retries => "retries",
            Self::RetryInterval => "retry_interval",
            Self::RecoverTime => "recover_time",
            Self::ErrorEscalationTime => "error_escalation_time",
            Self::MaxReplyTimeouts => "max_reply_timeouts",
            Self::StickySession => "sticky_session",
            Self::StickySessionForce => "sticky_session_force",
            Self::Method => "method",
            Self::Lock => "lock",
        }
    }

    /// What a change is about.
    pub(crate) const fn of(change: &jk_balance::Change) -> Self {
        use jk_balance::Change;
        match change {
            Change::Retries(_) => Self::Retries,
            Change::RetryInterval(_) => Self::RetryInterval,
            Change::RecoverTime(_) => Self::RecoverTime,
            Change::ErrorEscalationTime(_) => Self::ErrorEscalationTime,
            Change::MaxReplyTimeouts(_) => Self::MaxReplyTimeouts,
            Change::StickySession(_) => Self::StickySession,
            Change::StickySessionForce(_) => Self::StickySessionForce,
            Change::Method(_) => Self::Method,
            Change::Lock(_) => Self::Lock,
        }
    }

    pub(crate) fn read(self, lb: &LbSettings) -> String {
        match self {
            Self::Retries => lb.retries.to_string(),
            Self::RetryInterval => lb.retry_interval.as_millis().to_string(),
            Self::RecoverTime => lb.recover_time.to_string(),
            Self::ErrorEscalationTime => lb.error_escalation_time.to_string(),
            Self::MaxReplyTimeouts => lb.max_reply_timeouts.to_string(),
            Self::StickySession => lb.sticky_session.to_string(),
            Self::StickySessionForce => lb.sticky_session_force.to_string(),
            Self::Method => lb.method.label().to_owned(),
            Self::Lock => lb.lock.label().to_owned(),
        }
    }

    /// The bounds are those of an update.
    fn write(self, lb: &mut LbSettings, value: &str) -> Option<()> {
        let positive = || number::<i32>(value).filter(|&number| number > 0).map(i32::unsigned_abs);
        match self {
            Self::Retries => lb.retries = positive()?,
            Self::RetryInterval => {
                lb.retry_interval = Duration::from_millis(positive()?.into());
            }
            Self::RecoverTime => lb.recover_time = positive()?,
            Self::ErrorEscalationTime => {
                lb.error_escalation_time = number(value).filter(|&number: &i32| number > 0)?;
            }
            Self::MaxReplyTimeouts => {
                lb.max_reply_timeouts = number(value).filter(|&number: &i32| number >= 0)?;
            }
            Self::StickySession => lb.sticky_session = value.parse().ok()?,
            Self::StickySessionForce => lb.sticky_session_force = value.parse().ok()?,
            Self::Method => {
                let method = Method::from_directive(value);
                lb.method = Some(method).filter(|it| it.label() == value)?;
            }
            Self::Lock => {
                let lock = Lock::from_directive(value);
                lb.lock = Some(lock).filter(|it| it.label() == value)?;
            }
        }
        Some(())
    }
}

impl MemberAttribute {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Activation,
        Self::LbFactor,
        Self::Route,
        Self::Redirect,
        Self::Domain,
        Self::Distance,
    ];

    /// The directive.
    pub const fn directive(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::LbFactor => "lbfactor",
            Self::Route => "route",
            Self::Redirect => "redirect",
            Self::Domain => "domain",
            Self::Distance => "distance",
        }
    }

    /// What a change is about. A route may bring a domain.
    pub(crate) const fn changed_by(change: &MemberChange) -> &'static [Self] {
        match change {
            MemberChange::Activation(_) => &[Self::Activation],
            MemberChange::LbFactor(_) => &[Self::LbFactor],
            MemberChange::Route(_) => &[Self::Route, Self::Domain],
            MemberChange::Redirect(_) => &[Self::Redirect],
            MemberChange::Domain(_) => &[Self::Domain],
            MemberChange::Distance(_) => &[Self::Distance],
            MemberChange::Ajp(_) => &[],
        }
    }

    pub(crate) fn read(self, member: &MemberSettings) -> String {
        match self {
            Self::Activation => word(member.activation).to_owned(),
            Self::LbFactor => member.lbfactor.to_string(),
            Self::Route => member.route.clone(),
            Self::Redirect => member.redirect.clone().unwrap_or_default(),
            Self::Domain => member.domain.clone().unwrap_or_default(),
            Self::Distance => member.distance.to_string(),
        }
    }

    /// The bounds are those of an update.
    fn write(self, member: &mut MemberSettings, value: &str) -> Option<()> {
        let filled = || text(value).map(|text| Some(text).filter(|text| !text.is_empty()));
        match self {
            Self::Activation => {
                let activation = Activation::from_directive(value);
                member.activation = Some(activation).filter(|&it| word(it) == value)?;
            }
            Self::LbFactor => {
                let factor = number::<i32>(value).filter(|&number| number > 0)?;
                member.lbfactor = factor.unsigned_abs();
            }
            Self::Route => member.route = text(value)?,
            Self::Redirect => member.redirect = filled()?,
            Self::Domain => member.domain = filled()?,
            Self::Distance => {
                member.distance = number(value).filter(|&number: &i32| number >= 0)?;
            }
        }
        Some(())
    }
}

impl AjpAttribute {
    /// The directive.
    pub const fn directive(self) -> &'static str {
        match self {
            Self::Number(number) => number.directive(),
            Self::Host => "host",
            Self::Port => "port",
        }
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        AjpNumber::ALL.into_iter().map(Self::Number).chain([Self::Host, Self::Port])
    }

    fn read(self, backend: &AjpSettings) -> String {
        match self {
            Self::Number(number) => number.configured(backend).to_string(),
            Self::Host => backend.host.clone(),
            Self::Port => backend.port.to_string(),
        }
    }

    /// The bounds are those of an update.
    fn write(self, backend: &mut AjpSettings, value: &str) -> Option<()> {
        match self {
            Self::Number(which) => {
                let value = number(value).filter(|&value| which.accepts(value) == Some(value))?;
                which.configure(backend, value);
            }
            Self::Host => backend.host = text(value)?,
            Self::Port => {
                backend.port = number(value).filter(|port| (0..=65535).contains(port))?;
            }
        }
        Some(())
    }
}

const fn word(activation: Activation) -> &'static str {
    match activation {
        Activation::Active => "active",
        Activation::Disabled => "disabled",
        Activation::Stopped => "stopped",
    }
}

/// A number as we would write it.
fn number<N: FromStr + ToString>(text: &str) -> Option<N> {
    text.parse().ok().filter(|number: &N| number.to_string() == text)
}

/// Text that an update would take: short, and without what could break out of a line.
fn text(value: &str) -> Option<String> {
    let fits = value.len() <= LONGEST && !value.contains(|c: char| c.is_control());
    fits.then(|| value.to_owned())
}

fn lbs<'w>(workers: &'w [Worker], name: &str) -> impl Iterator<Item = &'w LbSettings> {
    let found = workers.iter().find(|worker| worker.name == name);
    found.into_iter().filter_map(|worker| match &worker.kind {
        WorkerKind::Lb(lb) => Some(&**lb),
        _ => None,
    })
}

fn backends(worker: &Worker) -> Box<dyn Iterator<Item = &AjpSettings> + '_> {
    match &worker.kind {
        WorkerKind::Ajp(ajp) => Box::new(std::iter::once(&**ajp)),
        WorkerKind::Lb(lb) => Box::new(lb.members.iter().map(|member| &member.ajp)),
        WorkerKind::Status(_) => Box::new(std::iter::empty()),
    }
}
