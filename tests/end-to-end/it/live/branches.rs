//! Two people who add questions at the same time.

use anyhow::{Result, ensure};

use super::copy::{Copy, copy_folder};
use super::place::Place;
use crate::project::Host;

/// A source with two functions between which there is much that nobody changes.
fn source(first: &str, second: &str) -> String {
    let between: String =
        (0..12).map(|n| format!("pub const UNCHANGED_{n}: u8 = {n};\n")).collect();
    format!("#![allow(warnings)]\n{first}{between}{second}")
}

#[test]
fn branches_that_ask_different_questions_merge_and_build_with_nothing_running() -> Result<()> {
    let mut place = Place::new("live-branches", Host::Thin)?;
    place.served.project.write("src/lib.rs", source("", ""))?;
    let copy = Copy::of(&place, "branches")?;
    copy.git(&["init", "--quiet", "--initial-branch", "main"])?;
    let commit = |text: &str| -> Result<()> {
        copy.git(&["add", "--all"])?;
        copy.git(&["commit", "--quiet", "--message", text]).map(drop)
    };
    commit("a project")?;
    place.oracle("word")?;
    let first = "#[cell::wasm(asks::value(1))]\npub struct First;\n\
                 #[cell::wasm(asks::value(3))]\npub struct Both;\n";
    let second = "#[cell::wasm(asks::table(\"accounts\"))]\npub struct Second;\n\
                  #[cell::wasm(asks::value(3))]\npub struct Too;\n";
    for (branch, source) in [("one", source(first, "")), ("two", source("", second))] {
        copy.git(&["checkout", "--quiet", "-b", branch, "main"])?;
        copy.write("src/lib.rs", source.as_bytes())?;
        // Where it is asked is the place's project, which is as the branch is then.
        let root = &place.served.project.root;
        let _ = std::fs::remove_dir_all(root.join(".cell/answers"));
        let _ = std::fs::remove_dir_all(root.join(".cell/expansions"));
        place.served.project.write("src/lib.rs", &source)?;
        place.served.project.cell_does(&["sync"])?;
        place.served.project.cell_does(&["vendor"])?;
        ensure!(place.answers()?.len() == 2);
        copy_folder(&root.join(".cell"), &copy.root.join(".cell"))?;
        commit(branch)?;
    }
    place.stop_oracle();
    copy.git(&["checkout", "--quiet", "main"])?;
    for branch in ["one", "two"] {
        copy.git(&["merge", "--quiet", "--no-ff", "--no-edit", branch])?;
    }
    ensure!(copy.git(&["status", "--porcelain"])?.is_empty());
    let answers = copy.git(&["ls-files", ".cell/answers"])?;
    ensure!(answers.lines().count() == 3, "{answers}");
    let found = copy.recorded(&["check"])?;
    ensure!(found.len() == 4, "{found:?}");
    Ok(())
}
