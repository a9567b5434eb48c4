//! An application in a folder of its own, as it is published or sandboxed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use cell_tests::applications::Application;

use crate::bench::home::Home;
use crate::bench::measure::{self, Took, said, timed};

/// One of both.
pub(super) struct Side {
    pub(super) name: &'static str,
    pub(super) application: Application,
    pub(super) folder: PathBuf,
    edits: usize,
}

impl Side {
    /// Its macro crates run as components.
    pub(super) const SANDBOXED: &'static str = "sandboxed";
    pub(super) const ALL: [&'static str; 2] = ["native", Self::SANDBOXED];

    pub(super) fn new(name: &'static str, application: &Application, folder: &Path) -> Self {
        Self { name, application: *application, folder: folder.join(name), edits: 0 }
    }

    /// Puts the application there, with what it depends on in cargo's cache.
    pub(super) fn fetch(&self) -> Result<()> {
        self.application.unpack(&self.folder)?;
        said(&mut measure::cargo(&self.folder, &["fetch", "--locked", "--quiet"])).map(drop)
    }

    pub(super) fn cargo(&self, what: &str, home: &Home) -> Command {
        let words = [what, "--offline", "--locked", "--quiet"];
        let mut command = measure::cargo(&self.folder, &words);
        home.given(&mut command);
        command
    }

    pub(super) fn build(&self, home: &Home) -> Result<Took> {
        timed(&mut self.cargo("build", home))
    }

    pub(super) fn check(&self, home: &Home) -> Result<Took> {
        timed(&mut self.cargo("check", home))
    }

    /// Everything that was built.
    pub(super) fn forget(&self) -> Result<()> {
        let target = self.folder.join("target");
        if target.exists() {
            fs::remove_dir_all(target)?;
        }
        Ok(())
    }

    /// One more function in the root of the application.
    pub(super) fn edit(&mut self) -> Result<()> {
        self.edits += 1;
        let file = self.folder.join(self.application.root);
        let mut text = fs::read_to_string(&file)?;
        let mark = "\n#[allow(dead_code)]\nfn measured() -> usize { ";
        let end = text.find(mark).unwrap_or(text.len());
        text.truncate(end);
        text.push_str(&format!("{mark}{} }}\n", self.edits));
        ensure!(text.contains("measured"), "{} was not edited", file.display());
        Ok(fs::write(file, text)?)
    }
}
