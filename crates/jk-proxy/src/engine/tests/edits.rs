//! Edits and sites that replace each other meanwhile.

use std::sync::Arc;
use std::time::Instant;

use jk_balance::{MemberChange, Seconds};
use jk_status::edits::Edits;
use jk_status::{AjpChange, AjpNumber, Change};

use super::wire::*;
use super::world::config;
use crate::assemble::assemble;
use crate::edits::Book;
use crate::logs::Logs;
use crate::shared::Shared;
use crate::site::Kind;

type Site = Arc<Shared<()>>;

/// A site under construction: it has the edits that there were when it was begun.
struct Next {
    book: Arc<Book<()>>,
    file: Vec<jk_types::Worker>,
    edits: Edits,
    site: Site,
}

impl Next {
    fn begin(book: &Arc<Book<()>>, workers: &str) -> Self {
        let mut config = config(workers, "lb");
        let merged = book.begin(&config.workers);
        let file = std::mem::replace(&mut config.workers, merged.workers);
        let mut logs = Logs::start().unwrap();
        let (site, _) = assemble(config, &mut logs, Seconds(0)).unwrap();
        let site = Shared::with(site, 1, Instant::now(), Arc::clone(book));
        Self { book: Arc::clone(book), file, edits: merged.edits, site }
    }

    fn commit(self) -> Site {
        self.book.commit(self.file, self.edits, &self.site);
        self.site
    }
}

fn edit(site: &Site, factor: u32) {
    let change = MemberChange::LbFactor(factor);
    let change = Change::Member { worker: "lb".into(), member: "a".into(), change };
    site.book.open().change(site, &change, |_, _| panic!("nothing moves"));
}

fn factor(site: &Site) -> u32 {
    let Kind::Lb(lb) = &site.site.workers[0].kind else { panic!() };
    let balancer = lb.balancer.lock();
    balancer.settings().members[0].lbfactor
}

#[test]
fn an_edit_is_never_lost_between_two_sites() {
    let book = Arc::default();
    let first = Next::begin(&book, TWO).commit();
    edit(&first, 2);
    // While the next is being built.
    let next = Next::begin(&book, TWO);
    edit(&first, 3);
    assert_eq!((factor(&first), factor(&next.site)), (3, 2));
    let second = next.commit();
    assert_eq!(factor(&second), 3);
    // By a request that began before.
    edit(&first, 4);
    assert_eq!((factor(&first), factor(&second)), (4, 4));
    let third = Next::begin(&book, TWO).commit();
    assert_eq!(factor(&third), 4);
}

#[test]
fn a_site_that_is_given_up_leaves_nothing_behind() {
    let book = Arc::default();
    let first = Next::begin(&book, TWO).commit();
    edit(&first, 2);
    drop(Next::begin(&book, ONE));
    book.abandon();
    edit(&first, 3);
    assert_eq!(factor(&Next::begin(&book, TWO).commit()), 3);
    // An edit of what the new one does not have any more.
    let other = Next::begin(&book, ONE).commit();
    assert!(book.edits().is_empty());
    edit(&first, 5);
    assert!(book.edits().is_empty());
    assert_eq!(factor(&Next::begin(&book, TWO).commit()), 1);
    drop(other);
}

/// What requests read without the balancer's lock.
#[test]
fn numbers_and_addresses_of_backends_are_in_the_next_site() {
    let book = Arc::default();
    let first = Next::begin(&book, TWO).commit();
    let address = "127.0.0.9:8009".parse().unwrap();
    let moved = AjpChange::Address { host: "127.0.0.9".into(), port: 8009, address: Some(address) };
    let mut places = Vec::new();
    for change in [moved, AjpChange::Number(AjpNumber::BusyLimit, 7)] {
        let change = Change::Ajp { worker: "b".into(), change };
        book.open().change(&first, &change, |_, at| places.push(at));
    }
    assert_eq!(places, [1]);
    let next = Next::begin(&book, TWO).commit();
    for site in [&first, &next] {
        let live = &site.site.backends[1].live;
        assert_eq!((live.address(), live.busy_limit()), (Some(address), 7));
        let Kind::Lb(lb) = &site.site.workers[0].kind else { panic!() };
        assert_eq!(lb.balancer.lock().settings().members[1].ajp.busy_limit, 7);
    }
}
