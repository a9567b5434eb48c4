//! Files that expansions return for other tools: which there shall be, and which of those on the disk
//! are ours. Pure; [`crate::commands::artifacts`] reads and writes.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use macro_bridge::digest::Digest;
use macro_bridge::sealed::{self, Damage};

/// The file beside the artifacts that says which files are ours.
pub(crate) const MARKER: &str = ".cell-artifacts";
const FORMAT: &str = "cell-artifacts 1";

/// One file, with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) body: Vec<u8>,
    /// `` `ledger` at src/main.rs:4:1 ``
    pub(crate) from: String,
}

/// All files that there shall be, by name.
#[derive(Debug, Default)]
pub(crate) struct Wanted(BTreeMap<String, Found>);

impl Wanted {
    /// Adds a file. Two expansions may return the same file if its bytes are the same.
    ///
    /// # Errors
    /// If its name is none, or if another expansion returns other bytes under that name.
    pub(crate) fn add(&mut self, name: &str, found: Found) -> Result<()> {
        if !is_plain(name) {
            bail!(
                "{} returns an artifact with the name `{}`, which is no plain file name",
                found.from,
                name.escape_debug()
            );
        }
        // There are file systems in which these are one file.
        let same = |known: &&String| known.eq_ignore_ascii_case(name);
        if let Some(known) = self.0.keys().find(same) {
            let other = &self.0[known];
            if known != name || other.body != found.body {
                bail!(
                    "two expansions return different artifacts `{name}`\n\
                     note: {} returns `{known}`\n\
                     note: {} returns `{name}`\n\
                     help: give one of them another name",
                    other.from,
                    found.from
                );
            }
            return Ok(());
        }
        self.0.insert(name.to_owned(), found);
        Ok(())
    }

    pub(crate) fn files(&self) -> &BTreeMap<String, Found> {
        &self.0
    }

    /// What the marker shall say.
    pub(crate) fn marker(&self) -> Marker {
        Marker(self.0.iter().map(|(name, it)| (name.clone(), Digest::of(&it.body))).collect())
    }
}

/// A name that is a file in the folder and nothing else, as the host checks it of a macro. Checked once
/// more, since a recorded expansion is a file that anybody may have written.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && name.len() <= 200
}

/// Files that we wrote, with what we wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marker(pub(crate) BTreeMap<String, Digest>);

impl Marker {
    pub(crate) fn encode(&self) -> String {
        let lines = self.0.iter().map(|(name, digest)| format!("file {digest} {name}\n"));
        sealed::seal(format!("{FORMAT}\n{}", lines.collect::<String>()))
    }

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn decode(bytes: &[u8]) -> std::result::Result<Self, Damage> {
        let mut files = BTreeMap::new();
        for (index, line) in sealed::open(bytes, FORMAT)?.lines().enumerate() {
            let read = || {
                let (digest, name) = line.strip_prefix("file ")?.split_once(' ')?;
                is_plain(name).then_some((name.to_owned(), Digest::parse(digest)?))
            };
            files.extend([read().ok_or(Damage::Line(index + 2))?]);
        }
        Ok(Self(files))
    }
}

/// What has to be done about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It is not there, or ours and not as it shall be.
    Write,
    /// It is ours, and no expansion returns it any more.
    Remove,
    /// No expansion returns it any more, but it is not as we wrote it.
    Leave,
    /// It is somebody else's, and an expansion returns one of this name.
    Refuse,
}

