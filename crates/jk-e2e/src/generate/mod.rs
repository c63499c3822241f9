//! Random sites of several kinds, from fixed seeds: the same seed always gives the same text, which
//! is what is recorded and replayed.

mod affinity;
mod balancer;
mod clock;
mod exchange;
mod fault;
mod mapping;
mod settings;
mod spelling;
mod wire;

pub use affinity::affinity;
pub use balancer::balancer;
pub use clock::clock;
pub use exchange::exchange;
pub use fault::fault;
pub use mapping::mapping;
pub use settings::settings;
pub use spelling::spelling;
pub use wire::wire;

/// One site of each kind: its kind, the extension of its file, its text.
pub fn all(seed: u64) -> [(&'static str, &'static str, String); 9] {
    [
        ("mapping", "decisions", mapping(seed)),
        ("balancer", "decisions", balancer(seed)),
        ("affinity", "decisions", affinity(seed)),
        ("clock", "decisions", clock(seed)),
        ("exchange", "case", exchange(seed)),
        ("fault", "case", fault(seed)),
        ("wire", "case", wire(seed)),
        ("settings", "case", settings(seed)),
        ("spelling", "decisions", spelling(seed)),
    ]
}

/// SplitMix64: small, fast, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The dice of this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        let width = (high - low + 1) as u64;
        low + usize::try_from(self.roll() % width).unwrap_or(0)
    }

    /// Whether something happens that does so in `percent` of all cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of `choices`.
    pub fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.between(0, choices.len() - 1)]
    }
}
