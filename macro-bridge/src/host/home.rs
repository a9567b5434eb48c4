//! Where this user's caches and sockets are, with std alone: the same folders as
//! `macro_runtime::CacheDir` and the macro server, which a test compares.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

/// The environment, so that tests need not change their own.
type Variable<'a> = &'a dyn Fn(&str) -> Option<PathBuf>;

/// The folder of the expansion cache. `None` if the user has no home.
#[must_use]
pub fn expansions() -> Option<PathBuf> {
    Some(cache(&variable)?.join(EXPANSIONS))
}

/// The folder of the macro server's socket. `None` if the user has no home.
#[must_use]
pub fn sockets() -> Option<PathBuf> {
    sockets_of(&variable)
}

/// The name of the expansion cache in the user's cache folder.
pub const EXPANSIONS: &str = "expansions-2";

fn variable(name: &str) -> Option<PathBuf> {
    let value = match name {
        // Who has no such variable has a line in the system's list of users.
        "HOME" => std::env::home_dir(),
        _ => std::env::var_os(name).map(PathBuf::from),
    };
    value.filter(|value| !value.as_os_str().is_empty())
}

/// As the crate `directories` has it for an application `cell`.
fn cache(variable: Variable<'_>) -> Option<PathBuf> {
    if let Some(home) = variable("CELL_HOME") {
        return Some(home.join("cache"));
    }
    let home = || variable("HOME").filter(|home| home.is_absolute());
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Caches/cell"));
    }
    if cfg!(windows) {
        return Some(variable("LOCALAPPDATA")?.join("cell/cache"));
    }
    match variable("XDG_CACHE_HOME").filter(|folder| folder.is_absolute()) {
        Some(folder) => Some(folder.join("cell")),
        None => Some(home()?.join(".cache/cell")),
    }
}

fn sockets_of(variable: Variable<'_>) -> Option<PathBuf> {
    // With a home of its own everything is in it: a test's server is no other test's.
    if variable("CELL_HOME").is_none()
        && let Some(folder) = variable("XDG_RUNTIME_DIR").filter(|folder| folder.is_absolute())
    {
        return Some(folder.join("cell"));
    }
    // The server does not stand in the folder that we stand in.
    Some(cache(variable)?.join("run")).filter(|folder| folder.is_absolute())
}

/// The socket in its folder. `None` if the system has no room for such a path.
#[must_use]
pub fn socket(folder: &Path) -> Option<PathBuf> {
    /// `sun_path` of Linux has 108 bytes, that of macOS 104, each with a zero at the end.
    const LONGEST: usize = 103;
    let path = folder.join(concat!("macros-", env!("CARGO_PKG_VERSION"), ".sock"));
    (path.as_os_str().len() <= LONGEST).then_some(path)
}

/// A folder of this user's into which nobody else may write: whoever could put a file or a socket
/// there would choose what is compiled.
pub(super) fn is_ours(folder: &Path) -> bool {
    std::fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir() && belongs_to_us(&found))
}

/// Of this user, and not for others to write. As std does not say who we are, a pipe does: it
/// belongs to who made it.
#[cfg(unix)]
pub(super) fn belongs_to_us(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    static USER: std::sync::OnceLock<Option<u32>> = std::sync::OnceLock::new();
    let user = USER.get_or_init(|| {
        let (pipe, _) = std::io::pipe().ok()?;
        let pipe = std::fs::File::from(std::os::fd::OwnedFd::from(pipe));
        Some(pipe.metadata().ok()?.uid())
    });
    *user == Some(found.uid()) && found.mode() & 0o022 == 0
}

#[cfg(not(unix))]
pub(super) fn belongs_to_us(_found: &Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<PathBuf> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into())
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn folders_follow_the_environment() {
        let found = |pairs| {
            let variable = with(pairs);
            let show = |path: Option<PathBuf>| path.map(|path| path.display().to_string());
            (show(cache(&variable)), show(sockets_of(&variable)))
        };
        let both = |a: &str, b: &str| (Some(a.to_owned()), Some(b.to_owned()));
        assert_eq!(found(&[]), (None, None));
        assert_eq!(found(&[("HOME", "/h")]), both("/h/.cache/cell", "/h/.cache/cell/run"));
        assert_eq!(
            found(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c"), ("XDG_RUNTIME_DIR", "/r")]),
            both("/c/cell", "/r/cell")
        );
        assert_eq!(
            found(&[("HOME", "/h"), ("CELL_HOME", "/x"), ("XDG_RUNTIME_DIR", "/r")]),
            both("/x/cache", "/x/cache/run")
        );
        assert_eq!(found(&[("CELL_HOME", "x")]), (Some("x/cache".to_owned()), None));
        assert_eq!(
            found(&[("HOME", "/h"), ("XDG_CACHE_HOME", "relative")]),
            both("/h/.cache/cell", "/h/.cache/cell/run")
        );
    }

    #[test]
    fn a_path_that_no_socket_can_have_is_none() {
        assert!(socket(Path::new("/run/user/1000/cell")).is_some());
        assert!(socket(&Path::new("/x").join("y".repeat(100))).is_none());
    }
}
