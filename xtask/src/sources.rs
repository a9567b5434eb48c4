//! Rules about source files that no lint knows.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::policy::Policy;

/// Folders without sources of ours.
const OUTSIDE: [&str; 2] = ["target", "fixtures"];
/// More lines than that are split by subject.
const LONGEST: usize = 800;

pub(crate) fn check(root: &Path, policy: &Policy) -> Result<()> {
    let mut files = Vec::new();
    collect(root, Path::new(""), &mut files)?;
    let mut problems = Vec::new();
    for file in &files {
        let name = file.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        let text = std::fs::read_to_string(root.join(file))
            .with_context(|| format!("cannot read {name}"))?;
        problems.extend(problems_of(&name, &text, policy));
    }
    for name in policy.unsafe_files.iter().chain(&policy.long_files) {
        if !root.join(name).is_file() {
            problems.push(format!("xtask/policy.toml names {name}, which is not there"));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}", problems.join("\n"))
}

fn problems_of(name: &str, text: &str, policy: &Policy) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST && !policy.long_files.contains(name) {
        problems.push(format!("{name} has {lines} lines; past {LONGEST}, split it by subject"));
    }
    // Each crate forbids it, or denies it and allows it to the files in the policy: then the
    // compiler does the rest.
    let lint = ["unsafe", "_code"].concat();
    let code = || text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    if ["src/lib.rs", "src/main.rs"].iter().any(|root| name.ends_with(root)) {
        let held = ["forbid", "deny"].map(|level| format!("#![{level}({lint})]"));
        if !code().any(|line| held.iter().any(|held| line == held)) {
            problems.push(format!("{name} has neither `{}` nor `{}`", held[0], held[1]));
        }
    }
    let lets = ["allow(", "expect("].map(|word| format!("{word}{lint}"));
    let letting = code().any(|line| lets.iter().any(|word| line.contains(word)));
    if letting && !policy.unsafe_files.contains(name) {
        problems.push(format!("{name} allows unsafe code and is not named in xtask/policy.toml"));
    }
    problems
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let here = root.join(folder);
    for entry in
        std::fs::read_dir(&here).with_context(|| format!("cannot read {}", here.display()))?
    {
        let entry = entry?;
        let name = entry.file_name();
        let path = folder.join(&name);
        if name.to_string_lossy().starts_with('.') || OUTSIDE.iter().any(|outside| name == *outside)
        {
            continue;
        }
        if entry.path().is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_finds_what_breaks_it() {
        let text = "licences = []\n[unsafe-files]\n\"a/src/map.rs\" = \"maps\"\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, text).unwrap();
        let policy = Policy::read(&path).unwrap();
        let lint = ["unsafe", "_code"].concat();
        let check = |name: &str, text: String, problems: usize| {
            let found = problems_of(name, &text, &policy);
            assert_eq!(found.len(), problems, "{name}: {found:?}");
        };
        check("a/src/lib.rs", format!("//! A.\n#![forbid({lint})]\n"), 0);
        check("a/src/lib.rs", format!("//! A.\n#![deny({lint})]\n"), 0);
        check("a/src/lib.rs", format!("// #![forbid({lint})]\n"), 1);
        check("a/src/other.rs", String::new(), 0);
        check("a/src/other.rs", format!("#[allow({lint}, reason = \"x\")]\n"), 1);
        check("a/src/map.rs", format!("#![expect({lint})]\n"), 0);
        check("a/src/other.rs", "\n".repeat(801), 1);
    }
}
