//! `cell doctor`: what is here, what is missing, and what to do about it.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use cargo_metadata::MetadataCommand;
use guest_toolchain::cache;
use guest_toolchain::compiler::{self, Candidate, Std};
use guest_toolchain::kit::{self, Library};
use macro_bridge::failure::Failure;
use macro_bridge::project::{Project, find_root};

use crate::Exit;
use crate::arguments::{Doctor, Global};
use crate::commands::vendor;
use crate::project;
use crate::shell::{Shell, count};

pub(crate) fn run(options: &Doctor, global: &Global, shell: &Shell) -> Result<Exit> {
    let start = project::start(global)?;
    let builds_guests = start.join("guests/Cargo.toml").is_file();
    let mut findings = Vec::new();
    findings.extend(guest_compilers(&compiler::search(options.rustc.as_deref()), builds_guests));
    findings.push(cache_folder());
    findings.extend(macro_server());
    findings.extend(project_files(&start));
    findings.extend(sdk(&start));
    let mut out = shell.stdout();
    for Finding { state, subject, text, help } in &findings {
        let mark = match state {
            State::Good => "ok  ",
            State::Fact => "    ",
            State::Todo => "TODO",
        };
        writeln!(out, "{mark}  {subject:<10} {text}")?;
        help.iter().try_for_each(|help| writeln!(out, "      {:<10} help: {help}", ""))?;
    }
    let todo = findings.iter().filter(|f| f.state == State::Todo).count();
    if todo > 0 {
        shell.say_error(format!("{} to be done", count(todo, "thing is", "things are")));
        return Ok(Exit::Failed);
    }
    Ok(Exit::Done)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Good,
    Fact,
    Todo,
}

#[derive(Debug)]
struct Finding {
    state: State,
    subject: &'static str,
    text: String,
    help: Vec<String>,
}

impl Finding {
    fn new(state: State, subject: &'static str, text: impl Into<String>) -> Self {
        Self { state, subject, text: text.into(), help: Vec::new() }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    fn failure(subject: &'static str, failure: &Failure) -> Self {
        let text = format!("{} [{}]", failure.message, failure.kind.code());
        Self { state: State::Todo, subject, text, help: failure.help.clone() }
    }
}

fn guest_compilers(candidates: &[Candidate], builds_guests: bool) -> Vec<Finding> {
    const SUBJECT: &str = "guests";
    let mut findings = Vec::new();
    let mut chosen = false;
    for Candidate { origin, rustc, verdict } in candidates {
        let rustc = rustc.display();
        match verdict {
            Ok(compiler) if !chosen => {
                chosen = true;
                let std = match compiler.std {
                    Std::Prebuilt => "brings the target".to_owned(),
                    Std::Source(_) => "builds its library from source".to_owned(),
                };
                let kit = if kit::is_ready(compiler, Library::Plain) {
                    "prepared"
                } else {
                    "not prepared yet"
                };
                let linker = compiler.linker.as_ref().map(|l| format!(", linker {}", l.display()));
                let text = format!(
                    "{}: {origin}, {rustc}, {std}, {kit}{}",
                    compiler.id(),
                    linker.unwrap_or_default()
                );
                findings.push(Finding::new(State::Good, SUBJECT, text));
            }
            Ok(compiler) => {
                let text = format!("also {}: {origin}, {rustc}", compiler.id());
                findings.push(Finding::new(State::Fact, SUBJECT, text));
            }
            Err(reason) => {
                findings.push(Finding::new(
                    State::Fact,
                    SUBJECT,
                    format!("{origin}, {rustc}: {reason}"),
                ));
            }
        }
    }
    if !chosen {
        // Who only uses macros needs no such compiler: components are committed.
        let state = if builds_guests { State::Todo } else { State::Fact };
        findings.push(
            Finding::new(
                state,
                SUBJECT,
                "no compiler here can build macros (using them needs none)",
            )
            .help(format!("run `rustup target add {}`", guest_toolchain::TARGET))
            .help("or on Debian 12: `apt-get install rustc-web rust-web-src`"),
        );
    }
    findings
}

fn cache_folder() -> Finding {
    const SUBJECT: &str = "cache";
    let folder = match cache::folder() {
        Ok(folder) => folder,
        Err(error) => return Finding::new(State::Todo, SUBJECT, error.to_string()),
    };
    let shown = folder.display();
    if !folder.is_dir() {
        return Finding::new(State::Good, SUBJECT, format!("{shown} will be made when needed"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&folder).map(|m| m.permissions().mode() & 0o777).unwrap_or(0);
        if mode & 0o022 != 0 {
            return Finding::new(
                State::Todo,
                SUBJECT,
                format!("{shown} can be written by others (mode {mode:o}), so it is not used"),
            )
            .help(format!("run `chmod 700 {shown}`"));
        }
    }
    if let Err(error) = tempfile::tempfile_in(&folder) {
        return Finding::new(State::Todo, SUBJECT, format!("{shown} cannot be written: {error}"))
            .help("make room or correct its owner, or set `CELL_HOME` to another folder");
    }
    let (files, bytes) = contents(&folder);
    let files = count(files, "file", "files");
    Finding::new(State::Good, SUBJECT, format!("{shown}: {files}, {} MiB", bytes >> 20))
}

/// Where compilers look for a macro server, and whether one is there.
#[cfg(unix)]
fn macro_server() -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixStream;

    use macro_bridge::host::home;
    const SUBJECT: &str = "server";
    let folder = home::sockets()?;
    let Some(socket) = home::socket(&folder) else {
        let text = format!("the path of `{}` is too long for a socket", folder.display());
        return Some(
            Finding::new(State::Fact, SUBJECT, text)
                .help("builds do without; a shorter `CELL_HOME` makes them quicker"),
        );
    };
    let mode = fs::metadata(&folder).map_or(0, |found| found.permissions().mode());
    if mode & 0o022 != 0 {
        let shown = folder.display();
        let text = format!("{shown} can be written by others, so no server is used");
        return Some(
            Finding::new(State::Todo, SUBJECT, text).help(format!("run `chmod 700 {shown}`")),
        );
    }
    let shown = socket.display();
    Some(match UnixStream::connect(&socket) {
        Ok(_) => Finding::new(State::Good, SUBJECT, format!("a server runs at {shown}")),
        Err(_) => {
            let text = format!("none runs; compilers start one at {shown} when they need it");
            Finding::new(State::Good, SUBJECT, text)
        }
    })
}

#[cfg(not(unix))]
fn macro_server() -> Option<Finding> {
    None
}

fn contents(folder: &Path) -> (usize, u64) {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                let inside = contents(&entry.path());
                files += inside.0;
                bytes += inside.1;
            }
            Ok(kind) if kind.is_file() => {
                files += 1;
                bytes += entry.metadata().map_or(0, |m| m.len());
            }
            _ => {}
        }
    }
    (files, bytes)
}

