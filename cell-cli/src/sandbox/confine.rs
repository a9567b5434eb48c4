//! Building a component runs build scripts and macros of what it depends on, natively. They get fewer
//! rights than the person who builds: no network, and of the disk only what compiling needs.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::Exit;
use crate::arguments::sandbox::Confined;
use crate::shell::Shell;

/// What compilers, linkers and the system's libraries are in. Not a home folder among them.
const SYSTEM: [&str; 12] = [
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/opt", "/nix", "/etc", "/proc", "/sys",
    "/dev",
];

/// What a compiler writes to that is no folder of a build.
const DEVICES: [&str; 3] = ["/dev/null", "/dev/tty", "/dev/full"];

/// What holds of processes that are confined: words that `cell.lock` and reports have.
pub(crate) const NOTHING: &str = "nothing";

/// `cell confined`: gives up rights, and becomes the program.
pub(crate) fn run(options: &Confined, shell: &Shell) -> Result<Exit> {
    let held = restrict(options)?;
    let Some((program, arguments)) = options.command.split_first() else {
        writeln!(shell.stdout(), "{held}")?;
        return Ok(Exit::Done);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(folder) = options.write.first() {
        let scratch = folder.join("tmp");
        std::fs::create_dir_all(&scratch)
            .with_context(|| format!("cannot make `{}`", scratch.display()))?;
        command.env("TMPDIR", scratch);
    }
    become_it(&mut command)
}

#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<Exit> {
    let error = std::os::unix::process::CommandExt::exec(command);
    Err(error).with_context(|| format!("cannot run `{}`", command.get_program().display()))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<Exit> {
    let status = command.status()?;
    Ok(if status.success() { Exit::Done } else { Exit::Failed })
}

/// Gives up what is not named, as far as this kernel can hold it. Says what it holds.
#[cfg(target_os = "linux")]
fn restrict(options: &Confined) -> Result<&'static str> {
    use landlock::{
        ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
        RulesetStatus, Scope, path_beneath_rules,
    };
    // The one with all that is asked for here; older kernels hold less of it, and say so.
    let abi = ABI::V6;
    let system = SYSTEM.map(PathBuf::from);
    let read = options.read.iter().chain(&system);
    let devices = DEVICES.map(PathBuf::from);
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()?
        .add_rules(path_beneath_rules(read, AccessFs::from_read(abi)))?
        .add_rules(path_beneath_rules(&options.write, AccessFs::from_all(abi)))?
        .add_rules(path_beneath_rules(devices, AccessFs::from_file(abi)))?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => "files,tcp",
        RulesetStatus::PartiallyEnforced => "files",
        RulesetStatus::NotEnforced => NOTHING,
    })
}

#[cfg(not(target_os = "linux"))]
fn restrict(_options: &Confined) -> Result<&'static str> {
    Ok(NOTHING)
}

/// How builds are run with less rights here.
pub(crate) struct Confinement {
    /// The program before cargo, and its arguments.
    pub(crate) runner: Vec<OsString>,
    /// What holds: `files`, `tcp`, `network`, or [`NOTHING`].
    pub(crate) held: String,
}

impl Confinement {
    /// Tries what this machine can hold. `write` are the folders of the build, `read` what it is made of.
    pub(crate) fn find(read: &[PathBuf], write: &[PathBuf]) -> Result<Self> {
        let own = std::env::current_exe().context("this program does not know where it is")?;
        let mut runner: Vec<OsString> = Vec::new();
        // A network of its own has nothing in it; landlock alone leaves what is not TCP.
        let cut =
            cfg!(target_os = "linux") && succeeds(Command::new("unshare").args(["-rn", "true"]));
        if cut {
            runner.extend(["unshare".into(), "-rn".into()]);
        }
        runner.extend([own.into(), "confined".into()]);
        for path in read {
            runner.extend(["--read".into(), path.into()]);
        }
        for path in write {
            runner.extend(["--write".into(), path.into()]);
        }
        let (program, arguments) = runner.split_first().context("no program")?;
        let output = Command::new(program).args(arguments).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!("builds cannot be confined: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let files = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let held = match (files.as_str(), cut) {
            (NOTHING, true) => "network".to_owned(),
            (files, true) => format!("{},network", files.trim_end_matches(",tcp")),
            (files, false) => files.to_owned(),
        };
        runner.push("--".into());
        Ok(Self { runner, held })
    }
}

fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What of cargo's and rustup's homes a build reads: sources, settings and programs, and not who one is at
/// a registry.
pub(crate) fn homes() -> Vec<PathBuf> {
    let home = |name: &str, usual: &str| {
        let named = std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(usual)))
    };
    let parts =
        ["registry", "git", "bin", "config", "config.toml", ".package-cache", ".global-cache"];
    let cargo = home("CARGO_HOME", ".cargo").into_iter();
    let mut found: Vec<_> = cargo.flat_map(|home| parts.map(|part| home.join(part))).collect();
    found.extend(home("RUSTUP_HOME", ".rustup"));
    found
}

/// The settings of cargo that hold in a folder: cargo does not start where it may not read one of them.
pub(crate) fn settings(folder: &Path) -> Vec<PathBuf> {
    let names = ["config", "config.toml"];
    let of = |folder: &Path| names.map(|name| folder.join(".cargo").join(name));
    folder.ancestors().flat_map(of).filter(|file| file.is_file()).collect()
}

/// The folders of a compiler: of programs that it consists of, and of its libraries.
pub(crate) fn of_compiler(compiler: &guest_toolchain::compiler::Compiler) -> Vec<PathBuf> {
    let mut folders = vec![compiler.sysroot.clone()];
    for program in [Some(&compiler.rustc), Some(&compiler.cargo), compiler.linker.as_ref()] {
        folders.extend(program.and_then(|program| program.parent()).map(Path::to_path_buf));
    }
    // A program that is named without its folder is the system's.
    folders.retain(|folder| folder.is_absolute());
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_those_of_a_folder_and_above() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("application/target/cell");
        std::fs::create_dir_all(&inside).unwrap();
        let file = folder.path().join("application/.cargo/config.toml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(folder.path().join("application/.cargo/credentials.toml"), "").unwrap();
        let found = || -> Vec<_> {
            let all = settings(&inside).into_iter();
            all.filter(|path| path.starts_with(folder.path())).collect()
        };
        assert!(found().is_empty());
        std::fs::write(&file, "").unwrap();
        assert_eq!(found(), [file]);
    }
}
