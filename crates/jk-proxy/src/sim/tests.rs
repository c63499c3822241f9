use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::*;

/// `JACKDAW_SIM_SEEDS=FROM..TO` plays other worlds than the usual ones, `JACKDAW_SIM_SEEDS=N` the
/// one that failed.
fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("JACKDAW_SIM_SEEDS") else { return 0..60 };
    let number = |text: &str| text.trim().parse::<u64>().expect("a number or FROM..TO");
    match text.split_once("..") {
        Some((from, to)) => number(from)..number(to),
        None => number(&text)..number(&text) + 1,
    }
}

#[test]
fn no_promise_is_broken_whatever_happens() {
    let mut sum = Summary::default();
    for seed in seeds() {
        match catch_unwind(AssertUnwindSafe(|| run_seed(seed))) {
            Ok(one) => {
                sum.requests += one.requests;
                sum.whole += one.whole;
                sum.own += one.own;
                sum.edits += one.edits;
                sum.aborted += one.aborted;
                sum.steps += one.steps;
            }
            Err(panic) => {
                eprintln!(
                    "the world of seed {seed} fails: JACKDAW_SIM_SEEDS={seed} plays it again"
                );
                resume_unwind(panic);
            }
        }
    }
    println!("{sum:?}");
    // A world in which nothing happens proves nothing.
    assert!(sum.requests == 0 || sum.whole > 0);
    assert!(sum.requests < 1000 || sum.edits > 0, "nobody edits anything");
}

#[test]
fn a_seed_gives_the_same_world_each_time() {
    assert_eq!(run_seed(7), run_seed(7));
}
