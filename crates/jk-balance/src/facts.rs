use jk_types::Extensions;

use crate::SessionIds;

/// What a request brings to its election.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The session ids, found with [`session_ids`](crate::session_ids).
    pub session: Option<SessionIds<'a>>,
    /// The extensions of the rule that mapped the request.
    pub extensions: &'a Extensions,
    /// Look at no session id: `JK_STICKY_IGNORE` if set, else the extension.
    pub sticky_ignore: bool,
    /// Do not count as a new session and ignore load: `JK_STATELESS` if set, else the extension.
    pub stateless: bool,
    /// `JK_ROUTE`: what the backend is told as route, whoever is elected. That it is also the only
    /// session id is for [`session_ids`](crate::session_ids) to arrange.
    pub forced_route: Option<&'a [u8]>,
    /// The client's connection is encrypted: cookies get `;Secure`.
    pub secure: bool,
}

impl<'a> Facts<'a> {
    /// A request without session on a plain connection, with what its rule says of stickiness.
    pub fn new(extensions: &'a Extensions) -> Self {
        Self {
            session: None,
            extensions,
            sticky_ignore: extensions.sticky_ignore,
            stateless: extensions.stateless,
            forced_route: None,
            secure: false,
        }
    }
}
