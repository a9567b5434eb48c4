//! `cargo check` as the engine's front end: rustc runs the macros' host, and leaves what was expanded,
//! where, and what was missing. What cargo does not compile again has left it before.

mod messages;
mod unseen;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand, Node, PackageId};
use macro_bridge::answer::Answer;
use macro_bridge::expansion::AnswerUsed;
use macro_bridge::lock::Lock;
use macro_bridge::project::find_root;

use crate::arguments::{Global, Selection};
use crate::shell::Shell;
use crate::trace::Trace;
use crate::trace::folder::{Compiled, Folder, Package, Packages};
use crate::{files, project};

/// A check of one project in a target directory of its own. No other command can have one of the
/// same target directory meanwhile.
pub(crate) struct TracedCheck {
    folder: Folder,
    root: PathBuf,
    manifest: PathBuf,
    target: PathBuf,
    metadata: Metadata,
    /// Packages whose macros are this project's.
    own: Packages,
    /// Those, and others that use crates which this project runs sandboxed.
    traced: Packages,
    selection: Selection,
    switches: Vec<&'static str>,
    /// What `CELL_PROFILE` says: macros see it too.
    profile: Option<String>,
}

/// How a run of cargo ended.
pub(crate) struct Run {
    pub(crate) success: bool,
    /// All that it and rustc said, in colours.
    pub(crate) output: String,
    /// What macros did in all that was compiled, now or before.
    pub(crate) trace: Trace,
}

impl TracedCheck {
    pub(crate) fn new(
        root: &Path,
        selection: &Selection,
        global: &Global,
        shell: &Shell,
    ) -> Result<Self> {
        let manifest = manifest(root, global)?;
        let metadata = metadata(&manifest, global)?;
        let target = metadata.target_directory.as_std_path().join("cell");
        let own = own_packages(&metadata, root);
        if own.is_empty() {
            bail!(
                "no package of `{}` belongs to `{}`\n\
                 help: name the manifest to compile with `--manifest-path`",
                manifest.display(),
                root.join("cell.toml").display()
            );
        }
        let folder = Folder::open(&target, &|| {
            shell.status("Blocking", "until another `cell` is done with this target directory");
        })?;
        let traced = users_of_sandboxed(&metadata, root).chain(own.clone()).collect();
        let (root, selection, switches) = (root.to_owned(), selection.clone(), switches(global));
        let profile = std::env::var("CELL_PROFILE").ok().filter(|name| !name.is_empty());
        Ok(Self {
            folder,
            root,
            manifest,
            target,
            metadata,
            own,
            traced,
            selection,
            switches,
            profile,
        })
    }

    /// Where traces are kept.
    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What cargo says of the packages.
    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Why a run does not see all that the project uses: for each reason what to do about it. Only if
    /// there is none is a record unused that no macro uses in it.
    pub(crate) fn unseen(&self, lock: &Lock) -> Vec<String> {
        let own = self.metadata.packages.iter().filter(|it| self.own.contains_key(&it.id.repr));
        let own = own.map(|package| {
            let features = package.features.clone().into_iter().collect();
            (package.name.to_string(), features)
        });
        unseen::reasons(&self.selection, &own.collect(), self.profile.as_deref(), lock)
    }

    /// Makes cargo compile the project's packages again, for those who want to know how long it takes.
    pub(crate) fn forget(&self) -> Result<()> {
        self.clean(self.traced.keys())
    }

