//! `cell add`: a cell into `cell.toml`, with what it publishes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use cell_model::schema::compatible;
use macro_bridge::failure::texts;
use macro_bridge::lock::Lock;
use macro_bridge::project::{find_root, manifest_digest};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

use crate::arguments::{Global, cells::Add};
use crate::commands::{init, lock};
use crate::manifest::{Manifest, Services};
use crate::published::{self, Fresh, Published};
use crate::schemas::Texts;
use crate::shell::Shell;
use crate::{Exit, engine, files, project};

pub(crate) fn run(options: &Add, global: &Global, shell: &Shell) -> Result<Exit> {
    let name = &options.name;
    let folder = project::start(global)?;
    let (root, is_new) = match find_root(&folder) {
        Some(root) => (root, false),
        None => (folder, true),
    };
    let path = root.join("cell.toml");
    let text = if is_new { init::manifest(&[]) } else { files::read_text(&path)? };
    let source = Source::find(&options.from, name)?;
    let keys = Keys { grants: options.grants.clone(), ..source.keys(&root) };
    let edited = edit(&text, name, options.alias.as_deref(), &keys)
        .with_context(|| format!("cannot edit `{}`", path.display()))?;
    let bad = |reason: String| texts::project::bad_manifest(&path, &reason);
    let manifest = Manifest::parse(&edited).map_err(|error| bad(error.to_string()))?;
    let fresh = match source {
        Source::Running(published) => [(name.clone(), published)].into(),
        Source::Files { .. } => Fresh::new(),
    };
    let (old_text, old) = project::lock_text(&root);
    let of = (&manifest, manifest_digest(&edited));
    let made = lock::make_of(&root, of, &fresh, &engine::runtime()?, shell)?;
    for change in crate::lock::changes(old.as_ref(), &made.lock) {
        shell.status(change.verb, &change.text);
    }
    say_what_breaks(&root, old.as_ref(), &made.schemas, shell);
    lock::warn(&made.lock, shell);
    let lock = made.lock.to_string();
    let same = edited == text && old_text.as_deref() == Some(lock.as_str());
    if global.locked && !same {
        shell.say_error("`cell.toml` and `cell.lock` would change, and `--locked` was given");
        return Ok(Exit::Failed);
    }
    if is_new {
        shell.status("Created", "`cell.toml`");
        init::add_attributes(&root, shell)?;
    }
    // The lock last: it names the others.
    files::replace(&path, edited.as_bytes())?;
    made.write(&root)?;
    let cell = manifest.cells.get(name);
    let alias = cell.and_then(|cell| cell.alias.clone()).unwrap_or_else(|| init::alias(name));
    let component = made.lock.cells.get(name).and_then(|cell| cell.component.as_ref());
    if let (Some(component), true, false) = (component, keys.component, same) {
        shell.note(format_args!(
            "its component is sha256 {}: nobody vouches for it but who runs the cell",
            component.digest
        ));
    }
    if same {
        shell.status("Fresh", format!("`{name}`"));
    } else {
        shell.note(format!(
            "`cell::cell_remote!({alias} = \"{name}\");` has it; commit `cell.toml`, `cell.lock` and `.cell/`"
        ));
    }
    Ok(Exit::Done)
}

/// Where a cell's things come from.
enum Source {
    /// From the cell, with what it publishes.
    Running(Published),
    Files {
        component: Option<PathBuf>,
        schemas: Vec<PathBuf>,
    },
}

/// What `[cells.<name>]` says of it.
#[derive(Default)]
struct Keys {
    running: bool,
    /// A component comes with it, so none comes from a file.
    component: bool,
    path: Option<String>,
    schemas: Vec<String>,
    /// Questions that its macros may ask from now on.
    grants: Vec<String>,
}

