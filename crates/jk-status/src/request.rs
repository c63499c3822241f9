//! What a query asks for.

use crate::Query;
use crate::view::{View, Worker};

/// `cmd`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// All workers.
    List,
    /// One worker.
    Show,
    /// A form.
    Edit,
    /// New values.
    Update,
    /// Counters to zero.
    Reset,
    /// A member in error may be tried.
    Recover,
    /// Nothing but versions.
    Version,
    /// The configuration.
    Dump,
}

impl Command {
    const ALL: [Self; 8] = [
        Self::List,
        Self::Show,
        Self::Edit,
        Self::Update,
        Self::Reset,
        Self::Recover,
        Self::Version,
        Self::Dump,
    ];

    /// The word for it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Show => "show",
            Self::Edit => "edit",
            Self::Update => "update",
            Self::Reset => "reset",
            Self::Recover => "recover",
            Self::Version => "version",
            Self::Dump => "dump",
        }
    }

    /// The command of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| command.label() == word)
    }

    /// Whether it changes anything.
    pub const fn acts(self) -> bool {
        matches!(self, Self::Update | Self::Reset | Self::Recover)
    }

    /// Whether a read-only worker has it.
    pub const fn only_reads(self) -> bool {
        !self.acts() && !matches!(self, Self::Edit)
    }

    /// Whether it is about one worker.
    pub(crate) const fn needs_worker(self) -> bool {
        !matches!(self, Self::List | Self::Version | Self::Dump)
    }
}

/// `mime`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mime {
    /// For people.
    Html,
    /// XML
    Xml,
    /// A line for each record.
    Text,
    /// A line for each value.
    Properties,
}

impl Mime {
    /// The media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Xml => "text/xml",
            Self::Text | Self::Properties => "text/plain",
        }
    }

    fn named(word: &str) -> Option<Self> {
        match word {
            "html" => Some(Self::Html),
            "xml" => Some(Self::Xml),
            "txt" => Some(Self::Text),
            "prop" => Some(Self::Properties),
            _ => None,
        }
    }
}

/// `opt`: what is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options(pub i32);

impl Options {
    /// The bit that makes a request read only.
    pub const READ_ONLY: i32 = 32;

    /// Without members.
    pub const fn no_members(self) -> bool {
        self.0 & 1 != 0
    }
    /// Without rules.
    pub const fn no_maps(self) -> bool {
        self.0 & 2 != 0
    }
    /// Without the legend.
    pub const fn no_legend(self) -> bool {
        self.0 & 4 != 0
    }
    /// Without load balancers.
    pub const fn no_lbs(self) -> bool {
        self.0 & 8 != 0
    }
    /// Without AJP workers.
    pub const fn no_ajps(self) -> bool {
        self.0 & 16 != 0
    }
    /// Nothing may be changed.
    pub const fn read_only(self) -> bool {
        self.0 & Self::READ_ONLY != 0
    }
    /// Without the settings of load balancers.
    pub const fn no_lb_settings(self) -> bool {
        self.0 & 64 != 0
    }
    /// Without the summary of load balancers.
    pub const fn no_lb_summary(self) -> bool {
        self.0 & 128 != 0
    }
    /// Without the settings of backends.
    pub const fn no_ajp_settings(self) -> bool {
        self.0 & 256 != 0
    }
}

/// A query understood.
#[derive(Clone, Debug)]
pub struct Request {
    /// The query.
    pub query: Query,
    /// `cmd`; `None` is an unknown word.
    pub command: Option<Command>,
    /// `mime`; `None` is an unknown word.
    pub mime: Option<Mime>,
    /// `opt`
    pub options: Options,
}

/// What a request is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject<'v> {
    /// A listed worker as a whole.
    Whole(&'v Worker),
    /// A member of a load balancer, by its place.
    Member(&'v crate::view::Lb, usize),
}

impl Request {
    /// Reads a query, without its question mark.
    pub fn parse(query: &[u8]) -> Self {
        let query = Query::parse(query);
        let command = query.get("cmd").map_or(Some(Command::List), Command::named);
        let mime = query.get("mime").map_or(Some(Mime::Html), Mime::named);
        let options = Options(query.number("opt").unwrap_or(0));
        Self { query, command, mime, options }
    }

    /// Whether the request may only look.
    pub(crate) fn is_read_only(&self, settings: &jk_types::StatusSettings) -> bool {
        settings.read_only || self.options.read_only()
    }

    /// `re`: seconds after which a browser asks again.
    pub(crate) fn refresh(&self) -> Option<i32> {
        self.query.number("re").filter(|&seconds| seconds > 0)
    }

    /// The command that `from` names.
    pub(crate) fn from(&self) -> Option<Command> {
        self.query.get("from").and_then(Command::named)
    }

    /// What the request is about, or what is wrong with that. A wild member stands for its worker
    /// where it is allowed.
    pub(crate) fn subject<'v>(&self, view: &'v View) -> Result<Subject<'v>, &'static str> {
        let name = self.query.get("w").filter(|name| !name.is_empty());
        let name = name.ok_or("NULL or EMPTY worker param")?;
        let member = self.query.get("sw");
        if member == Some("") {
            return Err("EMPTY sub worker param");
        }
        let worker = view.workers.iter().find(|worker| worker.name() == name);
        let worker = worker.ok_or("Could not find given worker")?;
        let Some(member) = member else { return Ok(Subject::Whole(worker)) };
        if is_wild(member) {
            return match (self.command, worker) {
                (Some(Command::Update), Worker::Lb(_)) => Ok(Subject::Whole(worker)),
                (Some(Command::Update), _) => Err("worker type has no sub workers"),
                _ => Err("wildcard not allowed in sub worker for this command"),
            };
        }
        let Worker::Lb(lb) = worker else { return Err("worker type has no sub workers") };
        let place = lb.members.iter().position(|known| known.backend.name == member);
        place.map(|place| Subject::Member(lb, place)).ok_or("could not find sub worker")
    }
}

pub(crate) fn is_wild(name: &str) -> bool {
    name.contains(['*', '?'])
}
