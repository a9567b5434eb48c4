//! `cell.toml`: what people write. Unknown keys are errors, with the line and the nearest key that
//! exists: a limit that is silently not applied is worse than a failed command.

pub mod grants;
pub mod run;

use std::collections::BTreeMap;
use std::time::Duration;

use cell_sandbox::{patch, sets};
use macro_bridge::failure::texts::project::near;
use macro_bridge::lock::Live;
use macro_bridge::policy;
use macro_bridge::request::{Allowed, Limits};
use toml_edit::{Document, Item, TableLike, Value};

/// The profile of projects that name none.
const PROFILE: &str = "default";

/// Components of one proc-macro crate.
pub const FEATURE_SETS: usize = 32;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// The profile where none is chosen; what macros see unless [`Manifest::profiles`] says otherwise.
    pub profile: String,
    /// By profile and cell: what the cell's macros see. `off`: they do not run.
    pub profiles: BTreeMap<String, BTreeMap<String, String>>,
    /// The cells by name.
    pub cells: BTreeMap<String, Cell>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its component, relative to the file.
    pub path: Option<String>,
    /// Where the schemas of its services come from.
    pub services: Services,
    /// The name of the module that `cell_remote!` shall make; for people and `cell init`.
    pub alias: Option<String>,
    /// What its macros may ask and see.
    pub grants: grants::Grants,
    /// What its tokens may contain.
    pub allowed: Allowed,
    /// Bounds of one expansion.
    pub limits: Limits,
    /// May it be asked while a program compiles, and how long may an answer take?
    pub live: Live,
    /// How it is started, if that is this project's business.
    pub run: Option<run::Run>,
    /// Is it a proc-macro crate, of a table `[sandbox.<crate>]`?
    pub sandboxed: bool,
}

/// Where the schemas of a cell's services come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Services {
    /// It has none that this project uses.
    #[default]
    None,
    /// Files, relative to `cell.toml`.
    Files(Vec<String>),
    /// The cell itself: `cell add` took them from it, and the project keeps them.
    Running,
}

/// Why the file cannot be used: `line 9: there is no key ..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestError(String);

impl std::fmt::Display for ManifestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ManifestError {}

type Result<T> = std::result::Result<T, ManifestError>;

impl Manifest {
    /// Reads the file's text.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(text: &str) -> Result<Self> {
        let reader = Reader { text };
        let document = Document::parse(text)
            .map_err(|e| reader.error(e.span().map(|s| s.start), e.message()))?;
        let top = reader.table(
            document.as_item(),
            "the file",
            &["profile", "profiles", "cells", "sandbox"],
        )?;
        let profile = match top.get("profile") {
            Some(item) => reader.name(item, "profile")?,
            None => PROFILE.to_owned(),
        };
        let mut cells = BTreeMap::new();
        if let Some(item) = top.get("cells") {
            let table = item
                .as_table_like()
                .ok_or_else(|| reader.at(item, "`cells` is not a table: write `[cells.<name>]`"))?;
            for (name, item) in table.iter() {
                if !is_name(name) {
                    return Err(reader.at(
                        item,
                        &format!(
                            "`{name}` cannot be the name of a cell: letters, digits, `_` and `-`"
                        ),
                    ));
                }
                cells.insert(name.to_owned(), reader.cell(name, item)?);
            }
        }
        if let Some(item) = top.get("sandbox") {
            let wrong = || reader.at(item, "`sandbox` is not a table: write `[sandbox.<crate>]`");
            for (name, item) in item.as_table_like().ok_or_else(wrong)?.iter() {
                for (name, sandboxed) in reader.sandboxed(name, item)? {
                    if cells.insert(name.clone(), sandboxed).is_some() {
                        return Err(reader.at(item, &format!("there is a cell `{name}` too")));
                    }
                }
            }
        }
        let mut profiles = BTreeMap::new();
        if let Some(item) = top.get("profiles") {
            let wrong = || reader.at(item, "`profiles` is not a table: write `[profiles.<name>]`");
            for (name, item) in item.as_table_like().ok_or_else(wrong)?.iter() {
                profiles.insert(name.to_owned(), reader.profile(name, item, &cells)?);
            }
        }
        Ok(Self { profile, profiles, cells })
    }
}

