//! Files that expansions return for other languages: written on demand, never by a build, and of use to
//! who reads them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::guests::build;
use crate::project::{Host, Project};
use crate::run::{Ended, run};

const SOURCE: &str = "#![allow(warnings)]
cell::cell_remote!(Artifacts = \"artifacts\");
#[Artifacts::export]
pub struct User { pub name: String, pub age: u8, pub height: Option<f64>, pub tags: Vec<String> }
#[Artifacts::export]
pub struct Order { pub id: i64 }
";

/// Validates what a client would send: the good one, then each that a `User` cannot be.
const USES: &str = r#"
import sys
try:
    import pydantic
except ImportError:
    sys.exit(7)
from user import User

user = User.model_validate_json('{"name": "Ada", "age": 36, "tags": ["a"]}')
assert (user.name, user.age, user.height, user.tags) == ("Ada", 36, None, ["a"]), user
for bad in ('{"name": "Ada", "age": 256, "tags": []}', '{"name": 7, "age": 1, "tags": []}',
            '{"name": "Ada", "age": 36}', '{"name": "Ada", "age": 1, "tags": [], "more": 1}'):
    try:
        User.model_validate_json(bad)
    except pydantic.ValidationError:
        continue
    sys.exit(f"{bad} was taken")
"#;

fn python(folder: &Path, words: &[&str]) -> Result<Ended> {
    let mut python = Command::new("python3");
    python.args(words).current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1");
    run(&mut python, &crate::project::folder(), std::time::Duration::from_secs(60))
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder)?.flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

#[test]
fn files_of_expansions_are_written_checked_and_removed() -> Result<()> {
    let project = Project::new("artifacts", Host::Thin)?;
    let component = build("artifacts")?;
    project.write("cell.toml", format!("[cells.artifacts]\npath = {component:?}\n"))?;
    project.write("src/lib.rs", SOURCE)?;
    project.cell_does(&["lock"])?;
    let says = |words: &[&str], code: i32, parts: &[&str]| -> Result<()> {
        let ended = project.cell(words)?;
        ensure!(ended.code == Some(code), "{words:?}: {ended:?}");
        for part in parts {
            ensure!(ended.stderr.contains(part), "`{part}` is not in: {}", ended.stderr);
        }
        Ok(())
    };
    let folder = project.root.join("artifacts");
    says(&["artifacts", "--check"], 1, &["Differs", "user.py", "+ class User", "cell artifacts"])?;
    ensure!(!folder.exists(), "a check wrote");
    says(&["artifacts"], 0, &["user.ts, of `artifacts` at src/lib.rs:3:1", "4 files"])?;
    let all = [".cell-artifacts", "order.py", "order.ts", "user.py", "user.ts"];
    ensure!(names(&folder)? == all, "{:?}", names(&folder)?);
    says(&["artifacts", "--check"], 0, &["4 files"])?;

    // They are of use.
    let typescript = fs::read_to_string(folder.join("user.ts"))?;
    ensure!(typescript.contains("  height?: number | null;\n"), "{typescript}");
    let compiled = python(&folder, &["-m", "py_compile", "user.py"])?;
    ensure!(compiled.code == Some(0), "{compiled:?}");
    let _ = fs::remove_dir_all(folder.join("__pycache__"));
    let used = python(&folder, &["-c", USES])?;
    ensure!(matches!(used.code, Some(0 | 7)), "{used:?}");

    // What was changed by hand is not as it shall be; what nobody returns any more goes.
    project.write("artifacts/user.py", "class User: pass\n")?;
    says(&["artifacts", "--check"], 1, &["- class User: pass", "1 file is not"])?;
    project.write("src/lib.rs", SOURCE.replace("struct Order", "struct Job"))?;
    project.write("artifacts/mine.py", "")?;
    says(&["artifacts", "--check"], 1, &["Unused", "order.py", "Differs", "job.ts", "5 files"])?;
    says(&["artifacts"], 0, &["Removing", "order.ts, which nothing returns"])?;
    let all = [".cell-artifacts", "job.py", "job.ts", "mine.py", "user.py", "user.ts"];
    ensure!(names(&folder)? == all, "{:?}", names(&folder)?);
    ensure!(fs::read_to_string(folder.join("user.py"))?.contains("BaseModel"), "user.py");

    // Not what somebody else has written, and not two of one name.
    project.write("artifacts/extra.py", "# mine\n")?;
    project
        .write("src/lib.rs", format!("{SOURCE}#[Artifacts::export]\npub struct Extra {{}}\n"))?;
    says(&["artifacts"], 1, &["extra.py` is there", "src/lib.rs:7:1", "--out-dir"])?;
    ensure!(fs::read(folder.join("extra.py"))? == b"# mine\n", "it was written over");
    let twice = format!(
        "{SOURCE}pub mod inner {{\n#[crate::Artifacts::export]\npub struct User {{ pub id: u8 }}\n}}\n"
    );
    project.write("src/lib.rs", twice)?;
    says(
        &["artifacts"],
        1,
        &["different artifacts `user.py`", "src/lib.rs:3:1", "src/lib.rs:8:1"],
    )?;
    project.write("src/lib.rs", SOURCE)?;
    says(&["artifacts", "--out-dir", "elsewhere"], 0, &["4 files"])?;
    // What cannot be expanded might have returned something.
    let bad = format!("{SOURCE}#[Artifacts::export]\npub struct Bad {{ pub run: fn() }}\n");
    project.write("src/lib.rs", bad)?;
    says(&["artifacts"], 1, &["other languages do not know this type", "does not compile"])?;
    ensure!(folder.join("user.ts").exists(), "it was removed");
    // A build writes none of them.
    project.write("src/lib.rs", SOURCE)?;
    fs::remove_dir_all(&folder)?;
    project.cell_does(&["vendor"])?;
    project.check(SOURCE.split_once('\n').context("lines")?.1)?;
    ensure!(!folder.exists(), "a build wrote files");
    Ok(())
}
