//! The schemas of a project's cells: from files, or as `cell add` took them from running cells.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use cell_model::schema::{self, Schema};
use macro_bridge::digest::Digest;

use crate::files;
use crate::lock::Schemas;
use crate::manifest::{Manifest, Services};
use crate::published::Fresh;

/// Schemas by service, by cell.
pub(crate) type Texts = BTreeMap<String, BTreeMap<String, Schema>>;

/// All schemas that a project's lock shall name. `fresh` are those that were just taken from running
/// cells; for others that `cell.toml` has from there, those stay that `lock` names.
pub(crate) fn of_project(
    root: &Path,
    manifest: &Manifest,
    lock: Option<&str>,
    fresh: &Fresh,
) -> Result<Texts> {
    let mut all = Texts::new();
    for (name, cell) in &manifest.cells {
        let schemas = match (&cell.services, fresh.get(name)) {
            (Services::None, _) => continue,
            (Services::Files(files), _) => from_files(root, name, files)?,
            (Services::Running, Some(fresh)) => fresh.schemas.clone(),
            (Services::Running, None) => recorded(root, name, lock.unwrap_or_default())?,
        };
        all.insert(name.clone(), schemas);
    }
    Ok(all)
}

/// Their digests, as they stand in a lock.
pub(crate) fn digests(texts: &Texts) -> Schemas {
    let digest = |schema: &Schema| Digest::of(schema.to_string().as_bytes());
    let cell = |schemas: &BTreeMap<String, Schema>| {
        schemas.iter().map(|(service, schema)| (service.clone(), digest(schema))).collect()
    };
    texts.iter().map(|(name, schemas)| (name.clone(), cell(schemas))).collect()
}

/// A schema from the text of a file or of a cell.
pub(crate) fn parse(text: &str, place: impl std::fmt::Display) -> Result<Schema> {
    schema::read(text).with_context(|| format!("{place} is no schema"))
}

fn from_files(root: &Path, cell: &str, files: &[String]) -> Result<BTreeMap<String, Schema>> {
    let mut schemas = BTreeMap::new();
    for file in files {
        let path = root.join(file);
        let text = files::read_text(&path).with_context(|| {
            format!(
                "cannot read a schema of `{cell}`\n\
                 note: `schemas` in `[cells.{cell}]` names `{file}`, which is {}\n\
                 help: correct the path, or take the schema from the cell: `cell add {cell}`",
                path.display()
            )
        })?;
        let schema = parse(&text, path.display())?;
        if let Some(other) = schemas.insert(schema.service.clone(), schema) {
            bail!("two files of `{cell}` are schemas of `{}`\nhelp: remove one", other.service);
        }
    }
    Ok(schemas)
}

/// Those that a lock names, read line by line: after a merge the file as a whole may make no sense.
fn recorded(root: &Path, cell: &str, lock: &str) -> Result<BTreeMap<String, Schema>> {
    let again = format!("help: with the cell running: `cell add {cell}`");
    let mut services: BTreeMap<&str, BTreeSet<Digest>> = BTreeMap::new();
    for line in lock.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let ["cell", name, "service", service, digest] = words.as_slice() else { continue };
        if let Some(digest) = Digest::parse(digest).filter(|_| *name == cell) {
            services.entry(service).or_default().insert(digest);
        }
    }
    let has_macros = lock.contains(&format!("cell {cell} component "));
    if services.is_empty() && !has_macros {
        bail!("what `{cell}` publishes has not been taken from the cell\n{again}");
    }
    let read = |(service, digests): (&str, BTreeSet<Digest>)| {
        let mut digests = digests.into_iter();
        let (Some(digest), None) = (digests.next(), digests.next()) else {
            bail!("two branches have different schemas of `{cell}::{service}`\n{again}");
        };
        let path = root.join(".cell/schemas").join(digest.to_string());
        let bytes = files::read(&path)
            .with_context(|| format!("cannot read the schema of `{cell}::{service}`\n{again}"))?;
        if Digest::of(&bytes) != digest {
            bail!("{} is not the schema that `cell.lock` names\n{again}", path.display());
        }
        let schema = parse(&String::from_utf8_lossy(&bytes), path.display())?;
        if schema.service != service {
            bail!("{} is the schema of `{}`\n{again}", path.display(), schema.service);
        }
        Ok((service.to_owned(), schema))
    };
    services.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use crate::published::Published;

    use super::*;

    fn schema(service: &str) -> Schema {
        Schema { service: service.to_owned(), ..Schema::default() }
    }

    fn error(result: Result<Texts>) -> String {
        format!("{:#}", result.unwrap_err())
    }

    #[test]
    fn schemas_come_from_files_from_the_cell_or_stay_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let manifest = Manifest::parse(
            "[cells.files]\nschemas = [\"a.schema\", \"b.schema\"]\n[cells.cell]\nfrom = \"running\"\n",
        )
        .unwrap();
        let none = Fresh::new();
        let all = |lock: &str, fresh: &Fresh| of_project(root, &manifest, Some(lock), fresh);

        assert!(error(all("", &none)).contains("has not been taken from the cell"));
        let text = schema("C").to_string();
        let digest = Digest::of(text.as_bytes());
        let lock = format!("cell cell service C {digest}\n");
        assert!(error(all(&lock, &none)).contains("cannot read the schema of `cell::C`"));
        std::fs::create_dir_all(root.join(".cell/schemas")).unwrap();
        let kept = root.join(".cell/schemas").join(digest.to_string());
        std::fs::write(&kept, "x").unwrap();
        assert!(error(all(&lock, &none)).contains("is not the schema that `cell.lock` names"));
        std::fs::write(&kept, &text).unwrap();
        let other = format!("cell cell service C {}\n", Digest::of(b"x"));
        assert!(error(all(&(lock.clone() + &other), &none)).contains("two branches"));
        let moved = lock.replace(" C ", " D ");
        assert!(error(all(&moved, &none)).contains("is the schema of `C`"));

        assert!(error(all(&lock, &none)).contains("which is "));
        std::fs::write(root.join("a.schema"), schema("A").to_string()).unwrap();
        std::fs::write(root.join("b.schema"), schema("A").to_string()).unwrap();
        assert!(error(all(&lock, &none)).contains("two files of `files`"));
        std::fs::write(root.join("b.schema"), schema("B").to_string()).unwrap();
        let found = all(&lock, &none).unwrap();
        assert_eq!(found["cell"], [("C".to_owned(), schema("C"))].into());
        assert_eq!(found["files"].keys().collect::<Vec<_>>(), ["A", "B"]);
        let schemas: BTreeMap<_, _> = [("E".to_owned(), schema("E"))].into();
        let published = Published { schemas: schemas.clone(), component: None };
        let found = all(&lock, &[("cell".to_owned(), published)].into()).unwrap();
        assert_eq!(found["cell"], schemas);
        assert_eq!(digests(&found)["cell"]["E"], Digest::of(schema("E").to_string().as_bytes()));
    }
}
