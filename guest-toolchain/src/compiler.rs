//! Which compiler builds guests. It need not be the one that builds the application: guests are
//! WebAssembly, and what a compiler makes of them runs in any host.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::TARGET;
use crate::error::{Error, Kind, Result};

/// Guests and their dependencies are edition 2024.
const OLDEST: (u32, u32) = (1, 85);

/// Who says that this compiler is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--rustc` or `CELL_GUEST_RUSTC`.
    Explicit,
    /// The `rustc` that a plain `cargo build` here would use.
    Active,
    /// Another toolchain of rustup.
    Rustup(String),
    /// Installed by the distribution.
    System,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Explicit => f.write_str("your choice"),
            Self::Active => f.write_str("the active toolchain"),
            Self::Rustup(name) => write!(f, "rustup's toolchain `{name}`"),
            Self::System => f.write_str("the system's compiler"),
        }
    }
}

/// Where the standard library for guests comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Std {
    /// It came with the compiler.
    Prebuilt,
    /// It has to be built once, from the sources in this folder.
    Source(PathBuf),
}

/// A compiler that can build guests.
#[derive(Clone, Debug)]
pub struct Compiler {
    /// Who says so.
    pub origin: Origin,
    /// `rustc`, never a proxy of rustup.
    pub rustc: PathBuf,
    /// The `cargo` to run it with.
    pub cargo: PathBuf,
    /// Where its libraries are.
    pub sysroot: PathBuf,
    /// All that `rustc -vV` says.
    pub version: String,
    /// Where its standard library comes from.
    pub std: Std,
    /// The linker to name; `None` if it brings its own.
    pub linker: Option<PathBuf>,
    /// The linker that it brings, which has to be named where its libraries are others.
    pub(crate) own_linker: Option<PathBuf>,
}

impl Compiler {
    /// `rustc 1.96.0 (ac68faa20 2026-05-25)`.
    #[must_use]
    pub fn id(&self) -> &str {
        self.version.lines().next().unwrap_or("rustc")
    }

    /// The commit that it was built from, or its release.
    #[must_use]
    pub fn commit(&self) -> &str {
        let field = |name| field(&self.version, name).filter(|v| *v != "unknown");
        field("commit-hash").or_else(|| field("release")).unwrap_or("unknown")
    }
}

/// One place that was looked at.
#[derive(Debug)]
pub struct Candidate {
    /// Who says that it is there.
    pub origin: Origin,
    /// Its path.
    pub rustc: PathBuf,
    /// What it is, or why it cannot be used.
    pub verdict: std::result::Result<Compiler, String>,
}

/// All compilers of this machine, the best first: those that bring the target in the order explicit,
/// active, rustup, system; then, in the same order, those whose standard library can be built.
/// An explicit choice is the only candidate.
#[must_use]
pub fn search(explicit: Option<&Path>) -> Vec<Candidate> {
    let mut places = Vec::new();
    if let Some(path) = explicit {
        places.push((Origin::Explicit, path.to_owned()));
    } else {
        places.push((Origin::Active, env::var_os("RUSTC").map_or("rustc".into(), PathBuf::from)));
        places.extend(rustup().into_iter().map(|(name, path)| (Origin::Rustup(name), path)));
        places.extend(
            ["/usr/local/bin/rustc", "/usr/bin/rustc"]
                .map(PathBuf::from)
                .into_iter()
                .filter(|path| path.is_file())
                .map(|path| (Origin::System, path)),
        );
    }
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut found = Vec::new();
    for (origin, rustc) in places {
        let probed = probe(&rustc);
        if let Ok(probed) = &probed {
            if seen.contains(&probed.sysroot) {
                continue;
            }
            seen.push(probed.sysroot.clone());
        }
        let verdict = probed.and_then(|probed| judge(probed, origin.clone()));
        found.push(Candidate { origin, rustc, verdict });
    }
    found.sort_by_key(|candidate| match &candidate.verdict {
        Ok(compiler) if compiler.std == Std::Prebuilt => 0,
        Ok(_) => 1,
        Err(_) => 2,
    });
    found
}