fn project_files(start: &Path) -> Vec<Finding> {
    const SUBJECT: &str = "project";
    let Some(root) = find_root(start) else {
        let text = format!("no `cell.toml` in {} or above", start.display());
        return vec![
            Finding::new(State::Fact, SUBJECT, text).help("in a package, run `cell init`"),
        ];
    };
    let project = match project::manifest(&root).and_then(|_| Ok(Project::load(&root)?)) {
        Ok(project) => project,
        Err(error) => {
            return vec![match error.downcast_ref::<Failure>() {
                Some(failure) => Finding::failure(SUBJECT, failure),
                None => Finding::new(State::Todo, SUBJECT, error.to_string()),
            }];
        }
    };
    let macros = project.lock.cells.values().map(|cell| cell.macros.len()).sum();
    let cells = count(project.lock.cells.len(), "cell", "cells");
    let kept = vendor::expansions(&project).map_or(0, |files| files.len());
    let text = format!(
        "{}: {cells}, {}, {} recorded; `cell.lock` is up to date",
        root.display(),
        count(macros, "macro", "macros"),
        count(kept, "expansion", "expansions")
    );
    let mut findings = vec![Finding::new(State::Good, SUBJECT, text)];
    for (name, cell) in &project.lock.cells {
        let component = cell.component.as_ref();
        if component.is_some_and(|found| !project.component_path(&found.digest).is_file()) {
            findings.push(
                Finding::new(
                    State::Todo,
                    SUBJECT,
                    format!("the component of `{name}` is not in `.cell`"),
                )
                .help("run `cell lock`, or restore `.cell/components` from version control"),
            );
        }
    }
    findings
}

/// In which form packages here depend on `cell-sdk`.
fn sdk(start: &Path) -> Vec<Finding> {
    const SUBJECT: &str = "cell-sdk";
    let manifest = start.join("Cargo.toml");
    if !manifest.is_file() {
        return Vec::new();
    }
    let Ok(metadata) = MetadataCommand::new().manifest_path(manifest).no_deps().exec() else {
        let text = "cargo cannot read `Cargo.toml`";
        return vec![
            Finding::new(State::Todo, SUBJECT, text).help("run `cargo metadata` to see why"),
        ];
    };
    let mut findings = Vec::new();
    for package in &metadata.packages {
        for dependency in package.dependencies.iter().filter(|d| d.name == "cell-sdk") {
            let features = dependency.features.iter().map(String::as_str);
            let features: Vec<_> =
                features.chain(dependency.uses_default_features.then_some("default")).collect();
            let embedded = features.iter().any(|f| ["default", "embedded"].contains(f));
            let name = &package.name;
            findings.push(if embedded {
                let text = format!("`{name}` runs macros inside rustc (feature `embedded`)");
                Finding::new(State::Good, SUBJECT, text).help(
                    "builds are quicker with `default-features = false, features = [\"macros\"]`",
                )
            } else {
                Finding::new(
                    State::Good,
                    SUBJECT,
                    format!("`{name}` uses recorded expansions only"),
                )
            });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest_toolchain::compiler::Origin;

    #[test]
    fn a_missing_compiler_matters_only_where_guests_are_built() {
        let none = || {
            let verdict = Err("is release 1.60".to_owned());
            vec![Candidate { origin: Origin::System, rustc: "/usr/bin/rustc".into(), verdict }]
        };
        let states = |builds| guest_compilers(&none(), builds).last().map(|f| f.state);
        assert_eq!(states(false), Some(State::Fact));
        assert_eq!(states(true), Some(State::Todo));
        let help = &guest_compilers(&none(), true)[1].help;
        assert!(help[0].contains("rustup target add"), "{help:?}");
    }

    #[test]
    fn says_what_the_project_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let first = |expected: &str| {
            let findings = project_files(folder.path());
            let all = format!("{findings:?}");
            assert!(all.contains(expected), "{all}");
        };
        first("cell init");
        fs::write(folder.path().join("cell.toml"), "[cells.x]\n").unwrap();
        first("CELL0212");
        fs::write(folder.path().join("cell.toml"), "").unwrap();
        first("CELL0202");
        let digest = macro_bridge::project::manifest_digest("");
        let lock = format!("cell-lock 1\nmanifest {digest}\nprofile default\n");
        fs::write(folder.path().join("cell.lock"), lock).unwrap();
        first("up to date");
    }
}
