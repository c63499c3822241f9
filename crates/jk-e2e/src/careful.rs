//! The settings of a careful administrator, for plays in which members fail.

/// Members of the load balancer. Where one fails for certain, it is the first.
pub const ROUTES: [&str; 3] = ["A", "B", "C"];

/// The beginning of a `workers.properties`: a stopped member is found out after seconds by a probe, what
/// was under way by a timeout of so many milliseconds, and it is tried again soon.
pub fn workers(reply_timeout: u32) -> String {
    format!(
        "worker.list=lb\n\
         worker.lb.type=lb\n\
         worker.lb.balance_workers={}\n\
         worker.lb.recover_time=2\n\
         worker.lb.error_escalation_time=0\n\
         worker.maintain=1\n\
         worker.t.connect_timeout=2000\n\
         worker.t.prepost_timeout=2000\n\
         worker.t.socket_connect_timeout=2000\n\
         worker.t.reply_timeout={reply_timeout}\n\
         worker.t.connection_pool_timeout=20\n\
         worker.t.recovery_options=0\n",
        ROUTES.join(",")
    )
}
