//! Which worker serves a path, which member of a load balancer serves a request, and what the
//! outcome teaches.
//!
//! - [`normalise`] brings a path into the form that rules are compared with.
//! - [`MountMap`] finds the rule, and with it the worker, for a normalised path.
//! - [`session_ids`] finds the session ids of a request, whose routes make it stick to a member.
//! - [`LbWorker`] elects members: [`begin`](LbWorker::begin) a [`Run`], ask for the
//!   [`next`](LbWorker::next) [`Step`], carry it out, [`settle`](LbWorker::settle) it, until the
//!   step is [`Step::Finish`].
//! - [`Tries`] counts the sends to one member within one step; [`Failure`] says what a failed send
//!   means: the status, whether the request may be sent again, what the member is blamed for.
//! - [`WorkerCounters`] are what every instance of a worker name shares.
//!
//! Every decision follows mod_jk 1.2.48; where it would corrupt, leak or crash, we decide safely
//! and say so beside the code.
//!
//! What is deliberately absent: sockets, clocks, threads, files and logs. Time comes in as
//! [`Seconds`]; whoever waits, logs or connects is the caller. mod_jk's choice of locks is not
//! reproduced either: one process shares one `LbWorker` behind whatever lock it likes, held for a
//! call and never while a backend is waited for.
//!
//! ```
//! use jk_balance::{Facts, LbWorker, Outcome, Report, Run, Seconds, Step, WorkerCounters};
//! use jk_types::{Extensions, LbSettings};
//! # fn settings() -> LbSettings {
//! #     let member = |name: &str| jk_types::MemberSettings {
//! #         ajp: jk_types::AjpSettings { name: name.into(), ..Default::default() },
//! #         lbfactor: 1, distance: 0, activation: Default::default(),
//! #         route: name.into(), domain: None, redirect: None,
//! #     };
//! #     LbSettings {
//! #         name: "lb".into(), members: vec![member("a"), member("b")], sticky_session: true,
//! #         sticky_session_force: false, method: Default::default(), lock: Default::default(),
//! #         retries: 2, lb_retries: 2, retry_interval: std::time::Duration::from_millis(100),
//! #         recover_time: 60, error_escalation_time: 30, max_reply_timeouts: 0,
//! #         session_cookie: "JSESSIONID".into(), session_path: ";jsessionid".into(),
//! #         set_session_cookie: false, session_cookie_path: "/".into(),
//! #     }
//! # }
//! let settings: LbSettings = settings();
//! let now = Seconds(1_000_000);
//! let counters = settings.members.iter().map(|_| WorkerCounters::shared(now)).collect();
//! let mut lb = LbWorker::new(&settings, counters, &[], now);
//!
//! let extensions = Extensions::default();
//! let facts = Facts::new(&extensions);
//! let mut run = Run::default();
//! lb.begin(&mut run, &facts, &mut |_member| true);
//! let Step::Try(election) = lb.next(&mut run, &facts, now) else { panic!("both are usable") };
//! assert_eq!(election.member(), 0);
//! lb.admitted(&mut run, &election, &facts);
//! // ... the exchange with the backend happens here, without holding on to `lb` ...
//! lb.settle(&mut run, election, Report::success(200), &facts, now);
//! assert!(matches!(lb.next(&mut run, &facts, now), Step::Finish { served: true, .. }));
//! # let _ = Outcome::Success;
//! ```

mod counters;
mod elect;
mod facts;
mod failure;
mod glob;
mod index;
mod lb;
mod maintain;
mod manage;
mod member;
mod method;
mod mount;
mod notes;
mod openness;
mod preview;
mod recovery;
mod roster;
mod run;
mod seconds;
mod session;
mod settle;
mod trace;
mod uri;

pub use counters::{AjpState, WorkerCounters};
pub use elect::Why;
pub use facts::Facts;
pub use failure::{Failure, Outcome, Progress};
pub use glob::matches as glob_matches;
pub use lb::{Election, LbWorker, Step};
pub use maintain::MaintainClock;
pub use manage::{Candidate, Change, MemberChange, NotInError};
pub use mount::{LONGEST_PATH, Mount, MountMap};
pub use notes::Note;
pub use preview::Preview;
pub use recovery::{Next, Tries};
pub use run::{Remark, Run};
pub use seconds::Seconds;
pub use session::{Part, SessionIds, session_ids};
pub use settle::Report;
pub use trace::{Decision, Tested, Trace};
pub use uri::{BadUri, normalise};
