//! `[cells.<name>.run]`: how a cell is started.

use std::collections::BTreeMap;

use toml_edit::Item;

use super::{Reader, Result, is_name};

/// How a cell is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// What is started.
    pub program: Program,
    /// What the program is given.
    pub arguments: Vec<String>,
    /// Cells that take calls before it is started.
    pub needs: Vec<String>,
    /// Variables beside those of whoever starts it.
    pub environment: BTreeMap<String, String>,
}

/// What is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// A program that cargo builds.
    Package {
        /// The package that has it.
        package: String,
        /// Which one, if the package has several.
        bin: Option<String>,
    },
    /// A program that is there, from the folder of `cell.toml` or from `PATH`, and its first
    /// arguments.
    Command(Vec<String>),
}

pub(super) fn read(reader: &Reader<'_>, name: &str, item: &Item) -> Result<Run> {
    let what = format!("`[cells.{name}.run]`");
    let keys = ["package", "bin", "command", "args", "needs", "env"];
    let table = reader.table(item, &what, &keys)?;
    let texts = |key: &str| -> Result<Vec<String>> {
        let found = reader.strings(table.get(key), key)?;
        found
            .into_iter()
            .map(|(value, text)| match text.contains('\0') {
                true => Err(reader.value(value, &format!("`{key}` has a zero byte in it"))),
                false => Ok(text.to_owned()),
            })
            .collect()
    };
    let word = |key: &str| table.get(key).map(|item| reader.name(item, key)).transpose();
    let command = texts("command")?;
    let program = match (word("package")?, command.is_empty()) {
        (Some(package), true) => Program::Package { package, bin: word("bin")? },
        (None, false) => match table.get("bin") {
            Some(bin) => return Err(reader.at(bin, "`bin` is one of a `package`'s programs")),
            None => Program::Command(command),
        },
        (Some(_), false) => {
            let reason = format!("{what} has `package` and `command`: one of them starts the cell");
            return Err(reader.at(item, &reason));
        }
        (None, true) => {
            let reason = format!(
                "{what} does not say what to start: `package = \"x\"` or `command = [\"./x\"]`"
            );
            return Err(reader.at(item, &reason));
        }
    };
    let mut needs: Vec<String> = Vec::new();
    for (value, need) in reader.strings(table.get("needs"), "needs")? {
        if !is_name(need) {
            return Err(reader.value(value, &format!("`{need}` is no name of a cell")));
        }
        if !needs.iter().any(|known| known == need) {
            needs.push(need.to_owned());
        }
    }
    let mut environment = BTreeMap::new();
    if let Some(item) = table.get("env") {
        let table = item.as_table_like().ok_or_else(|| {
            reader.at(item, "`env` is not a table: write `env = { NAME = \"x\" }`")
        })?;
        for (name, item) in table.iter() {
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(reader.at(item, &format!("`{name}` is no name of a variable")));
            }
            let text = reader.string(item, name)?;
            if text.contains('\0') {
                return Err(reader.at(item, &format!("`{name}` has a zero byte in it")));
            }
            environment.insert(name.to_owned(), text.to_owned());
        }
    }
    Ok(Run { program, arguments: texts("args")?, needs, environment })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const EXAMPLE: &str = r#"[cells.ledger]
path = "ledger.wasm"
[cells.ledger.run]
package = "market-ledger"
bin = "ledger"
args = ["--journal", "target/ledger.journal"]
needs = ["postgres", "postgres"]
env = { LEDGER_SYNC = "none" }
"#;

    fn parse(text: &str) -> std::result::Result<Run, String> {
        let manifest = Manifest::parse(text).map_err(|error| error.to_string())?;
        Ok(manifest.cells["ledger"].run.clone().expect("how it is started"))
    }

    #[test]
    fn reads_every_key() {
        let run = parse(EXAMPLE).unwrap();
        let package = "market-ledger".to_owned();
        assert_eq!(run.program, Program::Package { package, bin: Some("ledger".into()) });
        assert_eq!(run.arguments, ["--journal", "target/ledger.journal"]);
        assert_eq!(run.needs, ["postgres"]);
        assert_eq!(run.environment["LEDGER_SYNC"], "none");
        let command = "package = \"market-ledger\"\nbin = \"ledger\"";
        let text = EXAMPLE.replace(command, "command = [\"./ledger\", \"--sync\"]");
        let program = Program::Command(vec!["./ledger".into(), "--sync".into()]);
        assert_eq!(parse(&text).unwrap().program, program);
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        let check = |from: &str, to: &str, expected: &str| {
            assert!(EXAMPLE.contains(from), "{from}");
            let error = parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
            assert!(error.contains(expected), "{error}\n(expected {expected})");
        };
        check("needs =", "need =", "line 7: there is no key `need` in `[cells.ledger.run]`");
        check("needs =", "need =", "did you mean `needs`?");
        check("[cells.ledger.run]", "[cells.ledger.rn]", "line 3: there is no key `rn`");
        check("bin =", "command = [\"x\"]\nbin =", "has `package` and `command`");
        check("package = \"market-ledger\"\nbin = \"ledger\"\n", "", "does not say what to start");
        check("package = \"market-ledger\"", "command = [\"x\"]", "line 5: `bin` is one of");
        check("[\"postgres\", \"postgres\"]", "[\"a b\"]", "line 7: `a b` is no name of a cell");
        check("\"none\"", "3", "line 8: `LEDGER_SYNC` is not a text in quotes");
        check("{ LEDGER_SYNC = \"none\" }", "[]", "line 8: `env` is not a table");
        check("\"target/ledger.journal\"", "\"a\\u0000\"", "line 6: `args` has a zero byte");
        check("\"market-ledger\"", "\"a/b\"", "line 4: `package` is not a name");
    }
}
