//! How many connections httpd would hold to one backend, over all its processes.

use crate::httpd::Mpm;

/// `MaxRequestWorkers` within what the other settings allow.
pub(super) fn default_size(mpm: &Mpm, name: &str) -> u32 {
    let size = match name {
        "mpm_prefork_module" => {
            let limit = mpm.server_limit.unwrap_or(256).max(1);
            mpm.max_request_workers.unwrap_or(limit).min(limit)
        }
        _ => {
            let threads = mpm.threads_per_child.unwrap_or(25);
            let threads = threads.min(mpm.thread_limit.unwrap_or(64)).max(1);
            let reachable = mpm.server_limit.unwrap_or(16).max(1).saturating_mul(threads);
            mpm.max_request_workers.unwrap_or(reachable).clamp(threads, reachable)
        }
    };
    u32::try_from(size.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_mpm() {
        let event = "mpm_event_module";
        let mpm = Mpm::default();
        assert_eq!(default_size(&mpm, event), 400);
        assert_eq!(default_size(&Mpm { max_request_workers: Some(150), ..mpm }, event), 150);
        // More than the servers can hold is lowered, less than one server holds is raised.
        assert_eq!(default_size(&Mpm { max_request_workers: Some(1000), ..mpm }, event), 400);
        assert_eq!(default_size(&Mpm { max_request_workers: Some(-1), ..mpm }, event), 25);
        assert_eq!(default_size(&Mpm { threads_per_child: Some(100), ..mpm }, event), 1024);
        assert_eq!(default_size(&mpm, "mpm_prefork_module"), 256);
    }
}
