use std::time::Duration;

use crate::{Activation, StatusList};

/// The `;name=value` extensions of a mapping rule: what this rule changes for its requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// Overrides the worker's `reply_timeout`: `None` keeps it, zero switches it off.
    pub reply_timeout: Option<Duration>,
    /// Do not look for a session id.
    pub sticky_ignore: bool,
    /// Do not count as a new session and ignore load values when electing.
    pub stateless: bool,
    /// Activation of named members for this rule, later entries winning: `active`, then
    /// `disabled`, then `stopped`.
    pub activations: Vec<(String, Activation)>,
    /// Replaces the worker's `fail_on_status`.
    pub fail_on_status: Option<StatusList>,
    /// Responses with this status or above are replaced by the server's own error page; 0 is off.
    pub use_server_errors: i32,
    /// Cookie searched for the session id, instead of the load balancer's.
    pub session_cookie: Option<String>,
    /// Path parameter searched for the session id, instead of the load balancer's.
    pub session_path: Option<String>,
    /// Send a route cookie even if the load balancer does not.
    pub set_session_cookie: bool,
    /// Parsed and kept for display; mod_jk never uses it.
    pub session_cookie_path: Option<String>,
}
