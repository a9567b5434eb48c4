//! Where a project's files are, and reading them: `cell.toml`, `cell.lock` and `.cell/`.
//!
//! Nothing here writes: rustc writes nothing into a project.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::answer;
#[cfg(feature = "engine")]
use crate::answer::{Answer, Question};
use crate::digest::Digest;
use crate::expansion::{Expansion, file};
use crate::failure::{Failure, texts};
use crate::lock::{Lock, LockError};
use crate::outside::Outside;
use crate::request::{Call, CallPermission, MacroKind};
use crate::sealed::Damage;

/// A project: the folder of `cell.toml`, with its lock.
#[derive(Clone, Debug)]
pub struct Project {
    /// The folder of `cell.toml`.
    pub root: PathBuf,
    /// What `cell.lock` says.
    pub lock: Lock,
}

/// The folder of the first `cell.toml` in `package` or above it.
#[must_use]
pub fn find_root(package: &Path) -> Option<PathBuf> {
    package.ancestors().find(|folder| folder.join("cell.toml").is_file()).map(Path::to_path_buf)
}

/// Digest of what `cell.toml` says of macros and services. Line ends and blanks at line ends do not
/// count, which version control may change; nor do comments, empty lines, and tables
/// `[cells.<name>.run]`, which say how a cell is started and mean nothing to a build.
#[must_use]
pub fn manifest_digest(text: &str) -> Digest {
    let mut plain = String::with_capacity(text.len());
    let mut counts = true;
    for line in text.lines().map(str::trim_end) {
        if line.starts_with('[') {
            counts = !is_run_table(line);
        }
        if counts && !line.is_empty() && !line.starts_with('#') {
            plain.push_str(line);
            plain.push('\n');
        }
    }
    Digest::of(plain.as_bytes())
}

/// `[cells.ledger.run]` and what is below it.
fn is_run_table(line: &str) -> bool {
    let name = line.trim_start_matches('[').split(']').next().unwrap_or_default();
    let mut parts = name.split('.').map(str::trim);
    parts.next() == Some("cells") && parts.nth(1) == Some("run")
}

/// No schema is larger.
const LARGEST_SCHEMA: u64 = 1 << 20;
/// No file of a project is larger: expansions are bounded by their limits, 64 MiB by default.
pub const LARGEST_FILE: u64 = 1 << 30;

/// The bytes of a file, `None` if there is none. A repository may hold a link to a device or a
/// pipe: reading those would never end, and rustc with it.
///
/// # Errors
/// What the system says; `FileTooLarge` if there are more than `largest` bytes.
pub fn read_file(path: &Path, largest: u64) -> std::io::Result<Option<Vec<u8>>> {
    let metadata = match std::fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found?,
    };
    if !metadata.is_file() {
        return Err(Error::other("it is not a file"));
    }
    let too_large =
        || Error::new(ErrorKind::FileTooLarge, format!("it is larger than {largest} bytes"));
    if metadata.len() > largest {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(1 << 20) as usize);
    // Once more: it may grow, and some files say that they are empty.
    std::fs::File::open(path)?.take(largest.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        return Err(too_large());
    }
    Ok(Some(bytes))
}

fn read_text(path: &Path) -> Result<Option<String>, String> {
    let bytes = read_file(path, LARGEST_FILE).map_err(|error| error.to_string())?;
    bytes.map(|bytes| String::from_utf8(bytes).map_err(|_| "it is not text".to_owned())).transpose()
}

/// A record of `.cell/`, `None` if there is none.
fn read_record(path: &Path) -> Result<Option<Vec<u8>>, Damage> {
    read_file(path, LARGEST_FILE).map_err(|error| Damage::Unreadable(error.to_string()))
}

impl Project {
    /// Reads the project that `package` belongs to.
    ///
    /// # Errors
    /// `NoProject`, `NoLock`, `BadLock`, `StaleLock`, `BadManifest`.
    pub fn load(package: &Path) -> Result<Self, Failure> {
        match Self::read(package)? {
            (project, true) => Ok(project),
            (project, false) => Err(texts::project::stale_lock(&project.root)),
        }
    }

