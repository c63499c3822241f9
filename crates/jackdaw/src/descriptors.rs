//! How many descriptors there are, and what of them clients may have.

use jk_config::Config;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What logs, listeners and the like take.
const OWN: u64 = 64;

/// Takes all the descriptors that the system grants (`RLIMIT_NOFILE`), as httpd's start script does.
pub(crate) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        log::warn!("no more than {:?} descriptors can be had: {error}", limit.current);
    }
}

/// Bounds the clients where the configuration does not: half of the descriptors are theirs, so that each
/// may have a connection to a backend, or a file.
pub(crate) fn bound(config: &mut Config) {
    if config.max_connections > 0 {
        return;
    }
    // None is "no limit", which is more than a `u32` of clients.
    let Some(limit) = getrlimit(Resource::Nofile).current else { return };
    config.max_connections = clients(limit);
}

/// At least one client, whatever there is.
fn clients(limit: u64) -> u32 {
    u32::try_from(limit.saturating_sub(OWN) / 2).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_have_half_of_what_is_left() {
        for (limit, expected) in
            [(0, 1), (64, 1), (1024, 480), (1_048_576, 524_256), (u64::MAX, u32::MAX)]
        {
            assert_eq!(clients(limit), expected, "{limit}");
        }
    }
}
