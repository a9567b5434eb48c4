//! `xtask demo live`: a macro of the market's application asks the ledger while it compiles. Then all
//! is killed and gone, and the same program is made twice more of what was recorded: in isolation, and
//! of the same tokens.

mod isolated;
mod processes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use cargo_metadata::MetadataCommand;
use macro_bridge::digest::Digest;

use super::home::Home;
use crate::step;

/// The cells, and the programs that they are.
const CELLS: [(&str, &str); 2] =
    [("ledger", "cell-market-ledger"), ("search", "cell-market-search")];
/// The code of the error that there is no answer.
const NO_ANSWER: &str = "CELL0210";
/// What decides whether a build may ask, and what it runs with.
const OURS: [&str; 6] =
    ["CI", "CELL_MODE", "CELL_PROFILE", "CELL_SERVER", "CELL_TRACE", "XDG_RUNTIME_DIR"];

pub(crate) fn run() -> Result<()> {
    let root = step::root();
    let metadata =
        MetadataCommand::new().manifest_path(root.join("Cargo.toml")).no_deps().exec()?;
    let target = metadata.target_directory.into_std_path_buf();
    let folder = target.join("demo-live");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;

    super::title(
        "1. Build the command, two cells, and a copy of the example that nobody has built",
    );
    let home = Home::new(&folder)?;
    let stage = Stage::prepare(&root, &target, &folder, home.path())?;
    let _ended = processes::Ended(home.path());

    super::title("2. Nothing runs and nothing is recorded: cargo build says what to do");
    stage.refused()?;

    super::title("3. `cell up`, and cargo build: the macro `Search::index` asks the ledger");
    stage.cell("", &["up", "ledger", "search"])?;
    let live = stage.live()?;
    stage.show_answer()?;
    stage.cell("app", &["vendor"])?;

    super::title("4. Kill everything, and take away the command, the cells, and what they kept");
    let killed = processes::kill(home.path())?;
    step::say("   ..", &format!("kill -9 of {} processes: {}", killed.len(), killed.join(", ")));
    fs::remove_dir_all(&stage.programs)?;
    fs::remove_dir_all(home.path())?;

    super::title("5. Again, from what was recorded: no network, no cell, no server, no wasmtime");
    let recorded = isolated::build(&stage, "recorded", false)?;

    super::title(
        "6. Again, from the answer alone: rustc runs the component (the first build takes minutes)",
    );
    fs::remove_dir_all(stage.market.join(".cell/expansions"))?;
    let embedded = isolated::build(&stage, "embedded", true)?;

    super::title("7. What they have in common");
    for (name, other) in [("recorded", &recorded), ("made again", &embedded)] {
        ensure!(live.tokens.keys().eq(other.tokens.keys()), "{name}: other expansions than live");
        ensure!(live.tokens == other.tokens, "{name}: other tokens than live");
        ensure!(live.said == other.said, "{name}: another program than live");
    }
    for (key, tokens) in &live.tokens {
        step::say("", &format!("  expansion {}  tokens sha256 {}", short(key), short(tokens)));
    }
    let count = live.tokens.len();
    step::say(
        "",
        &format!(
            "\n{count} expansions, live, recorded and made again: the same tokens, the same program"
        ),
    );
    Ok(())
}

fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(16).collect()
}

/// Where everything is.
struct Stage {
    /// The cells' programs and the command, as copies that can be taken away.
    programs: PathBuf,
    /// The copy of `examples`, and of `examples/cell-market` in it.
    examples: PathBuf,
    market: PathBuf,
    target: PathBuf,
    folder: PathBuf,
    home: PathBuf,
}

/// What a build left.
struct Built {
    /// Digests of what macros made, by the keys of the expansions.
    tokens: BTreeMap<Digest, Digest>,
    /// What the program says.
    said: Vec<u8>,
}

impl Stage {
    fn prepare(root: &Path, target: &Path, folder: &Path, home: &Path) -> Result<Self> {
        let stage = Self {
            programs: folder.join("programs"),
            examples: folder.join("examples"),
            market: folder.join("examples/cell-market"),
            target: target.to_owned(),
            folder: folder.to_owned(),
            home: home.to_owned(),
        };
        let shown = target.display().to_string();
        let place = ["build", "--locked", "--target-dir", &shown];
        step::run(&mut step::cargo(&[&place[..], &["--package", "cell-cli"]].concat()))?;
        let manifest = root.join("examples/cell-market/Cargo.toml").display().to_string();
        let mut words = [&place[..], &["--manifest-path", &manifest]].concat();
        words.extend(CELLS.iter().flat_map(|(_, program)| ["--package", program]));
        step::run(&mut step::cargo(&words))?;
        fs::create_dir_all(&stage.programs)?;
        for name in CELLS.iter().map(|(_, program)| *program).chain(["cell"]) {
            let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
            let from = target.join("debug").join(&file);
            fs::copy(&from, stage.programs.join(&file))
                .with_context(|| format!("there is no {}", from.display()))?;
        }
        super::copy_without_expansions(root, &stage.examples)?;
        fs::remove_dir_all(stage.market.join(".cell/answers"))?;
        let manifest = stage.market.join("cell.toml");
        let text = fs::read_to_string(&manifest)?;
        fs::write(&manifest, with_programs(&text, &stage.programs)?)?;
        Ok(stage)
    }

