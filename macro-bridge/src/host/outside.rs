//! Looking at what is granted of the world outside, before a macro runs.
//!
//! Nothing is looked at for a component that cannot ask. A file is read once by each compiler as long as
//! it does not change.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::outside::{self, Content, Grants, Outside, interface};
use crate::project::read_file;

/// What a component may see that has these grants, in the package whose folder this is.
///
/// # Errors
/// A file that cannot be given to it, and why.
pub fn look(grants: &Grants, package: &Path) -> Result<Outside, (String, String)> {
    let mut seen = Outside::default();
    if grants.imports(interface::VARIABLES) {
        seen.variables = variables(&grants.variables);
    }
    // Who asks for variables only may ask for the folder's name.
    if grants.imports(interface::FILES) || grants.imports(interface::VARIABLES) {
        for path in &grants.files {
            let content = file(package, path).map_err(|reason| (path.clone(), reason))?;
            seen.files.push((path.clone(), content));
        }
    }
    Ok(seen)
}

/// Those that are set, and the grants themselves: what is granted and not set is not refused.
fn variables(granted: &[String]) -> Vec<(String, Option<String>)> {
    let mut seen: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut beginnings = Vec::new();
    for name in outside::OF_PACKAGE.into_iter().chain(granted.iter().map(String::as_str)) {
        match name.strip_suffix('*') {
            Some(beginning) => {
                beginnings.push(beginning);
                seen.insert(name.to_owned(), None);
            }
            None => {
                seen.insert(name.to_owned(), std::env::var(name).ok());
            }
        }
    }
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        if beginnings.iter().any(|beginning| name.starts_with(beginning))
            && outside::is_variable(name)
            && !outside::is_folder_name(name)
        {
            seen.insert(name.to_owned(), value.into_string().ok());
        }
    }
    seen.into_iter().collect()
}

/// Files that this process has read, with length and time.
static READ: Mutex<BTreeMap<PathBuf, (u64, Option<SystemTime>, Content)>> =
    Mutex::new(BTreeMap::new());

/// What is in a file of a package, if it is there.
fn file(package: &Path, path: &str) -> Result<Option<Content>, String> {
    let elsewhere = || "it lies outside of the package".to_owned();
    let path = package.join(path);
    // Where it lies in truth: the repository may hold links to anywhere.
    let real = match fs::canonicalize(&path) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        found => found.map_err(|error| error.to_string())?,
    };
    let package = fs::canonicalize(package).map_err(|error| error.to_string())?;
    if !real.starts_with(&package) {
        return Err(elsewhere());
    }
    let metadata = fs::metadata(&real).map_err(|error| error.to_string())?;
    let (length, time) = (metadata.len(), metadata.modified().ok());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, modified, content)) = read.get(&real)
        && (*known, *modified) == (length, time)
        && time.is_some()
    {
        return Ok(Some(content.clone()));
    }
    let bytes = read_file(&real, outside::FILE_BYTES).map_err(|error| error.to_string())?;
    let Some(bytes) = bytes else { return Ok(None) };
    let content = Content::new(bytes);
    read.insert(real, (length, time, content.clone()));
    Ok(Some(content))
}
