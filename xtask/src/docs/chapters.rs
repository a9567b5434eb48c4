//! Chapters as they are written: all are in the summary, and what they link to and include is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result};

/// Where chapters are, from the workspace.
pub(super) const SOURCE: &str = "docs/src";

/// What is wrong, one line each.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let source = root.join(SOURCE);
    let summary = read(&source.join("SUMMARY.md"))?;
    let mut wrong = Vec::new();
    let mut listed = BTreeSet::new();
    for target in links(&summary).into_iter().map(|(_, target)| target) {
        if !listed.insert(target.clone()) {
            wrong.push(format!("{SOURCE}/SUMMARY.md: `{target}` is there twice"));
        }
        if !source.join(&target).is_file() {
            wrong.push(format!("{SOURCE}/SUMMARY.md: there is no chapter `{target}`"));
        }
    }
    for chapter in markdown(&source, "")? {
        if chapter != "SUMMARY.md" && !listed.contains(&chapter) {
            wrong.push(format!("{SOURCE}/SUMMARY.md: `{chapter}` is missing"));
        }
        let path = source.join(&chapter);
        let mut say = |line: usize, what: String| {
            wrong.push(format!("{SOURCE}/{chapter}:{line}: {what}"));
        };
        let text = read(&path)?;
        for (line, include) in includes(&text) {
            included(&path, &include).unwrap_or_else(|reason| say(line, reason));
        }
        for (line, target) in links(&text) {
            leads(&path, &target).unwrap_or_else(|reason| say(line, reason));
        }
    }
    Ok(wrong)
}

/// All Markdown in a folder and those in it, as paths from it.
fn markdown(folder: &Path, within: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.join(within))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let name = if within.is_empty() { name } else { format!("{within}/{name}") };
        if folder.join(&name).is_dir() {
            found.extend(markdown(folder, &name)?);
        } else if name.ends_with(".md") {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// Lines outside of code blocks, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.starts_with("```");
        inside ^= fence;
        (!inside && !fence).then_some((index + 1, line))
    })
}

/// Links to files of ours, with their lines.
fn links(text: &str) -> Vec<(usize, String)> {
    let of_line = |(number, line)| {
        let line: &str = line;
        // `Vec<T>[..](x)` in backquotes is no link.
        let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let parts = plain.split("](").skip(1);
        let targets = parts.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
        targets.map(|target| (number, target.to_owned())).collect::<Vec<_>>()
    };
    let all = prose(text).flat_map(of_line);
    all.filter(|(_, target)| !target.contains("://")).collect()
}

/// What `{{#include ..}}` names, with its line; in code blocks too.
fn includes(text: &str) -> Vec<(usize, String)> {
    let of_line = |(index, line): (usize, &str)| {
        let (_, rest) = line.split_once("{{#include ")?;
        Some((index + 1, rest.split_once("}}")?.0.to_owned()))
    };
    text.lines().enumerate().filter_map(of_line).collect()
}

/// Files that a chapter includes.
pub(super) fn included_files(chapter: &Path) -> Result<Vec<PathBuf>> {
    let folder = chapter.parent().unwrap_or(Path::new(""));
    let names = includes(&read(chapter)?).into_iter();
    Ok(names.map(|(_, name)| folder.join(name.split(':').next().unwrap_or_default())).collect())
}

fn included(chapter: &Path, include: &str) -> Result<(), String> {
    let (file, anchor) = include.split_once(':').unwrap_or((include, ""));
    let path = chapter.parent().unwrap_or(Path::new("")).join(file);
    let text = fs::read_to_string(&path).map_err(|e| format!("cannot include `{file}`: {e}"))?;
    if anchor.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(format!("`{include}`: lines move, write an anchor"));
    }
    match anchor.is_empty() || text.contains(&format!("ANCHOR: {anchor}\n")) {
        true => Ok(()),
        false => Err(format!("`{file}` has no anchor `{anchor}`")),
    }
}

fn leads(chapter: &Path, target: &str) -> Result<(), String> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match file {
        "" => chapter.to_owned(),
        file => chapter.parent().unwrap_or(Path::new("")).join(file),
    };
    if !path.exists() {
        return Err(format!("there is no `{target}`"));
    }
    if anchor.is_empty() {
        return Ok(());
    }
    let found = headings(&path).map_err(|error| format!("`{target}`: {error:#}"))?;
    match found.contains(anchor) {
        true => Ok(()),
        false => Err(format!("`{file}` has no heading for `#{anchor}`")),
    }
}

/// The names by which headings of a chapter are found, those of files that it includes too.
fn headings(chapter: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for file in std::iter::once(chapter.to_owned()).chain(included_files(chapter)?) {
        if file.extension().is_some_and(|extension| extension == "md") {
            let text = read(&file)?;
            let heads = prose(&text).filter(|(_, line)| line.starts_with('#'));
            names.extend(heads.map(|(_, line)| slug(line.trim_start_matches('#'))));
        }
    }
    Ok(names)
}

/// As mdBook makes it.
fn slug(heading: &str) -> String {
    let letters = heading.trim().to_lowercase();
    let kept = letters.chars().filter_map(|c| match c {
        '-' | '_' => Some(c),
        c if c.is_alphanumeric() => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    });
    kept.collect()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// A path without `..`, as far as that is possible without looking.
pub(super) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_includes_are_found_with_their_lines() {
        let text =
            "[a](b.md) `[x](y)`\n```\n[c](d.md)\n{{#include e.rs:f}}\n```\n[g](h#i) [j](k://l)\n";
        assert_eq!(links(text), [(1, "b.md".to_owned()), (6, "h#i".to_owned())]);
        assert_eq!(includes(text), [(4, "e.rs:f".to_owned())]);
    }

    #[test]
    fn headings_are_named_as_in_the_book() {
        assert_eq!(slug(" Step 4: a golden test"), "step-4-a-golden-test");
        assert_eq!((slug("cell.toml"), slug("`a_b` C")), ("celltoml".into(), "a_b-c".into()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join(SOURCE);
        fs::create_dir_all(source.join("in")).unwrap();
        let write = |name: &str, text: &str| fs::write(source.join(name), text).unwrap();
        write("SUMMARY.md", "- [A](a.md)\n- [B](in/b.md)\n");
        write("a.md", "# A\n[b](in/b.md#b-c)\n{{#include in/b.md}}\n");
        write("in/b.md", "## B c\n[a](../a.md#a) [own](#b-c)\n// ANCHOR: x\n{{#include b.md:x}}\n");
        assert_eq!(check(folder.path()).unwrap(), [""; 0]);
        write("SUMMARY.md", "- [A](a.md)\n- [A](a.md)\n- [C](c.md)\n");
        write("a.md", "# A\n[b](in/b.md#b)\n[c](in/c.md)\n{{#include in/b.md:y}}\n");
        write("in/b.md", "## B c\n{{#include b.md:1:2}} \n");
        let wrong = check(folder.path()).unwrap().join("\n");
        for words in [
            "SUMMARY.md: `a.md` is there twice",
            "SUMMARY.md: there is no chapter `c.md`",
            "SUMMARY.md: `in/b.md` is missing",
            "a.md:2: `in/b.md` has no heading for `#b`",
            "a.md:3: there is no `in/c.md`",
            "a.md:4: `in/b.md` has no anchor `y`",
            "in/b.md:2: `b.md:1:2`: lines move",
        ] {
            assert!(wrong.contains(words), "{words} is not in\n{wrong}");
        }
    }

    #[test]
    fn paths_are_made_plain() {
        assert_eq!(plain(Path::new("a/b/../../c/./d")), Path::new("c/d"));
    }
}