/// What has to be done, by name. `read` says what is on the disk; `whole`: was everything compiled? Only
/// then is what no expansion returned not wanted.
pub(crate) fn steps(
    wanted: &Wanted,
    ours: &Marker,
    whole: bool,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> BTreeMap<String, Step> {
    let mut steps = BTreeMap::new();
    for (name, found) in wanted.files() {
        let step = match read(name) {
            Some(there) if there == found.body => continue,
            Some(_) if !ours.0.contains_key(name) => Step::Refuse,
            _ => Step::Write,
        };
        steps.insert(name.clone(), step);
    }
    let gone = ours.0.iter().filter(|(name, _)| whole && !wanted.files().contains_key(*name));
    for (name, digest) in gone {
        let step = match read(name) {
            None => continue,
            Some(there) if Digest::of(&there) == *digest => Step::Remove,
            Some(_) => Step::Leave,
        };
        steps.insert(name.clone(), step);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str, from: &str) -> Found {
        Found { body: body.into(), from: from.into() }
    }

    fn wanted(files: &[(&str, &str)]) -> Wanted {
        let mut wanted = Wanted::default();
        for (name, body) in files {
            wanted.add(name, found(body, "`a` at x.rs:1:1")).unwrap();
        }
        wanted
    }

    #[test]
    fn names_are_files_in_the_folder() {
        for good in ["user.py", "User.d.ts", "_a", "1-b_c"] {
            wanted(&[(good, "")]);
        }
        for bad in ["", ".", "..", "../a", "/a", "a/b", "a\\b", ".cell-artifacts", "é", "a b", "\0"]
        {
            let error = Wanted::default().add(bad, found("", "`a` at x.rs:1:1")).unwrap_err();
            assert!(error.to_string().contains("`a` at x.rs:1:1 returns"), "{error}");
        }
    }

    #[test]
    fn one_name_with_two_contents_names_both_places() {
        let mut both = wanted(&[("user.py", "a")]);
        both.add("user.py", found("a", "`b` at y.rs:2:1")).unwrap();
        for (name, body) in [("user.py", "b"), ("User.py", "a")] {
            let error = both.add(name, found(body, "`b` at y.rs:2:1")).unwrap_err().to_string();
            assert!(error.contains("`a` at x.rs:1:1") && error.contains("y.rs:2:1"), "{error}");
        }
    }

    #[test]
    fn only_files_of_ours_are_changed_or_removed() {
        let disk: BTreeMap<&str, &str> = [
            ("same", "1"),
            ("changed", "old"),
            ("theirs", "x"),
            ("stale", "s"),
            ("edited", "by hand"),
            ("unknown", "u"),
        ]
        .into();
        let read = |name: &str| disk.get(name).map(|body| body.as_bytes().to_vec());
        let ours = |name: &str, body: &str| (name.to_owned(), Digest::of(body.as_bytes()));
        let marker = Marker(
            [
                ours("same", "1"),
                ours("changed", "old"),
                ours("stale", "s"),
                ours("edited", "as we wrote it"),
                ours("gone", "g"),
            ]
            .into(),
        );
        let wanted = wanted(&[("same", "1"), ("changed", "new"), ("theirs", "y"), ("new", "n")]);
        let check = |whole| {
            let steps = steps(&wanted, &marker, whole, &read);
            steps.into_iter().map(|(name, step)| format!("{name} {step:?}")).collect::<Vec<_>>()
        };
        let written = ["changed Write", "new Write", "theirs Refuse"];
        assert_eq!(check(false), written);
        let all = ["changed Write", "edited Leave", "new Write", "stale Remove", "theirs Refuse"];
        assert_eq!(check(true), all);
    }

    #[test]
    fn the_marker_is_read_back_and_checked() {
        let marker = wanted(&[("b.py", "b"), ("a.ts", "a")]).marker();
        let text = marker.encode();
        assert_eq!(Marker::decode(text.as_bytes()), Ok(marker));
        for end in 0..text.len() {
            assert!(Marker::decode(&text.as_bytes()[..end]).is_err(), "cut at {end}");
        }
        let digest = Digest::of(b"");
        let evil = sealed::seal(format!("{FORMAT}\nfile {digest} ../../x\n"));
        assert_eq!(Marker::decode(evil.as_bytes()), Err(Damage::Line(2)));
    }
}
