//! Request variables: `SetEnvIf`, `BrowserMatch`, `SetEnv` and their kin.

mod rules;
mod vars;

pub use rules::{EnvError, EnvRules, RequestView};
pub use vars::EnvVars;
