//! The `%` directives of a `LogFormat`, as far as `apache2 -t` looks at them.

use super::call::Call;
use super::report::{Refusal, Report};

/// Refuses what httpd refuses, and says what is never there.
pub(crate) fn check(format: &str, call: &Call<'_>, report: &mut Report) -> Result<(), Refusal> {
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        let after = rest.get(at + 1..).unwrap_or_default();
        let item = item(after)?;
        if matches!(item.code, "x" | "c") && !item.argument.is_empty() {
            let message =
                format!("`%{{{}}}{}` is never set: TLS is not spoken", item.argument, item.code);
            report.warning(&call.at, message);
        }
        rest = item.rest;
    }
    Ok(())
}

struct Item<'t> {
    argument: &'t str,
    code: &'t str,
    rest: &'t str,
}

/// What follows a `%`: statuses, `<`, `>`, `{argument}`, and the code.
fn item(text: &str) -> Result<Item<'_>, Refusal> {
    let mut rest = text;
    let mut argument = "";
    loop {
        if let Some(inside) = rest.strip_prefix('{') {
            let (inner, after) = inside
                .split_once('}')
                .ok_or_else(|| Refusal::new(format!("`%{text}` lacks its closing `}}`")))?;
            (argument, rest) = (inner, after);
            continue;
        }
        let skipped = rest.trim_start_matches(|c: char| "!<>,".contains(c) || c.is_ascii_digit());
        if skipped.len() == rest.len() {
            break;
        }
        rest = skipped;
    }
    let code = match rest.strip_prefix('^') {
        Some(_) => rest.get(..3).filter(|code| LONG_CODES.contains(code)),
        None => rest.chars().next().and_then(|c| rest.get(..c.len_utf8())),
    };
    match code {
        None if rest.is_empty() => Err(Refusal::new("a `%` stands at the end of the format")),
        Some(code) if code.len() > 1 || CODES.contains(code) => {
            Ok(Item { argument, code, rest: rest.get(code.len()..).unwrap_or_default() })
        }
        _ => {
            let shown: String = rest.chars().take(1).collect();
            Err(Refusal::new(format!("`%{shown}` is not a directive of LogFormat"))
                .help("`%%` stands for a percent sign"))
        }
    }
}

/// Of mod_log_config, mod_logio and mod_ssl.
const CODES: &str = "%aABbCcDefhHiIklLmnoOpPqrRsStTuUvVxX";
const LONG_CODES: [&str; 3] = ["^FB", "^ti", "^to"];

/// `JkRequestLogFormat`, whose mistakes mod_jk reports when it starts, and then logs no request.
pub(crate) fn check_jk(format: &str, call: &Call<'_>, report: &mut Report) -> bool {
    let mut rest = format;
    while let Some((_, after)) = rest.split_once('%') {
        let code = after.chars().next();
        if !code.is_some_and(|code| JK_CODES.contains(code)) {
            let shown: String = code.into_iter().collect();
            report
                .warning(&call.at, format!("`%{shown}` is unknown to mod_jk: no request is logged"))
                .help("one of %b %B %H %m %p %q %r %R %s %T %U %v %V %w");
            return false;
        }
        rest = after.get(1..).unwrap_or_default();
    }
    true
}

const JK_CODES: &str = "bBHmpqrRsTUvVw";
