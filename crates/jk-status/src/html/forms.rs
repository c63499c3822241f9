//! Forms that change settings.

use jk_types::{Activation, Lock, Method};

use super::{Html, Link};
use crate::change::AjpNumber;
use crate::page::Form;
use crate::request::Command;
use crate::view::{AjpValues, Lb, Member};

/// The parameters of a member, besides those of its backend.
const MEMBER: [(&str, &str); 6] = [
    ("vwa", "Activation"),
    ("vwf", "LB Factor"),
    ("vwn", "Route"),
    ("vwr", "Redirect Route"),
    ("vwc", "Cluster Domain"),
    ("vwd", "Distance"),
];

const ACTIVATIONS: [(&str, &str, Activation); 3] = [
    ("0", "Active", Activation::Active),
    ("1", "Disabled", Activation::Disabled),
    ("2", "Stopped", Activation::Stopped),
];

impl Html<'_, '_> {
    /// The form that chooses an attribute to be edited for all members.
    pub(super) fn attribute_choice(&mut self, lb: &Lb) {
        self.form_start(&Link::about(Command::Edit, &lb.name, None));
        self.raw("<p class=\"bar\"><label><b>E</b>dit this attribute for all members: ");
        self.raw("<select name=\"att\">\n");
        let numbers = AjpNumber::ALL.map(|number| (number.parameter(), number.text()));
        for (parameter, text) in MEMBER.into_iter().chain(numbers) {
            self.raw(&format!("<option value=\"{parameter}\">{text}</option>\n"));
        }
        self.raw("</select></label> <input type=\"submit\" value=\"Go\"></p></form>\n");
    }

    pub(super) fn form(&mut self, form: &Form<'_>) {
        match form {
            Form::Lb(lb) => self.lb_form(lb),
            Form::Member(lb, place) => {
                if let Some(member) = lb.members.get(*place) {
                    self.member_form(lb, member);
                }
            }
            Form::Ajp(ajp) => {
                let name = &ajp.backend.name;
                self.form_heading(&format!("Edit worker settings for {name}"), name, None, None);
                self.raw("<table class=\"form\">\n");
                self.ajp_fields(&ajp.backend.settings);
                self.form_end("Update Worker");
            }
            Form::Attribute(lb, attribute) => self.attribute_form(lb, attribute),
        }
    }

    fn form_heading(&mut self, text: &str, worker: &str, member: Option<&str>, att: Option<&str>) {
        self.raw("<h3>");
        self.text(text);
        self.raw("</h3>\n");
        let query = &self.page.request.query;
        let from = query.get("from").map(str::to_owned);
        let mut kept = Link::about(Command::Update, worker, member).items(self.page);
        kept.retain(|(name, _)| name != "from" && name != "psw");
        let psw = query.get("psw").map(str::to_owned);
        let extra = [("att", att.map(str::to_owned)), ("from", from), ("psw", psw)];
        self.raw("<form method=\"get\" action=\"");
        self.text(self.page.path);
        self.raw("\">\n");
        let extra = extra.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        for (name, value) in kept.into_iter().chain(extra) {
            self.hidden(&name, &value);
        }
    }

    fn form_end(&mut self, button: &str) {
        self.raw("</table>\n<p><input type=\"submit\" value=\"");
        self.raw(button);
        self.raw("\"></p></form>\n");
    }

    fn hidden(&mut self, name: &str, value: &str) {
        self.raw("<input type=\"hidden\" name=\"");
        self.text(name);
        self.raw("\" value=\"");
        self.text(value);
        self.raw("\">\n");
    }

    fn field(&mut self, label: &str, name: &str, value: &str, longest: Option<usize>) {
        self.raw(&format!("<tr><td><label for=\"{name}\">{label}:</label></td><td>"));
        self.input(name, value, longest);
        self.raw("</td></tr>\n");
    }

    fn input(&mut self, name: &str, value: &str, longest: Option<usize>) {
        self.raw(&format!("<input name=\"{name}\" id=\"{name}\" type=\"text\" value=\""));
        self.text(value);
        let longest = longest.map(|most| format!(" maxlength=\"{most}\"")).unwrap_or_default();
        self.raw(&format!("\"{longest}>"));
    }

    /// A box that is not ticked sends the hidden value before it; of both, the last counts.
    fn tick(&mut self, label: &str, name: &str, on: bool) {
        let checked = if on { " checked" } else { "" };
        self.raw(&format!(
            "<tr><td><label for=\"{name}\">{label}:</label></td><td>\
             <input type=\"hidden\" name=\"{name}\" value=\"0\">\
             <input name=\"{name}\" id=\"{name}\" type=\"checkbox\" value=\"on\"{checked}></td></tr>\n"
        ));
    }

    fn radio(&mut self, label: &str, name: &str, value: &str, on: bool) {
        let checked = if on { " checked" } else { "" };
        self.raw(&format!(
            "<tr class=\"r\"><td>&nbsp;&nbsp;<label for=\"{name}{value}\">{label}</label></td><td>\
             <input name=\"{name}\" id=\"{name}{value}\" type=\"radio\" value=\"{value}\"{checked}>\
             </td></tr>\n"
        ));
    }