/// The name of a cell: an identifier that may have hyphens.
fn is_name(name: &str) -> bool {
    macro_bridge::text::is_ident(&name.replace('-', "_")) && name != "_"
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn error(&self, at: Option<usize>, reason: &str) -> ManifestError {
        let reason = reason.trim().replace('\n', ", ");
        match at.and_then(|at| self.text.get(..at)) {
            Some(before) => {
                let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
                ManifestError(format!("line {line}: {reason}"))
            }
            None => ManifestError(reason),
        }
    }

    fn at(&self, item: &Item, reason: &str) -> ManifestError {
        self.error(item.span().map(|span| span.start), reason)
    }

    /// A table with no other keys than these.
    fn table<'i>(&self, item: &'i Item, what: &str, keys: &[&str]) -> Result<&'i dyn TableLike> {
        let table =
            item.as_table_like().ok_or_else(|| self.at(item, &format!("{what} is not a table")))?;
        for (name, value) in table.iter() {
            if keys.contains(&name) {
                continue;
            }
            let span = table.key(name).and_then(toml_edit::Key::span).or_else(|| value.span());
            let hint = match near(name, keys.iter().copied()) {
                Some(key) => format!("did you mean `{key}`?"),
                None => format!("known are {}", list(keys)),
            };
            let reason = format!("there is no key `{name}` in {what}; {hint}");
            return Err(self.error(span.map(|s| s.start), &reason));
        }
        Ok(table)
    }

    fn cell(&self, name: &str, item: &Item) -> Result<Cell> {
        let keys =
            ["path", "schemas", "from", "alias", "grants", "output", "limits", "live", "run"];
        self.publisher(("cells", name), item, &keys, None)
    }

    /// A proc-macro crate: its components are where `cell sandbox` puts them, one for each set of features
    /// that it is built with.
    fn sandboxed(&self, name: &str, item: &Item) -> Result<Vec<(String, Cell)>> {
        if !is_name(name) {
            return Err(self.at(item, &format!("`{name}` is not the name of a crate")));
        }
        let known = ["feature-sets", "grants", "output", "limits"];
        let path = |number| format!("{}/{name}/{}", patch::FOLDER, sets::file(number));
        let cell = self.publisher(("sandbox", name), item, &known, Some(path(0)))?;
        let several = match item.get("feature-sets") {
            None => 1,
            Some(item) => {
                let number = item.as_integer().and_then(|number| usize::try_from(number).ok());
                number.filter(|number| (1..=FEATURE_SETS).contains(number)).ok_or_else(|| {
                    let form = format!(
                        "`feature-sets` is how many components `cell sandbox` made of the crate, \
                         1 to {FEATURE_SETS}"
                    );
                    self.at(item, &form)
                })?
            }
        };
        let one =
            |number| (sets::key(name, number), Cell { path: Some(path(number)), ..cell.clone() });
        Ok((0..several).map(one).collect())
    }

    /// What has macros: `[cells.<name>]`, or `[sandbox.<crate>]` with its component in `made`.
    fn publisher(
        &self,
        (kind, name): (&str, &str),
        item: &Item,
        keys: &[&str],
        made: Option<String>,
    ) -> Result<Cell> {
        let what = format!("`[{kind}.{name}]`");
        let table = self.table(item, &what, keys)?;
        let sandboxed = made.is_some();
        let path = table.get("path").map(|path| self.string(path, "path").map(str::to_owned));
        let path = path.transpose()?.or(made);
        let services = self.services(table)?;
        let run = table.get("run").map(|item| run::read(self, name, item)).transpose()?;
        if path.is_none() && services == Services::None && run.is_none() {
            let reason = format!(
                "{what} has neither macros nor services: it has no `path` to a component \
                 (`path = \"x.wasm\"`), no `schemas`, no `from = \"running\"` and no `run`"
            );
            return Err(self.at(item, &reason));
        }
        let alias = table.get("alias").map(|item| self.name(item, "alias")).transpose()?;
        let granted = format!("[{kind}.{name}.grants]");
        let grants = table.get("grants").map(|item| grants::read(self, &granted, item));
        let grants = grants.transpose()?.unwrap_or_default();
        let mut allowed = Allowed::default();
        if let Some(output) = table.get("output") {
            let output = self.table(output, &format!("`[{kind}.{name}.output]`"), &["allow"])?;
            for (item, word) in self.strings(output.get("allow"), "allow")? {
                let bit = policy::bit(word).ok_or_else(|| {
                    let words: Vec<_> = policy::all_words().collect();
                    let hint = match near(word, words.iter().copied()) {
                        Some(word) => format!("did you mean `{word}`?"),
                        None => format!("known are {}", list(&words)),
                    };
                    self.value(item, &format!("`{word}` is nothing that can be allowed; {hint}"))
                })?;
                allowed.0 |= bit;
            }
        }
        let mut limits = Limits::default();
        if let Some(item) = table.get("limits") {
            let keys = ["fuel", "memory", "rows", "output"];
            let table = self.table(item, &format!("`[{kind}.{name}.limits]`"), &keys)?;
            for (key, item) in table.iter() {
                let (place, bytes) = match key {
                    "fuel" => (&mut limits.fuel, false),
                    "memory" => (&mut limits.memory, true),
                    "rows" => (&mut limits.rows, false),
                    _ => (&mut limits.bytes, true),
                };
                *place = self.amount(item, key, bytes)?;
            }
        }
        let live = table.get("live").map(|item| self.live(name, item)).transpose()?;
        let live = live.unwrap_or_default();
        Ok(Cell { path, services, alias, grants, allowed, limits, live, run, sandboxed })
    }

    /// `live = false`, or `live = { within = "10 s" }`.
    fn live(&self, name: &str, item: &Item) -> Result<Live> {
        if let Some(may) = item.as_bool() {
            return Ok(if may { Live::default() } else { Live::No });
        }
        if item.as_table_like().is_none() {
            let form = "`live` is `true`, `false`, or `{ within = \"2 s\" }`";
            return Err(self.at(item, form));
        }
        let table = self.table(item, &format!("`[cells.{name}.live]`"), &["within"])?;
        let Some(item) = table.get("within") else { return Ok(Live::default()) };
        let form = "`within` is not a time such as \"2 s\" or \"500 ms\"";
        let millis = item.as_str().and_then(millis).filter(|millis| *millis > 0);
        let millis = millis.ok_or_else(|| self.at(item, form))?;
        if Duration::from_millis(millis.into()) > macro_server::BUILD {
            let most = macro_server::BUILD.as_secs();
            let long = format!(
                "`within` is longer than {most} s, as long as one build waits for all cells"
            );
            return Err(self.at(item, &long));
        }
        Ok(Live::Within(millis))
    }

    /// `search = "off"`: what the macros of cells see under this profile.
    fn profile(
        &self,
        name: &str,
        item: &Item,
        cells: &BTreeMap<String, Cell>,
    ) -> Result<BTreeMap<String, String>> {
        if !is_name(name) {
            return Err(self.at(item, &format!("`{name}` cannot be the name of a profile")));
        }
        let keys: Vec<&str> = cells.keys().map(String::as_str).collect();
        let table = self.table(item, &format!("`[profiles.{name}]`"), &keys)?;
        if table.is_empty() {
            let form = format!("`[profiles.{name}]` says nothing of a cell: `search = \"off\"`");
            return Err(self.at(item, &form));
        }
        table.iter().map(|(cell, item)| Ok((cell.to_owned(), self.name(item, cell)?))).collect()
    }

    fn services(&self, table: &dyn TableLike) -> Result<Services> {
        let from = table.get("from").map(|from| Ok((from, self.string(from, "from")?)));
        match (from.transpose()?, table.get("schemas")) {
            (None, None) => Ok(Services::None),
            (None, schemas) => {
                let files = self.strings(schemas, "schemas")?;
                Ok(Services::Files(files.into_iter().map(|(_, file)| file.to_owned()).collect()))
            }
            (Some((_, "running")), None) => Ok(Services::Running),
            (Some((item, "running")), Some(_)) => Err(self.at(
                item,
                "schemas come from files (`schemas`) or from the cell (`from`), not from both",
            )),
            (Some((item, other)), _) => Err(self.at(
                item,
                &format!(
                    "`from` is `\"running\"`; `{other}` is no place where a cell can be found"
                ),
            )),
        }
    }

    fn string<'i>(&self, item: &'i Item, key: &str) -> Result<&'i str> {
        item.as_str().ok_or_else(|| self.at(item, &format!("`{key}` is not a text in quotes")))
    }

    fn name(&self, item: &Item, key: &str) -> Result<String> {
        let text = self.string(item, key)?;
        if is_name(text) {
            return Ok(text.to_owned());
        }
        Err(self.at(item, &format!("`{key}` is not a name: letters, digits, `_` and `-`")))
    }

    fn strings<'i>(&self, item: Option<&'i Item>, key: &str) -> Result<Vec<(&'i Value, &'i str)>> {
        let Some(item) = item else { return Ok(Vec::new()) };
        let wrong = || self.at(item, &format!("`{key}` is not a list of texts in quotes"));
        let array = item.as_array().ok_or_else(wrong)?;
        array.iter().map(|value| Ok((value, value.as_str().ok_or_else(wrong)?))).collect()
    }

    fn value(&self, value: &Value, reason: &str) -> ManifestError {
        self.error(value.span().map(|span| span.start), reason)
    }

    /// A number, or with `bytes` also a text with a unit.
    fn amount(&self, item: &Item, key: &str, bytes: bool) -> Result<u64> {
        if let Some(number) = item.as_integer() {
            return u64::try_from(number)
                .ok()
                .filter(|number| *number > 0)
                .ok_or_else(|| self.at(item, &format!("`{key}` is not above zero")));
        }
        let parsed = item.as_str().filter(|_| bytes).and_then(size);
        parsed.filter(|number| *number > 0).ok_or_else(|| {
            let form = if bytes { "a size such as \"64 MiB\"" } else { "a whole number" };
            self.at(item, &format!("`{key}` is not {form}"))
        })
    }
}

