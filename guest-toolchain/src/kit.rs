//! What a compiler needs beside itself to build guests: our `proc_macro` for the target and, where
//! none came with the compiler, the standard library. Made once per compiler and user.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::Metadata;
use macro_bridge::digest::Sha256;

use crate::build::{Cargo, Switches};
use crate::compiler::{Compiler, Std};
use crate::error::{Error, Kind, Result};
use crate::{TARGET, cache, inside, library, shim};

/// Raised when the content of the folder changes for the same sources.
const FORMAT: &str = "cell-guest-kit 3";

/// Written last: a folder without it is not used.
const COMPLETE: &str = "complete";

pub(crate) const WRAPPER: &str = include_str!("wrapper.sh");

/// The standard library of a guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Library {
    /// The compiler's own: there are no variables and no files, and whoever asks is told so.
    #[default]
    Plain,
    /// For crates that know nothing of Cell: what would leave the sandbox is asked of the host, which
    /// answers what is granted and notes the rest.
    Sandboxed,
}

/// A prepared folder.
#[derive(Clone, Debug)]
pub struct Kit {
    /// Where it is.
    pub folder: PathBuf,
    /// Was it there already?
    pub found: bool,
    /// What the standard library in it was built from, if one is.
    sources: Option<PathBuf>,
}

impl Kit {
    /// The flags with which guests are compiled against it.
    #[must_use]
    pub fn rustflags(&self, compiler: &Compiler) -> Vec<String> {
        let sysroot = self.sources.is_some().then_some(&*self.folder);
        let mut flags = base_flags(compiler, sysroot);
        flags.push("--extern".to_owned());
        flags.push(format!("proc_macro={}", self.folder.join("libproc_macro.rlib").display()));
        flags.push(format!("-Ldependency={}", self.folder.display()));
        flags
    }

    /// What a guest's `proc-macro2` is compiled from, if that is not what was published.
    pub(crate) fn inside(&self, metadata: &Metadata) -> Result<Option<PathBuf>> {
        // Without the wrapper nobody says so to the compiler.
        if cfg!(unix) { inside::prepare(metadata, &self.folder) } else { Ok(None) }
    }

    pub(crate) fn wrapper(&self) -> PathBuf {
        self.folder.join("wrapper.sh")
    }
}

/// The folder in which the kit of a compiler is, or will be.
///
/// # Errors
/// If there is no cache folder.
pub fn place(compiler: &Compiler, library: Library) -> Result<PathBuf> {
    let mut hash = Sha256::new();
    let std = match &compiler.std {
        Std::Prebuilt => String::new(),
        Std::Source(folder) => folder.display().to_string(),
    };
    let linker = compiler.linker.as_deref().unwrap_or(Path::new("")).display().to_string();
    let shim = shim::digest().to_string();
    for part in [FORMAT, &shim, &compiler.version, &std, &linker, WRAPPER] {
        hash.update(format!("{} {part}\n", part.len()).as_bytes());
    }
    if library == Library::Sandboxed {
        hash.update(library::digest().as_bytes());
    }
    let name = hash.finish().to_string();
    Ok(cache::folder()?.join("guest-kit").join(&name[..16]))
}

/// Is the kit of this compiler there?
#[must_use]
pub fn is_ready(compiler: &Compiler, library: Library) -> bool {
    place(compiler, library).is_ok_and(|folder| folder.join(COMPLETE).is_file())
}

