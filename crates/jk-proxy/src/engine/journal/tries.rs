//! A try that failed.

use std::fmt::Arguments;

use ajp13::{FrameError, HEADER_LEN, MessageError};
use jk_balance::Failure;
use jk_config::JkLogLevel::{self, Error, Info, Warn};
use jk_types::Verdict;

use super::super::context::Context;
use super::super::exchange::Exchange;
use super::super::net::{Net, Stream};
use super::{Trouble, code, note};

impl<S: Stream> Exchange<S> {
    /// One try of a service call failed. `socket` is the number of its connection.
    pub(in super::super) fn tell_failed_try<N: Net<Stream = S>>(
        &self,
        ctx: &mut Context<N>,
        failure: Failure,
        recoverable: bool,
        socket: i32,
    ) {
        let log = self.received.host().jk_log.as_ref();
        if log.is_none_or(|log| log.level > Error) {
            return;
        }
        let backend = self.backend();
        let name = &backend.settings.name;
        let number = self.forward.trouble.number();
        let un = if recoverable { "" } else { "un" };
        let mut say = |level: JkLogLevel, place: &str, what: Arguments<'_>| {
            note(ctx, &self.received, level, place, format_args!("({name}) {what}"));
        };
        match failure {
            Failure::Connect => self.tell_no_connection(ctx),
            Failure::Probe => self.tell_no_pong(ctx, socket),
            Failure::Send => say(
                Error,
                "ajp_send_request::jk_ajp_common.c (1756)",
                format_args!(
                    "failed sending request on a fresh connection ({un}recoverable), socket \
                     {socket} (errno={number})"
                ),
            ),
            Failure::ConnectionLost | Failure::Framing => self.tell_lost(ctx, socket),
            Failure::ReplyTimeout => say(
                Error,
                "ajp_get_reply::jk_ajp_common.c (2218)",
                format_args!(
                    "Timeout with waiting reply from tomcat. Tomcat is down, stopped or network \
                     problems (errno={number})"
                ),
            ),
            Failure::Malformed => self.tell_malformed(ctx),
            Failure::SecondHeadersAfterBody => say(
                Error,
                "ajp_get_reply::jk_ajp_common.c (2326)",
                format_args!("Tomcat already send headers"),
            ),
            Failure::BodySend => say(
                Error,
                "ajp_get_reply::jk_ajp_common.c (2357)",
                format_args!("Tomcat is down or network problems"),
            ),
            Failure::FailStatus(verdict) => {
                let soft = if verdict == Verdict::Soft { " (soft)" } else { "" };
                let status = match self.forward.trouble {
                    Trouble::Status(status) => status,
                    _ => 0,
                };
                say(
                    Info,
                    "ajp_get_reply::jk_ajp_common.c (2335)",
                    format_args!("request failed{soft}, because of response status {status}, "),
                );
            }
            Failure::ClientRead => {
                say(
                    Info,
                    "ajp_read_into_msg_buff::jk_ajp_common.c (1549)",
                    format_args!(
                        "receiving data from client failed. Connection aborted or network problems"
                    ),
                );
                if self.forward.trouble == Trouble::Asked {
                    say(
                        Info,
                        "ajp_process_callback::jk_ajp_common.c (2101)",
                        format_args!("Reading from client aborted or client network problems"),
                    );
                }
            }
            Failure::ClientWrite => say(
                Info,
                "ajp_process_callback::jk_ajp_common.c (2073)",
                format_args!("Writing to client aborted or client network problems"),
            ),
            Failure::TooLarge | Failure::Unfit | Failure::NoSlot | Failure::BusyLimit => return,
        }
        let clients = matches!(failure, Failure::ClientRead | Failure::ClientWrite);
        let (level, place) = match recoverable || clients {
            true => (Info, "ajp_service::jk_ajp_common.c (2774)"),
            false => (Error, "ajp_service::jk_ajp_common.c (2767)"),
        };
        let (why, attempt) = (because(failure), self.forward.tries.made());
        note(
            ctx,
            &self.received,
            level,
            place,
            format_args!(
                "({name}) sending request to tomcat failed ({un}recoverable), {why} \
                 (attempt={attempt})"
            ),
        );
    }

    /// A service call failed, and the worker has counted it.
    pub(in super::super) fn tell_failed_service<N: Net<Stream = S>>(
        &self,
        ctx: &mut Context<N>,
        failure: Failure,
        recoverable: bool,
    ) {
        let backend = self.backend();
        let name = &backend.settings.name;
        let (code, errors) = (code(failure), backend.counters.errors());
        let client_errors = backend.counters.client_errors();
        let (level, place, message) = match failure {
            // mod_jk would send such a request.
            Failure::Unfit => (
                Info,
                "ajp_service::jk_ajp_common.c (2578)",
                format_args!("({name}) the request holds bytes that cannot be forwarded"),
            ),
            Failure::TooLarge => (
                Info,
                "ajp_service::jk_ajp_common.c (2578)",
                format_args!(
                    "({name}) Creating AJP message failed without recovery - check max_packet_size"
                ),
            ),
            Failure::BusyLimit => (
                Error,
                "ajp_service::jk_ajp_common.c (2598)",
                format_args!(
                    "({name}) sending request to tomcat failed (recoverable), busy limit {} \
                     reached (rc={code}, errors={errors}, client_errors={client_errors}).",
                    backend.live.busy_limit()
                ),
            ),
            _ if recoverable => (
                Error,
                "ajp_service::jk_ajp_common.c (2795)",
                format_args!(
                    "({name}) connecting to tomcat failed (rc={code}, errors={errors}, \
                     client_errors={client_errors})."
                ),
            ),
            _ => return,
        };
        note(ctx, &self.received, level, place, message);
    }

    /// Another try begins after one that did not hear its answer out.
    pub(in super::super) fn tell_unended<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        let name = &self.backend().settings.name;
        note(
            ctx,
            &self.received,
            Info,
            "ajp_send_request::jk_ajp_common.c (1623)",
            format_args!("({name}) did not receive END_RESPONSE, closing socket -1"),
        );
    }

    /// An idle connection does not answer.
    pub(in super::super) fn tell_stale<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        let socket = self.forward.link.as_ref().map_or(-1, |link| link.stream.number());
        self.tell_pong_trouble(ctx, socket);
        self.tell_unprobed(ctx, socket, 1650);
    }

    /// A connection is opened because idle ones were of no use.
    pub(in super::super) fn tell_none_usable<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        let [dead, silent] = self.forward.useless;
        if silent == 0 {
            return;
        }
        let name = &self.backend().settings.name;
        note(
            ctx,
            &self.received,
            Info,
            "ajp_send_request::jk_ajp_common.c (1708)",
            format_args!(
                "({name}) no usable connection found, will create a new one, detected by connect \
                 check ({dead}), cping ({silent}), send (0)."
            ),
        );
    }

    fn tell_no_connection<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        let backend = self.backend();
        let (name, peer) = (&backend.settings.name, self.peer());
        let number = self.forward.trouble.number();
        note(
            ctx,
            &self.received,
            Info,
            "jk_open_socket::jk_connect.c (815)",
            format_args!("connect to {peer} failed (errno={number})"),
        );
        note(
            ctx,
            &self.received,
            Info,
            "ajp_connect_to_endpoint::jk_ajp_common.c (1064)",
            format_args!("({name}) Failed opening socket to ({peer}) (errno={number})"),
        );
        self.tell_not_connected(ctx);
    }

    fn tell_not_connected<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        let name = &self.backend().settings.name;
        let number = self.forward.trouble.number();
        note(
            ctx,
            &self.received,
            Error,
            "ajp_send_request::jk_ajp_common.c (1724)",
            format_args!(
                "({name}) connecting to backend failed. Tomcat is probably not started or is \
                 listening on the wrong port (errno={number})"
            ),
        );
    }

    fn tell_no_pong<N: Net<Stream = S>>(&self, ctx: &mut Context<N>, socket: i32) {
        self.tell_pong_trouble(ctx, socket);
        let backend = self.backend();
        if backend.live.connect_timeout().is_zero() {
            return self.tell_unprobed(ctx, socket, 1738);
        }
        let name = &backend.settings.name;
        let number = self.forward.trouble.number();
        note(
            ctx,
            &self.received,
            Error,
            "ajp_connect_to_endpoint::jk_ajp_common.c (1100)",
            format_args!(
                "({name}) cping/cpong after connecting to the backend server failed \
                 (errno={number})"
            ),
        );
        self.tell_not_connected(ctx);
    }

    fn tell_pong_trouble<N: Net<Stream = S>>(&self, ctx: &mut Context<N>, socket: i32) {
        let name = &self.backend().settings.name;
        let mut say = |level, place: &str, what: Arguments<'_>| {
            note(ctx, &self.received, level, place, format_args!("({name}) {what}"));
        };
        match self.forward.trouble {
            Trouble::NoPong(timeout) => say(
                Info,
                "ajp_handle_cping_cpong::jk_ajp_common.c (975)",
                format_args!(
                    "timeout in reply cpong after {} ms. Socket = {socket} (event=110)",
                    timeout.as_millis()
                ),
            ),
            Trouble::OtherThanPong => say(
                Warn,
                "ajp_handle_cping_cpong::jk_ajp_common.c (1006)",
                format_args!("awaited reply cpong, received another. Closing connection"),
            ),
            _ => {
                self.tell_no_packet(ctx, socket);
                note(
                    ctx,
                    &self.received,
                    Info,
                    "ajp_handle_cping_cpong::jk_ajp_common.c (988)",
                    format_args!("({name}) awaited reply cpong, not received"),
                );
            }
        }
    }

    fn tell_unprobed<N: Net<Stream = S>>(&self, ctx: &mut Context<N>, socket: i32, line: u32) {
        let name = &self.backend().settings.name;
        let number = self.forward.trouble.number();
        let place = format!("ajp_send_request::jk_ajp_common.c ({line})");
        note(
            ctx,
            &self.received,
            Info,
            &place,
            format_args!(
                "({name}) failed sending request, socket {socket} prepost cping/cpong failure \
                 (errno={number})"
            ),
        );
    }

    /// Why a packet could not be read.
    fn tell_no_packet<N: Net<Stream = S>>(&self, ctx: &mut Context<N>, socket: i32) {
        let (name, peer) = (&self.backend().settings.name, self.peer());
        let number = self.forward.trouble.number();
        let mut say = |level, line: u32, what: Arguments<'_>| {
            let place = format!("ajp_connection_tcp_get_message::jk_ajp_common.c ({line})");
            note(ctx, &self.received, level, &place, format_args!("({name}) {what}"));
        };
        match self.forward.trouble {
            Trouble::Closed => say(
                Info,
                1338,
                format_args!(
                    "can't receive the response header message from tomcat, tomcat ({peer}) has \
                     forced a connection close for socket {socket}"
                ),
            ),
            Trouble::CutShort => say(
                Error,
                1433,
                format_args!(
                    "can't receive the response body message from tomcat, tomcat ({peer}) has \
                     forced a connection close for socket {socket}"
                ),
            ),
            Trouble::Frame(FrameError::Magic(magic)) => {
                say(Error, 1368, format_args!("wrong message format 0x{magic:04x} from {peer}"));
            }
            Trouble::Frame(FrameError::TooLong { payload, limit }) => {
                let most = limit - HEADER_LEN;
                say(Error, 1408, format_args!("wrong message size {payload} {most} from {peer}"));
            }
            _ => say(
                Info,
                1346,
                format_args!(
                    "can't receive the response header message from tomcat, network problems or \
                     tomcat ({peer}) is down (errno={number})"
                ),
            ),
        }
    }

    fn tell_lost<N: Net<Stream = S>>(&self, ctx: &mut Context<N>, socket: i32) {
        self.tell_no_packet(ctx, socket);
        let name = &self.backend().settings.name;
        let (line, what) = match self.forward.headers_received {
            false => (
                2255,
                "Tomcat is down or refused connection. No response has been sent to the client \
                 (yet)",
            ),
            true => (
                2285,
                "Tomcat is down or network problems. Part of the response has already been sent \
                 to the client",
            ),
        };
        let place = format!("ajp_get_reply::jk_ajp_common.c ({line})");
        note(ctx, &self.received, Error, &place, format_args!("({name}) {what}"));
    }

    fn tell_malformed<N: Net<Stream = S>>(&self, ctx: &mut Context<N>) {
        let Trouble::Message(error) = self.forward.trouble else { return };
        let name = &self.backend().settings.name;
        if let MessageError::HeaderCode(code) = error {
            note(
                ctx,
                &self.received,
                Error,
                "ajp_unmarshal_response::jk_ajp_common.c (763)",
                format_args!("({name}) No such sc ({})", code & 0xFF),
            );
        }
        let mut say = |line: u32, what: Arguments<'_>| {
            let place = format!("ajp_process_callback::jk_ajp_common.c ({line})");
            note(ctx, &self.received, Error, &place, format_args!("({name}) {what}"));
        };
        match error {
            MessageError::UnknownCode(code) => {
                say(2153, format_args!("Unknown AJP protocol code: {code:02X}"));
            }
            MessageError::Empty => say(2153, format_args!("Unknown AJP protocol code: 00")),
            MessageError::ChunkLength { claimed, present } => say(
                2050,
                format_args!(
                    "Chunk length too large. Length of AJP message is {}, chunk length is \
                     {claimed}.",
                    present + CHUNK_HEAD
                ),
            ),
            _ => say(1937, format_args!("ajp_unmarshal_response failed")),
        }
    }

    /// The backend's address, as mod_jk shows it.
    fn peer(&self) -> String {
        self.backend().live.address().map_or_else(String::new, |address| address.to_string())
    }
}

/// Type and length, which come before a chunk's content.
const CHUNK_HEAD: usize = 3;

/// Why a try failed, in a few words.
fn because(failure: Failure) -> &'static str {
    match failure {
        Failure::ClientRead => "because of client read error",
        Failure::ClientWrite => "because of client write error",
        Failure::Connect | Failure::Probe | Failure::Send => {
            "because of error during request sending"
        }
        Failure::ReplyTimeout => "because of reply timeout",
        Failure::FailStatus(_) => "because of response status",
        Failure::Framing => "because of protocol error",
        Failure::Malformed => "because of server error",
        _ => "",
    }
}
