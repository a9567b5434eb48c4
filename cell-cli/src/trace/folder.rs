//! Where traces are kept between runs: one file for each unit that cargo compiled.
//!
//! What must stay true: **the file of a unit that cargo calls fresh is what its last whole
//! compilation wrote.** So that this can be relied on, a unit that uses no macro has a file too, and
//! a file that is lost, or that may not be right, has its package compiled again. Removing files is
//! always safe.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::AnswerUsed;
use macro_bridge::request::{self, Request};

use crate::files;
use crate::trace::{Crate, Trace, Unit};

/// In the target folder. The number is that of the format.
const NAME: &str = "trace-1";
/// Is there while a command runs cargo: if it was killed, files may be of other compilations than
/// those that cargo remembers.
const UNFINISHED: &str = "unfinished";
/// Inputs of expansions, by key.
const REQUESTS: &str = "request";
/// So many selections of what to compile are remembered, with the units that each has.
const SELECTIONS: usize = 8;

/// A package whose macros are the project's.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Its folder.
    pub(crate) folder: String,
}

/// Packages by cargo's ids.
pub(crate) type Packages = BTreeMap<String, Package>;

/// A unit that cargo compiled without errors, or found compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Compiled {
    /// Its name, as the proc-macro knows it.
    pub(crate) unit: String,
    /// The crate.
    pub(crate) krate: String,
    /// Cargo's id of the package.
    pub(crate) package: String,
    /// Cargo did not run rustc.
    pub(crate) fresh: bool,
}

/// What a run of cargo left.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Of all units of the run, and as far as they came of those that failed.
    pub(crate) trace: Trace,
    /// Packages with units that were not compiled and whose trace is not known.
    pub(crate) lost: BTreeSet<String>,
    /// The names of the units.
    units: BTreeSet<String>,
}

