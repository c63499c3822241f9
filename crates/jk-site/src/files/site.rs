use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;

use jk_config::Server;

use super::MediaTypes;
use super::media::Types;

/// The settings that static files are served by, of one server.
#[derive(Clone, Debug, Default)]
pub struct StaticSite {
    root: Option<Vec<u8>>,
    index: Vec<String>,
    types: Types,
}

impl StaticSite {
    /// The settings of a server.
    pub fn of(server: &Server) -> Self {
        let root = server.document_root.as_ref().map(|root| {
            let bytes = root.as_os_str().as_bytes();
            bytes.strip_suffix(b"/").unwrap_or(bytes).to_vec()
        });
        // httpd keeps media types in lower case.
        let types = server
            .add_types
            .iter()
            .map(|(extension, media)| (extension.to_ascii_lowercase(), media.to_ascii_lowercase()));
        Self {
            root,
            index: server.directory_index.clone(),
            types: Types {
                added: types.collect(),
                known: None,
                charset: server.default_charset.clone(),
            },
        }
    }

    /// Takes media types from a `mime.types` file instead of a built-in list.
    pub fn with_media_types(mut self, types: Option<Arc<MediaTypes>>) -> Self {
        self.types.known = types;
        self
    }

    /// Writes the file name for a decoded path into `out`, which is cleared first. The name never
    /// leaves the document root.
    ///
    /// # Errors
    /// The status to answer with: 404 without a document root, 403 for a name that begins with
    /// `.ht` (Debian's `<FilesMatch "^\.ht">`), 400 for what [`crate::path::decode_path`] never
    /// gives.
    pub fn locate(&self, path: &[u8], out: &mut Vec<u8>) -> Result<(), u16> {
        out.clear();
        let root = self.root.as_ref().ok_or(404u16)?;
        if !path.starts_with(b"/") || path.contains(&0) || climbs(path) {
            return Err(400);
        }
        if is_hidden(path) {
            return Err(403);
        }
        out.extend_from_slice(root);
        out.extend_from_slice(path);
        Ok(())
    }

    /// `DirectoryIndex`: names below the directory, or paths from the root that begin with `/`.
    pub fn index(&self) -> &[String] {
        &self.index
    }

    /// Appends the value of `Content-Type` for a file; `false` when it has none. Extensions that
    /// stand for languages, charsets or handlers are not modelled.
    pub fn push_content_type(&self, file: &[u8], out: &mut Vec<u8>) -> bool {
        self.types.push(file, out)
    }
}

fn climbs(path: &[u8]) -> bool {
    path.split(|&byte| byte == b'/').any(|segment| segment == b"..")
}

fn is_hidden(path: &[u8]) -> bool {
    path.rsplit(|&byte| byte == b'/').next().is_some_and(|name| name.starts_with(b".ht"))
}
