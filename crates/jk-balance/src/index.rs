//! Finding the rules that may match a path without trying all of them.

use std::ops::Range;

use crate::glob;

/// Rules by the text before their first wildcard.
///
/// Every rule that matches a path has a literal beginning that the path begins with. Among the
/// sorted beginnings these form a chain: the greatest one that is not greater than the path, and
/// then its own beginnings. (What lies between a beginning of the path and the path begins with it
/// as well.) So one binary search finds the end of the chain and the links do the rest.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Sorted by `literal`.
    nodes: Vec<Node>,
    /// All patterns, one behind the other.
    text: Vec<u8>,
    rules: Vec<Rule>,
}

/// All rules with one literal beginning.
#[derive(Debug)]
struct Node {
    literal: Range<u32>,
    /// The longest other beginning that this one begins with.
    parent: Option<u32>,
    /// Its rules, in rank order.
    rules: Range<u32>,
}

/// A rule that is not filed yet.
type Loose<'r> = (&'r [u8], u32, Option<&'r [u8]>);

#[derive(Debug)]
struct Rule {
    rank: u32,
    /// What follows the literal beginning; `None` when the rule is exact.
    tail: Option<Range<u32>>,
}

impl Index {
    /// Builds the index of rules given by rank and pattern. At most `u32::MAX` bytes of patterns
    /// are indexed; no configuration comes near.
    pub(crate) fn new<'r>(rules: impl Iterator<Item = (usize, &'r [u8])>) -> Self {
        let mut rules: Vec<Loose<'r>> = rules
            .filter_map(|(rank, pattern)| {
                let wild = memchr::memchr2(b'*', b'?', pattern);
                let (literal, tail) = pattern.split_at(wild.unwrap_or(pattern.len()));
                Some((literal, u32::try_from(rank).ok()?, wild.map(|_| tail)))
            })
            .collect();
        rules.sort_unstable_by_key(|&(literal, rank, _)| (literal, rank));
        let mut index = Self::default();
        for same in rules.chunk_by(|a, b| a.0 == b.0) {
            index.push_node(same);
        }
        index.link();
        index
    }

    /// The lowest rank whose rule matches `path` and is `wanted`.
    pub(crate) fn first(&self, path: &[u8], wanted: impl Fn(usize) -> bool) -> Option<usize> {
        let behind = self.nodes.partition_point(|node| self.text(&node.literal) <= path);
        let mut next = behind.checked_sub(1);
        let mut best = u32::MAX;
        while let Some(node) = next.and_then(|at| self.nodes.get(at)) {
            if let Some(rest) = path.strip_prefix(self.text(&node.literal)) {
                best = self.best_of(node, rest, best, &wanted);
            }
            next = node.parent.map(|parent| parent as usize);
        }
        (best != u32::MAX).then_some(best as usize)
    }

    fn best_of(&self, node: &Node, rest: &[u8], best: u32, wanted: &impl Fn(usize) -> bool) -> u32 {
        let rules = self.rules.get(node.rules.start as usize..node.rules.end as usize);
        let better = rules.unwrap_or_default().iter().take_while(|rule| rule.rank < best);
        let mut matching = better.filter(|rule| match &rule.tail {
            None => rest.is_empty(),
            Some(tail) => tail_matches(self.text(tail), rest),
        });
        matching.find(|rule| wanted(rule.rank as usize)).map_or(best, |rule| rule.rank)
    }

    fn push_node(&mut self, same: &[Loose<'_>]) {
        let Some(&(literal, ..)) = same.first() else { return };
        let start = self.rules.len();
        let literal = self.push_text(literal);
        for &(_, rank, tail) in same {
            let tail = tail.map(|tail| self.push_text(tail));
            self.rules.push(Rule { rank, tail });
        }
        let rules = to_u32(start)..to_u32(self.rules.len());
        self.nodes.push(Node { literal, parent: None, rules });
    }

    fn push_text(&mut self, text: &[u8]) -> Range<u32> {
        let start = self.text.len();
        self.text.extend_from_slice(text);
        to_u32(start)..to_u32(self.text.len())
    }

    /// In sorted order a beginning stands before what begins with it, so the open ones are a stack.
    fn link(&mut self) {
        let mut open: Vec<u32> = Vec::new();
        for at in 0..self.nodes.len() {
            let literal = self.text(&self.nodes[at].literal);
            while let Some(&top) = open.last() {
                if literal.starts_with(self.text(&self.nodes[top as usize].literal)) {
                    break;
                }
                open.pop();
            }
            self.nodes[at].parent = open.last().copied();
            open.push(to_u32(at));
        }
    }

    fn text(&self, range: &Range<u32>) -> &[u8] {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// `tail` begins with a wildcard. Most tails are `*` or `*` and a suffix.
fn tail_matches(tail: &[u8], rest: &[u8]) -> bool {
    match tail {
        b"*" => true,
        [.., last] if !matches!(last, b'*' | b'?') && rest.last() != Some(last) => false,
        _ => glob::matches(tail, rest),
    }
}

fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
