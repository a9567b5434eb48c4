//! All files of a folder, but for what cargo builds there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

const BUILT: &str = "target";

/// Contents by path.
pub(crate) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// Reads them. A folder without files is one as well.
pub(crate) fn read(root: &Path) -> Result<Tree> {
    let mut tree = Tree::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let mut empty = true;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            empty = false;
            if path == root.join(BUILT) {
            } else if path.is_dir() {
                open.push(path);
            } else {
                tree.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?);
            }
        }
        if empty {
            tree.insert(folder.strip_prefix(root)?.join("."), Vec::new());
        }
    }
    Ok(tree)
}

/// Removes them.
pub(crate) fn empty(root: &Path) -> Result<()> {
    fs::create_dir_all(root)?;
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path == root.join(BUILT) {
        } else if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The paths of files that are not the same in both.
pub(crate) fn differences(one: &Tree, other: &Tree) -> Vec<String> {
    let of = |one: &Tree, other: &Tree| {
        let changed = one.iter().filter(|(path, bytes)| other.get(*path) != Some(*bytes));
        changed.map(|(path, _)| path.display().to_string()).collect::<Vec<_>>()
    };
    let mut differences = of(one, other);
    differences.extend(of(other, one));
    differences.sort();
    differences.dedup();
    differences
}
