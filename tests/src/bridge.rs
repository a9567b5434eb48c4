//! The token bridge in a live rustc, whatever runs the guest: what comes back equals what went in,
//! token by token, spans included; programs keep their meaning; errors stand where they were put.
//!
//! A [`Side`] says what runs the guest. Both test targets call the same functions.

mod items;
mod places;
mod programs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use macro_bridge::digest::Digest;
use macro_bridge::lock::{Lock, LockedCell, LockedComponent, LockedMacro};
use macro_bridge::request::{Allowed, MacroKind};

use crate::random::{self, Random};
use crate::{Fixture, stderr, workspace};

const ATTRIBUTES: &[&str] = &["identity", "identity_rebuilt", "regrouped", "error_at"];
const FUNCTIONS: &[&str] = &[
    "identity_function",
    "identity_function_rebuilt",
    "local_mixed",
    "local_call",
    "local_resolved",
];

/// What runs the guest `identity`.
pub struct Side {
    /// A proc-macro library with `compare!`, `wasm`, `expand!`, `opaque`.
    pub library: PathBuf,
    /// The component, if the library looks at it.
    pub component: Vec<u8>,
}

impl Side {
    /// A project that has locked the component.
    fn fixture(&self) -> Result<Fixture> {
        let made = |kind| LockedMacro {
            kind,
            slot: None,
            wants: 0,
            needs: Vec::new(),
            helpers: Vec::new(),
            calls: Vec::new(),
        };
        let attributes = ATTRIBUTES.iter().map(|n| ((*n).to_owned(), made(MacroKind::Attribute)));
        let functions = FUNCTIONS.iter().map(|n| ((*n).to_owned(), made(MacroKind::Function)));
        let api = macro_bridge::API_VERSION.to_owned();
        let component = Digest::of(&self.component);
        let identity = LockedCell {
            component: Some(LockedComponent { api, digest: component }),
            macros: attributes.chain(functions).collect(),
            // An identity hands back single tokens of what it is given, `unsafe` among them.
            allowed: Allowed(u32::MAX),
            ..LockedCell::default()
        };
        let lock = Lock {
            manifest: Digest::of(b""),
            profile: "default".to_owned(),
            profiles: BTreeMap::new(),
            cells: BTreeMap::from([("identity".to_owned(), identity)]),
            packages: BTreeSet::new(),
        };
        let fixture = Fixture::with_lock(lock)?;
        let components = fixture.root().join(".cell/components");
        std::fs::create_dir_all(&components)?;
        std::fs::write(components.join(format!("{component}.wasm")), &self.component)?;
        // Under both names: the host's attributes expand to `::cell::__gathered`.
        Ok(fixture.library("compare", &self.library).library("cell", &self.library))
    }

    /// What rustc says of `compare!` around each input; nothing, if all is well.
    fn compare(&self, inputs: &[String]) -> Result<String> {
        let mut source = String::from("#![allow(warnings)]\n");
        for input in inputs {
            source.push_str("compare::compare! {\n");
            source.push_str(input);
            source.push_str("\n}\n");
        }
        let output =
            self.fixture()?.rustc(&source, &["--crate-type", "lib", "--emit", "metadata"])?;
        let text = stderr(&output);
        ensure!(output.status.success() || !text.is_empty(), "rustc failed without a word");
        Ok(text.chars().take(4_000).collect())
    }

    /// Real items, from the sources of this workspace's dependencies.
    ///
    /// # Errors
    /// If that is not so, or rustc cannot be run.
    pub fn real_items(&self, most: usize) -> Result<()> {
        let items = items::collect(&workspace(), most)?;
        ensure!(items.len() == most, "only {} items: are the dependencies fetched?", items.len());
        for chunk in items.chunks(5_000) {
            let text = self.compare(chunk)?;
            ensure!(text.is_empty(), "{text}");
        }
        Ok(())
    }

    /// Streams that no person would write.
    ///
    /// # Errors
    /// If that is not so, or rustc cannot be run.
    pub fn random_streams(&self, streams: usize) -> Result<()> {
        let mut random = Random::new(0x0ce1_1000);
        let inputs: Vec<String> = (0..streams).map(|_| random::stream(&mut random, 120)).collect();
        for chunk in inputs.chunks(5_000) {
            let text = self.compare(chunk)?;
            ensure!(text.is_empty(), "{text}");
        }
        Ok(())
    }

    /// Builds the programs with one identity and says what they print.
    fn run_programs(&self, programs: &[programs::Program], identity: &str) -> Result<String> {
        let fixture = self.fixture()?;
        let output = fixture.rustc(&programs::source(programs, identity), &[])?;
        ensure!(output.status.success(), "{identity}: {}", stderr(&output));
        let run = Command::new(fixture.root().join("out/main")).output()?;
        ensure!(run.status.success(), "{identity}: the programs failed: {}", stderr(&run));
        Ok(String::from_utf8(run.stdout)?)
    }

