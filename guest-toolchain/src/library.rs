//! The standard library of crates that know nothing of Cell: the compiler's own sources, in which what
//! leaves the sandbox ends in the functions of `wit/sandbox` instead of nowhere.
//!
//! For `wasm32-unknown-unknown` the library has functions that do nothing: a file is not there, a
//! variable is not set, and nobody learns that somebody asked. Here two of its files are ours, one is
//! added, and in some others a few lines are. Each place is known by its text, so of a release that
//! nobody looked at no library is built: one that silently does nothing would look like a macro that
//! wants nothing.

use std::fs;
use std::path::{Path, PathBuf};

use macro_bridge::digest::{Digest, Sha256};

use crate::compiler::Compiler;
use crate::copy;
use crate::error::{Error, Kind, Result};

/// What the functions are called from: its name as a module, and its text.
const OUTSIDE: (&str, &str) = ("sys/outside.rs", include_str!("../library/outside.rs"));

/// Found in every library that was built from these sources.
pub(crate) const MARK: &str = "cell:sandbox/variables@0.1.0";

/// Files that are ours instead: path below `src`, our text, and the digest that the file has in the
/// releases that ours was compared with.
const WHOLE: [(&str, &str, &str); 2] = [
    ("sys/env/unsupported.rs", include_str!("../library/env.rs"), ENV_OF_1_96),
    ("sys/fs/unsupported.rs", include_str!("../library/fs.rs"), FS_OF_1_96),
];

const ENV_OF_1_96: &str = "98dfdc48510c03fa3cbab5886ff1f2fc7497c0caa362da44a7ae75936d116bb1";
const FS_OF_1_96: &str = "b173c5b64f6bb235254f2106a80d900e1f67706100b2f2d21de7ecce17d511c9";

/// A text that stands in a file once, and what stands there instead.
struct Edit {
    file: &'static str,
    from: &'static str,
    to: &'static str,
}

const fn edit(file: &'static str, from: &'static str, to: &'static str) -> Edit {
    Edit { file, from, to }
}

const PROCESS: &str = "sys/process/unsupported.rs";
const NETWORK: &str = "sys/net/connection/unsupported.rs";
const TIME: &str = "sys/time/unsupported.rs";
const THREAD: &str = "sys/thread/unsupported.rs";
const PATHS: &str = "sys/paths/unsupported.rs";

