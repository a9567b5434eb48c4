//! A program in which each of the corpus has a module.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Result, ensure};
use cell_tests::{Fixture, proc_macro_library, stderr, workspace};
use macro_bridge::digest::Digest;
use macro_bridge::lock::{Lock, LockedCell, LockedComponent, LockedMacro};
use macro_bridge::request::{Allowed, MacroKind};

use crate::corpus::{Emission, RECORDED, holes, tries};

/// Is the policy in force for the cell `tries`?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    On,
    Off,
}

/// A project with the cells `tries`, and `granted`, which may give everything. Files that tries look
/// for are there.
pub(crate) fn fixture(policy: Policy) -> Result<Fixture> {
    let all = tries().chain(holes()).chain([&RECORDED]);
    let macros = all.map(|one| (one.name.to_owned(), kind(one))).collect();
    let granted = BTreeMap::from([("package".to_owned(), MacroKind::Function)]);
    let allowed = Allowed(if policy == Policy::On { 0 } else { u32::MAX });
    let lock = Lock {
        manifest: Digest::of(b""),
        profile: "default".to_owned(),
        profiles: BTreeMap::new(),
        cells: BTreeMap::from([
            ("tries".to_owned(), cell(macros, allowed)),
            ("granted".to_owned(), cell(granted, Allowed(u32::MAX))),
        ]),
        packages: BTreeSet::new(),
    };
    let library = proc_macro_library(&workspace().join("tests/compare-macros"), "compare_macros")?;
    let fixture = Fixture::with_lock(lock)?.library("compare", &library).library("cell", &library);
    let root = fixture.root();
    let components = root.join(".cell/components");
    fs::create_dir_all(&components)?;
    fs::write(components.join(format!("{}.wasm", component())), COMPONENT)?;
    fs::write(root.join("secret.txt"), "secret")?;
    let secret = "pub const SECRET: &str = \"secret\";\n";
    fs::write(root.join("secret.rs"), secret)?;
    // Where a module in the module of a try is looked for.
    for one in tries().filter(|one| one.words.contains(&"path")) {
        fs::create_dir_all(root.join(one.name))?;
        fs::write(root.join(one.name).join("secret.rs"), secret)?;
    }
    Ok(fixture)
}

const COMPONENT: &[u8] = b"not a component: the guests are ordinary code";

fn component() -> Digest {
    Digest::of(COMPONENT)
}

fn kind(one: &Emission) -> MacroKind {
    if one.item.is_empty() { MacroKind::Function } else { MacroKind::Attribute }
}

fn cell(macros: BTreeMap<String, MacroKind>, allowed: Allowed) -> LockedCell {
    let made = |kind| LockedMacro {
        kind,
        slot: None,
        wants: 0,
        needs: Vec::new(),
        helpers: Vec::new(),
        calls: Vec::new(),
    };
    LockedCell {
        component: Some(LockedComponent {
            api: macro_bridge::API_VERSION.to_owned(),
            digest: component(),
        }),
        macros: macros.into_iter().map(|(name, kind)| (name, made(kind))).collect(),
        allowed,
        ..LockedCell::default()
    }
}

/// The program. With `proofs` it ends well only if each macro did what it was meant to do.
pub(crate) fn source(all: &[&Emission], proofs: bool) -> String {
    let mut text = String::from(
        "#![allow(warnings)]\n\
         macro_rules! linked { ($n:ident) => {{ extern \"Rust\" { fn $n() -> u8; } \
         unsafe { $n() == 7 } }} }\n",
    );
    let mut main = String::new();
    for Emission { name, item, around, proof, .. } in all {
        let call = match item.is_empty() {
            true => format!("compare::expand!(tries::{name}())"),
            // In an `extern` block it needs to be an item.
            false => format!("#[compare::wasm(tries::{name})] {item}"),
        };
        let call = if around.starts_with("extern") { format!("{call};") } else { call };
        // Writing to a text does not fail.
        let _ = writeln!(text, "pub mod {name} {{ {}", around.replace("HERE", &call));
        if proofs {
            let _ = writeln!(text, "pub fn proof() -> bool {{ {proof} }}");
            let _ = writeln!(main, "    assert!({name}::proof(), \"{name}\");");
        }
        text.push_str("}\n");
    }
    let _ = writeln!(text, "fn main() {{\n{main}}}");
    text
}

/// Compiles it and lets it prove.
pub(crate) fn built_and_run(fixture: &Fixture, program: &str) -> Result<()> {
    let output = fixture.rustc(program, &[])?;
    ensure!(output.status.success(), "{}", stderr(&output));
    let run = Command::new(fixture.root().join("out/main")).current_dir(fixture.root()).output()?;
    ensure!(run.status.success(), "{}", stderr(&run));
    Ok(())
}
