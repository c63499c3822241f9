//! The backend: this program again, in a process of its own, so that its time is told apart.

use std::net::SocketAddr;
use std::process::ExitCode;

use jk_backend::{Backend, Options, Request, Response, Servlet};

/// The hidden argument that makes this program the backend.
pub(crate) const COMMAND: &str = "backend";

/// Answers `/b/N` with N bytes, whatever the request carries.
struct Bytes;

impl Servlet for Bytes {
    fn serve(&self, request: &Request<'_>, response: &mut Response) {
        let digits = request.path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let length = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
        response.field("Content-Type", "application/octet-stream");
        match length {
            Some(length) => response.fill(length),
            None => response.status(404),
        }
    }

    fn keeps_content(&self, _: &Request<'_>) -> bool {
        false
    }
}

/// `backend AJP-ADDRESS HTTP-ADDRESS`: serves until killed.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    match serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench backend: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &[String]) -> Result<(), String> {
    let [ajp, http] = arguments else { return Err("two addresses are needed".into()) };
    let address =
        |text: &str| text.parse::<SocketAddr>().map_err(|error| format!("{text}: {error}"));
    let mut options = Options::new(address(ajp)?);
    options.http = Some(address(http)?);
    let backend = Backend::start_with(&options, Bytes).map_err(|error| error.to_string())?;
    backend.wait();
    Ok(())
}
