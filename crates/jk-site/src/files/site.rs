use std::collections::HashMap;
use std::io::ErrorKind;

use jk_config::Server;

use super::media;
use crate::path::escape_httpd;

/// The settings that static files are served by, of one server.
#[derive(Clone, Debug, Default)]
pub struct StaticSite {
    root: Option<Vec<u8>>,
    index: Vec<String>,
    types: HashMap<String, String>,
    charset: Option<String>,
}

/// What to do about a path that names a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directory<'a> {
    /// Redirect (301) to the path with a slash.
    Redirect,
    /// Try these names in order; the first that is a file is served. When none is: 403.
    Index(&'a [String]),
}

impl StaticSite {
    /// The settings of a server.
    pub fn of(server: &Server) -> Self {
        use std::os::unix::ffi::OsStrExt as _;

        let root = server.document_root.as_ref().map(|root| {
            let bytes = root.as_os_str().as_bytes();
            bytes.strip_suffix(b"/").unwrap_or(bytes).to_vec()
        });
        let types = server.add_types.iter().map(|(e, t)| (e.to_ascii_lowercase(), t.clone()));
        Self {
            root,
            index: server.directory_index.clone(),
            types: types.collect(),
            charset: server.default_charset.clone(),
        }
    }

    /// Writes the file name for a decoded path into `out`, which is cleared first. The name never
    /// leaves the document root.
    ///
    /// # Errors
    /// The status that httpd answers with: 404 without a document root, 403 for a hidden file.
    pub fn locate(&self, path: &[u8], out: &mut Vec<u8>) -> Result<(), u16> {
        out.clear();
        let root = self.root.as_ref().ok_or(404u16)?;
        if !path.starts_with(b"/")
            || path.contains(&0)
            || path.split(|&b| b == b'/').any(|s| s == b"..")
        {
            return Err(400);
        }
        if is_hidden(path) {
            return Err(403);
        }
        out.extend_from_slice(root);
        out.extend_from_slice(path);
        Ok(())
    }

    /// What to do about a directory.
    pub fn directory(&self, path: &[u8]) -> Directory<'_> {
        if path.ends_with(b"/") { Directory::Index(&self.index) } else { Directory::Redirect }
    }

    /// Appends the value of `Content-Type` for a file; `false` when it has none.
    pub fn push_content_type(&self, file: &[u8], out: &mut Vec<u8>) -> bool {
        media::push(file, &self.types, self.charset.as_deref(), out)
    }
}

/// The status for a name that cannot be served because looking it up failed this way.
pub fn missing(error: ErrorKind) -> u16 {
    match error {
        ErrorKind::NotFound | ErrorKind::NotADirectory => 404,
        _ => 403,
    }
}

/// Appends the value of `Location` for a directory without its slash. `base` is the server's URL
/// without a path, `path` decoded.
pub fn push_moved_location(base: &[u8], path: &[u8], query: Option<&[u8]>, out: &mut Vec<u8>) {
    out.extend_from_slice(base);
    escape_httpd(path, out);
    out.push(b'/');
    if let Some(query) = query {
        out.push(b'?');
        out.extend_from_slice(query);
    }
}

fn is_hidden(path: &[u8]) -> bool {
    path.rsplit(|&b| b == b'/').next().is_some_and(|name| name.starts_with(b".ht"))
}