const EDITS: &[Edit] = &[
    edit("sys/mod.rs", "pub mod os_str;\n", "pub mod os_str;\npub mod outside;\n"),
    edit(
        PROCESS,
        "        _needs_stdin: bool,
    ) -> io::Result<(Process, StdioPipes)> {
        unsupported()",
        "        _needs_stdin: bool,
    ) -> io::Result<(Process, StdioPipes)> {
        crate::sys::outside::refuse(\"process\", &self.program)",
    ),
    edit(
        PROCESS,
        "pub fn output(_cmd: &mut Command) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    unsupported()",
        "pub fn output(cmd: &mut Command) -> io::Result<(ExitStatus, Vec<u8>, Vec<u8>)> {
    crate::sys::outside::refuse(\"process\", &cmd.program)",
    ),
    edit(
        PROCESS,
        "    panic!(\"no pids on this platform\")",
        "    crate::sys::outside::attempt(\"process\", \"id\");
    panic!(\"no pids on this platform\")",
    ),
    edit(
        NETWORK,
        "    pub fn connect<A: ToSocketAddrs>(_: A) -> io::Result<TcpStream> {
        unsupported()",
        "    pub fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        refuse_all(addr)",
    ),
    edit(
        NETWORK,
        "    pub fn connect_timeout(_: &SocketAddr, _: Duration) -> io::Result<TcpStream> {
        unsupported()",
        "    pub fn connect_timeout(addr: &SocketAddr, _: Duration) -> io::Result<TcpStream> {
        refuse_all(addr)",
    ),
    edit(
        NETWORK,
        "    pub fn bind<A: ToSocketAddrs>(_: A) -> io::Result<TcpListener> {
        unsupported()",
        "    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        refuse_all(addr)",
    ),
    edit(
        NETWORK,
        "    pub fn bind<A: ToSocketAddrs>(_: A) -> io::Result<UdpSocket> {
        unsupported()",
        "    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        refuse_all(addr)",
    ),
    edit(
        NETWORK,
        "pub fn lookup_host(_host: &str, _port: u16) -> io::Result<LookupHost> {
    unsupported()
}
",
        "pub fn lookup_host(host: &str, port: u16) -> io::Result<LookupHost> {
    crate::sys::outside::refuse(\"network\", crate::format!(\"{host}:{port}\"))
}

fn refuse_all<A: ToSocketAddrs, T>(addr: A) -> io::Result<T> {
    // A name is noted where it is looked up.
    for addr in addr.to_socket_addrs()? {
        crate::sys::outside::attempt(\"network\", &crate::format!(\"{addr}\"));
    }
    unsupported()
}
",
    ),
    edit(
        TIME,
        "    pub fn now() -> Instant {\n",
        "    pub fn now() -> Instant {
        crate::sys::outside::attempt(\"time\", \"Instant::now\");\n",
    ),
    edit(
        TIME,
        "    pub fn now() -> SystemTime {\n",
        "    pub fn now() -> SystemTime {
        crate::sys::outside::attempt(\"time\", \"SystemTime::now\");\n",
    ),
    edit(
        THREAD,
        "        Err(io::Error::UNSUPPORTED_PLATFORM)",
        "        crate::sys::outside::refuse(\"thread\", \"spawn\")",
    ),
    edit(
        THREAD,
        "    panic!(\"can't sleep\");",
        "    crate::sys::outside::attempt(\"time\", \"sleep\");
    panic!(\"can't sleep\");",
    ),
    edit(
        PATHS,
        "pub fn getcwd() -> io::Result<PathBuf> {
    unsupported()",
        "pub fn getcwd() -> io::Result<PathBuf> {
    // Where paths begin that do not begin at the root, for whoever may see something there.
    let package = path::Path::new(\"/package\");
    if crate::sys::outside::kind(package).is_ok() {
        return Ok(package.into());
    }
    crate::sys::outside::refuse(\"folder\", \"current_dir\")",
    ),
    edit(
        PATHS,
        "pub fn chdir(_: &path::Path) -> io::Result<()> {
    unsupported()",
        "pub fn chdir(path: &path::Path) -> io::Result<()> {
    crate::sys::outside::refuse(\"folder\", path)",
    ),
    edit(
        PATHS,
        "pub fn current_exe() -> io::Result<PathBuf> {
    unsupported()",
        "pub fn current_exe() -> io::Result<PathBuf> {
    crate::sys::outside::refuse(\"folder\", \"current_exe\")",
    ),
    edit(
        PATHS,
        "pub fn temp_dir() -> PathBuf {\n",
        "pub fn temp_dir() -> PathBuf {
    crate::sys::outside::attempt(\"folder\", \"temp_dir\");\n",
    ),
    edit(
        PATHS,
        "pub fn home_dir() -> Option<PathBuf> {\n",
        "pub fn home_dir() -> Option<PathBuf> {
    crate::sys::outside::attempt(\"folder\", \"home_dir\");\n",
    ),
    // What the library itself reads is its own affair, and is not what a macro tried.
    edit(
        "backtrace.rs",
        "        let enabled = match env::var(\"RUST_LIB_BACKTRACE\") {
            Ok(s) => s != \"0\",
            Err(_) => match env::var(\"RUST_BACKTRACE\") {
                Ok(s) => s != \"0\",
                Err(_) => false,
            },
        };
",
        "        let enabled = false;\n",
    ),
    edit(
        "panic.rs",
        "    let format = match crate::env::var_os(\"RUST_BACKTRACE\") {",
        "    let format = match None::<crate::ffi::OsString> {",
    ),
    edit(
        "thread/lifecycle.rs",
        "        let amt = env::var_os(\"RUST_MIN_STACK\")",
        "        let amt = None::<crate::ffi::OsString>",
    ),
    edit(
        "sys/backtrace.rs",
        "    let cwd = if !cfg!(miri) { env::current_dir().ok() } else { None };",
        "    let cwd = None::<PathBuf>;",
    ),
];

/// The digest of all that is ours in it.
#[must_use]
pub fn digest() -> Digest {
    let mut hash = Sha256::new();
    let mut fact = |file: &str, text: &str| {
        hash.update(format!("{file} {}\n", text.len()).as_bytes());
        hash.update(text.as_bytes());
    };
    fact(OUTSIDE.0, OUTSIDE.1);
    WHOLE.iter().for_each(|(file, text, _)| fact(file, text));
    EDITS.iter().for_each(|edit| fact(edit.file, edit.to));
    hash.finish()
}

/// Makes in `to` a folder like `library`, the sources of a compiler's libraries, in which `std` is
/// ours. All else in it leads to what is there.
pub(crate) fn prepare(library: &Path, compiler: &Compiler, to: &Path) -> Result<()> {
    let source = library.join("std/src");
    let copied = to.join("std/src");
    copy::copy(&source, &copied)?;
    for (file, text, known) in WHOLE {
        let read = read(&source, file, compiler)?;
        if Digest::of(read.as_bytes()).to_string() != known {
            return Err(unknown(file, compiler));
        }
        write(&copied.join(file), text)?;
    }
    write(&copied.join(OUTSIDE.0), OUTSIDE.1)?;
    let mut files: Vec<&str> = EDITS.iter().map(|edit| edit.file).collect();
    files.sort_unstable();
    files.dedup();
    for file in files {
        let edits = EDITS.iter().filter(|edit| edit.file == file);
        let text = edited(read(&source, file, compiler)?, edits);
        write(&copied.join(file), &text.ok_or_else(|| unknown(file, compiler))?)?;
    }
    for entry in fs::read_dir(library).map_err(|e| Error::io("read", library, e))?.flatten() {
        if entry.file_name() != "std" {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            link(&from, &to).map_err(|e| Error::io("write", &to, e))?;
        }
    }
    Ok(())
}

/// Is a library that was built ours? Cargo may one day name its sources otherwise than the wrapper
/// expects.
pub(crate) fn confirm(libraries: &Path) -> Result<()> {
    let entries = fs::read_dir(libraries).map_err(|e| Error::io("read", libraries, e))?;
    let mut names = entries.flatten().filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        name.starts_with("libstd-") && name.ends_with(".rlib")
    });
    let ours = names.any(|entry| {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes())
    });
    if ours {
        return Ok(());
    }
    Err(Error::new(Kind::Build, "the standard library was not built from our sources"))
}

/// A text with all edits made. `None` if a place is not there, or is there twice.
fn edited<'a>(mut text: String, edits: impl Iterator<Item = &'a Edit>) -> Option<String> {
    for Edit { file: _, from, to } in edits {
        if text.matches(from).count() != 1 {
            return None;
        }
        text = text.replace(from, to);
    }
    Some(text)
}

fn unknown(file: &str, compiler: &Compiler) -> Error {
    let message = format!("the standard library of {} is not known yet", compiler.id());
    Error::new(Kind::NoCompiler, message)
        .note(format!(
            "`std/src/{file}` differs from that of the releases that were looked at (1.96)"
        ))
        .help("name a compiler of a known release with `--rustc` or `CELL_GUEST_RUSTC`")
}

fn read(source: &Path, file: &str, compiler: &Compiler) -> Result<String> {
    let path = source.join(file);
    match fs::read_to_string(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(unknown(file, compiler)),
        read => read.map_err(|e| Error::io("read", &path, e)),
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|e| Error::io("write", path, e))
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Where the sources of a compiler's libraries are.
pub(crate) fn sources(compiler: &Compiler) -> Result<PathBuf> {
    if cfg!(not(unix)) {
        let message = "the standard library of sandboxed crates can be built on Unix only";
        return Err(Error::new(Kind::NoCompiler, message)
            .help("build the components on Linux or macOS; they run everywhere"));
    }
    let folder = compiler.sysroot.join("lib/rustlib/src/rust/library");
    if folder.join("std/Cargo.toml").is_file() {
        return Ok(folder);
    }
    let message = format!("the sources of the standard library of {} are not here", compiler.id());
    Err(Error::new(Kind::NoCompiler, message)
        .note("what a sandboxed crate tries is seen by a standard library that is built of them")
        .help("run `rustup component add rust-src`"))
}

#[cfg(test)]
mod tests;
