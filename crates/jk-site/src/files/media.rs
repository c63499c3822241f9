use std::collections::HashMap;

pub(super) fn push(
    file: &[u8],
    types: &HashMap<String, String>,
    charset: Option<&str>,
    out: &mut Vec<u8>,
) -> bool {
    let name = file.rsplit(|&b| b == b'/').next().unwrap_or_default();
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let Some(media) = of_name(name, types) else { return false };
    out.extend_from_slice(media.as_bytes());
    if let Some(charset) = charset.filter(|_| media == "text/html" || media == "text/plain") {
        out.extend_from_slice(b";charset=");
        out.extend_from_slice(charset.as_bytes());
    }
    true
}

/// httpd looks at every extension; the last one that it knows decides.
fn of_name<'a>(name: &str, types: &'a HashMap<String, String>) -> Option<&'a str> {
    let mut found = None;
    for extension in name.split('.').skip(1) {
        let lower = extension.to_ascii_lowercase();
        let known = types.get(&lower).map(String::as_str);
        found = known.or_else(|| mime_guess::from_ext(&lower).first_raw()).or(found);
    }
    found
}
