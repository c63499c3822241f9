//! Paths of the configuration: relative ones start at `ServerRoot`.

use std::path::{Component, Path, PathBuf};

/// `path` below `root` unless it is absolute, without `.`, `..` and doubled slashes.
pub(crate) fn resolve(root: &Path, path: &str) -> PathBuf {
    let mut resolved = PathBuf::new();
    for component in root.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => match resolved.components().next_back() {
                Some(Component::Normal(_)) => {
                    resolved.pop();
                }
                Some(Component::RootDir) => {}
                _ => resolved.push(component),
            },
            other => resolved.push(other),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_start_at_the_root() {
        for (path, expected) in [
            ("conf/a", "/srv/conf/a"),
            ("/etc/./x/../y", "/etc/y"),
            ("../../../z", "/z"),
            ("a//b/", "/srv/a/b"),
            ("", "/srv"),
        ] {
            assert_eq!(resolve(Path::new("/srv"), path), Path::new(expected), "{path}");
        }
        assert_eq!(resolve(Path::new("."), "../../a/../b"), Path::new("../../b"));
    }
}
