//! The directives of one worker, read as what they are.

use std::cell::RefCell;
use std::time::Duration;

use jk_types::{Activation, Lock, Method, StatusList};

use crate::diagnostic::quoted;
use crate::directive::{Directive, Unit, Value};
use crate::number::{Number, atoi, number, switch};
use crate::properties::words;
use crate::property_map::{Entry, PropertyMap};
use crate::{Diagnostic, Location};

/// The longest name, host, route and the like: what mod_jk 1.2.48 takes. Later releases take 63.
const MAX_NAME: usize = 60;

/// Everything that is read, and what is said about it.
pub(super) struct Site<'a> {
    pub(super) map: &'a PropertyMap,
    /// The beginning of the file, for what is nowhere written.
    pub(super) start: Option<Location>,
    pub(super) findings: RefCell<Vec<Diagnostic>>,
}

/// The directives of one worker.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) name: &'a [u8],
}

impl<'a> Site<'a> {
    pub(super) fn new(map: &'a PropertyMap, start: Option<Location>) -> Self {
        Self { map, start, findings: RefCell::default() }
    }

    pub(super) fn settings(&'a self, name: &'a [u8]) -> Settings<'a> {
        Settings { site: self, name }
    }

    pub(super) fn report(&self, finding: Diagnostic) {
        self.findings.borrow_mut().push(finding);
    }

    /// A property as a whole number. `default` is what it is if it is not there, empty or too
    /// large.
    pub(super) fn number(&self, key: &[u8], default: i32) -> i32 {
        let Some(entry) = self.map.get(key).filter(|entry| !entry.value.is_empty()) else {
            return default;
        };
        let read = number(&entry.value);
        if let Some(finding) = odd_number(entry, read, default) {
            self.report(finding);
        }
        match read {
            Number::Exact(value) | Number::Prefix(value) => value,
            Number::None => 0,
            Number::TooLarge => default,
        }
    }

    /// Bytes as text; they may come from anywhere, so `at` says where to complain.
    pub(super) fn utf8(&self, bytes: &[u8], at: Option<Location>) -> String {
        let text = String::from_utf8_lossy(bytes);
        if matches!(text, std::borrow::Cow::Owned(_)) {
            let message = "not UTF-8: the odd bytes are lost";
            self.report(Diagnostic::warning(at, message).help("save the file as UTF-8"));
        }
        text.into_owned()
    }

    /// Complains of a name that mod_jk has no room for.
    pub(super) fn check_length(&self, what: &str, bytes: &[u8], at: Option<Location>) {
        let length = bytes.len();
        if length > MAX_NAME {
            let message = format!("{what} has {length} bytes; {MAX_NAME} are possible");
            self.report(Diagnostic::error(at, message));
        }
    }
}

impl<'a> Settings<'a> {
    pub(super) fn key(&self, directive: &str) -> Vec<u8> {
        [b"worker.", self.name, b".", directive.as_bytes()].concat()
    }

    pub(super) fn entry(&self, directive: &str) -> Option<&'a Entry> {
        self.site.map.get(&self.key(directive))
    }

    pub(super) fn location(&self, directive: &str) -> Option<Location> {
        self.entry(directive)?.value_location()
    }

    /// Whether any property belongs to this worker.
    pub(super) fn is_defined(&self) -> bool {
        self.site.map.below(&self.key("")).next().is_some()
    }

    pub(super) fn number(&self, directive: &str, default: i32) -> i32 {
        self.site.number(&self.key(directive), default)
    }

    /// A number that is given at all, and is not negative.
    pub(super) fn natural(&self, directive: &str) -> Option<u32> {
        self.entry(directive)?;
        u32::try_from(self.number(directive, -1)).ok()
    }

    pub(super) fn at_least_one(&self, directive: &str, default: u32) -> u32 {
        let fallback = i32::try_from(default).unwrap_or(i32::MAX);
        u32::try_from(self.number(directive, fallback)).unwrap_or(0).max(1)
    }

    /// A time of which zero and less mean "off".
    pub(super) fn millis(&self, directive: &str, default: i32) -> Duration {
        millis(self.number(directive, default))
    }

    /// A time of which zero and less mean "off".
    pub(super) fn seconds(&self, directive: &str, default: i32) -> Duration {
        seconds(self.number(directive, default))
    }

    pub(super) fn switch(&self, directive: &str, default: bool) -> bool {
        let Some(entry) = self.entry(directive) else { return default };
        switch(&entry.value).unwrap_or_else(|| {
            let value = quoted(&entry.value);
            let message = format!("{value} is neither yes nor no; `{directive}` stays {default}");
            let help = "write `true` or `false`";
            self.site.report(Diagnostic::warning(entry.value_location(), message).help(help));
            default
        })
    }

    pub(super) fn text(&self, directive: &str) -> Option<String> {
        let entry = self.entry(directive)?;
        Some(self.site.utf8(&entry.value, entry.value_location()))
    }

    /// A text of at most 60 bytes.
    pub(super) fn name(&self, directive: &str) -> Option<String> {
        let entry = self.entry(directive)?;
        let at = entry.value_location();
        self.site.check_length(&format!("`{directive}`"), &entry.value, at.clone());
        Some(self.site.utf8(&entry.value, at))
    }

    /// The words of a list, with the place of each; `None` if there are none.
    pub(super) fn list(&self, directive: &str) -> Option<Vec<Word<'a>>> {
        let entry = self.entry(directive)?;
        Some(Word::all(entry)).filter(|list| !list.is_empty())
    }

    pub(super) fn strings(&self, directive: &str) -> Option<Vec<String>> {
        let list = self.list(directive)?;
        Some(list.iter().map(|word| self.site.utf8(word.bytes, word.location())).collect())
    }

    pub(super) fn statuses(&self, directive: &str) -> StatusList {
        let list = self.list(directive).unwrap_or_default();
        StatusList(list.iter().map(|word| self.status(word)).collect())
    }

    fn status(&self, word: &Word<'_>) -> i32 {
        let status = atoi(word.bytes);
        let plain = matches!(number(word.bytes), Number::Exact(n) if n == status);
        if !plain || !(100..=999).contains(&status.unsigned_abs()) {
            let message =
                format!("{} is not a status: only `{status}` is read", quoted(word.bytes));
            let help = "write statuses such as `500` or `-404`; ranges are not known";
            self.site.report(Diagnostic::warning(word.location(), message).help(help));
        }
        status
    }

    pub(super) fn activation(&self) -> Activation {
        if let Some(text) = self.choice("activation") {
            return Activation::from_directive(&text);
        }
        // Both are looked at, so that both are checked.
        let (stopped, disabled) = (self.switch("stopped", false), self.switch("disabled", false));
        match (stopped, disabled) {
            (true, _) => Activation::Stopped,
            (false, true) => Activation::Disabled,
            (false, false) => Activation::Active,
        }
    }

    pub(super) fn method(&self) -> Method {
        self.choice("method").map_or(Method::default(), |text| Method::from_directive(&text))
    }

    pub(super) fn lock(&self) -> Lock {
        self.choice("lock").map_or(Lock::default(), |text| Lock::from_directive(&text))
    }

    /// A word of which mod_jk reads the first letter, or a digit instead.
    fn choice(&self, directive: &str) -> Option<String> {
        let entry = self.entry(directive)?;
        let text = String::from_utf8_lossy(&entry.value).into_owned();
        let table = Directive::find(directive.as_bytes());
        let Some(Value::Choice(options)) = table.map(|d| d.value) else { return Some(text) };
        let whole = |o: &&&str| {
            o.as_bytes()
                .get(..text.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(text.as_bytes()))
        };
        let digit = text.parse::<usize>().is_ok_and(|n| n < options.len());
        if digit || options.iter().any(|o| whole(&o)) {
            return Some(text);
        }
        let meant = meaning(&text, options);
        let message = format!("{} is read as `{meant}`", quoted(&entry.value));
        let help = format!("write one of {}", options.join(", "));
        // Longer words that begin like an option (`sessions`) are what people mean by it.
        let longer = options.iter().any(|o| text.to_lowercase().starts_with(&o.to_lowercase()));
        if !longer {
            self.site.report(Diagnostic::warning(entry.value_location(), message).help(help));
        }
        Some(text)
    }
}