    fn clean<'a>(&self, packages: impl IntoIterator<Item = &'a String>) -> Result<()> {
        let mut command = self.cargo("clean");
        command.arg("--quiet");
        for package in packages {
            command.args(["--package", package]);
        }
        let output = command.output().context("cannot run cargo")?;
        if !output.status.success() {
            bail!("{}", cargo_words(&String::from_utf8_lossy(&output.stderr)));
        }
        Ok(())
    }

    /// Compiles as much as can be compiled. `say` is told what cargo is at.
    pub(crate) fn run(&self, say: &dyn Fn(&str)) -> Result<Run> {
        for again in [false, true] {
            // Read each time: this is what macros are expanded with from now on.
            let lock = files::read_text(&self.root.join("cell.lock")).unwrap_or_default();
            let run = self.folder.begin(&lock)?;
            let (success, output, compiled) = self.check(&run, say)?;
            let settled = self
                .folder
                .settle(&run, &self.traced, &compiled, success, &|used| self.is_recorded(used))?;
            if settled.lost.is_empty() {
                if success {
                    self.folder.tidy(&self.selected(), &settled)?;
                }
                return Ok(Run { success, output, trace: settled.trace });
            }
            if !again {
                self.clean(&settled.lost)?;
            }
        }
        bail!(
            "cargo does not compile again what it was told to forget\n\
             help: remove the folder `{}`",
            self.target.display()
        )
    }

    /// Is an answer that a macro was given the one that is recorded now?
    fn is_recorded(&self, used: &AnswerUsed) -> bool {
        let path = self.root.join(".cell/answers").join(&used.cell).join(used.key.to_string());
        let found = files::read(&path).ok().and_then(|bytes| Answer::decode(&bytes).ok());
        found.is_some_and(|answer| answer.digest() == used.digest)
    }

    /// What is compiled, as a text that is another for another selection.
    fn selected(&self) -> String {
        format!("{}\n{}\n{:?}", self.manifest.display(), self.root.display(), self.selection)
    }

    /// Did it succeed, all that was said, and what was compiled.
    fn check(&self, run: &str, say: &dyn Fn(&str)) -> Result<(bool, String, Vec<Compiled>)> {
        let Selection { packages, lib, bins, features, all_features, no_default_features, .. } =
            &self.selection;
        let mut command = self.cargo("check");
        // What rustc says comes with colours, and is written with or without them by us.
        command.args(["--keep-going", "--color", "always"]);
        command.arg("--message-format=json-diagnostic-rendered-ansi");
        if packages.is_empty() {
            command.arg("--workspace");
        }
        for (switch, names) in [("--package", packages), ("--bin", bins), ("--features", features)]
        {
            command.args(names.iter().flat_map(|name| [switch, name]));
        }
        command.args(lib.then_some("--lib"));
        command.args((!lib && bins.is_empty()).then_some("--all-targets"));
        command.args(all_features.then_some("--all-features"));
        command.args(no_default_features.then_some("--no-default-features"));
        command.env("CELL_TRACE", self.folder.path()).env("CELL_TRACE_REQUESTS", "1");
        command.env("CELL_TRACE_RUN", run);
        // It looks; who asks cells is the command itself.
        command.env("CELL_MODE", "locked");
        // A `cell` in `PATH` may be of another release.
        command.env("CELL_BIN", std::env::current_exe()?);
        // One that keeps what rustc made would not run it, and so no macro.
        command.env("RUSTC_WRAPPER", "");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run cargo")?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let said = Said::default();
        let compiled = std::thread::scope(|scope| {
            let messages = scope.spawn(|| messages::read(stdout, &|text| said.add(text)));
            let mut stderr = stderr.map(BufReader::new);
            let mut line = Vec::new();
            while let Some(stderr) = &mut stderr {
                line.clear();
                if stderr.read_until(b'\n', &mut line)? == 0 {
                    break;
                }
                let line = String::from_utf8_lossy(&line);
                said.add(&line);
                let plain = anstream::adapter::strip_str(&line).to_string();
                if let Some((verb @ ("Checking" | "Compiling" | "Downloading"), what)) =
                    plain.trim().split_once(' ')
                {
                    say(&format!("{} {}", verb.to_lowercase(), what.trim()));
                }
            }
            messages.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        let success = child.wait()?.success();
        Ok((success, said.text(), compiled?))
    }

    fn cargo(&self, subcommand: &str) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.arg(subcommand).arg("--manifest-path").arg(&self.manifest);
        command.arg("--target-dir").arg(&self.target).args(&self.switches);
        // Who has set this shares what is compiled with builds that leave no trace.
        command.env("CARGO_BUILD_BUILD_DIR", &self.target);
        if let Some(target) = &self.selection.target {
            command.args(["--target", target]);
        }
        command
    }
}

