use std::fmt::Write as _;

use crate::ajp::{ForwardRequest, Header};
use crate::text::fnv;

/// Everything one backend received.
#[derive(Debug, Default)]
pub struct Log {
    /// Connections accepted.
    pub connections: usize,
    /// CPINGs received.
    pub probes: usize,
    /// Forward requests, in the order received.
    pub requests: Vec<Received>,
    /// What a strict container would object to.
    pub objections: Vec<String>,
    /// How many `hold` statements may still pass.
    pub permits: usize,
    /// How many wait at one.
    pub held: usize,
}

/// One forward request and what was received of its body.
#[derive(Clone, Debug)]
pub struct Received {
    /// The connection it came on, from 1.
    pub connection: usize,
    /// Its place among the requests to all backends.
    pub sequence: usize,
    /// The request, or what was wrong with it.
    pub request: Result<ForwardRequest, String>,
    /// Its body.
    pub body: BodyRecord,
}

/// The packets of a body.
#[derive(Clone, Debug, Default)]
pub struct BodyRecord {
    /// Size of each data packet's content, in order.
    pub packets: Vec<usize>,
    /// All contents.
    pub bytes: Vec<u8>,
    /// Whether a packet without any length ended it.
    pub ended: bool,
}

impl Received {
    /// The request in lines, for a recording. The client's port differs from run to run and is
    /// masked; headers are sorted, for their order carries no meaning.
    pub fn describe(&self) -> String {
        let request = match &self.request {
            Ok(request) => request,
            Err(objection) => return format!("malformed request: {objection}\n"),
        };
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{} {} {}",
            request.method(),
            request.uri,
            request.protocol.as_deref().unwrap_or("null")
        );
        let _ = writeln!(
            out,
            "from {} named {} to {} port {} secure {}",
            request.remote_addr.as_deref().unwrap_or("null"),
            request.remote_host.as_deref().unwrap_or("null"),
            request.server_name.as_deref().unwrap_or("null"),
            request.server_port,
            request.secure
        );
        describe_headers(&request.headers, &mut out);
        for attribute in &request.attributes {
            let value = match attribute.name.as_str() {
                "AJP_REMOTE_PORT" if is_ephemeral(attribute.value.as_deref()) => "*",
                _ => attribute.value.as_deref().unwrap_or("null"),
            };
            let kind = if attribute.named { "attribute" } else { "field" };
            let _ = writeln!(out, "{kind} {}={value}", attribute.name);
        }
        self.body.describe(&mut out);
        out
    }
}

fn is_ephemeral(port: Option<&str>) -> bool {
    port.and_then(|p| p.parse::<u16>().ok()).is_some_and(|p| p >= 1024)
}

fn describe_headers(headers: &[Header], out: &mut String) {
    let mut sorted: Vec<&Header> = headers.iter().collect();
    sorted.sort();
    for header in sorted {
        let code = header.code.map_or("----".to_owned(), |code| format!("{code:04X}"));
        let value = header.value.as_deref().unwrap_or("null");
        let _ = writeln!(out, "header {code} {}: {value}", header.name);
    }
}

impl BodyRecord {
    fn describe(&self, out: &mut String) {
        if self.packets.is_empty() && !self.ended {
            return;
        }
        let sizes: Vec<String> = runs(&self.packets);
        let end = if self.ended { ", then an empty packet" } else { "" };
        let _ = writeln!(
            out,
            "body {} bytes, fnv {:016x}, in {}{end}",
            self.bytes.len(),
            fnv(&self.bytes),
            if sizes.is_empty() { "no packet".to_owned() } else { sizes.join(" ") },
        );
    }
}

/// `8186x3 100` for 8186, 8186, 8186, 100.
fn runs(sizes: &[usize]) -> Vec<String> {
    sizes
        .chunk_by(|a, b| a == b)
        .map(|run| match run.len() {
            1 => run[0].to_string(),
            n => format!("{}x{n}", run[0]),
        })
        .collect()
}
