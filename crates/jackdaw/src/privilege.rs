//! Becoming `User` and `Group` once logs and sockets are open.

use std::ffi::CString;
use std::io;

use jk_config::Config;
use nix::unistd::{Gid, Group, Uid, User, geteuid, initgroups, setgid, setgroups, setuid};

/// Why the configured user cannot be become.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivilegeError {
    /// There is no such user.
    #[error("bad user name {0}")]
    User(String),
    /// There is no such group.
    #[error("bad group name {0}")]
    Group(String),
    /// httpd does not serve as root either.
    #[error("`User {0}` would serve pages as root; name another user")]
    Root(String),
}

/// Whether we are the superuser.
pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// Whom to become.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    name: Option<CString>,
    uid: Uid,
    gid: Gid,
}

impl Identity {
    /// What `User` and `Group` ask for. Nothing, if nobody but the superuser could do it: as httpd,
    /// which ignores both then.
    ///
    /// # Errors
    /// There is no such user or group.
    pub(crate) fn of(config: &Config) -> Result<Option<Self>, PrivilegeError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let Some(user) = &config.user else { return Ok(None) };
        let found = match number(user) {
            Some(uid) => User::from_uid(Uid::from_raw(uid)).ok().flatten(),
            None => User::from_name(user).ok().flatten(),
        };
        let bad_user = || PrivilegeError::User(user.clone());
        let uid = match (&found, number(user)) {
            (Some(found), _) => found.uid,
            (None, Some(uid)) => Uid::from_raw(uid),
            (None, None) => return Err(bad_user()),
        };
        if uid.is_root() {
            return Err(PrivilegeError::Root(user.clone()));
        }
        let gid = match &config.group {
            Some(group) => group_of(group)?,
            None => found.as_ref().map(|found| found.gid).ok_or_else(bad_user)?,
        };
        let name = found.and_then(|found| CString::new(found.name).ok());
        Ok(Some(Self { name, uid, gid }))
    }

    /// The user's number.
    pub(crate) fn uid(&self) -> u32 {
        self.uid.as_raw()
    }

    /// Becomes it, for good: supplementary groups, group, user, in this order, on all threads.
    ///
    /// # Errors
    /// The system does not let us.
    pub(crate) fn assume(&self) -> io::Result<()> {
        match &self.name {
            Some(name) => initgroups(name, self.gid)?,
            None => setgroups(&[self.gid])?,
        }
        setgid(self.gid)?;
        setuid(self.uid)?;
        if setuid(Uid::from_raw(0)).is_ok() {
            return Err(io::Error::other("root can still be regained"));
        }
        Ok(())
    }
}

fn group_of(group: &str) -> Result<Gid, PrivilegeError> {
    if let Some(gid) = number(group) {
        return Ok(Gid::from_raw(gid));
    }
    let found = Group::from_name(group).ok().flatten();
    found.map(|found| found.gid).ok_or_else(|| PrivilegeError::Group(group.to_owned()))
}

/// `#33` is a number.
fn number(name: &str) -> Option<u32> {
    name.strip_prefix('#')?.parse().ok()
}
