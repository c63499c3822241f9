//! What can go wrong in one try, and what follows from it.

use jk_types::{RecoveryOptions, Verdict};

/// Why one try to have a request served failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The request does not fit into a packet; the backend was not contacted.
    TooLarge,
    /// A text of the request holds bytes that a packet must not hold; the backend was not contacted.
    Unfit,
    /// The client's body ended early or could not be read.
    ClientRead,
    /// The client does not take the response.
    ClientWrite,
    /// No connection slot became free in time.
    NoSlot,
    /// The worker serves as many requests as `busy_limit` allows.
    BusyLimit,
    /// No connection could be established.
    Connect,
    /// A fresh connection did not answer CPING.
    Probe,
    /// The request packet or the first body packet could not be sent.
    Send,
    /// The connection was closed or reset while an answer was awaited.
    ConnectionLost,
    /// What came was no AJP packet, or one cut short.
    Framing,
    /// No packet came within `reply_timeout`.
    ReplyTimeout,
    /// The contents of a message make no sense.
    Malformed,
    /// Response headers came again after part of the body.
    SecondHeadersAfterBody,
    /// A later body packet could not be sent.
    BodySend,
    /// The status is listed in `fail_on_status`.
    FailStatus(Verdict),
}

/// How far a request had got when a try failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Response headers were handed to the client.
    pub headers_sent: bool,
    /// The backend asked for more body and got an answer, even an empty one.
    pub body_consumed: bool,
}

impl Progress {
    /// Whether sending the request again can neither repeat part of a response nor part of a body.
    const fn untouched(self) -> bool {
        !self.headers_sent && !self.body_consumed
    }
}

/// What a member is judged by once it was asked to serve a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The response is complete.
    Success,
    /// The client is to blame.
    ClientError,
    /// Bytes that are no AJP packet.
    Framing,
    /// A status listed as negative in `fail_on_status`.
    StatusSoft,
    /// A status listed as positive in `fail_on_status`.
    StatusHard,
    /// Over `busy_limit`.
    BusyLimit,
    /// No packet within `reply_timeout`.
    ReplyTimeout,
    /// Anything else.
    Other,
}

impl Failure {
    /// The status the client gets if nothing helps.
    pub const fn status(self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Unfit | Self::ClientRead => 400,
            // Nobody is there to see it; it is what mod_jk logs.
            Self::ClientWrite => 200,
            Self::NoSlot | Self::BusyLimit => 503,
            Self::Connect | Self::Probe | Self::Send | Self::FailStatus(_) => 503,
            Self::ConnectionLost | Self::Framing => 502,
            Self::SecondHeadersAfterBody | Self::BodySend => 502,
            Self::ReplyTimeout => 504,
            Self::Malformed => 500,
        }
    }

    /// What the member, or the worker, is judged by. `NoSlot` is not the outcome of a service
    /// call: a load balancer hears of it through [`LbWorker::no_slot`](crate::LbWorker::no_slot).
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::TooLarge | Self::Unfit => Outcome::ClientError,
            Self::ClientRead | Self::ClientWrite => Outcome::ClientError,
            Self::NoSlot | Self::BusyLimit => Outcome::BusyLimit,
            Self::Framing => Outcome::Framing,
            Self::ReplyTimeout => Outcome::ReplyTimeout,
            Self::FailStatus(Verdict::Soft) => Outcome::StatusSoft,
            Self::FailStatus(Verdict::Hard) => Outcome::StatusHard,
            _ => Outcome::Other,
        }
    }

    /// Whether the request may be sent again, to this backend or another.
    ///
    /// Safer than mod_jk in two ways. Headers that the client has seen are final, whatever bit 2
    /// says: mod_jk would append the next response to the first. And a body that was partly
    /// consumed cannot be replayed, whatever bits 8 and 16 say: mod_jk would send its last packet
    /// as the first. That bit 8 shadows bit 16 is kept.
    pub fn recoverable(self, options: RecoveryOptions, method: &[u8], progress: Progress) -> bool {
        match self {
            Self::TooLarge | Self::Unfit | Self::ClientRead | Self::ClientWrite => false,
            Self::SecondHeadersAfterBody | Self::BodySend => false,
            Self::ConnectionLost | Self::Framing | Self::ReplyTimeout => {
                progress.untouched() && may_repeat(options, method)
            }
            _ => progress.untouched(),
        }
    }
}

/// Bits 1, 8 and 16: what is lost while the answer is awaited.
fn may_repeat(options: RecoveryOptions, method: &[u8]) -> bool {
    if !options.has(RecoveryOptions::NO_RETRY_AFTER_SEND) {
        true
    } else if options.has(RecoveryOptions::RETRY_HEAD) {
        method == b"HEAD"
    } else {
        options.has(RecoveryOptions::RETRY_GET) && method == b"GET"
    }
}
