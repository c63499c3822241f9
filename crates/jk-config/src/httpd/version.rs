//! `<IfVersion>` (httpd: `mod_version`).

use regex::Regex;

use super::report::Refusal;

/// The version of httpd that we stand in for.
const VERSION: [u32; 3] = [2, 4, 71];

/// Whether the condition of an `<IfVersion>` holds; `args` are its words, `>` included.
pub(crate) fn holds(args: &[String]) -> Result<bool, Refusal> {
    let (operator, version) = split(args)?;
    let (negated, operator) = match operator.strip_prefix('!') {
        Some("") => (true, "!"),
        Some(rest) => (true, rest),
        None => (false, operator),
    };
    let matched = match operator {
        "=" | "==" => match version.strip_prefix('/') {
            Some(pattern) => matches(delimited(pattern)?)?,
            None => compare(version)?.is_eq(),
        },
        "~" => matches(version)?,
        "<" => compare(version)?.is_lt(),
        "<=" => compare(version)?.is_le(),
        ">" => compare(version)?.is_gt(),
        ">=" => compare(version)?.is_ge(),
        _ => {
            return Err(Refusal::new(format!("`{operator}` is not an operator of <IfVersion>"))
                .help("one of `=` `<` `<=` `>` `>=` `~`, perhaps with `!` before it"));
        }
    };
    Ok(matched != negated)
}

/// Operator and version, which may stand alone; the `>` may be a word of its own.
fn split(args: &[String]) -> Result<(&str, &str), Refusal> {
    let unclosed = || Refusal::new("<IfVersion> lacks its closing `>`");
    let (operator, version, closing) = match args {
        [version] => ("=", version.as_str(), None),
        [version, closing] if closing == ">" => ("=", version.as_str(), Some(())),
        [operator, version] => (operator.as_str(), version.as_str(), None),
        [operator, version, closing] if closing == ">" => {
            (operator.as_str(), version.as_str(), Some(()))
        }
        _ => return Err(unclosed()),
    };
    match closing {
        Some(()) => Ok((operator, version)),
        None => Ok((operator, version.strip_suffix('>').ok_or_else(unclosed)?)),
    }
}

fn delimited(pattern: &str) -> Result<&str, Refusal> {
    let missing = "the regular expression of <IfVersion> lacks its closing `/`";
    pattern.strip_suffix('/').ok_or_else(|| Refusal::new(missing))
}

fn matches(pattern: &str) -> Result<bool, Refusal> {
    let pattern = Regex::new(pattern)
        .map_err(|_| Refusal::new(format!("`{pattern}` is not a regular expression")))?;
    let [major, minor, patch] = VERSION;
    Ok(pattern.is_match(&format!("{major}.{minor}.{patch}")))
}

/// How our version compares with the one given; what it leaves out counts as 0.
fn compare(version: &str) -> Result<std::cmp::Ordering, Refusal> {
    let invalid = || {
        Refusal::new(format!("`{version}` is not a version"))
            .help("write major, major.minor or major.minor.patch, in numbers")
    };
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(invalid());
    }
    let mut asked = [0; 3];
    for (index, part) in version.split('.').enumerate() {
        let slot = asked.get_mut(index).ok_or_else(invalid)?;
        if !part.bytes().all(|b| b.is_ascii_digit()) {
            return Err(invalid());
        }
        *slot = part.parse().unwrap_or(if part.is_empty() { 0 } else { u32::MAX });
    }
    Ok(VERSION.cmp(&asked))
}

#[cfg(test)]
mod tests {
    use super::holds;

    fn ask(args: &str) -> Option<bool> {
        let words: Vec<String> = args.split(' ').map(str::to_owned).collect();
        holds(&words).ok()
    }

    /// Measured with apache2 2.4.71.
    #[test]
    fn compares_as_mod_version_does() {
        for (args, expected) in [
            ("2.4>", Some(false)),
            ("2.4.71>", Some(true)),
            ("!< 2.2>", Some(true)),
            (r"~ ^2\.4>", Some(true)),
            ("= /^2.4/>", Some(true)),
            (">= 2>", Some(true)),
            (">= 2.4 >", Some(true)),
            ("!= 2.4>", Some(true)),
            ("< 2.4>", Some(false)),
            ("> >", None),
            ("x 2.4>", None),
            (">= 2.x>", None),
            (">= 2.4", None),
        ] {
            assert_eq!(ask(args), expected, "{args}");
        }
    }
}