impl Source {
    fn find(from: &str, name: &str) -> Result<Self> {
        if from == "running" {
            return published::take(name).map(Self::Running);
        }
        let path = Path::new(from).canonicalize().with_context(|| {
            format!(
                "there is no `{from}`\n\
                 help: `--from running` takes what the cell publishes that runs on this machine"
            )
        })?;
        if let Some(published) = in_folder(&path, name)? {
            return Ok(published);
        }
        let (mut component, mut schemas) = (None, Vec::new());
        for file in if path.is_dir() {
            crate::commands::vendor::files_in(&path)?
        } else {
            vec![path.clone()]
        } {
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("schema") => schemas.push(file),
                Some("wasm") => {
                    if let Some(other) = component.replace(file) {
                        bail!(
                            "there are several components in `{from}`\n\
                             help: name one, such as `{}`",
                            other.display()
                        );
                    }
                }
                _ => {}
            }
        }
        if component.is_none() && schemas.is_empty() {
            bail!(
                "`{from}` is no schema (`*.schema`), no component (`*.wasm`), and no folder with one\n\
                 help: `cell schema {name} > {name}.schema` asks a running cell for its schema"
            );
        }
        Ok(Self::Files { component, schemas })
    }

    fn keys(&self, root: &Path) -> Keys {
        match self {
            Self::Running(published) => {
                let component = published.component.is_some();
                Keys { running: true, component, ..Keys::default() }
            }
            Self::Files { component, schemas } => {
                let relative = |path: &PathBuf| project::relative(root, path);
                let schemas = schemas.iter().map(relative).collect();
                let path = component.as_ref().map(relative);
                Keys { path, schemas, ..Keys::default() }
            }
        }
    }
}

/// What the folder of a cell says that the cell publishes, in its own `cell.toml`.
fn in_folder(folder: &Path, name: &str) -> Result<Option<Source>> {
    let path = folder.join("cell.toml");
    if !path.is_file() {
        return Ok(None);
    }
    let bad = |reason: String| texts::project::bad_manifest(&path, &reason);
    let text = files::read_text(&path).map_err(|error| bad(error.to_string()))?;
    let manifest = Manifest::parse(&text).map_err(|error| bad(error.to_string()))?;
    let Some(cell) = manifest.cells.get(name) else { return Ok(None) };
    let at = |file: &String| {
        let file = folder.join(file);
        file.canonicalize().with_context(|| format!("there is no {}", file.display()))
    };
    let component = cell.path.as_ref().map(at).transpose()?;
    let schemas = match &cell.services {
        Services::Files(files) => files.iter().map(at).collect::<Result<_>>()?,
        Services::None | Services::Running => Vec::new(),
    };
    Ok(Some(Source::Files { component, schemas }))
}

/// `cell.toml` with the cell in it. What else is said of it stays.
fn edit(text: &str, name: &str, alias: Option<&str>, keys: &Keys) -> Result<String> {
    let mut document: DocumentMut = text.parse()?;
    let cells = document.entry("cells").or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let cells = cells.as_table_like_mut().context("`cells` is no table")?;
    let is_new = !cells.contains_key(name);
    let cell = cells.entry(name).or_insert_with(toml_edit::table);
    let cell = cell.as_table_like_mut().with_context(|| format!("`cells.{name}` is no table"))?;
    if let Some(path) = &keys.path {
        cell.insert("path", value(path));
    }
    if keys.running {
        cell.remove("schemas");
        if keys.component {
            cell.remove("path");
        }
        cell.insert("from", value("running"));
    } else if !keys.schemas.is_empty() {
        cell.remove("from");
        cell.insert("schemas", value(Array::from_iter(&keys.schemas)));
    }
    if !keys.grants.is_empty() {
        grant(cell, &keys.grants).with_context(|| format!("`cells.{name}.grants` is no table"))?;
    }
    let default = is_new.then(|| init::alias(name));
    if let Some(alias) = alias.map(str::to_owned).or(default) {
        cell.insert("alias", value(alias));
    }
    Ok(document.to_string())
}

/// Adds questions to `calls` under `grants`.
fn grant(cell: &mut dyn TableLike, questions: &[String]) -> Option<()> {
    let grants = cell.entry("grants").or_insert_with(toml_edit::table).as_table_like_mut()?;
    let calls = grants.entry("calls").or_insert_with(|| value(Array::new())).as_array_mut()?;
    for question in questions {
        if !calls.iter().any(|known| known.as_str() == Some(question)) {
            calls.push(question.as_str());
        }
    }
    Some(())
}

