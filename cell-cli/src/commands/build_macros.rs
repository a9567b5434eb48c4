//! `cell build-macros`: guest crates to components, with a record of what they were built from.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::Vacant;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};
use guest_toolchain::build::{self, Switches};
use guest_toolchain::packages::{self, Guest, Workspace};
use guest_toolchain::record::{self, Entry, Record, Stale};
use guest_toolchain::{compiler, kit, sources};
use macro_bridge::digest::Digest;

use crate::Exit;
use crate::arguments::{BuildMacros, Global};
use crate::shell::{Shell, count};
use crate::{component, files};

/// The record beside the components.
const RECORD: &str = "sources.lock";

pub(crate) fn run(options: &BuildMacros, global: &Global, shell: &Shell) -> Result<Exit> {
    let started = Instant::now();
    let manifest = manifest(global);
    let workspace = packages::workspace(&manifest)?;
    let guests = workspace.select(&options.packages)?;
    let out = options.out_dir.clone().unwrap_or_else(|| workspace.root.join("components"));
    if options.check {
        let everything = options.packages.is_empty();
        return check(&workspace, &guests, &out, everything, shell);
    }
    let switches = switches(global, shell);
    let compiler = compiler::choose(options.rustc.as_deref())?;
    if shell.verbose {
        shell.note(format!("compiler: {}, {}", compiler.id(), compiler.origin));
    }
    let mut kits = BTreeMap::new();
    for library in guests.iter().map(|guest| guest.library) {
        if let Vacant(place) = kits.entry(library) {
            let say = |verb: &str, text: &str| shell.status(verb, text);
            place.insert(kit::prepare(&compiler, library, &switches, &say)?);
        }
    }
    let names: Vec<_> = guests.iter().map(|guest| guest.name.as_str()).collect();
    shell.status("Building", format!("{} with {}", names.join(", "), compiler.id()));
    // Before the build: a file that is changed during it makes the component stale, not fresh.
    let digests: BTreeMap<&str, Digest> = guests
        .iter()
        .map(|guest| Ok((guest.name.as_str(), sources::digest(&workspace, guest)?)))
        .collect::<Result<_>>()?;
    let target = options.target_dir.as_deref();
    let mut modules = BTreeMap::new();
    for (library, kit) in &kits {
        let guests = guests.iter().copied().filter(|guest| guest.library == *library);
        let guests: Vec<_> = guests.collect();
        modules.extend(build::build(&compiler, kit, &workspace, &guests, target, &switches)?);
    }
    let mut record = read_record(&out)?.unwrap_or_default();
    if options.packages.is_empty() {
        record.entries.retain(|name, _| names.contains(&name.as_str()));
    }
    for guest in &guests {
        let name = &guest.name;
        let (bytes, audit) = component::encode(name, &modules[name])?;
        let path = out.join(format!("{name}.wasm"));
        let changed = files::replace(&path, &bytes)?;
        let verb = if changed { "Encoded" } else { "Fresh" };
        let size = bytes.len().div_ceil(1024);
        shell.status(verb, format!("{name} ({size} KiB, sha256 {})", audit.digest.short()));
        let entry = Entry {
            component: audit.digest,
            sources: digests[name.as_str()],
            compiler: compiler.id().to_owned(),
        };
        record.entries.insert(name.clone(), entry);
    }
    files::replace(&out.join(RECORD), record.to_string().as_bytes())?;
    let done = count(guests.len(), "component", "components");
    shell.status("Finished", format!("{done} in {:.2}s", started.elapsed().as_secs_f64()));
    Ok(Exit::Done)
}

/// `--manifest-path`, else `guests/Cargo.toml` if there is one, else `Cargo.toml`.
pub(crate) fn manifest(global: &Global) -> PathBuf {
    match &global.manifest_path {
        Some(path) => path.clone(),
        None => {
            let guests = PathBuf::from("guests/Cargo.toml");
            if guests.is_file() { guests } else { "Cargo.toml".into() }
        }
    }
}

pub(crate) fn switches(global: &Global, shell: &Shell) -> Switches {
    Switches {
        locked: global.locked,
        offline: global.offline,
        quiet: global.quiet,
        verbose: global.verbose,
        color: Some(shell.color_word().to_owned()),
        foreign: false,
        runner: Vec::new(),
    }
}

fn read_record(out: &Path) -> Result<Option<Record>> {
    let path = out.join(RECORD);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(Record::parse(&text)?)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).with_context(|| format!("cannot read `{}`", path.display())),
    }
}

/// Why the component of a guest in `out` is not the one of its sources, if it is not.
pub(crate) fn stale(workspace: &Workspace, guest: &Guest, out: &Path) -> Result<Option<Stale>> {
    let record = read_record(out)?.unwrap_or_default();
    let entry = record.entries.get(&guest.name);
    let sources = sources::digest(workspace, guest)?;
    let component = fs::read(out.join(format!("{}.wasm", guest.name))).ok();
    let component = component.map(|bytes| Digest::of(&bytes));
    Ok(record::compare(entry, sources, component))
}

/// Compares digests; builds nothing and needs no compiler.
fn check(
    workspace: &Workspace,
    guests: &[&Guest],
    out: &Path,
    everything: bool,
    shell: &Shell,
) -> Result<Exit> {
    let record = read_record(out)?.unwrap_or_default();
    let mut stale = Vec::new();
    for guest in guests {
        if let Some(reason) = self::stale(workspace, guest, out)? {
            stale.push((guest.name.clone(), reason));
        }
    }
    if everything {
        let known = |name: &String| guests.iter().any(|guest| guest.name == *name);
        let gone = record.entries.keys().filter(|name| !known(name));
        stale.extend(gone.map(|name| (name.clone(), Stale::NoGuest)));
    }
    for (name, reason) in &stale {
        shell.failed("Stale", format!("{name} {reason}"));
    }
    if stale.is_empty() {
        let all = count(guests.len(), "component is", "components are");
        shell.status("Checked", format!("{all} built from the sources that are here"));
        return Ok(Exit::Done);
    }
    shell.say_error(format!(
        "{} not built from the sources that are here\nhelp: run `cell build-macros`",
        count(stale.len(), "component is", "components are")
    ));
    Ok(Exit::Failed)
}