    /// The same, and whether the lock was written for this `cell.toml`. If not, it may be used for
    /// nothing but the names that were there.
    ///
    /// # Errors
    /// `NoProject`, `NoLock`, `BadLock`, `BadManifest`.
    pub fn read(package: &Path) -> Result<(Self, bool), Failure> {
        let root = find_root(package).ok_or_else(|| texts::project::no_project(package))?;
        let manifest = root.join("cell.toml");
        let text = read_text(&manifest)
            .and_then(|text| text.ok_or_else(|| "it is gone".to_owned()))
            .map_err(|reason| texts::project::bad_manifest(&manifest, &reason))?;
        let lock = match read_text(&root.join("cell.lock")) {
            Ok(Some(lock)) => lock,
            Ok(None) => return Err(texts::project::no_lock(&root)),
            Err(_) => {
                let error = LockError { line: 0, reason: "it is not a text file" };
                return Err(texts::project::bad_lock(&root, &error));
            }
        };
        let lock = Lock::parse(&lock).map_err(|error| texts::project::bad_lock(&root, &error))?;
        let in_step = lock.manifest == manifest_digest(&text);
        Ok((Self { root, lock }, in_step))
    }

    /// `cell.lock`.
    #[must_use]
    pub fn lock_path(&self) -> PathBuf {
        self.root.join("cell.lock")
    }

    /// Where a component is.
    #[must_use]
    pub fn component_path(&self, digest: &Digest) -> PathBuf {
        self.root.join(".cell/components").join(format!("{digest}.wasm"))
    }

    /// Where the schema of a service is.
    #[must_use]
    pub fn schema_path(&self, digest: &Digest) -> PathBuf {
        self.root.join(".cell/schemas").join(digest.to_string())
    }

    /// The schemas of a cell's services, as texts, by the services' names.
    ///
    /// # Errors
    /// `NoSchema`, `BadSchema`.
    pub fn schemas(&self, cell: &str) -> Result<BTreeMap<String, String>, Failure> {
        let services = self.lock.cells.get(cell).map(|cell| &cell.services);
        let read = |(service, digest): (&String, &Digest)| {
            let path = self.schema_path(digest);
            let bad = |reason: &str| texts::project::bad_schema(&path, cell, service, reason);
            let bytes = read_file(&path, LARGEST_SCHEMA)
                .map_err(|error| bad(&error.to_string()))?
                .ok_or_else(|| texts::project::no_schema(&path, cell, service))?;
            if Digest::of(&bytes) != *digest {
                return Err(bad("it is not the one that `cell.lock` names"));
            }
            let text = String::from_utf8(bytes).map_err(|_| bad("it is not text"))?;
            Ok((service.clone(), text))
        };
        services.into_iter().flatten().map(read).collect()
    }

    /// Where a recorded expansion is.
    #[must_use]
    pub fn expansion_path(&self, key: &Digest) -> PathBuf {
        self.root.join(".cell/expansions").join(key.to_string())
    }

    /// Where a recorded answer is.
    #[must_use]
    pub fn answer_path(&self, cell: &str, key: &Digest) -> PathBuf {
        self.root.join(".cell/answers").join(cell).join(key.to_string())
    }

    /// The call of a macro as `cell.lock` describes it; arguments are empty, and nothing was looked at
    /// outside of it.
    ///
    /// # Errors
    /// `UnknownCell`, `UnknownMacro`.
    pub fn call(&self, cell: &str, name: &str) -> Result<Call, Failure> {
        let Some(locked) = self.lock.cells.get(cell) else {
            let known = self.lock.cells.keys().map(String::as_str);
            return Err(texts::project::unknown_cell(cell, known, &self.root.join("cell.toml")));
        };
        let (Some(found), Some(component)) = (locked.macros.get(name), &locked.component) else {
            let known = locked.macros.keys().map(String::as_str);
            return Err(texts::project::unknown_macro(cell, name, known));
        };
        let granted: Vec<CallPermission> =
            found.calls.iter().filter(|call| locked.grants.contains(call)).cloned().collect();
        Ok(Call {
            cell: cell.to_owned(),
            name: name.to_owned(),
            kind: found.kind,
            component: component.digest,
            arguments: 0..0,
            wants: found.wants,
            needs: found.needs.clone(),
            helpers: found.helpers.clone(),
            granted,
            asked: found.calls.clone(),
            limits: locked.limits,
            allowed: locked.allowed,
            profile: self.lock.profile_of(None, cell).unwrap_or_default().to_owned(),
            outside: Outside::default(),
        })
    }

