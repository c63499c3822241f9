//! The formats for programs: XML, text, properties.

use jk_types::StatusSettings;

use crate::escape::push_escaped;
use crate::page::{Page, Part, Verdict};
use crate::record::{self, Record};
use crate::view::{Ajp, Lb, Map, Member, View};

/// A format that prints records.
trait Printer {
    fn server(&mut self, view: &View);
    fn head(&mut self, view: &View);
    fn lbs(&mut self, count: usize);
    fn lb(&mut self, record: &Record, name: &str);
    fn member(&mut self, record: &Record, name: &str, lb: &str);
    fn map(&mut self, record: &Record, worker: &str);
    fn lb_end(&mut self);
    fn lbs_end(&mut self);
    fn ajps(&mut self, count: usize);
    fn ajp(&mut self, record: &Record, name: &str);
    fn ajps_end(&mut self);
    fn properties(&mut self, view: &View);
    fn result(&mut self, verdict: &Verdict);
}

/// The page as XML.
pub(crate) fn xml(page: &Page<'_>) -> String {
    let settings = page.settings;
    let mut printer = Xml { out: String::new(), ns: &settings.ns };
    printer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n");
    if let Some(doctype) = &settings.doctype {
        printer.out.push_str(doctype);
        printer.out.push('\n');
    }
    printer.open(0, "status");
    if settings.xmlns.is_empty() {
        printer.out.push_str(">\n");
    } else {
        printer.out.push_str("  ");
        printer.out.push_str(&settings.xmlns);
        printer.out.push_str(">\n");
    }
    print(page, &mut printer);
    printer.end(0, "status");
    printer.out
}

/// The page as text.
pub(crate) fn text(page: &Page<'_>) -> String {
    let mut printer = Text(String::new());
    print(page, &mut printer);
    printer.0
}

/// The page as properties.
pub(crate) fn properties(page: &Page<'_>) -> String {
    let mut printer = Properties { out: String::new(), prefix: &page.settings.prefix, maps: 0 };
    print(page, &mut printer);
    printer.out
}

fn print(page: &Page<'_>, printer: &mut impl Printer) {
    let (view, settings) = (page.view, page.settings);
    for part in &page.parts {
        match part {
            Part::Head => {
                printer.server(view);
                printer.head(view);
            }
            Part::Server => printer.server(view),
            Part::Lbs(lbs) => {
                printer.lbs(lbs.len());
                lbs.iter().for_each(|lb| print_lb(page, printer, settings, lb, None));
                printer.lbs_end();
            }
            Part::Lb(lb, member) => print_lb(page, printer, settings, lb, *member),
            Part::Ajps(ajps) => {
                printer.ajps(ajps.len());
                ajps.iter().for_each(|ajp| print_ajp(page, printer, ajp));
                printer.ajps_end();
            }
            Part::Ajp(ajp) => print_ajp(page, printer, ajp),
            Part::Properties => printer.properties(view),
            Part::Form(_) => {}
            Part::Verdict(verdict) => printer.result(verdict),
        }
    }
}

fn print_lb(
    page: &Page<'_>,
    printer: &mut impl Printer,
    settings: &StatusSettings,
    lb: &Lb,
    only: Option<usize>,
) {
    printer.lb(&record::lb(page.view, settings, lb), &lb.name);
    let chosen = |(at, _): &(usize, &Member)| only.is_none_or(|only| only == *at);
    if !page.options.no_members() {
        for (_, member) in lb.members.iter().enumerate().filter(chosen) {
            let record = record::member(page.view, lb, member);
            printer.member(&record, &member.backend.name, &lb.name);
        }
    }
    print_maps(page, printer, &lb.maps, &lb.name);
    printer.lb_end();
}

fn print_ajp(page: &Page<'_>, printer: &mut impl Printer, ajp: &Ajp) {
    printer.ajp(&record::ajp(page.view, ajp), &ajp.backend.name);
    print_maps(page, printer, &ajp.maps, &ajp.backend.name);
}

fn print_maps(page: &Page<'_>, printer: &mut impl Printer, maps: &[Map], worker: &str) {
    if page.options.no_maps() {
        return;
    }
    for (at, map) in maps.iter().enumerate() {
        printer.map(&record::map(at + 1, map), worker);
    }
}

