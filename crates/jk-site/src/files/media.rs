use std::collections::HashMap;

/// What a `mime.types` file (`TypesConfig`) says: extensions and their media types.
///
/// httpd knows no other types than those of this file and of `AddType`, and which file a system has
/// differs. Without one the list of the `mime_guess` crate is used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MediaTypes {
    by_extension: HashMap<String, String>,
}

impl MediaTypes {
    /// Reads lines of `type extension…`; the last line that names an extension counts.
    pub fn parse(text: &str) -> Self {
        let mut by_extension = HashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_ascii_whitespace();
            let Some(media) = words.next() else { continue };
            for extension in words {
                by_extension.insert(extension.to_ascii_lowercase(), media.to_owned());
            }
        }
        Self { by_extension }
    }

    fn get(&self, extension: &str) -> Option<&str> {
        self.by_extension.get(extension).map(String::as_str)
    }
}

/// The types of one server: `AddType` before those of the system.
#[derive(Clone, Debug, Default)]
pub(super) struct Types {
    pub(super) added: HashMap<String, String>,
    pub(super) known: Option<std::sync::Arc<MediaTypes>>,
    pub(super) charset: Option<String>,
}

impl Types {
    pub(super) fn push(&self, file: &[u8], out: &mut Vec<u8>) -> bool {
        let name = file.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let Some(media) = self.of_name(name) else { return false };
        out.extend_from_slice(media.as_bytes());
        let default = self.charset.as_ref().filter(|_| takes_charset(media));
        if let Some(charset) = default {
            out.extend_from_slice(b"; charset=");
            out.extend_from_slice(charset.as_bytes());
        }
        true
    }

    /// httpd looks at every extension; the last one that it knows decides.
    fn of_name(&self, name: &[u8]) -> Option<&str> {
        // A leading dot begins the name, not an extension.
        let name = name.strip_prefix(b".").unwrap_or(name);
        let extensions = name.split(|&byte| byte == b'.').skip(1);
        let mut lower = String::new();
        let mut found = None;
        for extension in extensions.filter_map(|e| std::str::from_utf8(e).ok()) {
            lower.clear();
            lower.push_str(extension);
            lower.make_ascii_lowercase();
            found = self.of_extension(&lower).or(found);
        }
        found
    }

    fn of_extension(&self, extension: &str) -> Option<&str> {
        if let Some(media) = self.added.get(extension) {
            return Some(media);
        }
        match &self.known {
            Some(types) => types.get(extension),
            None => mime_guess::from_ext(extension).first_raw(),
        }
    }
}

/// `AddDefaultCharset` is for these two types.
fn takes_charset(media: &str) -> bool {
    media == "text/html" || media == "text/plain"
}