    /// Cell and name of the macro in a slot.
    #[must_use]
    pub fn slot(&self, kind: MacroKind, slot: u16) -> Option<(&str, &str)> {
        self.lock.slot(kind, slot).map(|(cell, _, name, _)| (cell, name))
    }

    /// A recorded expansion, if there is one and the answers under it are those recorded now.
    ///
    /// # Errors
    /// `BadExpansion`, `BadAnswer`.
    pub fn expansion(&self, key: &Digest) -> Result<Option<Expansion>, Failure> {
        let path = self.expansion_path(key);
        let damaged = |damage| texts::project::bad_expansion(&path, &damage);
        let Some(bytes) = read_record(&path).map_err(damaged)? else {
            return Ok(None);
        };
        let expansion = file::decode(&bytes, key).map_err(damaged)?;
        Ok(self.has_answers(&expansion)?.then_some(expansion))
    }

    /// Are the answers that an expansion used those that are recorded now?
    ///
    /// # Errors
    /// `BadAnswer`.
    pub fn has_answers(&self, expansion: &Expansion) -> Result<bool, Failure> {
        for used in &expansion.answers {
            let path = self.answer_path(&used.cell, &used.key);
            let damaged = |damage| texts::project::bad_answer(&path, &used.cell, &damage);
            let Some(bytes) = read_record(&path).map_err(damaged)? else { return Ok(false) };
            if answer::digest(&bytes).map_err(damaged)? != used.digest {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The recorded answer to a question.
    ///
    /// # Errors
    /// `BadAnswer`.
    #[cfg(feature = "engine")]
    pub fn answer(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        let path = self.answer_path(&question.cell, &question.key());
        let (cell, function) = (&question.cell, &question.function);
        let damaged = |damage| {
            let failure = texts::project::bad_answer(&path, cell, &damage);
            failure
                .note(format!("it is to say what `{cell}::{function}` said"))
                .about(cell, function)
        };
        let Some(bytes) = read_record(&path).map_err(damaged)? else {
            return Ok(None);
        };
        let answer = Answer::decode(&bytes).map_err(damaged)?;
        if answer.question != *question {
            return Err(damaged(Damage::Other));
        }
        Ok(Some(answer))
    }
}

/// Projects that this process has read, by the folder of the package. A thousand items of a crate
/// read `cell.lock` once; rust-analyzer, which lives long, reads it again when it changes.
#[derive(Debug, Default)]
pub struct Projects(Mutex<BTreeMap<PathBuf, (Stamps, Arc<Project>)>>);

/// Length and time of `cell.toml` and `cell.lock`.
type Stamps = [Option<(u64, SystemTime)>; 2];

/// As many are kept: a server that lives long sees many temporary ones.
const KEPT: usize = 1_000;

impl Projects {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The project that `package` belongs to.
    ///
    /// # Errors
    /// Those of [`Project::load`].
    pub fn load(&self, package: &Path) -> Result<Arc<Project>, Failure> {
        // A panic elsewhere leaves the map whole: entries are put in finished.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((stamps, project)) = known.get(package)
            && *stamps == stamp(&project.root)
        {
            return Ok(Arc::clone(project));
        }
        let before = find_root(package).map(|root| stamp(&root));
        let project = Arc::new(Project::load(package)?);
        if let Some(stamps) = before {
            if known.len() >= KEPT {
                known.clear();
            }
            known.insert(package.to_owned(), (stamps, Arc::clone(&project)));
        }
        Ok(project)
    }
}

fn stamp(root: &Path) -> Stamps {
    ["cell.toml", "cell.lock"].map(|name| {
        let file = std::fs::metadata(root.join(name)).ok()?;
        Some((file.len(), file.modified().ok()?))
    })
}

#[cfg(test)]
mod tests;
