//! The tests of an application, as cargo runs them.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Result, ensure};

/// Which tests there are and how each ended, for each program of tests in cargo's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Suite {
    programs: Vec<BTreeMap<String, String>>,
}

/// Builds and runs all tests.
pub(crate) fn run(cargo: &dyn Fn() -> Command, skipped: &[(&str, &str)]) -> Result<Suite> {
    let build = cargo().args(["test", "--locked", "--no-run"]).output()?;
    let said = String::from_utf8_lossy(&build.stderr);
    ensure!(build.status.success(), "it does not build:\n{said}");
    let mut command = cargo();
    command.args(["test", "--locked", "--no-fail-fast", "--"]);
    command.args(skipped.iter().flat_map(|(name, _)| ["--skip", name]));
    // With one thread the name of a test is printed before it runs, and what it prints stands behind it.
    let output = command.arg("--test-threads=2").output()?;
    Ok(Suite::read(&String::from_utf8_lossy(&output.stdout)))
}

impl Suite {
    /// Reads what programs of tests print, one behind the other.
    fn read(text: &str) -> Self {
        let mut programs: Vec<BTreeMap<String, String>> = Vec::new();
        for line in text.lines() {
            let number = line.strip_prefix("running ").and_then(|rest| rest.split(' ').next());
            if number.is_some_and(|number| number.parse::<usize>().is_ok()) {
                programs.push(BTreeMap::new());
            }
            let test = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "));
            if let (Some((name, ended)), Some(program)) = (test, programs.last_mut()) {
                program.insert(name.to_owned(), ended.to_owned());
            }
        }
        Self { programs }
    }

    /// How many pass.
    pub(crate) fn passed(&self) -> usize {
        self.programs.iter().flat_map(BTreeMap::values).filter(|ended| *ended == "ok").count()
    }

    /// The names of those that do not.
    pub(crate) fn failed(&self) -> impl Iterator<Item = &str> {
        let all = self.programs.iter().flatten();
        all.filter(|(_, ended)| *ended == "FAILED").map(|(name, _)| name.as_str())
    }

    /// What one has and the other has not, or ended otherwise.
    pub(crate) fn differences(&self, other: &Self) -> Vec<String> {
        let mut differences = Vec::new();
        let (one, two) = (self.programs.len(), other.programs.len());
        if one != two {
            differences.push(format!("{one} programs of tests, and {two}"));
        }
        for (ours, theirs) in self.programs.iter().zip(&other.programs) {
            let names: std::collections::BTreeSet<&String> =
                ours.keys().chain(theirs.keys()).collect();
            for name in names {
                let [one, two] = [ours, theirs]
                    .map(|of| of.get(name).map_or("not there", |ended| ended.as_str()));
                if one != two {
                    differences.push(format!("{name}: {one}, and {two}"));
                }
            }
        }
        differences
    }
}

#[test]
fn what_programs_of_tests_print_is_read() {
    let one = "\nrunning 2 tests\ntest a::b ... ok\ntest c - should panic ... ok\n\ntest result: ok. \
               2 passed\n\nrunning 0 tests\n\nrunning 1 test\ntest a::b ... FAILED\n";
    let suite = Suite::read(one);
    assert_eq!((suite.programs.len(), suite.passed()), (3, 2));
    assert_eq!(suite.failed().collect::<Vec<_>>(), ["a::b"]);
    assert!(suite.differences(&suite).is_empty());
    let other =
        Suite::read(&one.replace("FAILED", "ok").replace("test c - should panic ... ok", ""));
    assert_eq!(
        suite.differences(&other),
        ["c - should panic: ok, and not there", "a::b: FAILED, and ok"]
    );
    assert_eq!(suite.differences(&Suite::default()), ["3 programs of tests, and 0"]);
}