/// Finds or makes the kit of a compiler. `say` is given status lines: verb and text.
///
/// Any number of processes may call this at once, and each may be killed at any time.
///
/// # Errors
/// If the cache folder cannot be written or the build fails; for a sandboxed library also if the
/// compiler's sources are not here, or are of a release that is not known.
pub fn prepare(
    compiler: &Compiler,
    library: Library,
    switches: &Switches,
    say: &dyn Fn(&str, &str),
) -> Result<Kit> {
    let folder = place(compiler, library)?;
    let sources = match (library, &compiler.std) {
        (Library::Sandboxed, _) => Some(library::sources(compiler)?),
        (Library::Plain, Std::Source(sources)) => Some(sources.clone()),
        (Library::Plain, Std::Prebuilt) => None,
    };
    if folder.join(COMPLETE).is_file() {
        return Ok(Kit { folder, found: true, sources });
    }
    let kits = folder.parent().unwrap_or(&folder).to_owned();
    cache::make_private(&kits)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let lock = kits.join(format!("{name}.lock"));
    let file = File::create(&lock).map_err(|e| Error::io("write", &lock, e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            say("Blocking", "waiting for file lock on the guest kit");
            file.lock().map_err(|e| Error::io("lock", &lock, e))?;
        }
        Err(TryLockError::Error(e)) => return Err(Error::io("lock", &lock, e)),
    }
    if folder.join(COMPLETE).is_file() {
        return Ok(Kit { folder, found: true, sources });
    }
    let unfinished = format!(".{name}-");
    remove_unfinished(&kits, &unfinished);
    let scratch = tempfile::Builder::new()
        .prefix(&unfinished)
        .tempdir_in(&kits)
        .map_err(|e| Error::io("make a folder in", &kits, e))?;
    let made = scratch.path().join("kit");
    let built = sources.as_deref().map(|sources| Built { library, sources });
    make(compiler, built, switches, scratch.path(), &made, say)?;
    // A folder without the mark is what an interrupted removal left.
    let _ = fs::remove_dir_all(&folder);
    fs::rename(&made, &folder).map_err(|e| Error::io("write", &folder, e))?;
    Ok(Kit { folder, found: false, sources })
}

/// A standard library that is part of a kit.
struct Built<'a> {
    library: Library,
    sources: &'a Path,
}

fn make(
    compiler: &Compiler,
    built: Option<Built<'_>>,
    switches: &Switches,
    scratch: &Path,
    kit: &Path,
    say: &dyn Fn(&str, &str),
) -> Result<()> {
    fs::create_dir_all(kit).map_err(|e| Error::io("make the folder", kit, e))?;
    let wrapper = scratch.join("wrapper.sh");
    write_wrapper(&wrapper)?;
    let mut cargo = Cargo {
        compiler,
        switches,
        wrapper: &wrapper,
        inside: None,
        library: None,
        graph: "std",
        rustflags: kit_flags(compiler, None),
    };
    if let Some(built) = built {
        make_library(&mut cargo, built, scratch, kit, say)?;
        cargo.rustflags = kit_flags(compiler, Some(kit));
    }
    say("Preparing", &format!("`proc_macro` for guests ({})", compiler.id()));
    let package = scratch.join("proc_macro");
    shim::write(&package)?;
    cargo.graph = "kit";
    // Where it was unpacked must not show either.
    let metadata = cargo.metadata(&package.join("Cargo.toml"))?;
    cargo.rustflags.extend(crate::build::remap_packages(&metadata));
    let mut command = cargo.command(&package, "build");
    run(command.args(["--release", "--locked", "--target", TARGET]), "`proc_macro` for guests")?;
    copy_libraries(&package, kit, |_| true)?;
    let built = fs::read_dir(kit)
        .map_err(|e| Error::io("read", kit, e))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| file_name(path).starts_with("libproc_macro-"));
    let built = built.ok_or_else(|| Error::new(Kind::Build, "cargo built no `proc_macro`"))?;
    let plain = kit.join("libproc_macro.rlib");
    fs::rename(&built, &plain).map_err(|e| Error::io("write", &plain, e))?;
    write_wrapper(&kit.join("wrapper.sh"))?;
    write(&kit.join(COMPLETE), &format!("{FORMAT}\n{}\n", compiler.version))
}

