//! The example, locked and recorded as it is committed, and the same crate with the code of its
//! macros written by hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use macro_bridge::expansion::file;

use super::by_hand::{Written, written_out};
use super::effort::Effort;
use super::folder;
use super::measure::{cargo, said, timed};
use super::samples::Samples;
use crate::demo::{self, PACKAGE, Site};
use crate::{render, step};

/// The part's name.
pub(super) const PART: &str = "market";
const APP: &str = "cell-market/app";

/// Measures whole clean builds, and those of the package alone.
pub(super) fn run(effort: Effort) -> Result<()> {
    let root = folder()?.join(PART);
    let _ = fs::remove_dir_all(&root);
    let [cell, hand] = ["cell", "hand"].map(|name| root.join(name));
    copy(&cell)?;
    let trace = root.join("trace");
    let mut command = cargo(&cell, &["check", "--offline", "--quiet"]);
    said(command.env("CELL_TRACE", &trace).env("CELL_TRACE_REQUESTS", "1"))?;
    copy(&hand)?;
    write_out(&hand, &trace)?;
    let program = |folder| said(&mut cargo(folder, &["run", "--offline", "--quiet"]));
    ensure!(program(&cell)? == program(&hand)?, "written by hand it is another program");

    let mut samples = Samples::default();
    for round in 0..effort.of(12, 3) {
        step::say("   ..", &format!("clean builds of the example, round {}", round + 1));
        for (name, folder) in [("cell", &cell), ("hand", &hand)] {
            fs::remove_dir_all(folder.join("target"))?;
            samples.push(format!("market/whole/{name}"), build(folder)?);
            said(&mut cargo(folder, &["clean", "--offline", "--quiet", "--package", PACKAGE]))?;
            samples.push(format!("market/package/{name}"), build(folder)?);
        }
    }
    samples.write(PART, effort.quick)
}

fn build(folder: &Path) -> Result<f64> {
    Ok(timed(&mut cargo(folder, &["build", "--offline", "--quiet"]))?.wall)
}

/// The example, with its path to `cell-sdk` made whole.
fn copy(to: &Path) -> Result<()> {
    demo::copy_folder(&step::root().join("examples"), to)?;
    let manifest = to.join(APP).join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let sdk = step::root().join("cell-sdk").display().to_string();
    Ok(fs::write(&manifest, text.replace("../../../cell-sdk", &sdk))?)
}

/// Takes the macros out of a copy of the example: their code is in its place, and `cell-sdk` and all
/// that belongs to it is gone.
fn write_out(folder: &Path, trace: &Path) -> Result<()> {
    let requests = demo::requests(trace)?;
    let mut files: BTreeMap<String, Vec<Written>> = BTreeMap::new();
    for Site { key, place, .. } in demo::sites(trace)? {
        let request = requests.get(&key).context("a call without a request")?;
        let recorded = folder.join("cell-market/.cell/expansions").join(key.to_string());
        let expansion = file::decode(&fs::read(recorded)?, &key)
            .map_err(|damage| anyhow::anyhow!("{place}: {damage}"))?;
        let text = render::output(&request.table, &expansion.output);
        let mut parts = place.rsplitn(3, ':').skip(1);
        let line: usize = parts.next().context("a place without a line")?.parse()?;
        let name = parts.next().context("a place without a file")?.to_owned();
        let call = Written { form: request.form, line: line.saturating_sub(1), text };
        files.entry(name).or_default().push(call);
    }
    for (name, calls) in files {
        let path = folder.join(&name);
        let source = fs::read_to_string(&path).with_context(|| format!("no {name}"))?;
        fs::write(&path, written_out(&source, &calls)?)?;
    }
    fs::remove_dir_all(folder.join("cell-market/.cell"))?;
    let manifest = folder.join(APP).join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let without = text.lines().filter(|line| !line.contains("cell-sdk"));
    fs::write(&manifest, without.map(|line| format!("{line}\n")).collect::<String>())?;
    Ok(fs::remove_file(folder.join("Cargo.lock"))?)
}
