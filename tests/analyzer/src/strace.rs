//! What a process does to its machine, as strace tells it.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result};

/// The words that start a program under strace, for [`crate::Analyzer::start_under`]. What it does
/// with files and networks is written to `log`, a line each.
///
/// # Errors
/// If there is no strace on this machine.
pub fn launcher(log: &Path) -> Result<Vec<OsString>> {
    let path = std::env::var_os("PATH").context("there is no PATH")?;
    let strace = std::env::split_paths(&path)
        .map(|folder| folder.join("strace"))
        .find(|program| program.is_file())
        .context("there is no strace\nhelp: install it; these tests are never left out")?;
    let words = ["-f", "-qq", "-y", "-s", "500", "-e", "trace=%network,%file", "-o"];
    let mut launcher = vec![strace.into_os_string()];
    launcher.extend(words.map(Into::into));
    launcher.push(log.as_os_str().to_owned());
    Ok(launcher)
}

/// The lines of a log that are more than reading: anything with a network, programs that are started
/// but the first, and changes of files outside `may_change`. What failed counts as well, and so does
/// every call of which this does not know that it reads.
#[must_use]
pub fn deeds(log: &str, may_change: &Path) -> Vec<String> {
    // `4711 openat(AT_FDCWD</here>, "a", O_RDONLY) = 3</here/a>`
    let lines =
        log.lines().filter_map(|line| line.split_once(' ')).map(|(_, line)| line.trim_start());
    let mut started = false;
    let more = |line: &&str| match line.split_once('(') {
        Some(("execve", _)) => std::mem::replace(&mut started, true),
        Some((name, arguments)) => !only_reads(name, arguments, may_change),
        None => false,
    };
    lines.filter(more).map(str::to_owned).collect()
}

fn only_reads(name: &str, arguments: &str, may_change: &Path) -> bool {
    match name {
        "open" | "openat" => {
            let changes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"];
            !changes.iter().any(|flag| arguments.contains(flag)) || is_in(arguments, may_change)
        }
        "access" | "faccessat" | "faccessat2" | "stat" | "lstat" | "statx" | "newfstatat"
        | "statfs" | "readlink" | "readlinkat" | "getcwd" | "chdir" => true,
        "mkdir" | "mkdirat" | "rmdir" | "unlink" | "unlinkat" => is_in(arguments, may_change),
        // The end of a line that another thread interrupted, an exit, a signal: no call begins.
        name => !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
    }
}

/// Is the path of a call in this folder?
fn is_in(arguments: &str, folder: &Path) -> bool {
    let path = arguments.split('"').nth(1).unwrap_or_default();
    Path::new(path).starts_with(folder) || path == "/dev/null"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_reading_is_found() {
        let reads = [
            r#"1 execve("/server", ["/server"], 0x7f /* 6 vars */) = 0"#,
            r#"1 openat(AT_FDCWD</>, "/p/cell.lock", O_RDONLY|O_CLOEXEC) = 3</p/cell.lock>"#,
            r#"12  statx(AT_FDCWD</>, "/p", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=0}) = 0"#,
            r#"12 <... statx resumed>{stx_mask=STATX_ALL}) = 0"#,
            r#"1 mkdir("/tmp/a/b", 0700) = 0"#,
            r#"1 openat(AT_FDCWD</>, "/dev/null", O_RDWR) = 3"#,
            "1 +++ exited with 0 +++",
            "1 --- SIGCHLD {si_signo=SIGCHLD (x)} ---",
        ];
        let log = reads.join("\n");
        assert_eq!(deeds(&log, Path::new("/tmp/a")), Vec::<String>::new());
        let others = [
            r#"12 connect(3<UNIX-STREAM:[1]>, {sa_family=AF_UNIX, sun_path="/run"}, 12) = 0"#,
            r#"1 socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3"#,
            r#"1 openat(AT_FDCWD</>, "/p/x", O_WRONLY|O_CREAT, 0666) = -1 EACCES (no)"#,
            r#"1 rename("/p/a", "/p/b") = 0"#,
            r#"1 renameat2(AT_FDCWD, "/tmp/a/x", AT_FDCWD, "/p/b", 0) = 0"#,
            r#"1 mkdir("/tmp/ab", 0700) = 0"#,
            r#"1 execve("/bin/cell", ["cell"], 0x7f /* 6 vars */) = 0"#,
        ];
        for line in others {
            let found = deeds(&format!("{log}\n{line}"), Path::new("/tmp/a"));
            assert_eq!(found.len(), 1, "{line}: {found:?}");
        }
    }
}
