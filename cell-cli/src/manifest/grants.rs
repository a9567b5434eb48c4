//! `grants`: what the macros of a cell, or of a sandboxed crate, may ask and see.

use macro_bridge::outside;
use macro_bridge::request::CallPermission;
use toml_edit::Item;

use super::{Reader, Result, is_name};

/// The table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Questions to cells, in order.
    pub calls: Vec<CallPermission>,
    /// Environment variables, in order; a name may end with `*`.
    pub variables: Vec<String>,
    /// Files below the folder of the package that is compiled, in order.
    pub files: Vec<String>,
}

/// Reads it. `what` is how it is written: `[cells.ledger.grants]`.
pub(super) fn read(reader: &Reader<'_>, what: &str, item: &Item) -> Result<Grants> {
    let what = format!("`{what}`");
    let table = reader.table(item, &what, &["calls", "env", "files"])?;
    let mut grants = Grants::default();
    for (item, text) in reader.strings(table.get("calls"), "calls")? {
        let question = text
            .split_once("::")
            .filter(|(cell, function)| is_name(cell) && macro_bridge::text::is_ident(function));
        let (cell, function) = question.ok_or_else(|| {
            reader.value(item, &format!("`{text}` is not a question: write `cell::function`"))
        })?;
        grants.calls.push(CallPermission { cell: cell.to_owned(), function: function.to_owned() });
    }
    for (item, name) in reader.strings(table.get("env"), "env")? {
        if outside::is_folder_name(name) {
            let reason = format!(
                "`{name}` is a path of this machine: macros that may read a file (`files`) see it \
                 as `{}`, and others do not need it",
                outside::FOLDER
            );
            return Err(reader.value(item, &reason));
        }
        if !outside::is_variable(name) {
            let reason = format!(
                "`{name}` is not the name of a variable: letters, digits and `_`, and at the end \
                 `*` for all that begin so"
            );
            return Err(reader.value(item, &reason));
        }
        grants.variables.push(name.to_owned());
    }
    for (item, path) in reader.strings(table.get("files"), "files")? {
        if !outside::is_file(path) {
            let reason = format!(
                "`{path}` is not a file below the package's folder: write its path from there, \
                 without `..`, as `Cargo.toml` or `templates/page.html`"
            );
            return Err(reader.value(item, &reason));
        }
        grants.files.push(path.to_owned());
    }
    grants.calls.sort();
    grants.calls.dedup();
    for list in [&mut grants.variables, &mut grants.files] {
        list.sort();
        list.dedup();
        if list.len() > outside::GRANTS {
            let most = outside::GRANTS;
            return Err(reader.at(item, &format!("{what} names more than {most} of one sort")));
        }
    }
    Ok(grants)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    fn grants(text: &str) -> std::result::Result<Grants, String> {
        let text = format!("[cells.a]\npath = \"a\"\n[cells.a.grants]\n{text}\n");
        Manifest::parse(&text).map(|it| it.cells["a"].grants.clone()).map_err(|e| e.to_string())
    }

    #[test]
    fn each_list_is_in_order_and_says_nothing_twice() {
        let text = "calls = [\"b::c\", \"a::b\", \"b::c\"]\nenv = [\"X_*\", \"HOME\", \"X_*\"]\n\
                    files = [\"b/c.html\", \"Cargo.toml\"]";
        let found = grants(text).unwrap();
        assert_eq!(found.calls.len(), 2);
        assert_eq!(found.variables, ["HOME", "X_*"]);
        assert_eq!(found.files, ["Cargo.toml", "b/c.html"]);
        assert_eq!(grants(""), Ok(Grants::default()));
    }

    #[test]
    fn what_would_leave_the_package_is_refused_with_its_line() {
        for path in ["/etc/passwd", "../x", "a/../../x", "./a", "a//b", "a/", "", "C:/x", "a b"] {
            let error = grants(&format!("files = [{path:?}]")).unwrap_err();
            assert!(error.contains("line 4: ") && error.contains("not a file below"), "{error}");
        }
        for name in ["", "*", "A-B", "A=B", "A*B", "é"] {
            let error = grants(&format!("env = [{name:?}]")).unwrap_err();
            assert!(error.contains("not the name of a variable"), "{name}: {error}");
        }
        let error = grants("env = [\"CARGO_MANIFEST_DIR\"]").unwrap_err();
        assert!(error.contains("see it as `/package`"), "{error}");
        assert!(grants("evn = []").unwrap_err().contains("did you mean `env`?"));
        let many: Vec<_> = (0..65).map(|n| format!("\"V{n}\"")).collect();
        let error = grants(&format!("env = [{}]", many.join(", "))).unwrap_err();
        assert!(error.contains("more than 64"), "{error}");
    }
}
