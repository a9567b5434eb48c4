//! The chapter about environment variables has all that the sources read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

const CHAPTER: &str = "docs/src/reference/environment.md";

/// Sources of what people use. Their tests set variables of their own.
const SOURCES: [&str; 12] = [
    "cell-answers/src",
    "cell-cli/src",
    "cell-sdk/src",
    "cell-service/src",
    "cell-transport/src",
    "guest-toolchain/src",
    "host-macro/src",
    "macro-bridge/src",
    "macro-guest-sdk/attribute/src",
    "macro-guest-sdk/src",
    "macro-runtime/src",
    "macro-server/src",
];

/// For who works on Cell itself; CONTRIBUTING.md names them.
const OURS: [&str; 3] = ["CELL_FUZZ_ROUND", "CELL_SAME_SEED", "CELL_SIMULATION_SEED"];

/// What is wrong, one line each.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let chapter = fs::read_to_string(root.join(CHAPTER)).context(CHAPTER)?;
    let mut read = BTreeSet::new();
    for folder in SOURCES {
        add(&root.join(folder), &mut read)?;
    }
    Ok(compare(&read, &chapter))
}

fn compare(read: &BTreeSet<String>, chapter: &str) -> Vec<String> {
    let listed = chapter.lines().filter(|line| line.starts_with('|'));
    let listed: BTreeSet<String> = listed
        .flat_map(|line| line.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2))
        .filter(|name| name.starts_with("CELL_"))
        .map(str::to_owned)
        .collect();
    let missing = read.difference(&listed).map(|name| format!("{CHAPTER}: `{name}` is missing"));
    let unread = listed.difference(read);
    missing.chain(unread.map(|name| format!("{CHAPTER}: nothing reads `{name}`"))).collect()
}

fn add(folder: &Path, to: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            add(&path, to)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            to.extend(names(&fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// Names in code that is no test: as a text of their own, or in the table of a doc comment.
fn names(source: &str) -> Vec<String> {
    let code = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let own = |part: &&str| {
        let letters = |c: char| c.is_ascii_uppercase() || c == '_';
        part.strip_prefix("CELL_").is_some_and(|rest| !rest.is_empty() && rest.chars().all(letters))
    };
    let quoted = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let quoted = quoted.flat_map(|line| line.split('"').skip(1).step_by(2));
    let tables = code.lines().filter_map(|line| line.trim_start().strip_prefix("/// | `"));
    let tables = tables.filter_map(|line| line.split('`').next());
    let all = quoted.chain(tables).filter(own).filter(|name| !OURS.contains(name));
    all.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_are_read() {
        let source = "// \"CELL_NO\"\n/// | `CELL_B` | x |\nvar(\"CELL_A\"), \"CELL_\", \"CELL_SAME_SEED\"\n\
                      #[cfg(test)]\nmod tests {\n var(\"CELL_C\")\n}\n";
        assert_eq!(names(source), ["CELL_A", "CELL_B"]);
    }

    #[test]
    fn both_sides_are_compared() {
        let read = ["CELL_A", "CELL_B"].map(str::to_owned).into();
        assert_eq!(compare(&read, "| `CELL_A`, `CELL_B` | `CELL_D` |\n"), [""; 0]);
        let wrong = compare(&read, "| `CELL_A` | |\n| `CELL_C` | |\n").join("\n");
        assert!(wrong.contains("`CELL_B` is missing") && wrong.contains("reads `CELL_C`"));
    }
}
