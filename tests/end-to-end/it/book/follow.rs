//! Does what a chapter tells its reader to do, in a fresh folder, word for word.
//!
//! A block ```` ```console ```` is a shell: lines with `$ ` are run, the lines behind each are in what
//! it prints, where `...` stands for anything. `fails` says that the last command does, `prepared` that
//! it has been done before: installing. A block with `file=path` is a file as a whole, with `replace` one
//! that is there already; one of the language `diff` changes some of its lines. Paths are those from the folder that has
//! `cell`, a checkout of this repository, in it.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use macro_bridge::digest::Digest;
use tempfile::TempDir;

use super::markdown::{Block, blocks, changed};
use crate::project::{clean, folder, workspace};
use crate::run::{Ended, run, turn};

/// The longest that one command may take: compiling a service and its macros.
const PATIENCE: Duration = Duration::from_secs(900);

/// A reader.
pub(crate) struct Reader {
    /// Where the reader began.
    root: PathBuf,
    /// Where the shell is now.
    here: PathBuf,
    /// `CELL_HOME`: the cells of a chapter are nobody else's.
    home: TempDir,
    /// Where the command `cell` is.
    bin: TempDir,
}

impl Reader {
    /// In a fresh folder outside of this workspace: `cargo new` would add its package to it. It is the
    /// same one each time, since cargo knows packages by their folders, and another one for another
    /// target folder.
    pub(crate) fn new(name: &str) -> Result<Self> {
        let digest = Digest::of(folder().as_os_str().as_encoded_bytes());
        let root = std::env::temp_dir().join(format!("cell-{name}-{}", digest.short()));
        let _ = fs::remove_dir_all(&root);
        fs::DirBuilder::new().mode(0o700).create(&root)?;
        let (home, bin) = (tempfile::tempdir()?, tempfile::tempdir()?);
        std::os::unix::fs::symlink(workspace(), root.join("cell"))?;
        let command = env!("CARGO_BIN_EXE_cell-end-to-end");
        std::os::unix::fs::symlink(command, bin.path().join("cell"))?;
        Ok(Self { here: root.clone(), root, home, bin })
    }

    /// Reads a chapter and does what it says.
    pub(crate) fn follow(&mut self, chapter: &str) -> Result<()> {
        let path = workspace().join("docs/src").join(chapter);
        let text = fs::read_to_string(&path).with_context(|| chapter.to_owned())?;
        for block in blocks(&text)? {
            self.block(&block).with_context(|| format!("docs/src/{chapter}:{}", block.line))?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block<'_>) -> Result<()> {
        if let Some(file) = block.value("file") {
            let shown = block.above.contains(&format!("`{file}`"));
            ensure!(shown, "the reader is not told above the block that it is `{file}`");
            return self.write(file, block);
        }
        if block.language == "console" && !block.has("prepared") {
            return self.console(block);
        }
        Ok(())
    }

    fn write(&self, file: &str, block: &Block<'_>) -> Result<()> {
        let path = self.root.join(file);
        let text = if block.language == "diff" {
            let old = fs::read_to_string(&path).with_context(|| file.to_owned())?;
            changed(&old, &block.text)?
        } else {
            ensure!(path.exists() == block.has("replace"), "`{file}`: is it there already?");
            block.text.clone()
        };
        fs::create_dir_all(path.parent().context("a file in a folder")?)?;
        fs::write(&path, text)?;
        Ok(())
    }

    fn console(&mut self, block: &Block<'_>) -> Result<()> {
        let steps = steps(&block.text)?;
        for (index, (command, printed)) in steps.iter().enumerate() {
            if let Some(folder) = command.strip_prefix("cd ") {
                self.here = self.here.join(folder).canonicalize().context(folder.to_owned())?;
                ensure!(self.here.starts_with(self.root.canonicalize()?), "{folder} leads away");
                continue;
            }
            let ended = self.shell(command)?;
            let all = format!("{}\n{}", ended.stdout, ended.stderr);
            let fails = block.has("fails") && index + 1 == steps.len();
            ensure!((ended.code == Some(0)) != fails, "`{command}`: {:?}\n{all}", ended.code);
            for line in printed {
                ensure!(prints(&all, line), "`{command}` does not print `{line}`, but\n{all}");
            }
        }
        Ok(())
    }

    fn shell(&self, line: &str) -> Result<Ended> {
        let mut command = clean(Command::new("sh"))?;
        command.args(["-c", line]).current_dir(&self.here);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [self.bin.path().to_owned()].into_iter().chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(path)?);
        command.env("CELL_HOME", self.home.path()).env("CELL_SERVER_IDLE", "5");
        if ["cell build-macros", "cell new"].iter().any(|head| line.starts_with(head)) {
            // What guests are compiled against is prepared once for a user.
            match std::env::var_os("CELL_HOME") {
                Some(home) => command.env("CELL_HOME", home),
                None => command.env_remove("CELL_HOME"),
            };
        }
        let _turn = turn();
        run(&mut command, &folder(), PATIENCE)
    }

    /// Ends the cells that a chapter has started in this folder, also if it came to no good end.
    pub(crate) fn stop(&self, folder: &str) {
        let mut command = Command::new(self.bin.path().join("cell"));
        command.args(["stop", "--all", "--quiet"]).env("CELL_HOME", self.home.path());
        let _ = command.current_dir(self.root.join(folder)).status();
    }

    /// A file that the reader has now.
    pub(crate) fn read(&self, file: &str) -> Result<String> {
        fs::read_to_string(self.root.join(file)).with_context(|| file.to_owned())
    }
}

impl Drop for Reader {
    /// Nothing stays outside of the target folder.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Commands, and what each prints.
fn steps(text: &str) -> Result<Vec<(&str, Vec<&str>)>> {
    let mut steps: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command, Vec::new())),
            (None, Some((_, printed))) => printed.push(line),
            (None, None) => bail!("nothing prints `{line}`"),
        }
    }
    Ok(steps)
}

/// Is there a line with all that is between the `...` of `line`, in order?
fn prints(all: &str, line: &str) -> bool {
    let has = |printed: &str| {
        let mut rest = printed;
        line.trim().split("...").all(|part| match rest.split_once(part) {
            Some((_, behind)) => {
                rest = behind;
                true
            }
            None => false,
        })
    };
    all.lines().any(has)
}

#[test]
fn a_shell_is_commands_and_what_they_print() {
    let found = steps("$ a b\n1\n2\n$ c\n").unwrap();
    assert_eq!(found, [("a b", vec!["1", "2"]), ("c", vec![])]);
    assert!(steps("1\n").is_err());
    assert!(prints("x\n  Done 3 in 0.2s\n", "Done 3 in ..."));
    assert!(!prints("Done 3\nin 0.2s\n", "Done 3 in ..."));
}