/// `2 s` or `500 ms` in milliseconds.
fn millis(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u32 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// `64 MiB` in bytes.
fn size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let number: u64 = text[..digits].replace('_', "").parse().ok()?;
    let unit = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = r#"
profile = "default"
[cells.ledger]
path = "../../guests/components/ledger.wasm"
alias = "Ledger"
[cells.ledger.grants]
calls = ["search::schema", "search::schema"]
[cells.ledger.output]
allow = ["unsafe", "extern"]
[cells.ledger.limits]
fuel = 2_000_000_001
memory = "255 MiB"
rows = 4_000_001
output = "63 MiB"
"#;

    #[test]
    fn reads_every_key() {
        let manifest = Manifest::parse(EXAMPLE).unwrap();
        let cell = &manifest.cells["ledger"];
        assert_eq!(cell.path.as_deref(), Some("../../guests/components/ledger.wasm"));
        assert_eq!(cell.services, Services::None);
        assert_eq!(cell.alias.as_deref(), Some("Ledger"));
        let question = macro_bridge::request::CallPermission {
            cell: "search".into(),
            function: "schema".into(),
        };
        assert_eq!(cell.grants.calls, [question]);
        assert_eq!(policy::words(cell.allowed).collect::<Vec<_>>(), ["unsafe", "extern"]);
        let limits =
            Limits { fuel: 2_000_000_001, memory: 255 << 20, rows: 4_000_001, bytes: 63 << 20 };
        assert_eq!(cell.limits, limits);
    }

    #[test]
    fn what_is_not_said_is_the_default() {
        let manifest = Manifest::parse("[cells.a-b]\npath = \"a.wasm\"\n").unwrap();
        assert_eq!(manifest.profile, "default");
        assert_eq!(manifest.cells["a-b"].limits, Limits::default());
        assert_eq!(Manifest::parse("").unwrap().cells.len(), 0);
    }

    #[test]
    fn services_come_from_files_or_from_the_cell() {
        let services = |text: &str| {
            let manifest = Manifest::parse(&format!("[cells.a]\n{text}\n"));
            manifest.map(|manifest| manifest.cells["a"].services.clone()).map_err(|e| e.to_string())
        };
        assert_eq!(services("from = \"running\""), Ok(Services::Running));
        let files = Services::Files(vec!["a.schema".into(), "b.schema".into()]);
        assert_eq!(services("schemas = [\"a.schema\", \"b.schema\"]"), Ok(files));
        let error = |text: &str| services(text).unwrap_err();
        assert!(error("from = \"runing\"").contains("line 2: `from` is"));
        assert!(error("from = \"running\"\nschemas = []").contains("not from both"));
        assert!(error("schemas = \"a\"").contains("not a list"));
    }

    #[test]
    fn profiles_switch_cells() {
        let text = "[profiles.ui]\na = \"off\"\n[cells.a]\npath = \"a\"\n";
        let manifest = Manifest::parse(text).unwrap();
        let ui = [("a".to_owned(), "off".to_owned())].into();
        assert_eq!(manifest.profiles, [("ui".to_owned(), ui)].into());
        let none = Manifest::parse("[profiles.ui]\n").unwrap_err().to_string();
        assert!(none.contains("says nothing of a cell"), "{none}");
        let error = |from, to| Manifest::parse(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error("a = \"off\"", "b = \"off\"").contains("there is no key `b`"));
        assert!(error("\"off\"", "\"o f\"").contains("`a` is not a name"));
        assert!(error("[profiles.ui]", "[profiles.\"u i\"]").contains("name of a profile"));
    }

    #[test]
    fn a_cell_may_be_asked_for_two_seconds_unless_it_says_otherwise() {
        let live = |text: &str| {
            let manifest = Manifest::parse(&format!("[cells.a]\npath = \"a\"\n{text}\n"));
            manifest.map(|manifest| manifest.cells["a"].live).map_err(|e| e.to_string())
        };
        assert_eq!(live(""), Ok(Live::Within(2_000)));
        assert_eq!(live("live = true"), Ok(Live::Within(2_000)));
        assert_eq!(live("live = false"), Ok(Live::No));
        assert_eq!(live("live = { within = \"10 s\" }"), Ok(Live::Within(10_000)));
        assert_eq!(live("live.within = \"250ms\""), Ok(Live::Within(250)));
        let error = |text: &str| live(text).unwrap_err();
        assert!(error("live = 3").contains("line 3: `live` is `true`"));
        assert!(error("live.whitin = \"1 s\"").contains("did you mean `within`?"));
        for text in ["0 s", "1", "1 h", "-1 s", "99999999999 ms"] {
            assert!(error(&format!("live.within = {text:?}")).contains("not a time"), "{text}");
        }
        // More than that no build waits.
        assert_eq!(live("live.within = \"30 s\""), Ok(Live::Within(30_000)));
        for text in ["31 s", "30001 ms", "600 s"] {
            let error = error(&format!("live.within = {text:?}"));
            assert!(error.contains("line 3: `within` is longer than 30 s"), "{error}");
        }
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        let check = |from: &str, to: &str, expected: &str| {
            assert!(EXAMPLE.contains(from), "{from}");
            let error = Manifest::parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}\n(expected {expected})");
        };
        check(
            "fuel =",
            "fule =",
            "line 11: there is no key `fule` in `[cells.ledger.limits]`; did you mean `fuel`?",
        );
        check("alias", "zzzzzz", "line 5: there is no key `zzzzzz`");
        check("alias", "zzzzzz", "known are `path`");
        check(
            "profile",
            "profil",
            "line 2: there is no key `profil` in the file; did you mean `profile`?",
        );
        check("path =", "pth =", "did you mean `path`?");
        check(
            "\"unsafe\"",
            "\"unsaef\"",
            "line 9: `unsaef` is nothing that can be allowed; did you mean `unsafe`?",
        );
        check("\"search::schema\"", "\"search\"", "line 7: `search` is not a question");
        check("\"255 MiB\"", "\"255 MB\"", "line 12: `memory` is not a size such as \"64 MiB\"");
        check("\"255 MiB\"", "\"99999999999 GiB\"", "not a size");
        check("2_000_000_001", "\"1 MiB\"", "`fuel` is not a whole number");
        check("4_000_001", "0", "`rows` is not above zero");
        check("4_000_001", "-1", "`rows` is not above zero");
        check("[cells.ledger]", "[cells.'led ger']", "cannot be the name of a cell");
        check("alias = \"Ledger\"", "alias = \"a b\"", "`alias` is not a name");
        check("path = \"../../guests/components/ledger.wasm\"\n", "", "has no `path`");
        check("alias = \"Ledger\"", "alias = ", "line 5");
        check(
            "[cells.ledger.output]\nallow = [\"unsafe\", \"extern\"]",
            "[cells.ledger.output]\nallow = 1",
            "not a list",
        );
    }
}