/// One word of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'a> {
    pub(super) bytes: &'a [u8],
    entry: &'a Entry,
}

impl<'a> Word<'a> {
    /// The words of a property.
    pub(super) fn all(entry: &'a Entry) -> Vec<Self> {
        words(&entry.value).map(|bytes| Self { bytes, entry }).collect()
    }

    pub(super) fn location(&self) -> Option<Location> {
        self.entry.word_location(self.bytes)
    }
}

pub(super) fn millis(number: i32) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(0))
}

pub(super) fn seconds(number: i32) -> Duration {
    Duration::from_secs(u64::try_from(number).unwrap_or(0))
}

/// The option that the first letter or digit of a text names; else the first one.
fn meaning<'o>(text: &str, options: &[&'o str]) -> &'o str {
    let first = text.chars().next().unwrap_or(' ');
    let by_digit = first.to_digit(10).and_then(|d| options.get(d as usize));
    let by_letter =
        options.iter().find(|o| o.chars().next().is_some_and(|c| c.eq_ignore_ascii_case(&first)));
    by_digit.or(by_letter).or(options.first()).copied().unwrap_or_default()
}

fn odd_number(entry: &Entry, read: Number, default: i32) -> Option<Diagnostic> {
    let value = quoted(&entry.value);
    let at = entry.value_location();
    let unit = Directive::of_key(&entry.key).map_or(Unit::Count, |d| match d.value {
        Value::Number(unit) => unit,
        _ => Unit::Count,
    });
    match read {
        Number::Exact(number) => ends_in_m(entry, number, unit),
        // Joined from several lines, which has been said already.
        Number::Prefix(_) if entry.written.len() > 1 => None,
        Number::Prefix(number) => {
            let message = format!("{value} is read as {number}{}", unit.label());
            Some(Diagnostic::warning(at, message).help("write a whole number without a unit"))
        }
        Number::None => {
            let message = format!("{value} is not a number: mod_jk 1.2.48 takes it for 0");
            Some(Diagnostic::warning(at, message))
        }
        Number::TooLarge => {
            let message = format!("{value} is too large: it counts as not given ({default})");
            Some(Diagnostic::warning(at, message))
        }
    }
}

/// `1m` looks like a minute.
fn ends_in_m(entry: &Entry, number: i32, unit: Unit) -> Option<Diagnostic> {
    let time = matches!(unit, Unit::Seconds | Unit::Milliseconds);
    if !time || !matches!(entry.value.last(), Some(b'm' | b'M')) {
        return None;
    }
    let message = format!("{} is {number}{}, not minutes", quoted(&entry.value), unit.label());
    let help = "`m` stands for 1048576 and `k` for 1024";
    Some(Diagnostic::warning(entry.value_location(), message).help(help))
}

impl Unit {
    fn label(self) -> &'static str {
        match self {
            Self::Count => "",
            Self::Seconds => " seconds",
            Self::Milliseconds => " milliseconds",
            Self::Bytes => " bytes",
        }
    }
}