/// The first of [`search`] that can be used.
///
/// # Errors
/// If none can: what was looked at, and what to install.
pub fn choose(explicit: Option<&Path>) -> Result<Compiler> {
    let explicit_env = env::var_os("CELL_GUEST_RUSTC").filter(|v| !v.is_empty()).map(PathBuf::from);
    let candidates = search(explicit.or(explicit_env.as_deref()));
    let mut error =
        Error::new(Kind::NoCompiler, format!("no compiler here can build for `{TARGET}`"));
    for candidate in candidates {
        match candidate.verdict {
            Ok(compiler) => return Ok(compiler),
            Err(reason) => {
                error = error.note(format!(
                    "{}, `{}`: {reason}",
                    candidate.origin,
                    candidate.rustc.display()
                ));
            }
        }
    }
    Err(error
        .help(format!("run `rustup target add {TARGET}`"))
        .help("or install your distribution's `rustc` with its sources; on Debian 12: `apt-get install rustc-web rust-web-src`"))
}

struct Probed {
    rustc: PathBuf,
    sysroot: PathBuf,
    version: String,
}

/// Asks a `rustc` (maybe rustup's proxy) what it is.
fn probe(rustc: &Path) -> std::result::Result<Probed, String> {
    let ask = |arguments: &[&str]| {
        let output = Command::new(rustc)
            .args(arguments)
            .output()
            .map_err(|e| format!("cannot be run: {e}"))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(format!("does not work: {}", text.lines().next().unwrap_or("no reason")));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?);
    let version = ask(&["-vV"])?;
    let behind_proxy = sysroot.join("bin").join(executable("rustc"));
    let rustc = if behind_proxy.is_file() { behind_proxy } else { rustc.to_owned() };
    Ok(Probed { rustc, sysroot, version })
}

fn judge(probed: Probed, origin: Origin) -> std::result::Result<Compiler, String> {
    let Probed { rustc, sysroot, version } = probed;
    let release = field(&version, "release").unwrap_or("");
    if parse_release(release).is_none_or(|found| found < OLDEST) {
        return Err(format!(
            "is release {release}; guests need {}.{} or newer",
            OLDEST.0, OLDEST.1
        ));
    }
    let host = field(&version, "host").unwrap_or("").to_owned();
    let own_cargo = sysroot.join("bin").join(executable("cargo"));
    let cargo = if own_cargo.is_file() {
        own_cargo
    } else {
        env::var_os("CARGO").map_or("cargo".into(), PathBuf::from)
    };
    let own_linker =
        sysroot.join("lib/rustlib").join(&host).join("bin").join(executable("rust-lld"));
    let source = sysroot.join("lib/rustlib/src/rust/library");
    let std = if has_target(&sysroot) {
        Std::Prebuilt
    } else if source.join("std/Cargo.toml").is_file() {
        Std::Source(source)
    } else {
        return Err(format!("has neither the target `{TARGET}` nor the sources of the library"));
    };
    let own_linker = own_linker.is_file().then_some(own_linker);
    let linker = match (&own_linker, &std) {
        (Some(_), Std::Prebuilt) => None,
        // With `--sysroot` rustc looks for its linker elsewhere.
        (Some(_), Std::Source(_)) => own_linker.clone(),
        (None, _) => {
            let found = foreign_linker(&host);
            Some(
                found
                    .ok_or("has no WebAssembly linker, and there is no `rust-lld` or `wasm-ld`")?,
            )
        }
    };
    Ok(Compiler { origin, rustc, cargo, sysroot, version, std, linker, own_linker })
}

fn has_target(sysroot: &Path) -> bool {
    let libraries = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::read_dir(libraries).is_ok_and(|entries| {
        entries.flatten().any(|e| e.file_name().to_string_lossy().starts_with("libcore-"))
    })
}

/// A linker that came with another toolchain or with LLVM.
fn foreign_linker(host: &str) -> Option<PathBuf> {
    let bundled = rustup().into_iter().filter_map(|(_, rustc)| {
        let sysroot = rustc.parent()?.parent()?;
        let linker =
            sysroot.join("lib/rustlib").join(host).join("bin").join(executable("rust-lld"));
        linker.is_file().then_some(linker)
    });
    bundled.into_iter().next().or_else(|| {
        let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
        let versions = (17..40).rev().map(|version| format!("wasm-ld-{version}"));
        ["rust-lld".to_owned(), "wasm-ld".to_owned()]
            .into_iter()
            .chain(versions)
            .flat_map(|name| folders.iter().map(move |folder| folder.join(executable(&name))))
            .find(|path| path.is_file())
    })
}

