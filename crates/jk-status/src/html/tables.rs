//! Workers, members and rules.

use jk_balance::Seconds;
use jk_types::MemberState;

use super::{Html, Link};
use crate::record::{self, ago, truth};
use crate::request::Command;
use crate::view::{Ajp, Backend, Lb, Map, Member};

impl Html<'_, '_> {
    pub(super) fn lbs(&mut self, lbs: &[&Lb]) {
        self.heading("Listing Load Balancing Worker", lbs.len(), 8);
        lbs.iter().for_each(|lb| self.lb(lb, None));
    }

    pub(super) fn ajps(&mut self, ajps: &[&Ajp]) {
        self.heading("Listing AJP Worker", ajps.len(), 16);
        ajps.iter().for_each(|ajp| self.ajp(ajp));
    }

    fn heading(&mut self, what: &str, count: usize, option: i32) {
        let plural = if count == 1 { "" } else { "s" };
        self.raw("<h2>");
        self.text(&format!("{what}{plural} ({count} Worker{plural})"));
        self.hide_by(option);
        self.raw("</h2>\n");
    }

    /// `[S|E|R|T]`
    fn actions(&mut self, worker: &str, member: Option<&str>, show: bool, recover: bool) {
        let mut links = Vec::new();
        if show {
            links.push((Command::Show, "S"));
        }
        if !self.is_read_only() {
            links.extend([(Command::Edit, "E"), (Command::Reset, "R")]);
            if recover {
                links.push((Command::Recover, "T"));
            }
        }
        if links.is_empty() {
            return;
        }
        self.raw(if show { "[" } else { "[S" });
        for (at, (command, text)) in links.into_iter().enumerate() {
            self.raw(if show && at == 0 { "" } else { "|" });
            self.link(&Link::about(command, worker, member), text);
        }
        self.raw("]&nbsp;");
    }

    pub(super) fn lb(&mut self, lb: &Lb, only: Option<usize>) {
        let options = self.page.options;
        self.raw("<h3>");
        self.actions(&lb.name, None, self.command() == Command::List, false);
        self.raw("&nbsp;Worker Status for ");
        self.text(&lb.name);
        self.raw("</h3>\n");
        if options.no_lb_settings() {
            self.show_again(64, "Show Load Balancing Configuration");
        } else {
            self.settings(lb);
        }
        if options.no_lb_summary() {
            self.show_again(128, "Show Load Balancing Summary");
        } else {
            self.summary(lb);
        }
        if options.no_members() {
            self.show_again(1, "Show Balancer Members");
        } else {
            self.members(lb, only);
        }
        self.maps(&lb.name, &lb.maps);
    }

    pub(super) fn show_again(&mut self, option: i32, text: &str) {
        self.raw("<p>[");
        self.link(&Link::here().clear(option), text);
        self.raw("]</p>\n");
    }

    fn settings(&mut self, lb: &Lb) {
        self.table(
            &[
                "Type",
                "Sticky Sessions",
                "Force Sticky Sessions",
                "Retries",
                "LB Method",
                "Locking",
                "Recover Wait Time",
                "Error Escalation Time",
                "Max Reply Timeouts",
            ],
            Some(64),
        );
        self.row(&[
            "lb".to_owned(),
            truth(lb.sticky_session).to_owned(),
            truth(lb.sticky_session_force).to_owned(),
            lb.retries.to_string(),
            lb.method.label().to_owned(),
            lb.lock.label().to_owned(),
            lb.recover_time.to_string(),
            lb.error_escalation_time.to_string(),
            lb.max_reply_timeouts.to_string(),
        ]);
        self.table_end();
    }

    fn summary(&mut self, lb: &Lb) {
        let view = self.page.view;
        let [good, degraded, bad] = record::ratings(self.page.settings, lb);
        let (least, most) = record::maintenance(view, lb);
        let heads = [
            "Good",
            "Degraded",
            "Bad/Stopped",
            "Busy",
            "Max Busy",
            "Next Maintenance",
            "Last Reset",
        ];
        self.table(&heads, Some(128));
        self.row(&[
            good.to_string(),
            degraded.to_string(),
            bad.to_string(),
            lb.busy.to_string(),
            lb.max_busy.to_string(),
            format!("{least}/{most}"),
            ago(view.now, lb.last_reset).to_string(),
        ]);
        self.table_end();
    }

