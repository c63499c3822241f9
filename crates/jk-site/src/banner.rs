//! What the server says it is.

use jk_config::ServerTokens;

/// The value of the `Server` field, of `SERVER_SOFTWARE` and of the signature under error pages.
/// `version` is `major.minor.patch`.
pub fn server(tokens: ServerTokens, version: &str) -> String {
    let mut numbers = version.splitn(3, '.');
    let major = numbers.next().unwrap_or_default();
    let minor = numbers.next().unwrap_or_default();
    match tokens {
        ServerTokens::Full | ServerTokens::Os => format!("Jackdaw/{version} (Unix)"),
        ServerTokens::Minimal => format!("Jackdaw/{version}"),
        ServerTokens::Minor => format!("Jackdaw/{major}.{minor}"),
        ServerTokens::Major => format!("Jackdaw/{major}"),
        ServerTokens::Prod => "Jackdaw".to_owned(),
    }
}