/// Bytes of words of cargo and rustc that are kept.
const LONGEST: usize = 64 << 20;

/// What two streams say, in the order in which it arrives.
#[derive(Default)]
struct Said(Mutex<String>);

impl Said {
    fn add(&self, text: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() + text.len() <= LONGEST {
            all.push_str(text);
        }
    }

    fn text(self) -> String {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

fn switches(global: &Global) -> Vec<&'static str> {
    let switches = [global.locked.then_some("--locked"), global.offline.then_some("--offline")];
    switches.into_iter().flatten().collect()
}

/// What cargo says of a manifest.
pub(crate) fn metadata(manifest: &Path, global: &Global) -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.manifest_path(manifest);
    command.other_options(switches(global).iter().map(ToString::to_string).collect::<Vec<_>>());
    command.exec().map_err(|error| match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            anyhow::anyhow!("{}", cargo_words(&stderr))
        }
        other => other.into(),
    })
}

/// The manifest to compile: the one that was named, the one that cargo would take here if it belongs to
/// the project, or that beside `cell.toml`. A project may have packages that are workspaces of their own.
pub(crate) fn manifest(root: &Path, global: &Global) -> Result<PathBuf> {
    let named = global.manifest_path.as_deref().filter(|p| p.ends_with("Cargo.toml"));
    if let Some(named) = named {
        return Ok(std::path::absolute(named)?);
    }
    let start = project::start(global)?;
    let above = start.ancestors().map(|folder| folder.join("Cargo.toml")).find(|p| p.is_file());
    let is_ours = |path: &PathBuf| path.starts_with(root);
    let beside = root.join("Cargo.toml");
    if let Some(ours) = above.clone().filter(is_ours) {
        return Ok(ours);
    }
    if beside.is_file() {
        return Ok(beside);
    }
    above.with_context(|| {
        format!(
            "there is no `Cargo.toml` beside `{}` and none from `{}` upwards\n\
             help: name the one to compile with `--manifest-path`",
            root.join("cell.toml").display(),
            start.display()
        )
    })
}

/// Packages on this machine that are in the project of `root`.
fn own_packages(metadata: &Metadata, root: &Path) -> Packages {
    // What stands in for a sandboxed crate has macros and uses none.
    let generated = root.join(cell_sandbox::patch::FOLDER);
    let own = metadata.packages.iter().filter_map(|package| {
        let folder = package.manifest_path.parent()?;
        let is_own = package.source.is_none()
            && !folder.as_std_path().starts_with(&generated)
            && find_root(folder.as_std_path()).as_deref() == Some(root);
        let found = Package { name: package.name.to_string(), folder: folder.to_string() };
        is_own.then(|| (package.id.repr.clone(), found))
    });
    own.collect()
}

/// Packages that depend, in some way, on a crate that `cell sandbox` generated: their calls of its macros
/// are this project's, wherever they are from.
fn users_of_sandboxed<'a>(
    metadata: &'a Metadata,
    root: &Path,
) -> impl Iterator<Item = (String, Package)> + use<'a> {
    let generated = root.join(cell_sandbox::patch::FOLDER);
    let mut users: BTreeSet<&PackageId> = metadata
        .packages
        .iter()
        .filter(|package| package.manifest_path.as_std_path().starts_with(&generated))
        .map(|package| &package.id)
        .collect();
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    loop {
        let uses = |node: &&Node| node.dependencies.iter().any(|id| users.contains(id));
        let more: Vec<_> = nodes.clone().filter(uses).map(|node| &node.id).collect();
        let known = users.len();
        users.extend(more);
        if users.len() == known {
            break;
        }
    }
    metadata.packages.iter().filter_map(move |package| {
        let folder = package.manifest_path.parent()?.to_string();
        let found = Package { name: package.name.to_string(), folder };
        users.contains(&package.id).then(|| (package.id.repr.clone(), found))
    })
}

/// What cargo said, without its own `error:`, since we put one before.
fn cargo_words(stderr: &str) -> String {
    let text = stderr.trim();
    let at = text.find("error: ").map_or(0, |at| at + "error: ".len());
    text[at..].to_owned()
}
