//! `xtask bench`: the report of what Cell costs, and the figures of `benches/README.md`. Nothing here
//! fails because of a time.
//!
//! Each part measures and keeps its samples in a file; the report is made of all files. So a part can
//! be measured again without the others.

mod answers;
mod builds;
mod by_hand;
mod calls;
mod compose;
mod effort;
mod expansions;
mod fixture;
mod generated;
mod goals;
mod home;
mod instructions;
mod language;
pub(crate) mod machine;
mod market;
mod marks;
mod measure;
pub(crate) mod peak;
mod place;
pub(crate) mod plot;
mod publish;
mod report;
mod samples;
mod sandboxed;
mod server;
mod statistics;
mod trend;
pub(crate) mod units;
mod workspace;

use std::path::PathBuf;

use anyhow::{Result, bail};
use cargo_metadata::MetadataCommand;

use crate::step;
use effort::Effort;
use samples::Samples;

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted<'a> {
    part: Option<&'a str>,
    /// Of expansions perhaps only those of one host, of sandboxed applications perhaps only one.
    one: Option<&'a str>,
    quick: bool,
    publish: bool,
}

impl<'a> Wanted<'a> {
    /// Reads the words behind `bench`.
    pub(crate) fn read(words: &[&'a str]) -> Result<Self> {
        let mut wanted = Self::default();
        for word in words {
            match *word {
                "--quick" => wanted.quick = true,
                "--publish" => wanted.publish = true,
                part if wanted.part.is_none() && PARTS.contains(&part) => wanted.part = Some(part),
                host if wanted.part == Some("expansions") && place::host(host).is_ok() => {
                    wanted.one = Some(host);
                }
                name if wanted.part == Some("sandboxed") && sandboxed::is_application(name) => {
                    wanted.one = Some(name);
                }
                other => bail!("`bench` knows no `{other}`; its parts: {}", PARTS.join(", ")),
            }
        }
        Ok(wanted)
    }
}

/// In the order in which they are measured. `report` measures nothing.
const PARTS: [&str; 12] = [
    "builds",
    "market",
    "server",
    "language",
    "workspace",
    "instructions",
    "expansions",
    "memory",
    "calls",
    "answers",
    "sandboxed",
    "report",
];

/// Measures all parts, or one, and writes the report of all that was measured.
pub(crate) fn run(wanted: &Wanted<'_>) -> Result<()> {
    let effort = Effort { quick: wanted.quick };
    let is_wanted = |name: &str| wanted.part.is_none_or(|part| part == name);
    for part in PARTS.into_iter().filter(|part| is_wanted(part)) {
        match part {
            "builds" => builds::times(effort)?,
            "market" => market::run(effort)?,
            "server" => server::run(effort)?,
            "language" => language::run(effort)?,
            "workspace" => workspace::run(effort)?,
            "instructions" => instructions::run(effort)?,
            "expansions" => expansions::run(wanted.one, effort)?,
            "memory" => builds::memory(effort)?,
            "calls" => calls::run(effort)?,
            "answers" => answers::run(effort)?,
            "sandboxed" => sandboxed::run(wanted.one, effort)?,
            _ => {}
        }
    }
    let files = [
        builds::PART,
        market::PART,
        server::PART,
        language::PART,
        workspace::PART,
        instructions::PART,
        calls::PART,
        answers::PART,
        sandboxed::PART,
    ];
    let samples = Samples::read(&[&files[..], &expansions::PARTS].concat())?;
    // The trend has a point for each time that instructions were counted, and for no other.
    let counted = wanted.part.is_none_or(|part| part == "instructions");
    publish::write(&samples, wanted.publish, counted)
}

/// The folder of all build results.
fn target() -> Result<PathBuf> {
    let manifest = step::root().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// The folder for everything that is made on the way.
fn folder() -> Result<PathBuf> {
    Ok(target()?.join("bench"))
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    #[test]
    fn parts_and_switches_come_in_any_order() {
        let wanted = Wanted::read(&["--quick", "server"]).unwrap();
        assert!(wanted.quick && !wanted.publish && wanted.part == Some("server"));
        let wanted = Wanted::read(&["expansions", "dev", "--publish"]).unwrap();
        assert!(wanted.publish && wanted.one == Some("dev"));
        assert_eq!(Wanted::read(&["sandboxed", "mdbook"]).unwrap().one, Some("mdbook"));
        assert_eq!(Wanted::read(&[]).unwrap(), Wanted::default());
        for wrong in [
            &["dev"][..],
            &["server", "dev"],
            &["expansions", "mdbook"],
            &["nothing"],
            &["builds", "memory"],
        ] {
            assert!(Wanted::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
