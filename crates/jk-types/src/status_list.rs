/// What a status in a `fail_on_status` list does to the member that answered with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Listed as a positive number: the member goes to the error state.
    Hard,
    /// Listed as a negative number: the member keeps its state.
    Soft,
}

/// The numbers of a `fail_on_status` directive or rule extension, in the order written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusList(pub Vec<i32>);

impl StatusList {
    /// The verdict on `status`: the first entry with that absolute value decides.
    pub fn verdict(&self, status: u16) -> Option<Verdict> {
        self.0
            .iter()
            .find(|entry| entry.unsigned_abs() == u32::from(status))
            .map(|&entry| if entry < 0 { Verdict::Soft } else { Verdict::Hard })
    }
}