/// The `rustc` of each installed toolchain: releases before nightlies, the newest first.
fn rustup() -> Vec<(String, PathBuf)> {
    let home = env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".rustup")));
    let Some(entries) = home.and_then(|home| fs::read_dir(home.join("toolchains")).ok()) else {
        return Vec::new();
    };
    let mut found: Vec<(String, PathBuf)> = entries
        .flatten()
        .map(|e| {
            let rustc = e.path().join("bin").join(executable("rustc"));
            (e.file_name().to_string_lossy().into_owned(), rustc)
        })
        .filter(|(_, rustc)| rustc.is_file())
        .collect();
    found.sort_by_key(|(name, _)| {
        let rank = match name.split('-').next().unwrap_or("") {
            "stable" => (0, None),
            "beta" => (2, None),
            "nightly" => (3, None),
            version => (1, parse_release(version).map(std::cmp::Reverse)),
        };
        (rank, name.clone())
    });
    found
}

fn executable(name: &str) -> String {
    format!("{name}{}", env::consts::EXE_SUFFIX)
}

/// The value of one line of `rustc -vV`.
fn field<'a>(version: &'a str, name: &str) -> Option<&'a str> {
    version.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn parse_release(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(release: &str) -> String {
        format!("rustc {release} (abc 2026-01-01)\nhost: x86_64-test\nrelease: {release}")
    }

    fn sysroot(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn verdict(files: &[&str], release: &str) -> std::result::Result<Compiler, String> {
        let folder = sysroot(files);
        let sysroot = folder.path().to_owned();
        let rustc = sysroot.join("bin/rustc");
        judge(Probed { rustc, sysroot, version: version(release) }, Origin::Active)
    }

    const LINKER: &str = "lib/rustlib/x86_64-test/bin/rust-lld";
    const TARGET_STD: &str = "lib/rustlib/wasm32-unknown-unknown/lib/libcore-1.rlib";
    const SOURCE: &str = "lib/rustlib/src/rust/library/std/Cargo.toml";

    #[test]
    fn prefers_the_library_that_came_with_the_compiler() {
        let compiler = verdict(&[LINKER, TARGET_STD, SOURCE], "1.95.0").unwrap();
        assert_eq!((compiler.std, compiler.linker), (Std::Prebuilt, None));
    }

    #[test]
    fn builds_the_library_where_there_are_only_sources() {
        let compiler = verdict(&[LINKER, SOURCE], "1.95.0-nightly").unwrap();
        assert!(matches!(compiler.std, Std::Source(_)));
    }

    #[test]
    fn says_why_a_compiler_cannot_be_used() {
        let reason = verdict(&[LINKER], "1.95.0").unwrap_err();
        assert!(reason.contains("neither the target"), "{reason}");
        let reason = verdict(&[LINKER, TARGET_STD], "1.84.1").unwrap_err();
        assert!(reason.contains("1.85 or newer"), "{reason}");
    }

    #[test]
    fn an_explicit_choice_is_the_only_candidate() {
        let found = search(Some(Path::new("/nonexistent/rustc")));
        assert_eq!(found.len(), 1);
        assert!(found[0].verdict.as_ref().unwrap_err().contains("cannot be run"));
        let error = choose(Some(Path::new("/nonexistent/rustc"))).unwrap_err().to_string();
        assert!(
            error.contains("/nonexistent/rustc") && error.contains("rustup target add"),
            "{error}"
        );
    }

    #[test]
    fn compilers_with_the_target_come_first() {
        let ranks: Vec<u8> = search(None)
            .iter()
            .map(|c| match &c.verdict {
                Ok(c) if c.std == Std::Prebuilt => 0,
                Ok(_) => 1,
                Err(_) => 2,
            })
            .collect();
        assert!(!ranks.is_empty() && ranks.is_sorted(), "{ranks:?}");
    }
}
