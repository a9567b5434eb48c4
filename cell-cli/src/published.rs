//! What a cell publishes: schemas and a component. Taken from it while it runs, or as a project keeps
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use cell_model::coordination::Component;
use cell_model::hello::{Formats, Hello};
use cell_model::schema::{Schema, SchemaHash};
use cell_transport::{Limits, Local, Synapse, unix};
use macro_bridge::digest::Digest;

use crate::commands::cells;
use crate::connection::folder;
use crate::supervisor::probe;
use crate::{files, schemas};

/// What a cell publishes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Published {
    /// By service.
    pub(crate) schemas: BTreeMap<String, Schema>,
    /// The component with its macros.
    pub(crate) component: Option<Vec<u8>>,
}

/// What cells publish, by their names.
pub(crate) type Fresh = BTreeMap<String, Published>;

/// Takes all from a cell that runs.
pub(crate) fn take(name: &str) -> Result<Published> {
    let parse = |(service, text): (String, String)| {
        let schema = schemas::parse(&text, format_args!("what `{name}` publishes"))?;
        Ok((service, schema))
    };
    let schemas: BTreeMap<_, _> =
        cells::all_published(name)?.into_iter().map(parse).collect::<Result<_>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let component = runtime.block_on(async {
        let failed = || format!("cannot take the component of `{name}`");
        let description = probe::describe(&folder()?, name).await.with_context(failed)?;
        match description.component {
            Some(component) => fetch(name, &component).await.with_context(failed).map(Some),
            None => Ok(None),
        }
    })?;
    if schemas.is_empty() && component.is_none() {
        bail!(
            "`{name}` has neither a service nor macros\nhelp: `cell inspect {name}` shows what it has"
        );
    }
    Ok(Published { schemas, component })
}

/// The component with this digest, whatever the cell sends.
async fn fetch(name: &str, component: &Component) -> Result<Vec<u8>> {
    let stream = unix::connect(&folder()?, name).await?;
    // No service: only about the cell.
    let (formats, schema, service) = (Formats::ALL, SchemaHash::NONE, String::new());
    let hello = Hello { formats, bytes: 0, calls: 0, schema, service };
    let synapse: Synapse<Local> = Synapse::over(stream, hello, Limits::default()).await?;
    Ok(cell::fetch_component(&synapse, &component.digest).await?)
}

/// The component of a cell that a lock names, read line by line: after a merge the file as a whole may
/// make no sense. `None` if it names none.
pub(crate) fn kept_component(root: &Path, cell: &str, lock: &str) -> Result<Option<Vec<u8>>> {
    let again = format!("help: with the cell running: `cell add {cell}`");
    let mut digests = BTreeSet::new();
    for line in lock.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let ["cell", name, "component", digest] = words.as_slice() else { continue };
        digests.extend(Digest::parse(digest).filter(|_| *name == cell));
    }
    let mut digests = digests.into_iter();
    let Some(digest) = digests.next() else { return Ok(None) };
    if digests.next().is_some() {
        bail!("two branches have different components of `{cell}`\n{again}");
    }
    let path = root.join(".cell/components").join(format!("{digest}.wasm"));
    let bytes = files::read(&path)
        .with_context(|| format!("cannot read the component of `{cell}`\n{again}"))?;
    let found = macro_runtime::load::digest(&bytes);
    if found != digest {
        bail!("{} has the sha256 {found}, not that of its name\n{again}", path.display());
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_that_a_lock_names_is_that_one_or_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let kept = |lock: &str| kept_component(root, "search", lock).map_err(|e| format!("{e:#}"));
        assert_eq!(kept("cell other component 00\n"), Ok(None));
        let digest = Digest::of(b"bytes");
        let line = format!("cell search component {digest}\n");
        assert!(kept(&line).unwrap_err().contains("cannot read the component of `search`"));
        let path = root.join(format!(".cell/components/{digest}.wasm"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "other").unwrap();
        assert!(kept(&line).unwrap_err().contains("not that of its name"));
        std::fs::write(&path, "bytes").unwrap();
        assert_eq!(kept(&(line.clone() + &line)), Ok(Some(b"bytes".to_vec())));
        let other = format!("cell search component {}\n", Digest::of(b"x"));
        let merged = kept(&(line + &other)).unwrap_err();
        assert!(merged.contains("two branches") && merged.contains("`cell add search`"));
    }
}