    fn members(&mut self, lb: &Lb, only: Option<usize>) {
        let chosen: Vec<&Member> = match only {
            Some(place) => lb.members.get(place).into_iter().collect(),
            None => lb.members.iter().collect(),
        };
        self.raw("<h4>Balancer Members");
        let command = self.command();
        if only.is_some() {
            self.raw(" [");
            self.link(&Link::about(Command::Show, &lb.name, None), "Show All Members");
            self.raw("]");
        }
        self.hide(Link::here().command(command).with(1));
        self.raw("</h4>\n");
        if self.page.options.no_ajp_settings() {
            self.show_again(256, "Show AJP Configuration");
        } else {
            let mut heads = vec!["Name"];
            heads.extend(AJP_HEADS);
            self.table(&heads, Some(256));
            for member in &chosen {
                let mut cells = vec![member.backend.name.clone()];
                cells.extend(ajp_cells(&member.backend));
                self.row(&cells);
            }
            self.table_end();
        }
        self.table(&MEMBER_HEADS, None);
        for member in chosen {
            self.member(lb, member);
        }
        self.table_end();
        if !self.is_read_only() {
            self.attribute_choice(lb);
        }
    }

    fn member(&mut self, lb: &Lb, member: &Member) {
        let view = self.page.view;
        let backend = &member.backend;
        let class = match member.state {
            MemberState::Error => "err",
            MemberState::Recover | MemberState::Probe | MemberState::Force => "warn",
            MemberState::Busy => "warn",
            MemberState::Idle | MemberState::Ok => "ok",
        };
        self.raw("<tr><td>");
        let failed = member.state == MemberState::Error;
        self.actions(&lb.name, Some(&backend.name), true, failed);
        self.raw("</td>");
        self.element("td", &backend.name);
        self.element("td", member.activation.code());
        self.raw(&format!("<td class=\"{class}\">"));
        self.text(member.state.label());
        self.raw("</td>");
        let (least, most) = record::recovery(view, lb, member);
        let mut cells = vec![
            member.distance.to_string(),
            member.lbfactor.to_string(),
            member.mult.to_string(),
            member.value.to_string(),
            rate(backend.used, ago(view.now, backend.last_reset)),
            rate(member.sessions, ago(view.now, backend.last_reset)),
        ];
        cells.extend(self.counters(member.errors, backend));
        cells.extend([member.route.clone(), member.redirect.clone(), member.domain.clone()]);
        cells.push(format!("{least}/{most}"));
        cells.push(ago(view.now, backend.last_reset).to_string());
        cells.push(self.moment(member.first_error));
        self.cells(&cells);
        self.raw("</tr>\n");
    }

    pub(super) fn ajp(&mut self, ajp: &Ajp) {
        let backend = &ajp.backend;
        self.raw("<h3>");
        self.actions(&backend.name, None, self.command() == Command::List, false);
        self.raw("&nbsp;Worker Status for ");
        self.text(&backend.name);
        self.raw("</h3>\n");
        if self.page.options.no_ajp_settings() {
            self.show_again(256, "Show AJP Configuration");
        } else {
            self.table(&AJP_HEADS, Some(256));
            self.row(&ajp_cells(backend));
            self.table_end();
        }
        self.table(&AJP_STATE_HEADS, None);
        let age = ago(self.page.view.now, backend.last_reset);
        let mut cells = vec![ajp.state.to_owned(), rate(backend.used, age)];
        cells.extend(self.counters(ajp.errors, backend));
        cells.push(age.to_string());
        cells.push(self.moment(ajp.error_time));
        self.row(&cells);
        self.table_end();
        self.maps(&backend.name, &ajp.maps);
    }

    fn counters(&self, errors: u64, backend: &Backend) -> [String; 9] {
        let age = ago(self.page.view.now, backend.last_reset);
        [
            errors.to_string(),
            backend.client_errors.to_string(),
            backend.reply_timeouts.to_string(),
            bytes_and_rate(backend.transferred, age),
            bytes_and_rate(backend.read, age),
            backend.busy.to_string(),
            backend.max_busy.to_string(),
            backend.connected.to_string(),
            backend.max_connected.to_string(),
        ]
    }

    fn moment(&self, at: Option<Seconds>) -> String {
        let view = self.page.view;
        at.map(|at| record::local(view, at, "%Y-%m-%d %H:%M:%S %z")).unwrap_or_default()
    }

    fn maps(&mut self, worker: &str, maps: &[Map]) {
        if self.page.options.no_maps() {
            return self.show_again(2, "Show URI Mappings");
        }
        self.raw("<h3>");
        if maps.is_empty() {
            self.text(&format!("Warning: No URI Mappings defined for {worker} !"));
            return self.raw("</h3>\n");
        }
        let plural = if maps.len() == 1 { "" } else { "s" };
        self.text(&format!("URI Mappings for {worker} ({} map{plural})", maps.len()));
        self.hide_by(2);
        self.raw("</h3>\n");
        self.table(&MAP_HEADS, None);
        for map in maps {
            let list = |list: &str| if list.is_empty() { "-" } else { list }.to_owned();
            self.row(&[
                map.server.clone(),
                map.uri.clone(),
                map.kind.clone(),
                map.source.to_owned(),
                map.reply_timeout.to_string(),
                u8::from(map.sticky_ignore).to_string(),
                u8::from(map.stateless).to_string(),
                list(&map.fail_on_status),
                list(&map.active),
                list(&map.disabled),
                list(&map.stopped),
                map.use_server_errors.to_string(),
            ]);
        }
        self.table_end();
    }

