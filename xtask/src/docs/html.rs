//! The built book: links that leave it go to the repository, all others to something that is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::chapters::{SOURCE, included_files, plain};

/// Rewrites what leads out of the book, and says what leads nowhere.
pub(super) fn finish(root: &Path, book: &Path) -> Result<Vec<String>> {
    let repository = repository(&fs::read_to_string(root.join("Cargo.toml"))?)
        .context("Cargo.toml names no repository")?
        .to_owned();
    let mut pages = Vec::new();
    collect(book, &mut pages)?;
    let mut wrong = Vec::new();
    for page in pages {
        let text = fs::read_to_string(&page)?;
        let name = page.strip_prefix(book)?.to_owned();
        let bases = bases(root, &name)?;
        let (changed, lost) = rewritten(&text, |target| {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match file {
                "" => page.clone(),
                file => plain(&page.parent().unwrap_or(book).join(file)),
            };
            if path.exists() {
                return match anchor.is_empty() || has(&path, anchor) {
                    true => Target::Stays,
                    false => Target::Lost,
                };
            }
            outside(root, &bases, file).map_or(Target::Lost, |file| {
                Target::Becomes(format!("{repository}/blob/main/{}", file.display()))
            })
        });
        wrong.extend(lost.iter().map(|lost| format!("{}: there is no `{lost}`", name.display())));
        if changed != text {
            fs::write(&page, changed)?;
        }
    }
    Ok(wrong)
}

enum Target {
    Stays,
    Lost,
    Becomes(String),
}

/// The page with other targets, and the targets that are lost.
fn rewritten(page: &str, decide: impl Fn(&str) -> Target) -> (String, BTreeSet<String>) {
    let mut lost = BTreeSet::new();
    let mut text = String::with_capacity(page.len());
    let mut rest = page;
    let starts = ["href=\"", "src=\""];
    while let Some((at, start)) =
        starts.iter().filter_map(|start| Some((rest.find(start)?, start))).min()
    {
        let (before, behind) = rest.split_at(at + start.len());
        text.push_str(before);
        let (target, behind) = behind.split_once('"').unwrap_or((behind, ""));
        let elsewhere = [":", "//"].iter().any(|mark| target.contains(mark)) || target.is_empty();
        match if elsewhere { Target::Stays } else { decide(target) } {
            Target::Stays => text.push_str(target),
            Target::Becomes(new) => text.push_str(&new),
            Target::Lost => {
                lost.insert(target.to_owned());
                text.push_str(target);
            }
        }
        text.push('"');
        rest = behind;
    }
    text.push_str(rest);
    (text, lost)
}

fn has(page: &Path, anchor: &str) -> bool {
    fs::read_to_string(page).is_ok_and(|text| text.contains(&format!("id=\"{anchor}\"")))
}

/// Folders from which a page's links were written: its chapter's, and those of included files.
fn bases(root: &Path, page: &Path) -> Result<Vec<PathBuf>> {
    let chapter = root.join(SOURCE).join(page).with_extension("md");
    if !chapter.is_file() {
        // `index.html`, the first chapter once more.
        return Ok(vec![root.join(SOURCE)]);
    }
    let files = included_files(&chapter)?;
    let files = std::iter::once(chapter).chain(files);
    Ok(files.filter_map(|file| file.parent().map(plain)).collect())
}

/// A file of the repository, from its root. mdBook has made `.html` of its `.md`.
fn outside(root: &Path, bases: &[PathBuf], file: &str) -> Option<PathBuf> {
    let source = file.strip_suffix(".html").map(|file| format!("{file}.md"));
    let names = std::iter::once(file.to_owned()).chain(source);
    let paths = names.flat_map(|name| bases.iter().map(move |base| plain(&base.join(&name))));
    let found = paths.into_iter().find(|path| path.exists())?;
    Some(found.strip_prefix(root).ok()?.to_owned())
}

fn repository(manifest: &str) -> Option<&str> {
    manifest.lines().find_map(|line| line.strip_prefix("repository = \"")?.strip_suffix('"'))
}

fn collect(folder: &Path, pages: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "html") {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_rewritten_or_lost() {
        let page =
            "<a href=\"a.html\">x</a> <img src=\"b.svg\"> <a href=\"https://c\"> <a href=\"d\">";
        let (text, lost) = rewritten(page, |target| match target {
            "a.html" => Target::Becomes("https://r/a.md".to_owned()),
            "d" => Target::Lost,
            _ => Target::Stays,
        });
        assert_eq!(text, page.replace("a.html", "https://r/a.md"));
        assert_eq!(lost, ["d".to_owned()].into());
    }

    #[test]
    fn links_out_of_the_book_go_to_the_repository() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("Cargo.toml", "repository = \"https://r\"\n");
        write("benches/README.md", "");
        write("docs/figures.md", "[b](../benches/README.md)");
        write("docs/src/figures.md", "{{#include ../figures.md}}");
        let links = "<a href=\"../benches/README.html\"> <a href=\"#x\"><p id=\"x\">";
        write("book/figures.html", links);
        assert_eq!(finish(root, &root.join("book")).unwrap(), [""; 0]);
        let text = fs::read_to_string(root.join("book/figures.html")).unwrap();
        assert!(text.contains("href=\"https://r/blob/main/benches/README.md\""), "{text}");
        write("book/figures.html", "<a href=\"#y\"> <a href=\"z.html\">");
        assert_eq!(finish(root, &root.join("book")).unwrap().len(), 2);
    }
}
