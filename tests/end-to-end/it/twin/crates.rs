//! A workspace with each source twice: with ordinary proc-macros, and with components.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::guests::build;
use crate::project::{Host, Project, workspace};
use crate::run::{Ended, run, turn};
use crate::twin::source::Cases;

/// wasmtime may have to be built first.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

/// Both macro crates have the name that the cases use.
const NATIVE: &str =
    "#[allow(non_snake_case, unused_imports)] mod Twin { pub(crate) use twin_native::*; }";
const CELL: &str = "cell::cell_remote!(Twin = \"twin\");";

/// Programs have all there is, also what the compiler would rather not see.
const ALLOWED: &str =
    "#![allow(dead_code, irrefutable_let_patterns, missing_abi, non_camel_case_types)]";

/// What becomes two crates.
pub(crate) struct Source {
    pub(crate) name: &'static str,
    pub(crate) cases: Cases,
    pub(crate) edition: &'static str,
    pub(crate) is_program: bool,
}

/// The workspace.
pub(crate) struct Crates {
    pub(crate) project: Project,
    name: String,
}

impl Crates {
    /// `sources` by name.
    pub(crate) fn new(name: &str, sources: &[Source]) -> Result<Self> {
        let project = Project::new(name, Host::Embedded)?;
        project.lock_only(&format!("[cells.twin]\npath = {:?}\n", build("twin")?), |_| true)?;
        project.write("src/lib.rs", "")?;
        let crates = Self { project, name: name.to_owned() };
        crates.native_macros()?;
        let mut members = vec!["twin-native".to_owned()];
        for Source { name: source, cases, edition, is_program } in sources {
            let native = "twin-native = { path = \"../twin-native\" }".to_owned();
            let sdk = workspace().join("cell-sdk");
            let cell = format!(
                "cell-sdk = {{ path = {sdk:?}, default-features = false, features = [\"macros\", \"embedded\"] }}"
            );
            for (who, macros, dependency) in [("native", NATIVE, native), ("cell", CELL, cell)] {
                let member = format!("{who}-{source}");
                let package = crates.package(who, source);
                crates.project.write(
                    &format!("{member}/Cargo.toml"),
                    format!(
                        "[package]\nname = {package:?}\nversion = \"0.1.0\"\nedition = \"{edition}\"\n\
                         [dependencies]\n{dependency}\n"
                    ),
                )?;
                let (file, root) = match is_program {
                    true => ("main", cases.program(&format!("{ALLOWED} {macros}"))),
                    false => ("lib", cases.crate_root(macros)),
                };
                crates.project.write(&format!("{member}/src/{file}.rs"), root)?;
                members.push(member);
            }
        }
        let manifest = String::from_utf8(crates.project.read("Cargo.toml")?)?;
        let listed = format!("[workspace]\nmembers = {members:?}\n");
        crates.project.write("Cargo.toml", manifest.replacen("[workspace]\n", &listed, 1))?;
        Ok(crates)
    }

    /// The name of a package.
    pub(crate) fn package(&self, who: &str, source: &str) -> String {
        format!("{}-{who}-{source}", self.name)
    }

    /// Runs cargo on all of it.
    pub(crate) fn cargo(&self, words: &[&str]) -> Result<Ended> {
        let mut command = self.project.cargo_for(words)?;
        command.arg("--workspace");
        let _turn = turn();
        run(&mut command, &self.project.root, PATIENCE)
    }

    /// Runs the program of a package and says what it prints.
    pub(crate) fn run(&self, package: &str) -> Result<String> {
        let mut command = self.project.program(package)?;
        let ended = run(&mut command, &self.project.root, PATIENCE)?;
        ensure!(ended.code == Some(0), "{package}: {:?} {}", ended.code, ended.stderr);
        Ok(ended.stdout)
    }

    fn native_macros(&self) -> Result<()> {
        let template = workspace().join("tests/twin/native");
        for file in ["Cargo.toml", "src/lib.rs"] {
            self.project.write(&format!("twin-native/{file}"), fs::read(template.join(file))?)?;
        }
        let guest = workspace().join("tests/guests/twin/src");
        self.project.write("twin-native/src/logic.rs", fs::read(guest.join("logic.rs"))?)?;
        for entry in fs::read_dir(guest.join("logic"))? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()).context("a file")?;
            self.project.write(&format!("twin-native/src/logic/{name}"), fs::read(&path)?)?;
        }
        Ok(())
    }
}