struct Xml<'a> {
    out: String,
    ns: &'a str,
}

impl Xml<'_> {
    fn indent(&mut self, by: usize) {
        self.out.extend(std::iter::repeat_n(' ', by));
    }

    fn open(&mut self, indent: usize, name: &str) {
        self.indent(indent);
        self.out.push('<');
        self.out.push_str(self.ns);
        self.out.push_str(name);
        self.out.push('\n');
    }

    fn end(&mut self, indent: usize, name: &str) {
        self.indent(indent);
        self.out.push_str("</");
        self.out.push_str(self.ns);
        self.out.push_str(name);
        self.out.push_str(">\n");
    }

    fn attribute(&mut self, indent: usize, key: &str, value: &str) {
        self.indent(indent);
        self.out.push_str(key);
        self.out.push_str("=\"");
        push_escaped(value, &mut self.out);
        self.out.push_str("\"\n");
    }

    fn close(&mut self, indent: usize, how: &str) {
        self.indent(indent);
        self.out.push_str(how);
        self.out.push('\n');
    }

    fn element(&mut self, indent: usize, name: &str, record: &Record, how: &str) {
        self.open(indent, name);
        for field in &record.0 {
            self.attribute(indent + 2, field.key, &field.value);
        }
        self.close(indent, how);
    }

    fn count(&mut self, name: &str, count: usize) {
        self.open(0, name);
        self.attribute(2, "count", &count.to_string());
        self.close(0, ">");
    }
}

impl Printer for Xml<'_> {
    fn server(&mut self, view: &View) {
        self.element(0, "server", &record::server(view), "/>");
    }
    fn head(&mut self, view: &View) {
        self.element(0, "time", &record::time(view), "/>");
        self.element(0, "software", &record::software(view), "/>");
    }
    fn lbs(&mut self, count: usize) {
        self.count("balancers", count);
    }
    fn lb(&mut self, record: &Record, _name: &str) {
        self.element(2, "balancer", record, ">");
    }
    fn member(&mut self, record: &Record, _name: &str, _lb: &str) {
        self.element(6, "member", record, "/>");
    }
    fn map(&mut self, record: &Record, _worker: &str) {
        self.element(6, "map", record, "/>");
    }
    fn lb_end(&mut self) {
        self.end(2, "balancer");
    }
    fn lbs_end(&mut self) {
        self.end(0, "balancers");
    }
    fn ajps(&mut self, count: usize) {
        self.count("ajp_workers", count);
    }
    fn ajp(&mut self, record: &Record, _name: &str) {
        self.element(2, "ajp", record, "/>");
    }
    fn ajps_end(&mut self) {
        self.end(0, "ajp_workers");
    }
    fn properties(&mut self, view: &View) {
        self.open(2, "configuration");
        for (key, value) in record::properties(view) {
            // What cannot be part of a name would end the document.
            let known = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':');
            let key: String = key.chars().map(|c| if known(c) { c } else { '_' }).collect();
            self.attribute(4, &key, value);
        }
        self.close(2, "/>");
    }
    fn result(&mut self, verdict: &Verdict) {
        self.open(2, "result");
        self.attribute(4, "type", verdict.kind());
        self.attribute(4, "message", &verdict.message);
        self.close(2, "/>");
    }
}

struct Text(String);

impl Text {
    fn line(&mut self, start: &str, record: &Record) {
        self.0.push_str(start);
        for field in &record.0 {
            let quote = if field.quoted { "\"" } else { "" };
            for part in [" ", field.key, "=", quote, &field.value, quote] {
                self.0.push_str(part);
            }
        }
        self.0.push('\n');
    }

    fn count(&mut self, start: &str, count: usize) {
        self.0.push_str(&format!("{start}: count={count}\n"));
    }
}

fn copy(record: &Record) -> Record {
    Record(record.0.clone()).retries_first()
}