    fn table(&mut self, heads: &[&str], hide: Option<i32>) {
        self.raw("<div class=\"t\"><table><thead><tr>");
        for head in heads {
            match *head {
                "" => self.raw("<th>&nbsp;</th>"),
                head => self.element("th", head),
            }
        }
        if let Some(option) = hide {
            self.raw("<th>");
            self.hide_by(option);
            self.raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>");
    }

    fn table_end(&mut self) {
        self.raw("</tbody></table></div>\n");
    }

    fn cells(&mut self, cells: &[String]) {
        for cell in cells {
            match cell.as_str() {
                "" => self.raw("<td>&nbsp;</td>"),
                cell => self.element("td", cell),
            }
        }
    }

    fn row(&mut self, cells: &[String]) {
        self.raw("<tr>");
        self.cells(cells);
        self.raw("</tr>\n");
    }
}

const AJP_HEADS: [&str; 12] = [
    "Type",
    "Hostname",
    "Address:Port",
    "Source",
    "Connection Pool Timeout",
    "Connect Timeout",
    "Prepost Timeout",
    "Reply Timeout",
    "Retries",
    "Recovery Options",
    "Busy Limit",
    "Max Packet Size",
];

const MEMBER_HEADS: [&str; 25] = [
    "", "Name", "Act", "State", "D", "F", "M", "V", "Acc", "Sess", "Err", "CE", "RE", "Wr", "Rd",
    "Busy", "MaxBusy", "Con", "MaxCon", "Route", "RR", "Cd", "Rs", "LR", "LE",
];

const AJP_STATE_HEADS: [&str; 13] =
    ["State", "Acc", "Err", "CE", "RE", "Wr", "Rd", "Busy", "MaxBusy", "Con", "MaxCon", "LR", "LE"];

const MAP_HEADS: [&str; 12] = [
    "Server",
    "URI",
    "Match Type",
    "Source",
    "Reply Timeout",
    "Sticky Ignore",
    "Stateless",
    "Fail on Status",
    "Active",
    "Disabled",
    "Stopped",
    "Use Server Errors",
];

fn ajp_cells(backend: &Backend) -> [String; 12] {
    let values = &backend.settings;
    [
        backend.kind.label().to_owned(),
        values.host.clone(),
        record::address(backend),
        backend.source.clone().unwrap_or_else(|| "undefined".to_owned()),
        values.connection_pool_timeout.to_string(),
        values.connect_timeout.to_string(),
        values.prepost_timeout.to_string(),
        values.reply_timeout.to_string(),
        values.retries.to_string(),
        values.recovery_options.to_string(),
        values.busy_limit.to_string(),
        values.max_packet_size.to_string(),
    ]
}

/// A counter, and what that is per second; -1 before the first second is over.
fn rate(count: u64, age: u64) -> String {
    let per_second = count.checked_div(age).map_or_else(|| "-1".to_owned(), |it| it.to_string());
    format!("{count} ({per_second}/sec)")
}

fn bytes_and_rate(count: u64, age: u64) -> String {
    let per_second = count.checked_div(age).map_or_else(|| "-".to_owned(), size);
    format!("{} ({per_second}/sec)", size(count))
}

/// A size in short: `540 `, `6.4K`, `15K`.
fn size(bytes: u64) -> String {
    if bytes < 973 {
        return format!("{bytes} ");
    }
    let mut whole = bytes;
    for unit in ['K', 'M', 'G', 'T', 'P', 'E'] {
        let rest = whole & 1023;
        whole >>= 10;
        if whole >= 973 && unit != 'E' {
            continue;
        }
        if whole < 9 || (whole == 9 && rest < 973) {
            let tenth = (rest * 5 + 256) / 512;
            let (whole, tenth) = if tenth >= 10 { (whole + 1, 0) } else { (whole, tenth) };
            return format!("{whole}.{tenth}{unit}");
        }
        return format!("{}{unit}", whole + u64::from(rest >= 512));
    }
    format!("{bytes} ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [
            (0, "0 "),
            (972, "972 "),
            (973, "1.0K"),
            (6_554, "6.4K"),
            (15_360, "15K"),
            (996_147, "973K"),
            (1_048_576, "1.0M"),
            (u64::MAX, "16E"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }
}
