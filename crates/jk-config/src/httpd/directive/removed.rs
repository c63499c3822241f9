//! Directives that httpd 2.2 or mod_jk once had, and what took their place.

const REMOVED: [(&str, &str); 12] = [
    ("AcceptMutex", "Mutex takes its place"),
    ("LockFile", "Mutex takes its place"),
    ("SSLMutex", "Mutex takes its place"),
    ("RewriteLock", "Mutex takes its place"),
    ("RewriteLog", "LogLevel takes its place"),
    ("RewriteLogLevel", "LogLevel takes its place"),
    ("AuthAuthoritative", "AuthBasicAuthoritative takes its place"),
    ("AuthDefaultAuthoritative", "remove it"),
    ("AuthzHostAuthoritative", "remove it"),
    ("AddModule", "remove it: modules need no second list"),
    ("ClearModuleList", "remove it: modules need no second list"),
    ("CookieLog", "CustomLog takes its place"),
];

/// What to do about a directive that is no longer there.
pub(crate) fn removed(name: &str) -> Option<&'static str> {
    REMOVED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, help)| *help)
}