    /// Runs the `cell` command in the folder of the market, or of a package in it.
    fn cell(&self, folder: &str, words: &[&str]) -> Result<()> {
        let mut command = step::command(self.programs.join("cell"), words);
        step::run(self.at_home(command.current_dir(self.market.join(folder))))
    }

    /// With the demo's caches and sockets, and free to ask.
    fn at_home<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        OURS.iter().for_each(|name| {
            command.env_remove(name);
        });
        command.env("CELL_HOME", &self.home).env("CELL_BIN", self.programs.join("cell"))
    }

    /// Words for cargo that say what is built, and where.
    fn words(&self, verb: &'static str, embedded: bool) -> Vec<String> {
        let manifest = self.examples.join("Cargo.toml").display().to_string();
        let target = self.target.display().to_string();
        let mut words = vec![verb.to_owned(), "--offline".to_owned()];
        for (name, value) in [
            ("--package", super::PACKAGE),
            ("--manifest-path", &manifest),
            ("--target-dir", &target),
        ] {
            words.extend([name.to_owned(), value.to_owned()]);
        }
        if embedded {
            words.extend(["--features".to_owned(), "embedded".to_owned()]);
        }
        words
    }

    fn cargo(&self, verb: &'static str) -> Command {
        let words = self.words(verb, false);
        step::cargo(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Builds where nobody can be asked, and shows what rustc says.
    fn refused(&self) -> Result<()> {
        let mut command = self.cargo("build");
        let output = self.at_home(&mut command).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(!output.status.success(), "it builds though nobody has answered");
        let mut errors = said.split("\n\n").filter(|text| text.contains(NO_ANSWER));
        let Some(error) = errors.next() else { bail!("it fails in another way:\n{said}") };
        let start = error.find("error").unwrap_or(0);
        step::say("", &super::indented(&error[start..]));
        Ok(())
    }

    /// Builds with the cells running.
    fn live(&self) -> Result<Built> {
        let trace = self.folder.join("trace-live");
        let mut command = self.cargo("build");
        self.at_home(&mut command).env("CELL_TRACE", &trace);
        step::run(&mut command)?;
        let mut command = self.cargo("run");
        let output = self.at_home(command.arg("--quiet")).output()?;
        ensure!(output.status.success(), "the program failed ({})", output.status);
        Built::read(&trace, output.stdout)
    }

    /// What the ledger said, as it is committed.
    fn show_answer(&self) -> Result<()> {
        let folder = self.market.join(".cell/answers/ledger");
        let entries = fs::read_dir(&folder).context("nothing was recorded")?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.strip_prefix(&self.market).unwrap_or(&path).display().to_string();
            let text = super::indented(&fs::read_to_string(&path)?);
            step::say("", &format!("recorded in {name}:\n\n{text}"));
        }
        Ok(())
    }
}

impl Built {
    fn read(trace: &Path, said: Vec<u8>) -> Result<Self> {
        let tokens = super::outputs(trace)?;
        ensure!(!tokens.is_empty(), "no macro ran");
        ensure!(!said.is_empty(), "the program says nothing");
        Ok(Self { tokens, said })
    }
}

/// `cell.toml` with programs that are there, instead of packages that cargo builds.
fn with_programs(text: &str, programs: &Path) -> Result<String> {
    let mut text = text.to_owned();
    for (_, program) in CELLS {
        let path = programs.join(program).with_extension(std::env::consts::EXE_EXTENSION);
        let new = text.replace(
            &format!("package = \"{program}\""),
            // A path as a basic string of TOML is what Rust shows of it.
            &format!("command = [{:?}]", path.display().to_string()),
        );
        ensure!(new != text, "cell.toml starts no `{program}`");
        text = new;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_starts_the_programs_that_are_given() {
        let file = step::root().join("examples/cell-market/cell.toml");
        let text = fs::read_to_string(file).unwrap();
        let changed = with_programs(&text, Path::new("/there")).unwrap();
        let table: toml::Table = changed.parse().unwrap();
        let command = &table["cells"]["ledger"]["run"]["command"];
        assert_eq!(command[0].as_str(), Some("/there/cell-market-ledger"));
        assert!(with_programs("", Path::new("/there")).is_err());
    }
}