/// The folder, which no other command uses meanwhile.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the folder in a target folder; `waits` is called if another command has it.
    pub(crate) fn open(target: &Path, waits: &dyn Fn()) -> Result<Self> {
        let path = target.join(NAME);
        let make = || {
            fs::create_dir_all(&path)?;
            let lock = File::options().create(true).append(true).open(path.join("lock"))?;
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    waits();
                    lock.lock()?;
                }
                // Some file systems of networks have no locks; cargo does without them there, too.
                Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
            Ok(lock)
        };
        let lock = make().with_context(|| format!("cannot use the folder `{}`", path.display()))?;
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// To be called before cargo runs: the name of the run. `lock` is the text of `cell.lock`: what a
    /// unit was expanded with.
    pub(crate) fn begin(&self, lock: &str) -> Result<String> {
        if self.path.join(UNFINISHED).exists() {
            for path in self.traces()? {
                fs::remove_file(&path)
                    .with_context(|| format!("cannot remove `{}`", path.display()))?;
            }
        }
        let marker = self.path.join(UNFINISHED);
        fs::write(&marker, "").with_context(|| format!("cannot write `{}`", marker.display()))?;
        let lock = &Digest::of(lock.as_bytes()).to_string()[..16];
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(format!("{lock}-{}-{}", std::process::id(), now.as_nanos()))
    }

    /// To be called when cargo has ended: which files are those of its units? `is_recorded` says if
    /// an answer is what the project has recorded now.
    pub(crate) fn settle(
        &self,
        run: &str,
        own: &Packages,
        compiled: &[Compiled],
        success: bool,
        is_recorded: &dyn Fn(&AnswerUsed) -> bool,
    ) -> Result<Settled> {
        let mut files = self.units()?;
        let known = self.request_keys()?;
        let mut settled = Settled::default();
        for Compiled { unit, krate, package, fresh } in compiled {
            let Some(of) = own.get(package) else { continue };
            let found = files.remove(unit);
            let kept = match found {
                Some(found) if *fresh => is_good(&found, run, &known, is_recorded).then_some(found),
                Some(found) => Some(found).filter(|found| found.run == run),
                None => None,
            };
            match kept {
                Some(kept) => settled.trace.add(&kept),
                None if *fresh => {
                    settled.lost.insert(package.clone());
                }
                None => {
                    let krate = Crate { package: of.name.clone(), name: krate.clone() };
                    let empty = Unit::without_macros(run, krate, &of.folder);
                    let path = self.unit_path(unit);
                    fs::write(&path, empty.to_string())
                        .with_context(|| format!("cannot write `{}`", path.display()))?;
                }
            }
            settled.units.insert(unit.clone());
        }
        // What began in this run and did not come to its end.
        for (name, unit) in files.iter().filter(|(_, unit)| unit.run == run) {
            if !own.values().any(|package| package.folder == unit.folder) {
                continue;
            }
            if success {
                bail!(
                    "cargo compiled `{name}` and did not say so: this command does not know this \
                     cargo's names\n\
                     help: use the cargo of another release, or another release of `cell`"
                );
            }
            settled.trace.add(unit);
            settled.units.insert(name.clone());
        }
        let marker = self.path.join(UNFINISHED);
        fs::remove_file(&marker)
            .with_context(|| format!("cannot remove `{}`", marker.display()))?;
        Ok(settled)
    }

    /// Removes what no selection of what to compile uses any more. `selection` is what was compiled,
    /// without errors.
    pub(crate) fn tidy(&self, selection: &str, settled: &Settled) -> Result<()> {
        let name = &Digest::of(selection.as_bytes()).to_string()[..16];
        let units: String = settled.units.iter().map(|unit| format!("{unit}\n")).collect();
        let path = self.path.join(format!("{name}.units"));
        // Written also if it says the same: the oldest are forgotten.
        fs::write(&path, units).with_context(|| format!("cannot write `{}`", path.display()))?;
        let mut lists = self.with_extension("units")?;
        lists.sort_by_key(|path| {
            let time = path.metadata().and_then(|found| found.modified());
            std::cmp::Reverse(time.unwrap_or(SystemTime::UNIX_EPOCH))
        });
        let mut named = BTreeSet::new();
        for (index, path) in lists.iter().enumerate() {
            if index >= SELECTIONS {
                remove(path);
                continue;
            }
            let text = fs::read_to_string(path).unwrap_or_default();
            named.extend(text.lines().map(str::to_owned));
        }
        let mut used = Trace::default();
        for (name, unit) in self.units()? {
            if named.contains(&name) {
                used.add(&unit);
            } else {
                remove(&self.unit_path(&name));
            }
        }
        let used = used.keys();
        let unused = self.request_keys()?.into_iter().filter(|key| !used.contains(key));
        unused.for_each(|key| remove(&self.request_path(&key)));
        Ok(())
    }

    /// The inputs of these expansions. One that is not there was not traced.
    pub(crate) fn requests(
        &self,
        keys: impl IntoIterator<Item = Digest>,
    ) -> Result<BTreeMap<Digest, Request>> {
        let mut requests = BTreeMap::new();
        for key in keys {
            let path = self.request_path(&key);
            let bytes = match files::read(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                found => found.with_context(|| format!("cannot read `{}`", path.display()))?,
            };
            let request = request::file::decode(&bytes).map_err(|damage| {
                anyhow::anyhow!(
                    "cannot read `{}`: {damage}\nhelp: remove the folder `{}`",
                    path.display(),
                    self.path.display()
                )
            })?;
            requests.insert(key, request);
        }
        Ok(requests)
    }

    /// All files of units, by the units' names.
    fn units(&self) -> Result<BTreeMap<String, Unit>> {
        let mut units = BTreeMap::new();
        for path in self.traces()? {
            let bytes = fs::read(&path)
                .with_context(|| format!("cannot read the trace `{}`", path.display()))?;
            let Some(unit) = Unit::parse(&String::from_utf8_lossy(&bytes)) else {
                // The mark that this run is unfinished stays, so the next one begins anew.
                bail!(
                    "`{}` is of another format\n\
                     note: the project's `cell-sdk` is of another release than this command\n\
                     help: use the same release of both",
                    path.display()
                );
            };
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            units.insert(name, unit);
        }
        Ok(units)
    }

    fn traces(&self) -> Result<Vec<PathBuf>> {
        self.with_extension("trace")
    }

    fn with_extension(&self, extension: &str) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.path)
            .with_context(|| format!("cannot read the folder `{}`", self.path.display()))?;
        let paths = entries.flatten().map(|entry| entry.path());
        Ok(paths.filter(|path| path.extension().unwrap_or_default() == extension).collect())
    }

    fn request_keys(&self) -> Result<BTreeSet<Digest>> {
        let folder = self.path.join(REQUESTS);
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(BTreeSet::new());
            }
            found => found.with_context(|| format!("cannot read `{}`", folder.display()))?,
        };
        let names = entries.flatten().map(|entry| entry.file_name());
        Ok(names.filter_map(|name| Digest::parse(name.to_str()?)).collect())
    }

    fn unit_path(&self, unit: &str) -> PathBuf {
        self.path.join(format!("{unit}.trace"))
    }

    fn request_path(&self, key: &Digest) -> PathBuf {
        self.path.join(REQUESTS).join(key.to_string())
    }
}

/// May the file of a unit that cargo did not compile be relied on? Not if it was expanded with
/// another `cell.lock` or with other answers: a crate in which no item tracks them is not compiled
/// again. And not without what was expanded.
fn is_good(
    unit: &Unit,
    run: &str,
    requests: &BTreeSet<Digest>,
    is_recorded: &dyn Fn(&AnswerUsed) -> bool,
) -> bool {
    let lock = |run: &str| run.split('-').next().unwrap_or_default().to_owned();
    let whole = || {
        let mut trace = Trace::default();
        trace.add(unit);
        let mut answers = trace.made.values().flat_map(|made| &made.answers);
        trace.keys().is_subset(requests) && answers.all(is_recorded)
    };
    unit.is_empty() || (lock(&unit.run) == lock(run) && whole())
}

/// What stays is removed by a later run.
fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

#[cfg(test)]
mod tests;
