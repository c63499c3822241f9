//! One directive with its arguments taken apart, as many as it wants.

use super::report::Refusal;
use super::tree::Directive;
use super::word::Word;
use crate::Location;

/// How many arguments a directive takes (httpd: `cmd_how`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    /// The line as it is; the directive takes it apart by itself.
    Raw,
    /// `TAKE1`
    One,
    /// `TAKE2`
    Two,
    /// `TAKE12`: an empty second argument is none.
    OneOrTwo,
    /// `TAKE23`
    TwoOrThree,
    /// `ITERATE`: up to the first empty one.
    Some,
    /// `ITERATE2`
    TwoOrMore,
    /// `FLAG`: what follows is ignored.
    Flag,
}

/// A directive on its way to be carried out.
pub(crate) struct Call<'d> {
    pub(crate) directive: &'d Directive,
    /// As httpd writes it.
    pub(crate) name: &'static str,
    /// The arguments.
    pub(crate) words: Vec<Word>,
    /// Where the arguments stand; the name when there are none.
    pub(crate) at: Location,
}

impl<'d> Call<'d> {
    /// Takes the arguments apart.
    pub(crate) fn new(
        directive: &'d Directive,
        name: &'static str,
        arity: Arity,
    ) -> Result<Self, Refusal> {
        let mut words: Vec<Word> = directive.words().collect();
        let comment = words.iter().any(|word| word.text.starts_with('#'));
        if !arity.shape(&mut words) {
            let refusal = Refusal::new(format!("{name} takes {}", arity.wants()));
            return Err(if comment {
                refusal.help("`#` begins a comment only at the beginning of a line")
            } else {
                refusal
            });
        }
        Ok(Self { directive, name, words, at: directive.args_at() })
    }

    /// The text of an argument; empty when there is none.
    pub(crate) fn text(&self, index: usize) -> &str {
        self.words.get(index).map_or("", |word| &word.text)
    }

    /// An argument that need not be there.
    pub(crate) fn optional(&self, index: usize) -> Option<&str> {
        self.words.get(index).map(|word| word.text.as_str())
    }

    /// `On` or `Off`; only for [`Arity::Flag`].
    pub(crate) fn flag(&self) -> bool {
        self.text(0).eq_ignore_ascii_case("on")
    }
}

impl Arity {
    /// Cuts the words to what the directive gets; `false` when httpd refuses them.
    fn shape(self, words: &mut Vec<Word>) -> bool {
        let given = |words: &[Word], index: usize| {
            words.get(index).is_some_and(|word| !word.text.is_empty())
        };
        match self {
            Self::Raw => true,
            Self::One => words.len() == 1 && given(words, 0),
            Self::Two => words.len() == 2 && given(words, 0) && given(words, 1),
            Self::OneOrTwo => {
                let fits = words.len() <= 2 && given(words, 0);
                words.truncate(if given(words, 1) { 2 } else { 1 });
                fits
            }
            Self::TwoOrThree => words.len() <= 3 && given(words, 0) && given(words, 1),
            Self::Some => {
                let end = words.iter().position(|word| word.text.is_empty());
                words.truncate(end.unwrap_or(words.len()));
                !words.is_empty()
            }
            Self::TwoOrMore => words.len() >= 2 && given(words, 0),
            Self::Flag => {
                let is = |expected: &str| {
                    words.first().is_some_and(|word| word.text.eq_ignore_ascii_case(expected))
                };
                is("on") || is("off")
            }
        }
    }

    const fn wants(self) -> &'static str {
        match self {
            Self::Raw => "arguments",
            Self::One => "one argument",
            Self::Two => "two arguments",
            Self::OneOrTwo => "one or two arguments",
            Self::TwoOrThree => "two or three arguments",
            Self::Some => "at least one argument",
            Self::TwoOrMore => "at least two arguments",
            Self::Flag => "On or Off",
        }
    }
}
