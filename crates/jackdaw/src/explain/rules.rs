//! The rules that were tried, up to the one that decides.

use jk_balance::{Decision, Mount, Tested, Trace};
use jk_proxy::explain::{Answer, Explanation, Local};

use super::{conclusion, fact, section};
use crate::check::{effect, extensions, kind};
use crate::term::{Align, Paint, Table};

pub(super) fn write(out: &mut String, it: &Explanation, paint: Paint) {
    if let Answer::Local(Local::Trace | Local::Asterisk | Local::NoJk(_)) = it.answer {
        return;
    }
    let Some(trace) = &it.trace else { return no_rules(out, it, paint) };
    section(out, &format!("Rules, {} in all, in match order", it.rules.len()), paint);
    table(out, &trace.rules, &it.rules, paint);
    if !trace.exclusions.is_empty() {
        fact(out, "then exclusions", "a rule matched, but may be cancelled");
        table(out, &trace.exclusions, &it.rules, paint);
    }
    conclusion(out, &decision(trace, it), paint);
    if let Decision::Mapped(index) = trace.decision {
        let changes = it.rules.get(index).map(|hit| extensions(&hit.rule.extensions));
        if let Some(changes) = changes.filter(|changes| !changes.is_empty()) {
            fact(out, "the rule sets", &changes);
        }
    }
}

fn no_rules(out: &mut String, it: &Explanation, paint: Paint) {
    if it.rules.is_empty() && matches!(it.answer, Answer::Local(_)) {
        section(out, "Rules", paint);
        conclusion(out, "this server has none", paint);
    }
}

fn table(out: &mut String, tested: &[Tested], rules: &[Mount], paint: Paint) {
    let mut table = Table::new([
        ("#", Align::Right),
        ("pattern", Align::Left),
        ("kind", Align::Left),
        ("effect", Align::Left),
        ("worker", Align::Left),
        ("source", Align::Left),
        ("", Align::Left),
    ]);
    for tested in tested {
        let Some(Mount { rule, index }) = rules.get(tested.index) else { continue };
        table.row([
            (index + 1).to_string(),
            rule.pattern.clone(),
            kind(rule).to_owned(),
            effect(rule).to_owned(),
            rule.worker.clone(),
            rule.source.label().to_owned(),
            if tested.matched { "matches" } else { "no" }.to_owned(),
        ]);
    }
    if !tested.is_empty() {
        table.write(out, 2, paint);
    }
}

fn decision(trace: &Trace, it: &Explanation) -> String {
    let worker = |index: usize| it.rules.get(index).map_or("?", |hit| hit.rule.worker.as_str());
    match trace.decision {
        Decision::Mapped(index) if matches!(it.answer, Answer::NoWorker) => format!(
            "rule {} leads to `{}`, but no worker has that name: 500",
            index + 1,
            worker(index)
        ),
        Decision::Mapped(index) => {
            format!("mapped to the worker `{}` by rule {}", worker(index), index + 1)
        }
        Decision::Excluded { hit, by } => format!(
            "not mapped: rule {} would lead to `{}`, but rule {} excludes it, and no other is tried",
            hit + 1,
            worker(hit),
            by + 1
        ),
        Decision::NoMatch => "not mapped: no rule matches".to_owned(),
        Decision::NotAbsolute => "not mapped: the path does not begin with `/`".to_owned(),
        Decision::TooLong => {
            format!("not mapped: paths of more than {} bytes never are", jk_balance::LONGEST_PATH)
        }
        Decision::Unsafe => {
            "not mapped: the path holds `%` or `\\`, and RejectUnsafeURI is on".to_owned()
        }
    }
}