    fn group(&mut self, label: &str) {
        self.raw(&format!("<tr><td>{label}:</td><td></td></tr>\n"));
    }

    fn lb_form(&mut self, lb: &Lb) {
        let heading = format!("Edit load balancer settings for {}", lb.name);
        self.form_heading(&heading, &lb.name, None, None);
        self.raw("<table class=\"form\">\n");
        for (label, name, value) in [
            ("Retries", "vlr", lb.retries.to_string()),
            ("Retry Interval", "vlri", lb.retry_interval.to_string()),
            ("Recover Wait Time", "vlt", lb.recover_time.to_string()),
            ("Error Escalation Time", "vlee", lb.error_escalation_time.to_string()),
            ("Max Reply Timeouts", "vlx", lb.max_reply_timeouts.to_string()),
        ] {
            self.field(label, name, &value, None);
        }
        self.tick("Sticky Sessions", "vls", lb.sticky_session);
        self.tick("Force Sticky Sessions", "vlf", lb.sticky_session_force);
        self.group("LB Method");
        for (value, label, method) in [
            ("0", "Requests", Method::Request),
            ("1", "Traffic", Method::Traffic),
            ("2", "Busyness", Method::Busyness),
            ("3", "Sessions", Method::Session),
            ("4", "Next", Method::Next),
        ] {
            self.radio(label, "vlm", value, lb.method == method);
        }
        self.group("Locking");
        self.radio("Optimistic", "vll", "0", lb.lock == Lock::Optimistic);
        self.radio("Pessimistic", "vll", "1", lb.lock == Lock::Pessimistic);
        self.form_end("Update Balancer");
    }

    fn member_form(&mut self, lb: &Lb, member: &Member) {
        let name = &member.backend.name;
        let heading = format!("Edit worker settings for {name}");
        self.form_heading(&heading, &lb.name, Some(name), None);
        self.raw("<table class=\"form\">\n<tr><th colspan=\"2\">Balancing related settings</th>");
        self.raw("</tr>\n");
        self.group("Activation");
        for (value, label, activation) in ACTIVATIONS {
            self.radio(label, "vwa", value, member.activation == activation);
        }
        self.field("LB Factor", "vwf", &member.lbfactor.to_string(), None);
        self.field("Route", "vwn", &member.route, Some(60));
        self.field("Redirect Route", "vwr", &member.redirect, Some(60));
        self.field("Cluster Domain", "vwc", &member.domain, Some(60));
        self.field("Distance", "vwd", &member.distance.to_string(), None);
        self.raw("<tr><th colspan=\"2\">AJP settings</th></tr>\n");
        self.ajp_fields(&member.backend.settings);
        self.form_end("Update Worker");
    }

    fn ajp_fields(&mut self, values: &AjpValues) {
        self.field("Hostname", "vahst", &values.host, Some(60));
        self.field("Port", "vaprt", &values.port.to_string(), None);
        for number in AjpNumber::ALL {
            self.field(number.text(), number.parameter(), &number.of(values).to_string(), None);
        }
    }

    fn attribute_form(&mut self, lb: &Lb, attribute: &str) {
        let number = AjpNumber::ALL.into_iter().find(|number| number.parameter() == attribute);
        let member = MEMBER.iter().find(|(parameter, _)| *parameter == attribute);
        let Some(text) = member.map(|(_, text)| *text).or(number.map(AjpNumber::text)) else {
            self.raw("<p>Unknown attribute.</p>\n");
            return;
        };
        let heading =
            format!("Edit attribute '{text}' for all members of load balancer {}", lb.name);
        self.form_heading(&heading, &lb.name, None, Some(attribute));
        self.raw(&format!(
            "<table class=\"form\"><tr><th>Balanced Worker</th><th>{text}</th></tr>"
        ));
        for (place, member) in lb.members.iter().enumerate() {
            let name = format!("val{place}");
            self.raw("<tr>");
            self.element("td", &member.backend.name);
            self.raw("<td>");
            match number {
                Some(number) => {
                    self.input(&name, &number.of(&member.backend.settings).to_string(), None);
                }
                None => self.member_value(&name, attribute, member),
            }
            self.raw("</td></tr>\n");
        }
        self.form_end("Update Balancer");
    }

    fn member_value(&mut self, name: &str, attribute: &str, member: &Member) {
        match attribute {
            "vwa" => {
                for (value, label, activation) in ACTIVATIONS {
                    let checked = if member.activation == activation { " checked" } else { "" };
                    self.raw(&format!(
                        "<label>{label} <input name=\"{name}\" type=\"radio\" value=\"{value}\"\
                         {checked}></label> "
                    ));
                }
            }
            "vwf" => self.input(name, &member.lbfactor.to_string(), None),
            "vwn" => self.input(name, &member.route, Some(60)),
            "vwr" => self.input(name, &member.redirect, Some(60)),
            "vwc" => self.input(name, &member.domain, Some(60)),
            _ => self.input(name, &member.distance.to_string(), None),
        }
    }
}