/// Builds the standard library into the kit.
fn make_library(
    cargo: &mut Cargo<'_>,
    built: Built<'_>,
    scratch: &Path,
    kit: &Path,
    say: &dyn Fn(&str, &str),
) -> Result<()> {
    let Built { library, sources } = built;
    let (compiler, sandboxed) = (cargo.compiler, library == Library::Sandboxed);
    let what = if sandboxed { "sandboxed crates" } else { "guests" };
    say("Preparing", &format!("the standard library for {what} ({})", compiler.id()));
    let empty = scratch.join("empty");
    write(&empty.join("src/lib.rs"), "#![no_std]\n")?;
    write(
        &empty.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n",
    )?;
    cargo.rustflags.push(remap(sources.parent().unwrap_or(sources), &std_name(compiler)));
    if sandboxed {
        let ours = scratch.join("library");
        fs::create_dir_all(&ours).map_err(|e| Error::io("make the folder", &ours, e))?;
        library::prepare(sources, compiler, &ours)?;
        cargo.rustflags.push(remap(&ours, &format!("{}/library", std_name(compiler))));
        cargo.library = Some(ours);
    }
    let mut command = cargo.command(&empty, "build");
    command.env("RUSTC_BOOTSTRAP", "1").args(["-Zbuild-std=std,panic_abort", "--release"]);
    // Printing a backtrace asks for variables and folders, and a component has none to print.
    command.args(sandboxed.then_some("-Zbuild-std-features=panic-unwind"));
    run(command.args(["--target", TARGET]), "the standard library for guests")?;
    cargo.library = None;
    let libraries = kit.join("lib/rustlib").join(TARGET).join("lib");
    copy_libraries(&empty, &libraries, |name| !name.starts_with("libempty-"))?;
    if sandboxed { library::confirm(&libraries) } else { Ok(()) }
}

/// Flags that every crate of the target is compiled with.
fn base_flags(compiler: &Compiler, sysroot: Option<&Path>) -> Vec<String> {
    let mut flags = Vec::new();
    let own = compiler.own_linker.as_ref().filter(|_| sysroot.is_some());
    if let Some(linker) = compiler.linker.as_ref().or(own) {
        flags.push(format!("-Clinker={}", linker.display()));
    }
    if let Some(sysroot) = sysroot {
        flags.push(format!("--sysroot={}", sysroot.display()));
    }
    let source = compiler.sysroot.join("lib/rustlib/src/rust");
    flags.push(remap(&source, &std_name(compiler)));
    flags
}

/// Flags of the libraries in the kit: guests are optimised together with them, and cargo leaves out
/// what that needs where a build does not do so itself.
fn kit_flags(compiler: &Compiler, sysroot: Option<&Path>) -> Vec<String> {
    let mut flags = base_flags(compiler, sysroot);
    flags.push("-Cembed-bitcode=yes".to_owned());
    flags
}

/// How compilers that bring the library name its sources.
fn std_name(compiler: &Compiler) -> String {
    format!("/rustc/{}", compiler.commit())
}

pub(crate) fn remap(from: &Path, to: &str) -> String {
    format!("--remap-path-prefix={}={to}", from.display())
}

fn run(command: &mut Command, what: &str) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().map_err(|e| {
        Error::new(Kind::Build, format!("cannot run `{}`: {e}", command.get_program().display()))
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Error::new(Kind::Build, format!("{what} could not be built"))
        .note(format!("`{}` ended with {status}", command.get_program().display()))
        .help("the reason is above; `cell doctor` shows which compiler was used and why"))
}

/// Copies the libraries that cargo built for the target in `package`.
fn copy_libraries(package: &Path, to: &Path, wanted: impl Fn(&str) -> bool) -> Result<()> {
    fs::create_dir_all(to).map_err(|e| Error::io("make the folder", to, e))?;
    let from = package.join("target").join(TARGET).join("release/deps");
    for entry in fs::read_dir(&from).map_err(|e| Error::io("read", &from, e))?.flatten() {
        let path = entry.path();
        let name = file_name(&path);
        if path.extension().is_some_and(|e| e == "rlib") && wanted(&name) {
            fs::copy(&path, to.join(&name)).map_err(|e| Error::io("copy", &path, e))?;
        }
    }
    Ok(())
}

fn write_wrapper(path: &Path) -> Result<()> {
    write(path, WRAPPER)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(path, mode).map_err(|e| Error::io("write", path, e))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(|e| Error::io("make the folder", parent, e))?;
    fs::write(path, text).map_err(|e| Error::io("write", path, e))
}

/// Folders of processes that were killed. Their lock is ours now, so nobody uses them.
fn remove_unfinished(kits: &Path, prefix: &str) {
    for entry in fs::read_dir(kits).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
