//! The vocabulary that configuration, balancing and proxying share.
//!
//! Everything here is plain data: what a user may say about workers, members and mounts once it has
//! been read, defaulted and bounded. No text is parsed here and nothing is decided here, so that
//! `jk-config` (which reads) and `jk-balance` (which decides) need not know each other.
//!
//! Names are those of mod_jk: a *worker* is a named target of mounts, a *member* is a worker inside
//! a load balancer, a *route* is the suffix of a session id that names a member.

mod activation;
mod extensions;
mod method;
mod mount;
mod recovery;
mod state;
mod status_list;
mod worker;

pub use activation::Activation;
pub use extensions::Extensions;
pub use method::{Lock, Method};
pub use mount::{MountRule, RuleSource};
pub use recovery::RecoveryOptions;
pub use state::MemberState;
pub use status_list::{StatusList, Verdict};
pub use worker::{
    AjpKind, AjpSettings, LbSettings, MemberSettings, Secret, StatusSettings, Worker, WorkerKind,
};
