//! A workspace as large as a real one: 20 crates with 50 structs each, no two of them alike, each
//! with `#[derive(Ledger::Model)]`. The same sources for Cell and for an ordinary proc-macro.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::fixture;
use crate::step;

/// Crates of the workspace. All others use the first one, as they do in real workspaces.
pub(super) const CRATES: usize = 20;
/// Structs of a crate.
pub(super) const STRUCTS: usize = 50;

/// What expands the macro.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The thin host of `cell-sdk`.
    Cell,
    /// The macro as a proc-macro, in cargo's default profile.
    Native,
    /// The same, optimised.
    Optimised,
}

/// Writes the whole workspace, and for Cell the project that it is.
pub(super) fn write(root: &Path, kind: Kind) -> Result<()> {
    if kind == Kind::Cell {
        fixture::project(root)?;
    }
    let members: Vec<String> = (0..CRATES).map(|number| format!("{:?}", name(number))).collect();
    let profile = match kind {
        Kind::Optimised => "[profile.dev.build-override]\nopt-level = 3\n",
        Kind::Cell | Kind::Native => "",
    };
    fs::create_dir_all(root)?;
    fs::write(
        root.join("Cargo.toml"),
        format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n{profile}", members.join(", ")),
    )?;
    // The versions that this project is tested with; cargo drops what is not needed.
    let versions = if kind == Kind::Cell { "Cargo.lock" } else { "benches/Cargo.lock" };
    fs::copy(step::root().join(versions), root.join("Cargo.lock"))?;
    let ours = step::root().display().to_string();
    let dependency = match kind {
        Kind::Cell => format!(
            "cell-sdk = {{ path = \"{ours}/cell-sdk\", default-features = false, features = [\"macros\"] }}\n"
        ),
        _ => format!("bench-native = {{ path = \"{ours}/benches/native\" }}\n"),
    };
    for number in 0..CRATES {
        let folder = root.join(name(number));
        fs::create_dir_all(folder.join("src"))?;
        let base = if number == 0 { "" } else { "part-00 = { path = \"../part-00\" }\n" };
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{dependency}{base}",
            name(number)
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        edit(root, kind, number, 0)?;
    }
    Ok(())
}

/// The name of a crate.
pub(super) fn name(number: usize) -> String {
    format!("part-{number:02}")
}

/// Changes one line in the body of one function of a crate: another `edit`, another line.
pub(super) fn edit(root: &Path, kind: Kind, number: usize, edit: usize) -> Result<()> {
    Ok(fs::write(root.join(name(number)).join("src/lib.rs"), source(kind, number, edit))?)
}

fn source(kind: Kind, number: usize, edit: usize) -> String {
    let macros = match kind {
        Kind::Cell => "cell::cell_remote!(Ledger = \"ledger\");\n",
        _ => "#[allow(non_snake_case)]\nmod Ledger {\n    pub(crate) use bench_native::Model;\n}\n",
    };
    let before = if number == 0 { "0" } else { "part_00::edited()" };
    let mut text = format!(
        "//! A part of the measured workspace.\n\n{macros}\n\
         /// What an edit changes.\npub fn edited() -> u64 {{\n    let before = {before};\n    \
         before + {edit}\n}}\n"
    );
    for index in 0..STRUCTS {
        structure(&mut text, number, index);
    }
    text
}

const SUBJECTS: [&str; 12] = [
    "Account", "Basket", "Carrier", "Delivery", "Entry", "Forecast", "Invoice", "Ledger",
    "Merchant", "Order", "Payment", "Refund",
];
const ASPECTS: [&str; 10] =
    ["Address", "Budget", "Change", "Detail", "Event", "History", "Limit", "Note", "Rule", "State"];
const FIELDS: [&str; 16] = [
    "amount",
    "approved_by",
    "balance",
    "channel",
    "comment",
    "country",
    "created",
    "currency",
    "due",
    "kind",
    "owner",
    "priority",
    "reference",
    "status",
    "tags",
    "weight",
];
const TYPES: [&str; 10] = [
    "u64",
    "String",
    "Option<String>",
    "Vec<u8>",
    "i64",
    "bool",
    "(u32, u32)",
    "Option<u64>",
    "std::collections::BTreeMap<String, Vec<u8>>",
    "[u8; 16]",
];

/// A struct with 3 to 15 fields, and a use of what the macro adds.
fn structure(text: &mut String, number: usize, index: usize) {
    // Any numbers do, as long as they are the same in each run.
    let seed = number * STRUCTS + index;
    let subject = SUBJECTS[seed % SUBJECTS.len()];
    let aspect = ASPECTS[seed / SUBJECTS.len() % ASPECTS.len()];
    let name = format!("{subject}{aspect}{number}x{index}");
    let _ = write!(
        text,
        "\n/// The {} of {} {index}.\n#[derive(Clone, Debug, PartialEq, Ledger::Model)]\npub struct {name} {{\n",
        aspect.to_lowercase(),
        subject.to_lowercase()
    );
    for field in 0..3 + seed * 7 % 13 {
        let choice = seed * 31 + field * 17;
        let (word, ty) = (FIELDS[choice % FIELDS.len()], TYPES[choice / 3 % TYPES.len()]);
        if choice.is_multiple_of(5) {
            let _ = writeln!(text, "    /// As it was agreed, number {choice}.");
        }
        if choice.is_multiple_of(11) {
            text.push_str("    #[cell(skip)]\n");
        }
        let _ = writeln!(text, "    pub {word}_{field}: {ty},");
    }
    let _ = write!(
        text,
        "}}\n\nimpl {name} {{\n    /// For people who look at a log.\n    \
         pub fn audit(&self, newer: &Self) -> String {{\n        \
         let changed = self.changes(newer);\n        \
         format!(\"{{}} of {{}}: {{}}\", changed.len(), Self::FIELDS.len(), changed.join(\", \"))\n    }}\n}}\n"
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_of_a_thousand_structs_are_alike() {
        let mut seen = BTreeSet::new();
        for number in 0..CRATES {
            let text = source(Kind::Cell, number, 0);
            let items = text.split("Ledger::Model)]\n").skip(1);
            seen.extend(items.map(|item| item.split("}\n").next().unwrap_or("").to_owned()));
        }
        assert_eq!(seen.len(), 1_000);
    }

    #[test]
    fn an_edit_changes_one_line_and_the_macros_are_the_same_for_all() {
        let lines = |kind, edit| -> Vec<String> {
            source(kind, 3, edit).lines().map(str::to_owned).collect()
        };
        let (before, after) = (lines(Kind::Cell, 0), lines(Kind::Cell, 1));
        let changed = before.iter().zip(&after).filter(|(old, new)| old != new).count();
        assert_eq!((before.len(), changed), (after.len(), 1));
        let items = |kind| source(kind, 3, 0).split_once("/// What an edit").unwrap().1.to_owned();
        assert_eq!(items(Kind::Cell), items(Kind::Native));
    }
}
