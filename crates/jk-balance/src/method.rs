//! How load values grow, per method. They grow by multiples of a member's multiplier, which is the
//! smaller the heavier its `lbfactor`, so a heavier member stays the least loaded for longer.

use jk_types::Method;

use crate::roster::Load;

/// Up to here the common multiple of all factors is used exactly, as mod_jk does, whose arithmetic
/// wraps somewhere beyond. We then divide this number instead, which loses less than one part in a
/// thousand for factors below four million and leaves room for the bytes of the method Traffic.
const LARGEST_MULTIPLE: u64 = 1 << 32;

/// The multiplier of each member: the least common multiple of all factors, divided by its own
/// (mod_jk: `update_mult`).
pub(crate) fn multipliers(factors: impl Iterator<Item = u32> + Clone) -> impl Iterator<Item = u64> {
    let factors = factors.map(|factor| u64::from(factor.max(1)));
    let multiple = factors
        .clone()
        .try_fold(1, least_common_multiple)
        .filter(|&multiple| multiple <= LARGEST_MULTIPLE)
        .unwrap_or(LARGEST_MULTIPLE);
    factors.map(move |factor| (multiple / factor).max(1))
}

/// Whether a member's load grows when a request is sent to it.
pub(crate) const fn grows_before(method: Method, new_session: bool) -> bool {
    match method {
        Method::Request | Method::Busyness => true,
        Method::Session | Method::Next => new_session,
        Method::Traffic => false,
    }
}

/// Adds to one member's load. When it would wrap, all loads are halved until it does not, which
/// keeps their proportions; under Busyness, where what was added is taken away later, it stops at
/// the largest number.
pub(crate) fn grow(loads: &mut [Load], member: usize, amount: u64, method: Method) {
    let value = |loads: &[Load]| loads.get(member).map_or(0, |load| load.value);
    while method != Method::Busyness && value(loads).checked_add(amount).is_none() {
        for load in &mut *loads {
            load.value >>= 1;
        }
    }
    if let Some(load) = loads.get_mut(member) {
        load.value = load.value.saturating_add(amount);
    }
}

fn least_common_multiple(a: u64, b: u64) -> Option<u64> {
    (a / greatest_common_divisor(a, b)).checked_mul(b)
}

/// `b` is not zero, hence neither is the result.
fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}
