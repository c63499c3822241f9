//! Which message may follow which.
//!
//! Two things are tracked: how far the response has come ([`State`]), and whether a data packet is
//! owed to the backend ([`BodyDue`]). They are independent because a backend may answer before it
//! has read the request's content. `Conversation::after` is the whole table.

use crate::{Message, SequenceError};

/// How far the exchange on a connection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing is under way: a CPing or a request may be sent, nothing may arrive.
    #[default]
    Idle,
    /// A CPing is out.
    AwaitCPong,
    /// A request is out, nothing of its response has come.
    AwaitHeaders,
    /// Send Headers was the last message. Apart from [`State::AwaitEnd`] only because mod_jk
    /// treats headers that are repeated at once differently from headers repeated later.
    HeadersReceived,
    /// In the middle of the response.
    AwaitEnd,
    /// Nothing may be sent or received any more; the connection is to be closed.
    Closed,
}

/// The data packet that the backend is entitled to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyDue {
    /// The first one, which follows the request without being asked for.
    First,
    /// The answer to a Get Body Chunk.
    Asked {
        /// The most it may carry.
        wanted: u16,
    },
}

/// One connection seen as a conversation.
///
/// Call [`Self::request_sent`], [`Self::data_sent`] and [`Self::ping_sent`] for what goes out,
/// [`Self::receive`] for what comes in; ask [`Self::body_due`] whether a data packet is owed and
/// [`Self::reusable`] whether the connection may go back to its pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    state: State,
    due: Option<BodyDue>,
}

impl Conversation {
    /// A connection that has just been opened.
    pub const fn new() -> Self {
        Self { state: State::Idle, due: None }
    }

    /// How far the exchange has come.
    pub const fn state(&self) -> State {
        self.state
    }

    /// The data packet owed to the backend.
    pub const fn body_due(&self) -> Option<BodyDue> {
        self.due
    }

    /// Whether exactly one data packet may be sent now.
    pub const fn can_send_data(&self) -> bool {
        self.due.is_some()
    }

    /// Whether the last exchange ended so that the connection may serve another one. The caller adds
    /// what only it knows: no byte received beyond the end, no byte unsent.
    pub const fn reusable(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// A CPing has been sent; only allowed when [`Self::reusable`].
    pub fn ping_sent(&mut self) {
        debug_assert_eq!(self.state, State::Idle, "a ping in the middle of an exchange");
        self.state = State::AwaitCPong;
    }

    /// A Forward Request has been sent; only allowed when [`Self::reusable`]. `first_packet_due` when
    /// it carries a content-length above zero: the first data packet then follows unasked.
    pub fn request_sent(&mut self, first_packet_due: bool) {
        debug_assert_eq!(self.state, State::Idle, "a request in the middle of an exchange");
        self.state = State::AwaitHeaders;
        self.due = first_packet_due.then_some(BodyDue::First);
    }

    /// A data packet, or the end of the content, has been written completely. Until then an
    /// End Response closes the conversation, for the backend would read what is left of the packet
    /// as the next request.
    pub fn data_sent(&mut self) {
        debug_assert!(self.due.is_some(), "a data packet that is not owed");
        self.due = None;
    }

    /// Gives the conversation up: a timeout, an abort, a client that went away.
    pub fn close(&mut self) {
        *self = Self { state: State::Closed, due: None };
    }

    /// A message has arrived.
    ///
    /// # Errors
    /// The message may not come now. The conversation is closed then.
    pub fn receive(&mut self, message: &Message<'_>) -> Result<(), SequenceError> {
        match self.after(message) {
            Ok(next) => {
                *self = next;
                Ok(())
            }
            Err(error) => {
                self.close();
                Err(error)
            }
        }
    }

    /// Every step the conversation may take on a message, and whose mistake each other one is.
    fn after(self, message: &Message<'_>) -> Result<Self, SequenceError> {
        use BodyDue::{Asked, First};
        use Message::{CPong, EndResponse, GetBodyChunk, SendBodyChunk, SendHeaders};
        use State::{AwaitCPong, AwaitEnd, AwaitHeaders, Closed, HeadersReceived, Idle};

        let code = message.code();
        let (state, due) = match (self.state, self.due, message) {
            (AwaitCPong, _, CPong) => (Idle, None),
            (AwaitCPong, ..) => return Err(SequenceError::NotCPong { code }),
            (Idle | Closed, ..) => return Err(SequenceError::Unsolicited { code }),
            (.., CPong) => return Err(SequenceError::UnexpectedCPong),

            (_, Some(First), GetBodyChunk { .. }) => return Err(SequenceError::AskedBeforeFirst),
            (_, Some(Asked { .. }), GetBodyChunk { .. }) => return Err(SequenceError::AskedTwice),
            (AwaitHeaders, None, &GetBodyChunk { wanted }) => {
                (AwaitHeaders, Some(Asked { wanted }))
            }
            (_, None, &GetBodyChunk { wanted }) => (AwaitEnd, Some(Asked { wanted })),

            (AwaitHeaders, due, SendHeaders(_)) => (HeadersReceived, due),
            (HeadersReceived, _, SendHeaders(_)) => return Err(SequenceError::HeadersRepeated),
            (AwaitEnd, _, SendHeaders(_)) => return Err(SequenceError::HeadersAgain),

            // A flush left over from an earlier response; mod_jk ignores it as well.
            (AwaitHeaders, due, SendBodyChunk([])) => (AwaitHeaders, due),
            (AwaitHeaders, _, SendBodyChunk(_)) => return Err(SequenceError::ContentBeforeHeaders),
            (HeadersReceived | AwaitEnd, due, SendBodyChunk(_)) => (AwaitEnd, due),

            (AwaitHeaders, _, EndResponse { .. }) => return Err(SequenceError::EndBeforeHeaders),
            (HeadersReceived | AwaitEnd, None, EndResponse { reuse: true }) => (Idle, None),
            // Either the backend does not want the connection any more, or it has answered without
            // the data packet it is owed and would take that packet for a request.
            (HeadersReceived | AwaitEnd, _, EndResponse { .. }) => (Closed, None),
        };
        Ok(Self { state, due })
    }
}
