//! `JkOptions`: words that switch bits on and off.

use super::super::call::Call;
use super::super::report::Refusal;
use super::super::walk::Walk;
use crate::spelling::nearest;
use crate::{ForwardUri, Location};

/// Bits of [`super::super::scope::Options`], by the name of the option in lower case.
const BITS: [(&str, u16); 9] = [
    ("forwarddirectories", FORWARD_DIRECTORIES),
    ("forwardlocaladdress", FORWARD_LOCAL_ADDRESS),
    ("forwardphysicaladdress", FORWARD_PHYSICAL_ADDRESS),
    ("flushpackets", FLUSH_PACKETS),
    ("flushheader", FLUSH_HEADER),
    ("disablereuse", DISABLE_REUSE),
    ("forwardkeysize", FORWARD_KEY_SIZE),
    ("forwardsslcertchain", FORWARD_SSL_CERT_CHAIN),
    ("rejectunsafeuri", REJECT_UNSAFE_URI),
];

pub(crate) const FORWARD_DIRECTORIES: u16 = 1;
pub(crate) const FORWARD_LOCAL_ADDRESS: u16 = 2;
pub(crate) const FORWARD_PHYSICAL_ADDRESS: u16 = 4;
pub(crate) const FLUSH_PACKETS: u16 = 8;
pub(crate) const FLUSH_HEADER: u16 = 16;
pub(crate) const DISABLE_REUSE: u16 = 32;
pub(crate) const FORWARD_KEY_SIZE: u16 = 64;
pub(crate) const FORWARD_SSL_CERT_CHAIN: u16 = 128;
pub(crate) const REJECT_UNSAFE_URI: u16 = 256;

pub(super) fn apply(walk: &mut Walk<'_>, call: &Call<'_>) -> Result<(), Refusal> {
    for word in &call.words {
        option(walk, &word.text, &word.at).map_err(|refusal| refusal.at(&word.at))?;
    }
    Ok(())
}

fn option(walk: &mut Walk<'_>, text: &str, at: &Location) -> Result<(), Refusal> {
    let (off, name) = match (text.strip_prefix('-'), text.strip_prefix('+')) {
        (Some(name), _) => (true, name),
        (None, Some(name)) => (false, name),
        (None, None) => (false, text),
    };
    let lower = name.to_ascii_lowercase();
    if off && lower.starts_with("forwarduri") {
        return Err(Refusal::new(format!("JkOptions: `{name}` cannot be switched off"))
            .help("switch another ForwardURI option on instead"));
    }
    if lower.starts_with("collapseslashes") && COLLAPSE.contains(&lower.as_str()) {
        let message = format!("`{name}` is ignored: slashes are always collapsed");
        walk.report.note(at, message);
        return Ok(());
    }
    let forward = FORWARD_URI.iter().find(|(known, _)| *known == lower).map(|(_, form)| *form);
    let bit = BITS.iter().find(|(known, _)| *known == lower).map(|(_, bit)| *bit);
    let options = &mut walk.scope().jk.options;
    match (forward, bit) {
        (Some(form), _) => options.forward_uri = Some(form),
        (None, Some(bit)) => {
            // The two addresses replace each other, whichever sign they come with.
            if bit & (FORWARD_LOCAL_ADDRESS | FORWARD_PHYSICAL_ADDRESS) != 0 {
                options.on &= !(FORWARD_LOCAL_ADDRESS | FORWARD_PHYSICAL_ADDRESS);
            }
            if off { options.off |= bit } else { options.on |= bit }
        }
        (None, None) => {
            let names = NAMES.into_iter();
            let refusal = Refusal::new(format!("JkOptions: there is no option `{name}`"));
            return Err(match nearest(name, names) {
                Some(meant) => refusal.help(format!("did you mean `{meant}`?")),
                None => refusal.help(format!("one of {}", NAMES.join(", "))),
            });
        }
    }
    Ok(())
}

const COLLAPSE: [&str; 3] = ["collapseslashesall", "collapseslashesnone", "collapseslashesunmount"];

const FORWARD_URI: [(&str, ForwardUri); 4] = [
    ("forwarduriproxy", ForwardUri::Proxy),
    ("forwarduricompat", ForwardUri::Compat),
    ("forwarduricompatunparsed", ForwardUri::CompatUnparsed),
    ("forwarduriescaped", ForwardUri::Escaped),
];

const NAMES: [&str; 13] = [
    "ForwardURIProxy",
    "ForwardURICompat",
    "ForwardURICompatUnparsed",
    "ForwardURIEscaped",
    "ForwardDirectories",
    "ForwardLocalAddress",
    "ForwardPhysicalAddress",
    "FlushPackets",
    "FlushHeader",
    "DisableReuse",
    "ForwardKeySize",
    "ForwardSSLCertChain",
    "RejectUnsafeURI",
];
