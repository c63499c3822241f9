//! The page for people: mod_jk's sections, columns and links, as HTML that is escaped everywhere and
//! that a phone can show.

mod forms;
mod legend;
mod links;
mod tables;

use crate::escape::{escaped, push_escaped};
use crate::page::{Page, Part, Verdict};
use crate::record;
use crate::request::{Command, Options};

pub(crate) use links::Link;

/// What makes the page readable without a style sheet.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:15px/1.45 system-ui,sans-serif;margin:1rem auto;padding:0 1rem;max-width:100rem}\
h1{font-size:1.4rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:2px solid}\
h3{font-size:1.05rem;margin:1.5rem 0 .5rem}h4{margin:1rem 0 .3rem}\
.t{overflow-x:auto;margin:.4rem 0}table{border-collapse:collapse}\
th,td{border:1px solid #8886;padding:.25rem .5rem;text-align:left;vertical-align:top}\
thead th{background:#8882;vertical-align:bottom}\
td{white-space:nowrap}.legend td,.plain td{white-space:normal}\
a{color:#06c}.err{background:#d332}.warn{background:#da22}.ok{background:#2a42}\
.bar{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:.6rem 0}\
form{margin:0}input,select,button{font:inherit;padding:.3rem .5rem;max-width:100%}\
input[type=text]{box-sizing:border-box;width:16rem}input.n{width:4rem}\
.footer{margin-top:2rem;font-size:.85rem;opacity:.8}\
@media(max-width:40rem){body{margin:.5rem auto;padding:0 .6rem}\
a,input,select,button{min-height:2rem}.form td{display:block;border:0;padding:.2rem 0;\
white-space:normal}.form .r td{display:inline-block}.form label{display:inline-block}}\
@media(prefers-color-scheme:dark){a{color:#6bf}}";

/// Renders a page.
pub(crate) fn page(page: &Page<'_>) -> String {
    let mut html = Html { page, out: String::new() };
    html.all();
    html.out
}

/// A page under construction.
pub(crate) struct Html<'p, 'a> {
    page: &'p Page<'a>,
    out: String,
}

impl Html<'_, '_> {
    /// Markup that we wrote.
    fn raw(&mut self, markup: &str) {
        self.out.push_str(markup);
    }

    /// Text from anywhere.
    fn text(&mut self, text: &str) {
        push_escaped(text, &mut self.out);
    }

    /// An element with text in it.
    fn element(&mut self, name: &str, text: &str) {
        self.out.push_str(&format!("<{name}>{}</{name}>", escaped(text)));
    }

    /// A link.
    fn link(&mut self, link: &Link<'_>, text: &str) {
        let target = escaped(&link.target(self.page));
        self.out.push_str(&format!("<a href=\"{target}\">{}</a>", escaped(text)));
    }

    /// `[Hide]`, by one more option.
    fn hide(&mut self, link: Link<'_>) {
        self.raw(" [");
        self.link(&link, "Hide");
        self.raw("]");
    }

    /// A link that keeps where we are and hides something.
    fn hide_by(&mut self, option: i32) {
        self.hide(Link::here().with(option));
    }

    fn command(&self) -> Command {
        self.page.request.command.unwrap_or(Command::List)
    }

    fn is_read_only(&self) -> bool {
        self.page.request.is_read_only(self.page.settings)
    }

    fn all(&mut self) {
        let page = self.page;
        let verdict = page.parts.iter().find_map(|part| match part {
            Part::Verdict(verdict) => Some(verdict),
            _ => None,
        });
        let failed = verdict.is_some_and(|verdict| verdict.failed);
        let acted = self.command().acts() && !failed;
        self.head(acted, failed);
        for part in &page.parts {
            match part {
                Part::Head => {
                    self.top(true);
                    self.hidden_lists();
                }
                Part::Server => self.top(false),
                Part::Lbs(lbs) => self.lbs(lbs),
                Part::Lb(lb, member) => self.lb(lb, *member),
                Part::Ajps(ajps) => self.ajps(ajps),
                Part::Ajp(ajp) => self.ajp(ajp),
                Part::Properties => self.properties(),
                Part::Form(form) => self.form(form),
                Part::Verdict(verdict) => {
                    if matches!(self.command(), Command::List | Command::Show) && !failed {
                        self.legend();
                    }
                    self.foot(verdict, acted);
                }
            }
        }
    }

    fn head(&mut self, acted: bool, failed: bool) {
        self.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        self.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        self.raw("<title>JK Status Manager</title>\n");
        let refresh = match self.command() {
            _ if failed => None,
            _ if acted => Some((3, Link::back().target(self.page))),
            Command::List | Command::Show => {
                self.page.request.refresh().map(|every| (every, Link::here().target(self.page)))
            }
            _ => None,
        };
        if let Some((seconds, target)) = refresh {
            let target = escaped(&target);
            self.raw(&format!(
                "<meta http-equiv=\"Refresh\" content=\"{seconds};url={target}\">\n"
            ));
        }
        match &self.page.settings.css {
            Some(css) => {
                self.raw("<link rel=\"stylesheet\" type=\"text/css\" href=\"");
                self.text(css);
                self.raw("\">\n");
            }
            None => self.raw(&format!("<style>{STYLE}</style>\n")),
        }
        self.raw("</head>\n<body>\n");
    }

    fn top(&mut self, whole: bool) {
        let view = self.page.view;
        self.raw("<h1>JK Status Manager for ");
        self.text(&format!("{}:{}", view.server_name, view.server_port));
        self.raw(if self.is_read_only() { " (read only)</h1>\n" } else { "</h1>\n" });
        if whole {
            let time = record::local(view, view.now, "%Y-%m-%d %H:%M:%S %z");
            let rows = [
                [("Server Version:", view.web_server.clone()), ("Server Time:", time)],
                [
                    ("JK Version:", view.jk_version.clone()),
                    ("Unix Seconds:", view.now.0.to_string()),
                ],
            ];
            self.raw("<div class=\"t\"><table class=\"plain\">");
            for row in rows {
                self.raw("<tr>");
                for (name, value) in row {
                    self.element("td", name);
                    self.element("td", &value);
                }
                self.raw("</tr>\n");
            }
            self.raw("</table></div>\n");
            self.bar();
        }
        self.links();
    }

    /// The forms for refreshing and for other formats.
    fn bar(&mut self) {
        self.raw("<div class=\"bar\">\n");
        if matches!(self.command(), Command::List | Command::Show) {
            if self.page.request.refresh().is_some() {
                self.raw("<span>[");
                self.link(&Link::here().without("re"), "Stop auto refresh");
                self.raw("]</span>\n");
            } else {
                self.form_start(&Link::here().without("re"));
                self.raw("<input type=\"submit\" value=\"Start auto refresh\"> (every ");
                self.raw("<input name=\"re\" class=\"n\" type=\"text\" size=\"3\" value=\"10\" ");
                self.raw("inputmode=\"numeric\" aria-label=\"seconds\"> seconds)</form>\n");
            }
        }
        self.form_start(&Link::here().without("mime"));
        self.raw("<input type=\"submit\" value=\"Change format\">\n");
        self.raw("<select name=\"mime\" aria-label=\"format\"><option value=\"xml\">XML</option>");
        self.raw("<option value=\"prop\">Properties</option>");
        self.raw("<option value=\"txt\">Text</option></select></form>\n</div>\n");
    }

    fn links(&mut self) {
        let command = self.command();
        self.raw("<div class=\"bar\">\n");
        if command != Command::List {
            self.raw("<span>[");
            match Link::back_command(self.page) {
                Command::List => self.link(&Link::to(Command::List), "Back to worker list"),
                _ => self.link(&Link::back(), "Back to worker view"),
            }
            self.raw("]</span>\n");
        }
        let views = matches!(command, Command::List | Command::Show);
        if views && !self.page.settings.read_only {
            self.raw("<span>[");
            if self.is_read_only() {
                self.link(&Link::here().clear(Options::READ_ONLY), "Read/Write");
            } else {
                self.link(&Link::here().with(Options::READ_ONLY), "Read Only");
            }
            self.raw("]</span>\n");
        }
        if command != Command::Dump && command.only_reads() {
            self.raw("<span>[");
            self.link(&Link::here().command(Command::Dump), "Dump");
            self.raw("]</span>\n");
        }
        if command == Command::List || (views && !self.is_read_only()) {
            self.raw("<span>[");
            if command == Command::List {
                self.raw("<b>S</b>=Show only this worker, ");
            }
            self.raw("<b>E</b>=Edit worker, <b>R</b>=Reset worker state, ");
            self.raw("<b>T</b>=Try worker recovery]</span>\n");
        }
        self.raw("</div>\n");
    }

    /// Ways back to lists that are hidden.
    fn hidden_lists(&mut self) {
        let options = self.page.options;
        if self.command() != Command::List {
            return;
        }
        if options.no_lbs() {
            self.show_again(8, "Show Load Balancing Workers");
        }
        if options.no_ajps() {
            self.show_again(16, "Show AJP Workers");
        }
    }

    fn properties(&mut self) {
        self.raw("<h2>Configuration Data</h2>\n<p>This is what was configured at the start; ");
        self.raw("changes made since do not show, secrets are left out.</p>\n<pre>");
        for (key, value) in record::properties(self.page.view) {
            self.text(&format!("{key}={value}"));
            self.raw("\n");
        }
        self.raw("</pre>\n");
    }

    fn foot(&mut self, verdict: &Verdict, acted: bool) {
        self.raw("<p>");
        if verdict.failed {
            self.raw("<b>Result: ERROR - ");
            self.text(&verdict.message);
            self.raw("</b><br>");
        } else if acted {
            self.raw("<b>Result: OK - You will be redirected in 3 seconds.</b> [");
            self.link(&Link::back(), "Now");
            self.raw("]<br>");
        }
        self.raw("<a href=\"");
        self.text(self.page.path);
        self.raw("\">JK Status Manager Start Page</a></p>\n<div class=\"footer\">");
        self.text(&self.page.view.jk_version);
        self.raw("</div>\n</body>\n</html>\n");
    }

    /// A form that sends what a link would.
    fn form_start(&mut self, link: &Link<'_>) {
        self.raw("<form method=\"get\" action=\"");
        self.text(self.page.path);
        self.raw("\">\n");
        for (name, value) in link.items(self.page) {
            self.raw("<input type=\"hidden\" name=\"");
            self.text(&name);
            self.raw("\" value=\"");
            self.text(&value);
            self.raw("\">\n");
        }
    }
}
