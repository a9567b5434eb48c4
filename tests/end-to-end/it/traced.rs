//! What questions of macros leave for the command line, in a file for each unit.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use macro_bridge::answer::{Answer, Question};
use macro_runtime::Store;
use macro_runtime::store::Age;

use crate::guests::misbehave;
use crate::project::{Host, Project};

const SOURCE: &str = "#[cell::wasm(misbehave::call_declared)]
pub struct A;
#[cell::wasm(granted::call_declared)]
pub struct B;
pub type All = (A, B);
";

/// The lines of the only unit, after what names it.
fn trace(project: &Project) -> Result<Vec<String>> {
    let files: Vec<_> = fs::read_dir(project.root.join("trace"))?.flatten().collect();
    let traces = files.iter().map(fs::DirEntry::path);
    let mut traces = traces.filter(|path| path.extension().is_some_and(|word| word == "trace"));
    let path = traces.next().context("no trace")?;
    ensure!(traces.next().is_none(), "more than one unit: {files:?}");
    let text = fs::read_to_string(path)?;
    let (head, lines) = text.split_at(text.match_indices('\n').nth(2).context("a head")?.0 + 1);
    ensure!(head.starts_with("cell-trace 1\nrun - ") && head.contains("\nunit "), "{head}");
    Ok(lines.lines().map(str::to_owned).collect())
}

#[test]
fn a_unit_says_what_was_denied_and_what_was_answered_in_its_last_run() -> Result<()> {
    let mut project = Project::new("traced", Host::Embedded)?;
    let path = misbehave()?;
    let cells = format!(
        "[cells.misbehave]\npath = {path:?}\n[cells.granted]\npath = {path:?}\n\
         [cells.granted.grants]\ncalls = [\"vault::secret\"]\n"
    );
    project.lock_only(&cells, |name| name == "call_declared")?;
    project.environment.push(("CELL_TRACE", project.root.join("trace").display().to_string()));
    let has = |lines: &[String], head: &str, code: &str, tail: &str| {
        lines
            .iter()
            .any(|line| line.starts_with(head) && line.contains(code) && line.ends_with(tail))
    };
    project.check(SOURCE)?;
    let lines = trace(&project)?;
    let denied = "\tmisbehave::call_declared\tvault::secret\tmisbehave::call_declared";
    ensure!(has(&lines, "failed ", " CELL0309 ", denied), "{lines:#?}");
    let unrecorded = "\tgranted::call_declared\tvault::secret\tgranted::call_declared";
    ensure!(has(&lines, "failed ", " CELL0210 ", unrecorded), "{lines:#?}");

    let (cell, function) = ("vault".to_owned(), "secret".to_owned());
    let question = Question { cell, function, arguments: b"all".to_vec() };
    let key = question.key();
    let answer = Answer { question, reply: Ok(b"seven".to_vec()), source: Default::default() };
    let store = Store::of_project(&project.root);
    store.put_answer(&answer, Age::Fresh)?;
    project.check(SOURCE)?;
    let lines = trace(&project)?;
    ensure!(has(&lines, "failed ", " CELL0309 ", denied), "{lines:#?}");
    ensure!(!has(&lines, "failed ", "CELL0210", ""), "a line of the run before: {lines:#?}");
    let answered = format!("answer vault {key} {}", answer.digest());
    ensure!(lines.contains(&answered), "{answered} is not in {lines:#?}");
    Ok(())
}
