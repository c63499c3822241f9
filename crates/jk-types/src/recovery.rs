/// The bit mask `recovery_options`: when a failed request may not be sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RecoveryOptions(pub i32);

impl RecoveryOptions {
    /// Not again once the request was sent.
    pub const NO_RETRY_AFTER_SEND: i32 = 1;
    /// Not again once response headers went to the client.
    pub const NO_RETRY_AFTER_HEADERS: i32 = 2;
    /// Close the backend connection abruptly when the client fails.
    pub const ABORT_ON_CLIENT_ERROR: i32 = 4;
    /// HEAD may be sent again in spite of [`Self::NO_RETRY_AFTER_SEND`].
    pub const RETRY_HEAD: i32 = 8;
    /// GET may be sent again in spite of [`Self::NO_RETRY_AFTER_SEND`]; shadowed by
    /// [`Self::RETRY_HEAD`] in mod_jk.
    pub const RETRY_GET: i32 = 16;

    /// Whether all of `bits` are set.
    pub const fn has(self, bits: i32) -> bool {
        self.0 & bits == bits
    }
}