/// What clients will notice, of each service that was there before.
pub(crate) fn say_what_breaks(root: &Path, old: Option<&Lock>, new: &Texts, shell: &Shell) {
    let services = new.iter().flat_map(|(cell, schemas)| {
        schemas.iter().map(move |(service, schema)| (cell, service, schema))
    });
    for (cell, service, schema) in services {
        let before = old.and_then(|lock| lock.cells.get(cell)?.services.get(service));
        let text = before.and_then(|digest| {
            files::read_text(&root.join(".cell/schemas").join(digest.to_string())).ok()
        });
        let Some(before) = text.and_then(|text| cell_model::schema::read(&text).ok()) else {
            continue;
        };
        for change in compatible::compare(&before, schema) {
            match change.breaks {
                Some(_) => shell.warning(format_args!("{cell}::{service} {change}")),
                None => shell.status("Changed", format!("{cell}::{service} {change}")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(running: bool, path: Option<&str>, schemas: &[&str]) -> Keys {
        let schemas = schemas.iter().map(|schema| (*schema).to_owned()).collect();
        Keys { running, path: path.map(str::to_owned), schemas, ..Keys::default() }
    }

    #[test]
    fn grants_are_added_to_those_that_are_there() {
        let grants = vec!["ledger::schema".to_owned(), "ledger::rows".to_owned()];
        let keys = Keys { grants, ..keys(true, None, &[]) };
        let granted = |text: &str| {
            let edited = edit(text, "search", None, &keys).unwrap();
            let calls = &Manifest::parse(&edited).unwrap().cells["search"].grants.calls;
            let calls = calls.iter().map(|call| format!("{}::{}", call.cell, call.function));
            calls.collect::<Vec<_>>()
        };
        assert_eq!(granted(""), ["ledger::rows", "ledger::schema"]);
        let some = "[cells.search]\nfrom = \"running\"\n[cells.search.grants]\ncalls = [\"a::b\", \"ledger::rows\"]\n";
        assert_eq!(granted(some), ["a::b", "ledger::rows", "ledger::schema"]);
        assert!(edit("cells.search.grants = 1", "search", None, &keys).is_err());
    }

    #[test]
    fn a_cell_is_added_and_the_rest_stays() {
        let text = "# mine\nprofile = \"p\"\n\n[cells.a]\npath = \"a.wasm\" # here\n";
        let added = edit(text, "order-book", None, &keys(true, None, &[])).unwrap();
        let entry = "\n[cells.order-book]\nfrom = \"running\"\nalias = \"OrderBook\"\n";
        assert_eq!(added, format!("{text}{entry}"));
        assert_eq!(edit(&added, "order-book", None, &keys(true, None, &[])).unwrap(), added);
        let other =
            edit(&added, "order-book", Some("O"), &keys(false, None, &["o.schema"])).unwrap();
        let read = Manifest::parse(&other).unwrap();
        let cell = &read.cells["order-book"];
        assert_eq!(cell.services, Services::Files(vec!["o.schema".into()]));
        assert_eq!(cell.alias.as_deref(), Some("O"));
        let both = edit(&added, "a", None, &keys(true, None, &[])).unwrap();
        assert!(both.contains("path = \"a.wasm\" # here\nfrom = \"running\"\n"), "{both}");
        assert!(!both.contains("alias = \"A\""), "what is there keeps its words: {both}");
        let with_macros = Keys { component: true, ..keys(true, None, &[]) };
        assert!(!edit(&added, "a", None, &with_macros).unwrap().contains("a.wasm"));
        assert!(
            Manifest::parse(&edit("", "a", None, &keys(false, Some("x"), &[])).unwrap()).is_ok()
        );
        assert!(edit("cells = 1", "a", None, &keys(true, None, &[])).is_err());
    }
}
