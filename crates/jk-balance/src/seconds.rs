/// A moment, in whole seconds of wall-clock time: the resolution in which mod_jk decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub u64);

impl Seconds {
    /// How long ago `earlier` was; zero when the clock was set back meanwhile.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
