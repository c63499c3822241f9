//! Links keep what the request says, but for what they change.

use crate::escape::push_query_value;
use crate::page::Page;
use crate::request::Command;

/// What a link changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link<'a> {
    command: Option<Command>,
    /// Come back to where we are.
    returns: bool,
    /// Whom it is about, instead of whom the request is about.
    subject: Option<(&'a str, Option<&'a str>)>,
    /// Nobody.
    nobody: bool,
    set: i32,
    clear: i32,
    without: Option<&'static str>,
}

impl<'a> Link<'a> {
    /// Where we are.
    pub(crate) fn here() -> Self {
        Self::default()
    }

    /// A command about nobody.
    pub(crate) fn to(command: Command) -> Self {
        Self { command: Some(command), nobody: true, ..Self::default() }
    }

    /// A command about a worker or member; all but `show` come back to where we are.
    pub(crate) fn about(command: Command, worker: &'a str, member: Option<&'a str>) -> Self {
        let returns = command != Command::Show;
        Self { command: Some(command), returns, subject: Some((worker, member)), ..Self::default() }
    }

    /// Where `from` says.
    pub(crate) fn back() -> Self {
        Self { without: Some("sw"), ..Self::default() }
    }

    /// The command that `from` says.
    pub(crate) fn back_command(page: &Page<'_>) -> Command {
        match page.request.command {
            Some(Command::Version | Command::Show) => Command::List,
            Some(Command::Dump) if page.request.query.get("w").is_none() => Command::List,
            _ => match page.request.from() {
                Some(Command::Show) | None => Command::Show,
                _ => Command::List,
            },
        }
    }

    /// The same with another command.
    pub(crate) fn command(mut self, command: Command) -> Self {
        self.command = Some(command);
        self
    }

    /// The same with an option set.
    pub(crate) fn with(mut self, option: i32) -> Self {
        self.set = option;
        self
    }

    /// The same with an option cleared.
    pub(crate) fn clear(mut self, option: i32) -> Self {
        self.clear = option;
        self
    }

    /// The same without a parameter.
    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.without = Some(name);
        self
    }

    /// The parameters, in mod_jk's order: command, return, worker, member, attribute, the rest as
    /// it came, options.
    pub(crate) fn items(&self, page: &Page<'_>) -> Vec<(String, String)> {
        let query = &page.request.query;
        let now = page.request.command.unwrap_or(Command::List);
        let mut items: Vec<(String, String)> = Vec::new();
        let mut put = |name: &str, value: &str| items.push((name.to_owned(), value.to_owned()));
        let back = self.without == Some("sw");
        let command = if back { Some(Self::back_command(page)) } else { self.command };
        match command {
            Some(command) => put("cmd", command.label()),
            None => query.get("cmd").into_iter().for_each(|command| put("cmd", command)),
        }
        if self.returns {
            put("from", now.label());
        } else if !back && command.is_none() {
            query.get("from").into_iter().for_each(|from| put("from", from));
        }
        let (worker, member) = match self.subject {
            _ if self.nobody => (None, None),
            Some((worker, member)) => (Some(worker), member),
            None if back => (query.get("w"), query.get("psw")),
            None => (query.get("w"), query.get("sw")),
        };
        worker.into_iter().for_each(|worker| put("w", worker));
        member.into_iter().for_each(|member| put("sw", member));
        if self.returns && now == Command::Show {
            query.get("sw").into_iter().for_each(|member| put("psw", member));
        }
        for (name, value) in query.items() {
            let known = ["cmd", "from", "w", "sw", "psw", "att", "opt"].contains(&name);
            let new_value = ["vl", "vw", "va"].iter().any(|start| name.starts_with(start));
            if !known && !new_value && self.without != Some(name) {
                put(name, value);
            }
        }
        let options = (page.options.0 | self.set) & !self.clear;
        if options != 0 || query.get("opt").is_some() {
            put("opt", &options.to_string());
        }
        items
    }

    /// The target of the link, not escaped for markup.
    pub(crate) fn target(&self, page: &Page<'_>) -> String {
        let mut target = page.path.to_owned();
        for (at, (name, value)) in self.items(page).iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            push_query_value(name, &mut target);
            target.push('=');
            push_query_value(value, &mut target);
        }
        target
    }
}
