use std::io::Write as _;
use std::net::IpAddr;

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Timelike};

use super::format::{Code, Directive, Item, Port, TimeStyle};
use super::{ConnectionEnd, Record, push_escaped, push_request_line};
use crate::fields::Fields;

/// Writing to a vector cannot fail, so nothing is to be done with the result.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{ let _ = write!($out, $($arg)*); }};
}

pub(super) fn item(item: &Item, record: &Record<'_>, out: &mut Vec<u8>) {
    match item {
        Item::Text(text) => out.extend_from_slice(text),
        Item::Directive(directive) if directive.applies(record.status) => {
            push(directive, record, out);
        }
        Item::Directive(_) => out.push(b'-'),
    }
}

impl Directive {
    fn applies(&self, status: u16) -> bool {
        self.statuses.is_empty() || self.statuses.contains(&u32::from(status)) != self.negated
    }
}

fn push(directive: &Directive, r: &Record<'_>, out: &mut Vec<u8>) {
    match &directive.code {
        Code::RemoteHost => match r.client_name {
            Some(name) => push_escaped(name, out),
            None => address(r.client.ip(), out),
        },
        Code::RemoteAddr { peer } => address(if *peer { r.peer } else { r.client }.ip(), out),
        Code::LocalAddr => address(r.local.ip(), out),
        Code::RemoteLogname | Code::Trailer => out.push(b'-'),
        Code::User => match r.user {
            Some(b"") => out.extend_from_slice(b"\"\""),
            user => text(user, out),
        },
        Code::Time { end, style } => time(*end, style, r, out),
        Code::RequestLine => push_request_line(r.request_line, push_escaped, out),
        Code::RequestField(name) => text(r.request_fields.get(name.as_bytes()), out),
        Code::ResponseField(name) => response_field(name, r.response_fields, out),
        Code::Note(name) => text(r.notes.get(name.as_bytes()), out),
        Code::Variable(name) => text(r.env.get(name.as_bytes()), out),
        Code::Cookie(name) => text(cookie(r.request_fields, name), out),
        Code::ConfiguredName => push_escaped(r.configured_name, out),
        Code::Name => push_escaped(r.name, out),
        Code::File => text(r.file, out),
        Code::Protocol => push_escaped(r.protocol, out),
        Code::LogId => out.extend_from_slice(r.log_id.unwrap_or(b"-")),
        Code::Method => push_escaped(r.method, out),
        Code::Query => {
            out.extend(r.query.map(|_| b'?'));
            push_escaped(r.query.unwrap_or_default(), out);
        }
        Code::Handler => text(r.handler, out),
        Code::Path => push_escaped(if directive.original { r.original_path } else { r.path }, out),
        Code::Bogus(argument) => out.extend_from_slice(argument.as_bytes()),
        code => number(code, directive.original, r, out),
    }
}

fn number(code: &Code, original: bool, r: &Record<'_>, out: &mut Vec<u8>) {
    let number = match code {
        Code::Status if original => u64::from(r.original_status),
        Code::Status => u64::from(r.status),
        Code::Bytes { .. } => r.body_bytes,
        Code::BytesIn => r.bytes_in,
        Code::BytesOut => r.bytes_out,
        Code::BytesBoth => r.bytes_in.saturating_add(r.bytes_out),
        Code::Duration(divisor) => {
            let micros = u64::try_from(r.duration.as_micros()).unwrap_or(u64::MAX);
            micros / u64::from((*divisor).max(1))
        }
        Code::Port(Port::Canonical) => u64::from(r.configured_port),
        Code::Port(Port::Local) => u64::from(r.local.port()),
        Code::Port(Port::Remote) => u64::from(r.client.port()),
        Code::KeptAlive => u64::from(r.kept_alive),
        Code::Pid => u64::from(r.pid),
        Code::Tid { hex: true } => return put!(out, "{:x}", r.tid),
        Code::Tid { hex: false } => r.tid,
        Code::ConnectionEnd => return out.push(letter(r.end)),
        // The others are text: see `push`.
        _ => return,
    };
    let dash = matches!(code, Code::Bytes { dash: true } | Code::Status);
    if dash && number == 0 {
        return out.push(b'-');
    }
    put!(out, "{number}");
}