    /// Programs do the same as with the native identity.
    ///
    /// # Errors
    /// If that is not so, or rustc cannot be run.
    pub fn programs(&self) -> Result<()> {
        let programs = programs::all();
        ensure!(programs.len() >= 60, "only {} programs", programs.len());
        let native = self.run_programs(&programs, "compare::opaque")?;
        ensure!(native.lines().count() == programs.len(), "a program said nothing:\n{native}");
        for identity in ["compare::wasm(identity::identity)", "compare::wasm(identity::regrouped)"]
        {
            let ours = self.run_programs(&programs, identity)?;
            for (native, ours) in native.lines().zip(ours.lines()) {
                ensure!(
                    native == ours,
                    "{identity}: {ours}, but with the native identity {native}"
                );
            }
        }
        Ok(())
    }

    /// The comparison of programs can fail: groups that are built anew change one.
    ///
    /// # Errors
    /// If that is not so, or rustc cannot be run.
    pub fn rebuilt_groups(&self) -> Result<()> {
        let programs: Vec<_> = programs::all().into_iter().take(1).collect();
        let native = self.run_programs(&programs, "compare::opaque")?;
        let rebuilt = self.run_programs(&programs, "compare::wasm(identity::identity_rebuilt)")?;
        // Why references exist: `$e * 3` with `1 + 2`.
        assert_eq!((native.trim(), rebuilt.trim()), ("expr_0_0: 9", "expr_0_0: 7"));
        Ok(())
    }

    /// Errors stand on the token that the guest chose.
    ///
    /// # Errors
    /// If that is not so, or rustc cannot be run.
    pub fn errors(&self) -> Result<()> {
        let cases = places::cases(50);
        ensure!(cases.len() >= 50, "only {} cases", cases.len());
        let mut source = String::from("#![allow(warnings)]\n");
        let mut expected = Vec::new();
        for (number, case) in cases.iter().enumerate() {
            let path: Vec<String> = case.path.iter().map(usize::to_string).collect();
            let attribute = format!("#[compare::wasm(identity::error_at({}))]", path.join(" "));
            source.push_str(&format!("mod case_{number} {{ use super::*;\n{attribute}\n"));
            let line = source.lines().count() + case.line;
            expected.push((line as u64, case.column as u64));
            source.push_str(case.item);
            source.push_str("\n}\n");
        }
        let arguments = ["--crate-type", "lib", "--emit", "metadata", "--error-format", "short"];
        let output = self.fixture()?.rustc(&source, &arguments)?;
        // `main.rs:4:13: error: an error was asked for here`, and lines of notes.
        let text = stderr(&output);
        let mut found = Vec::new();
        for line in text.lines().filter(|line| line.contains("an error was asked for")) {
            let mut numbers = line.split(':').skip(1).map(str::parse::<u64>);
            match (numbers.next(), numbers.next()) {
                (Some(Ok(line)), Some(Ok(column))) => found.push((line, column)),
                _ => anyhow::bail!("an error without a place: {line}"),
            }
        }
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
        Ok(())
    }

    /// A local of the guest does not capture the user's.
    ///
    /// # Errors
    /// If that is not so, or rustc cannot be run.
    pub fn locals(&self) -> Result<()> {
        let source = "fn main() {\n    let x = \"user\";\n    \
            print!(\"{} \", compare::expand!(identity::local_mixed(x)));\n    \
            print!(\"{} \", compare::expand!(identity::local_resolved(x)));\n    \
            print!(\"{}\", compare::expand!(identity::local_call(x)));\n}\n";
        let fixture = self.fixture()?;
        let output = fixture.rustc(&format!("#![allow(warnings)]\n{source}"), &[])?;
        ensure!(output.status.success(), "{}", stderr(&output));
        let run = Command::new(fixture.root().join("out/main")).output()?;
        assert_eq!(String::from_utf8_lossy(&run.stdout), "user user macro");
        Ok(())
    }
}

/// The tests of one [`Side`]: `bridge_tests!(side)`, with a function that gives it. Both test targets
/// have the same.
#[macro_export]
macro_rules! bridge_tests {
    ($side:path) => {
        #[test]
        fn real_items_come_back_exactly() -> ::anyhow::Result<()> {
            $side()?.real_items(20_000)
        }

        #[test]
        fn random_streams_come_back_exactly() -> ::anyhow::Result<()> {
            let slow = ::std::env::var_os("SLOW_TESTS").is_some();
            $side()?.random_streams(if slow { 50_000 } else { 2_000 })
        }

        #[test]
        fn programs_keep_their_meaning() -> ::anyhow::Result<()> {
            $side()?.programs()
        }

        #[test]
        fn rebuilt_groups_would_change_a_program() -> ::anyhow::Result<()> {
            $side()?.rebuilt_groups()
        }

        #[test]
        fn errors_stand_on_the_token_that_was_chosen() -> ::anyhow::Result<()> {
            $side()?.errors()
        }

        #[test]
        fn a_guests_local_does_not_capture_the_users() -> ::anyhow::Result<()> {
            $side()?.locals()
        }
    };
}
