//! Workers, their members and what is in effect for them.

use jk_config::Config;
use jk_types::{LbSettings, MemberSettings, Worker, WorkerKind};

use super::settings::{self, Setting, address};
use super::{heading, line};
use crate::term::{Align, Paint, Table, count};

pub(super) fn write(out: &mut String, config: &Config, verbose: bool, paint: Paint) {
    heading(out, "Workers", paint);
    for worker in &config.workers {
        write_worker(out, worker, config.default_pool_size, verbose, paint);
    }
    let maintain = match config.maintain.as_secs() {
        0 => "never".to_owned(),
        seconds => format!("every {seconds} s"),
    };
    if verbose || config.maintain.as_secs() != 60 {
        line(out, 2, &format!("Maintenance: {maintain}."));
    }
}

fn write_worker(out: &mut String, worker: &Worker, pool: u32, verbose: bool, paint: Paint) {
    let name = &worker.name;
    match &worker.kind {
        WorkerKind::Ajp(ajp) => {
            line(out, 2, &format!("{name}: one backend at {}", address(ajp)));
            write_settings(out, "", &settings::of_ajp(ajp, pool), verbose);
        }
        WorkerKind::Status(status) => {
            line(out, 2, &format!("{name}: status pages"));
            write_settings(out, "", &settings::of_status(status), verbose);
        }
        WorkerKind::Lb(lb) => {
            let members = count(lb.members.len(), "member");
            line(out, 2, &format!("{name}: load balancer with {members}"));
            write_settings(out, "", &settings::of_lb(lb), verbose);
            write_members(out, lb, pool, verbose, paint);
        }
    }
}

fn write_members(out: &mut String, lb: &LbSettings, pool: u32, verbose: bool, paint: Paint) {
    let columns = [
        ("member", Align::Left),
        ("address", Align::Left),
        ("route", Align::Left),
        ("factor", Align::Right),
        ("distance", Align::Right),
        ("activation", Align::Left),
        ("domain", Align::Left),
        ("redirect", Align::Left),
    ];
    let mut table = Table::new(columns);
    lb.members.iter().for_each(|member| table.row(cells(member)));
    table.without_empty(&["domain", "redirect"]).write(out, 4, paint);
    for (names, news) in alike(lb, pool, verbose) {
        let who = match names.len() {
            all if all == lb.members.len() && all > 1 => "all members".to_owned(),
            _ => names.join(", "),
        };
        write_settings(out, &who, &news, verbose);
    }
}

fn cells(member: &MemberSettings) -> [String; 8] {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [
        member.ajp.name.clone(),
        address(&member.ajp),
        member.route.clone(),
        member.lbfactor.to_string(),
        member.distance.to_string(),
        settings::activation(member.activation).to_owned(),
        text(&member.domain),
        text(&member.redirect),
    ]
}

/// Members with the same settings together, in the order of the first of them.
fn alike(lb: &LbSettings, pool: u32, verbose: bool) -> Vec<(Vec<String>, Vec<Setting>)> {
    let mut groups: Vec<(Vec<String>, Vec<Setting>)> = Vec::new();
    for member in &lb.members {
        let mut news = settings::of_ajp(&member.ajp, pool);
        news.retain(|setting| verbose || !setting.default);
        match groups.iter_mut().find(|(_, known)| *known == news) {
            Some((names, _)) => names.push(member.ajp.name.clone()),
            None => groups.push((vec![member.ajp.name.clone()], news)),
        }
    }
    groups
}

/// `who: name value, name value`
fn write_settings(out: &mut String, who: &str, settings: &[Setting], verbose: bool) {
    let shown = settings.iter().filter(|setting| verbose || !setting.default);
    let shown: Vec<String> =
        shown.map(|setting| format!("{}\u{a0}{}", setting.name, glued(&setting.value))).collect();
    if shown.is_empty() {
        return;
    }
    let lead = if who.is_empty() { String::new() } else { format!("{who}: ") };
    let mut text = String::new();
    line(&mut text, 4, &(lead + &shown.join(", ")));
    out.push_str(&text.replace('\u{a0}', " "));
}

/// A value is not torn apart at the end of a line.
fn glued(value: &str) -> String {
    value.replace(' ', "\u{a0}")
}