fn letter(end: ConnectionEnd) -> u8 {
    match end {
        ConnectionEnd::Aborted => b'X',
        ConnectionEnd::KeptAlive => b'+',
        ConnectionEnd::Closed => b'-',
    }
}

fn text(text: Option<&[u8]>, out: &mut Vec<u8>) {
    match text {
        Some(text) => push_escaped(text, out),
        None => out.push(b'-'),
    }
}

fn address(address: IpAddr, out: &mut Vec<u8>) {
    put!(out, "{}", address.to_canonical());
}

fn time(end: bool, style: &TimeStyle, r: &Record<'_>, out: &mut Vec<u8>) {
    let passed = TimeDelta::from_std(r.duration).unwrap_or_default();
    let time = if end { r.time.checked_add_signed(passed).unwrap_or(r.time) } else { r.time };
    let micros = time.nanosecond() % 1_000_000_000 / 1_000;
    match style {
        TimeStyle::Common => common(&time, out),
        TimeStyle::Seconds => put!(out, "{}", time.timestamp()),
        TimeStyle::Milliseconds => put!(out, "{}", time.timestamp_millis()),
        TimeStyle::Microseconds => put!(out, "{}", time.timestamp_micros()),
        TimeStyle::MillisecondFraction => put!(out, "{:03}", micros / 1_000),
        TimeStyle::MicrosecondFraction => put!(out, "{micros:06}"),
        TimeStyle::Custom(format) => format.push(&time, out),
    }
}

/// `[%d/%b/%Y:%H:%M:%S %z]`, which chrono's formatter takes memory for at every line.
fn common(time: &DateTime<FixedOffset>, out: &mut Vec<u8>) {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS.get(time.month0() as usize).unwrap_or(&"");
    put!(out, "[{:02}/{month}/{:04}:", time.day(), time.year());
    put!(out, "{:02}:{:02}:{:02} ", time.hour(), time.minute(), time.second());
    let minutes = time.offset().local_minus_utc() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    put!(out, "{sign}{:02}{:02}]", minutes.abs() / 60, minutes.abs() % 60);
}

/// `Content-Type` is shown without parameters, all of `Set-Cookie` joined.
fn response_field(name: &str, fields: &dyn Fields, out: &mut Vec<u8>) {
    if name.eq_ignore_ascii_case("Set-Cookie") {
        return all(name, fields, out);
    }
    let value = fields.get(name.as_bytes());
    if name.eq_ignore_ascii_case("Content-Type") {
        return text(value.map(media_type), out);
    }
    text(value, out);
}

fn media_type(value: &[u8]) -> &[u8] {
    value.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii_end()
}

fn all(name: &str, fields: &dyn Fields, out: &mut Vec<u8>) {
    let mut first = true;
    let mut index = 0;
    while let Some((candidate, value)) = fields.at(index) {
        index += 1;
        if !candidate.eq_ignore_ascii_case(name.as_bytes()) {
            continue;
        }
        if !first {
            out.extend_from_slice(b", ");
        }
        push_escaped(value, out);
        first = false;
    }
    if first {
        out.push(b'-');
    }
}

fn cookie<'a>(fields: &'a dyn Fields, name: &str) -> Option<&'a [u8]> {
    fields.get(b"Cookie")?.split(|&byte| byte == b';').find_map(|pair| {
        let equals = memchr::memchr(b'=', pair)?;
        let (found, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
        (found.eq_ignore_ascii_case(name.as_bytes()) && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_time_is_what_strftime_writes() {
        let format = "[%d/%b/%Y:%H:%M:%S %z]";
        for (seconds, offset) in
            [(0, 0), (951_827_696, 3600), (1_700_000_000, -34_200), (4_102_444_799, 20_700)]
        {
            let zone = FixedOffset::east_opt(offset).unwrap();
            let time = DateTime::from_timestamp(seconds, 0).unwrap().with_timezone(&zone);
            let mut out = Vec::new();
            common(&time, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), time.format(format).to_string());
        }
    }
}
