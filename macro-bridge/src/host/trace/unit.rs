//! The file of the unit that this rustc compiles. A unit is what cargo runs rustc for once: a library,
//! the tests of that library, a program, a build script, each with other features and for another
//! target once more.
//!
//! The first expansion of a process begins the file anew, so nothing of an earlier run stays. Its
//! head names the run that the command line counts as one (`CELL_TRACE_RUN`): a file of an earlier
//! run is of a unit that cargo did not compile, or that uses no macro any more, and only cargo knows
//! which. It also knows if rustc came to its end.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::sealed::escape;

/// First line of a file.
const FORMAT: &str = "cell-trace 1";

/// The open file. rust-analyzer expands for many crates in one process.
static OPEN: Mutex<Option<(PathBuf, File)>> = Mutex::new(None);

/// Adds whole lines to the unit's file in `folder`: one `write`, so those of threads do not mix.
pub(super) fn append(folder: &Path, lines: &str) {
    let path = folder.join(format!("{}.trace", name()));
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if open.as_ref().is_none_or(|(known, _)| *known != path) {
        *open = begin(&path, &head()).ok().map(|file| (path, file));
    }
    if let Some((_, file)) = open.as_mut() {
        let _ = file.write_all(lines.as_bytes());
    }
}

/// Opens the file with nothing but its head, or as it is if this process began it: a second copy of
/// this library in one rustc, for two releases of the SDK, has statics of its own.
fn begin(path: &Path, head: &str) -> std::io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut begun = Vec::new();
    if let Ok(file) = File::open(path) {
        file.take(head.len() as u64).read_to_end(&mut begun)?;
    }
    if begun == head.as_bytes() {
        return OpenOptions::new().append(true).open(path);
    }
    fs::write(path, head)?;
    OpenOptions::new().append(true).open(path)
}

/// `run RUN PROCESS`, and `unit CRATE<tab>PACKAGE<tab>FOLDER` of the package.
fn head() -> String {
    let variable = |name: &str| {
        let value = std::env::var_os(name).unwrap_or_default();
        escape(&value.to_string_lossy())
    };
    let run = Some(variable("CELL_TRACE_RUN")).filter(|run| !run.is_empty());
    format!(
        "{FORMAT}\nrun {} {}\nunit {}\t{}\t{}\n",
        run.as_deref().unwrap_or("-"),
        std::process::id(),
        variable("CARGO_CRATE_NAME"),
        variable("CARGO_PKG_NAME"),
        variable("CARGO_MANIFEST_DIR")
    )
}

/// The unit's name, as cargo names what it compiles to: the same in every run. Where no rustc tells
/// it (rust-analyzer), a name of this process.
fn name() -> String {
    static NAME: OnceLock<Option<String>> = OnceLock::new();
    let known = NAME.get_or_init(|| of_arguments(arguments()));
    known.clone().unwrap_or_else(|| {
        let krate = std::env::var("CARGO_CRATE_NAME").unwrap_or_else(|_| "crate".to_owned());
        format!("{krate}-{}", std::process::id())
    })
}

/// How this process was started. The C library need not tell that to a library that is loaded later;
/// those who do not are on Linux.
fn arguments() -> Vec<OsString> {
    let known: Vec<OsString> = std::env::args_os().collect();
    if !known.is_empty() {
        return known;
    }
    let line = fs::read("/proc/self/cmdline").unwrap_or_default();
    let words =
        line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned());
    words.map(OsString::from).collect()
}

/// `app-0123456789abcdef` from what cargo gives rustc: the name of the crate and what is added to it
/// in names of files.
fn of_arguments(arguments: Vec<OsString>) -> Option<String> {
    let mut words = Vec::with_capacity(arguments.len());
    for word in arguments {
        let Ok(word) = word.into_string() else { continue };
        // What is too long for a command line is in a file.
        match word.strip_prefix('@').and_then(|path| fs::read_to_string(path).ok()) {
            Some(text) => words.extend(text.lines().map(str::to_owned)),
            None => words.push(word),
        }
    }
    let (mut krate, mut extra) = (None, None);
    let mut before = "";
    for word in &words {
        let codegen = match before {
            "-C" | "--codegen" => Some(word.as_str()),
            "--crate-name" => {
                krate = Some(word.as_str());
                None
            }
            _ => word.strip_prefix("-C").or_else(|| word.strip_prefix("--codegen=")),
        };
        if let Some(found) = word.strip_prefix("--crate-name=") {
            krate = Some(found);
        }
        if let Some(found) = codegen.and_then(|option| option.strip_prefix("extra-filename=")) {
            extra = Some(found);
        }
        before = word;
    }
    let name = format!("{}{}", krate?, extra.unwrap_or_default());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    // Letters of other scripts may be in the name of a crate.
    name.bytes().all(|byte| plain(byte) || !byte.is_ascii()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Option<String> {
        of_arguments(words.iter().map(OsString::from).collect())
    }

    #[test]
    fn a_unit_is_named_by_crate_and_extra_filename() {
        let plain = ["rustc", "--crate-name", "app", "--edition=2024", "src/lib.rs"];
        assert_eq!(of(&plain), Some("app".to_owned()));
        let with = |more: &[&str]| of(&[&plain[..], more].concat());
        let expected = Some("app-0a".to_owned());
        assert_eq!(with(&["-C", "metadata=7", "-C", "extra-filename=-0a", "--test"]), expected);
        assert_eq!(with(&["-Cextra-filename=-0a"]), expected);
        assert_eq!(with(&["--codegen=extra-filename=-0a"]), expected);
        assert_eq!(of(&["--crate-name=app", "--codegen", "extra-filename=-0a"]), expected);
        assert_eq!(with(&["-C", "extra-filename=/../../x"]), None);
        assert_eq!(of(&["rust-analyzer-proc-macro-srv"]), None);
    }

    #[test]
    fn arguments_may_be_in_a_file() {
        let path = std::env::temp_dir().join(format!("cell-unit-{}", std::process::id()));
        fs::write(&path, "--crate-name\napp\n-C\nextra-filename=-0a\n").unwrap();
        let word = format!("@{}", path.display());
        assert_eq!(of(&["rustc", &word]), Some("app-0a".to_owned()));
        fs::remove_file(&path).unwrap();
        assert_eq!(of(&["rustc", &word]), None);
    }

    #[test]
    fn a_process_begins_its_file_once() {
        let folder = std::env::temp_dir().join(format!("cell-begin-{}", std::process::id()));
        let path = folder.join("app.trace");
        let add = |head: &str, line: &str| {
            begin(&path, head).unwrap().write_all(line.as_bytes()).unwrap();
            fs::read_to_string(&path).unwrap()
        };
        assert_eq!(add("run 1\n", "a\n"), "run 1\na\n");
        assert_eq!(add("run 1\n", "b\n"), "run 1\na\nb\n");
        assert_eq!(add("run 2\n", "c\n"), "run 2\nc\n");
        fs::remove_dir_all(&folder).unwrap();
    }
}
