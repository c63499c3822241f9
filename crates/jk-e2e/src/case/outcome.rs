use std::fmt::Write as _;

use crate::backend::Received;
use crate::client::{End, Response};
use crate::text::{body_summary, printable};

/// Everything that happened when a case was played.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What each step that yields something yielded.
    pub steps: Vec<StepOutcome>,
    /// What each backend received.
    pub backends: Vec<BackendOutcome>,
    /// Files that belong to the outcome, and their content.
    pub files: Vec<(String, String)>,
}

/// What one step yielded.
#[derive(Debug)]
pub struct StepOutcome {
    /// The step as written.
    pub label: String,
    /// Responses, in order.
    pub responses: Vec<Response>,
    /// The backends that were sent the request, in order; `None` when requests overlapped.
    pub tried: Option<Vec<String>>,
    /// Further facts.
    pub remarks: Vec<String>,
}

/// What one backend received.
#[derive(Debug)]
pub struct BackendOutcome {
    /// Its name.
    pub name: String,
    /// Connections accepted.
    pub connections: usize,
    /// CPINGs received.
    pub probes: usize,
    /// Requests, in order.
    pub requests: Vec<Received>,
    /// What a strict container would object to.
    pub objections: Vec<String>,
}

impl Outcome {
    /// The outcome as text, everything masked that differs from run to run. Two programs behave
    /// alike when their texts are equal.
    pub fn render(&self, mask: &dyn Fn(&str) -> String) -> String {
        let mut out = String::new();
        for (index, step) in self.steps.iter().enumerate() {
            step.render(index + 1, &mut out);
        }
        let mut seen = Vec::new();
        for backend in &self.backends {
            backend.render(mask, &mut seen, &mut out);
        }
        for (name, content) in &self.files {
            let _ = writeln!(out, "== file {name}");
            for line in content.lines() {
                let _ = writeln!(out, "| {line}");
            }
        }
        mask(&out)
    }
}

impl StepOutcome {
    fn render(&self, number: usize, out: &mut String) {
        let _ = writeln!(out, "== {number}. {}", self.label);
        for response in &self.responses {
            render_response(response, out);
        }
        for remark in &self.remarks {
            let _ = writeln!(out, "{remark}");
        }
        if let Some(tried) = &self.tried {
            let tried = if tried.is_empty() { "nobody".to_owned() } else { tried.join(" ") };
            let _ = writeln!(out, "tried {tried}");
        }
    }
}

fn render_response(response: &Response, out: &mut String) {
    if response.status_line.is_empty() {
        out.push_str(match response.end {
            End::TimedOut => "no response in time\n",
            _ => "no response\n",
        });
        return;
    }
    for status in &response.interim {
        let _ = writeln!(out, "interim {status}");
    }
    let _ = writeln!(out, "{}", response.status_line);
    for field in &response.fields {
        let value = match field.name.to_ascii_lowercase().as_str() {
            "date" | "server" => "*".to_owned(),
            _ => printable(&field.value),
        };
        let _ = writeln!(out, "{}: {value}", field.name);
    }
    let _ = writeln!(out, "{}", body_summary(&response.body));
    for field in &response.trailers {
        let _ = writeln!(out, "trailer {}: {}", field.name, printable(&field.value));
    }
    out.push_str(match response.end {
        End::Complete => "complete\n",
        End::ByClose => "ended by close\n",
        // A reset instead of an orderly end is a race that neither program decides.
        End::Truncated | End::Reset => "truncated\n",
        End::TimedOut => "stalled\n",
        End::Malformed => "malformed\n",
    });
}

impl BackendOutcome {
    /// A request that equals one already shown is shown as such: most cases repeat one request.
    fn render(
        &self,
        mask: &dyn Fn(&str) -> String,
        seen: &mut Vec<(String, String)>,
        out: &mut String,
    ) {
        let _ = writeln!(
            out,
            "== backend {}: {} connections, {} probes, {} requests",
            self.name,
            self.connections,
            self.probes,
            self.requests.len()
        );
        for objection in &self.objections {
            let _ = writeln!(out, "objection: {objection}");
        }
        for (index, received) in self.requests.iter().enumerate() {
            let own = format!("{}{}", self.name, index + 1);
            let text = mask(&received.describe());
            let _ = write!(out, "-- {own} on connection {}", received.connection);
            match seen.iter().find(|(_, earlier)| *earlier == text) {
                Some((earlier, _)) => {
                    let _ = writeln!(out, ": as {earlier}");
                }
                None => {
                    let _ = write!(out, "\n{text}");
                    seen.push((own, text));
                }
            }
        }
    }
}