impl Printer for Text {
    fn server(&mut self, view: &View) {
        self.line("Server:", &record::server(view));
    }
    fn head(&mut self, view: &View) {
        self.line("Time:", &record::time(view));
        self.line("Software:", &record::software(view));
    }
    fn lbs(&mut self, count: usize) {
        self.count("Balancer Workers", count);
    }
    fn lb(&mut self, record: &Record, _name: &str) {
        self.line("Balancer Worker:", record);
    }
    fn member(&mut self, record: &Record, _name: &str, _lb: &str) {
        self.line("Member:", &copy(record));
    }
    fn map(&mut self, record: &Record, _worker: &str) {
        self.line("Map:", record);
    }
    fn lb_end(&mut self) {}
    fn lbs_end(&mut self) {}
    fn ajps(&mut self, count: usize) {
        self.count("AJP Workers", count);
    }
    fn ajp(&mut self, record: &Record, _name: &str) {
        self.line("AJP Worker:", &copy(record));
    }
    fn ajps_end(&mut self) {}
    fn properties(&mut self, view: &View) {
        self.0.push_str("Configuration:\n");
        push_properties(view, &mut self.0);
    }
    fn result(&mut self, verdict: &Verdict) {
        let (kind, message) = (verdict.kind(), &verdict.message);
        self.0.push_str(&format!("Result: type={kind} message=\"{message}\"\n"));
    }
}

fn push_properties(view: &View, out: &mut String) {
    for (key, value) in record::properties(view) {
        for part in [key, "=", value, "\n"] {
            out.push_str(part);
        }
    }
}

struct Properties<'a> {
    out: String,
    prefix: &'a str,
    /// The number of the rule that was printed last.
    maps: usize,
}

impl Properties<'_> {
    fn line(&mut self, keys: &[&str], value: &str) {
        self.out.push_str(self.prefix);
        for key in keys {
            self.out.push('.');
            self.out.push_str(key);
        }
        self.out.push('=');
        self.out.push_str(value);
        self.out.push('\n');
    }

    fn heads(&mut self, keys: &[&str], record: &Record) {
        for (key, field) in keys.iter().zip(&record.0) {
            self.line(&[key], &field.value);
        }
    }

    /// Times of a member stand under its load balancer's name, and some keys hold a blank, as in
    /// mod_jk.
    fn fields(&mut self, record: &Record, name: &str, owner: &str) {
        for field in &record.0 {
            let key = match field.key {
                "name" => continue,
                "error_time_unix_seconds" => "error_time_unix seconds",
                "error_time_ago" => "error_time_ago seconds",
                key => key,
            };
            let timely = key.starts_with("last_reset") || key.starts_with("error_time");
            self.line(&[if timely { owner } else { name }, key], &field.value);
        }
    }
}

impl Printer for Properties<'_> {
    fn server(&mut self, view: &View) {
        self.heads(&["server_name", "server_port"], &record::server(view));
    }
    fn head(&mut self, view: &View) {
        self.heads(&["time_datetime", "time_tz", "time_unix"], &record::time(view));
        self.heads(&["web_server", "jk_version"], &record::software(view));
    }
    fn lbs(&mut self, count: usize) {
        self.line(&["lb_count"], &count.to_string());
    }
    fn lb(&mut self, record: &Record, name: &str) {
        self.line(&["list"], name);
        self.fields(record, name, name);
        self.maps = 0;
    }
    fn member(&mut self, record: &Record, name: &str, lb: &str) {
        self.line(&[lb, "balance_workers"], name);
        self.fields(&copy(record), name, lb);
    }
    fn map(&mut self, record: &Record, worker: &str) {
        self.maps += 1;
        let id = self.maps.to_string();
        for field in record.0.iter().filter(|field| field.key != "id") {
            self.line(&[worker, "map", &id, field.key], &field.value);
        }
    }
    fn lb_end(&mut self) {}
    fn lbs_end(&mut self) {}
    fn ajps(&mut self, count: usize) {
        self.line(&["ajp_count"], &count.to_string());
    }
    fn ajp(&mut self, record: &Record, name: &str) {
        self.line(&[name, "list"], name);
        self.fields(&copy(record), name, name);
        self.maps = 0;
    }
    fn ajps_end(&mut self) {}
    fn properties(&mut self, view: &View) {
        push_properties(view, &mut self.out);
    }
    fn result(&mut self, verdict: &Verdict) {
        self.line(&["result", "type"], verdict.kind());
        self.line(&["result", "message"], &verdict.message);
    }
}
