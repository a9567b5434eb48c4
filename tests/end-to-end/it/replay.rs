//! Expansions of every sort, saved in a project and expanded again where there is none.

use std::fs;

use anyhow::{Result, ensure};
use macro_bridge::answer::{Answer, Question};
use macro_runtime::Store;
use macro_runtime::store::Age;

use crate::guests::{misbehave, stack};
use crate::project::{Host, Project};

/// Good ones, and ones that fail: with what is shown of them.
const CALLS: [(&str, &str); 10] = [
    ("misbehave::panic_lines", "[CELL0301]"),
    ("misbehave::panic_value", "[CELL0301]"),
    ("misbehave::trap", "[CELL0302]"),
    ("misbehave::spin", "[CELL0303]"),
    ("misbehave::grow", "[CELL0304]"),
    ("misbehave::recursion", "[CELL0305]"),
    ("misbehave::call_declared", "[CELL0309]"),
    ("granted::call_declared", "[CELL0210]"),
    ("stack::field_c", "warning: a field was added"),
    ("stack::fails_in_plan", "pub struct"),
];

#[test]
fn whatever_came_of_a_macro_comes_again_elsewhere() -> Result<()> {
    let project = Project::new("replay", Host::Thin)?;
    let (misbehave, stack) = (misbehave()?, stack()?);
    let cells = format!(
        "[cells.misbehave]\npath = {misbehave:?}\n\
         limits = {{ fuel = 20_000_000, memory = \"16 MiB\" }}\n\
         [cells.granted]\npath = {misbehave:?}\n\
         [cells.granted.grants]\ncalls = [\"vault::secret\"]\n\
         [cells.stack]\npath = {stack:?}\n"
    );
    let used = |name: &str| CALLS.iter().any(|(path, _)| path.ends_with(&format!("::{name}")));
    project.lock_only(&cells, used)?;
    let mut source = "#![allow(warnings)]\n".to_owned();
    for (index, (path, _)) in CALLS.iter().enumerate() {
        source.push_str(&format!("#[cell::wasm({path})]\npub struct S{index} {{ id: u8 }}\n"));
    }
    project.write("src/lib.rs", source)?;

    let nowhere = Project::new("replayed", Host::Thin)?.fresh_home()?;
    let file = nowhere.root.join("all.replay").to_string_lossy().into_owned();
    let ended = project.cell(&["expand", "--save", &file])?;
    ensure!(ended.code == Some(1) && ended.stderr.contains("10 expansions in"), "{ended:?}");
    let (_, calls) = ended.stdout.split_once("// ").unwrap_or_default();
    let replayed = || -> Result<String> {
        // Where it was saved there might be something that counts.
        let ended = nowhere.cell(&["replay", "all.replay"])?;
        ensure!(ended.code == Some(0), "{}\n{}", ended.stdout, ended.stderr);
        ensure!(ended.stderr.contains("10 expansions: byte for byte"), "{}", ended.stderr);
        Ok(ended.stdout)
    };
    let shown = replayed()?;
    for (path, part) in CALLS {
        for text in [calls, &shown] {
            let mut cases = text.split("`misbehave::").flat_map(|it| it.split("`stack::"));
            let name = path.rsplit("::").next().unwrap_or_default();
            ensure!(
                cases.any(|case| case.starts_with(name) && case.contains(part))
                    || path.starts_with("granted") && text.contains(part),
                "no {path} with {part} in {text}"
            );
        }
    }
    // A forged line of a panic is no line of ours.
    ensure!(!shown.lines().any(|line| line.starts_with("error")), "{shown}");

    // With the answer that it used.
    let (cell, function) = ("vault".to_owned(), "secret".to_owned());
    let question = Question { cell, function, arguments: b"all".to_vec() };
    let answer = Answer { question, reply: Ok(b"seven".to_vec()), source: Default::default() };
    Store::of_project(&project.root).put_answer(&answer, Age::Fresh)?;
    project.cell(&["expand", "--save", &file])?;
    fs::remove_dir_all(project.root.join(".cell"))?;
    let answered = replayed()?;
    ensure!(answered.contains("stands on: answer") && !answered.contains("CELL0210"), "{answered}");

    // What mends it is another result.
    let other = misbehave.to_string_lossy();
    let component = format!("misbehave={other}");
    let ended = nowhere.cell(&["replay", "all.replay", "--component", &component])?;
    ensure!(ended.code == Some(0), "the same component: {ended:?}");
    let ended = nowhere.cell(&["replay", "all.replay", "--component", &other])?;
    ensure!(ended.code == Some(1) && ended.stderr.contains("`granted`, `misbehave`"), "{ended:?}");
    Ok(())
}
