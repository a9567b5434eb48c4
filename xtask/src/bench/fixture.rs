//! What is measured: structs of some sizes, and projects that they stand in.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::step;

/// Numbers of fields.
pub(super) const SIZES: [usize; 4] = [1, 10, 100, 1000];

/// A struct as people write them: visibilities, several types, a comment here and there.
pub(super) fn structure(attribute: &str, fields: usize) -> String {
    let types = ["u64", "String", "Option<String>", "std::collections::BTreeMap<String, Vec<u8>>"];
    let field = |index: usize| {
        let comment = if index.is_multiple_of(4) { "    /// What it is for.\n" } else { "" };
        format!("{comment}    pub field_{index}: {},\n", types[index % types.len()])
    };
    let fields_text: String = (0..fields).map(field).collect();
    format!("#[derive({attribute})]\npub struct Fields{fields} {{\n{fields_text}}}\n")
}

/// A project with the cell `ledger` as the example has it, without what is recorded there.
pub(super) fn project(folder: &Path) -> Result<()> {
    let example = step::root().join("examples/cell-market");
    let _ = fs::remove_dir_all(folder);
    let components = folder.join(".cell/components");
    fs::create_dir_all(&components)?;
    for name in ["cell.toml", "cell.lock"] {
        fs::copy(example.join(name), folder.join(name)).with_context(|| format!("no {name}"))?;
    }
    for entry in fs::read_dir(example.join(".cell/components"))?.flatten() {
        fs::copy(entry.path(), components.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::structure;

    #[test]
    fn structs_have_as_many_fields_as_they_say() {
        let text = structure("Model", 10);
        assert_eq!(text.matches("pub field_").count(), 10);
        assert!(
            text.starts_with("#[derive(Model)]\npub struct Fields10 {\n    /// What"),
            "{text}"
        );
    }
}
