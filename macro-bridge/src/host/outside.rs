//! Looking at what is granted of the world outside, before a macro runs.
//!
//! Nothing is looked at for a component that cannot ask. A file is read once by each compiler as long as
//! it does not change.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::expansion::Output;
use crate::outside::{self, Content, Grants, Outside, interface};
use crate::project::read_file;
use crate::table::kind;

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

/// Those that are set here: [`variables_of`].
fn variables(granted: &[String]) -> Vec<(String, Option<String>)> {
    let set = std::env::vars_os();
    variables_of(granted, set.filter_map(|(name, value)| Some((name.into_string().ok()?, value))))
}

/// Those that are set, and the grants themselves: what is granted and not set is not refused.
fn variables_of(
    granted: &[String],
    set: impl Iterator<Item = (String, OsString)>,
) -> Vec<(String, Option<String>)> {
    let mut seen: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut beginnings = Vec::new();
    for name in outside::OF_PACKAGE.into_iter().chain(granted.iter().map(String::as_str)) {
        match name.strip_suffix('*') {
            Some(beginning) => {
                beginnings.push(beginning);
                seen.insert(name.to_owned(), None);
            }
            None => {
                seen.insert(name.to_owned(), None);
            }
        }
    }
    for (name, value) in set {
        let of_wildcard = beginnings.iter().any(|beginning| name.starts_with(beginning))
            && outside::is_variable(&name)
            && !outside::is_folder_name(&name)
            && !outside::is_of_one_build(&name);
        if of_wildcard || seen.contains_key(&name) {
            seen.insert(name, value.into_string().ok());
        }
    }
    seen.into_iter().collect()
}

/// Length and time of a file when it was read.
type Stamp = (u64, Option<SystemTime>);

/// Files that this process has read.
static READ: Mutex<BTreeMap<PathBuf, (Stamp, Content)>> = Mutex::new(BTreeMap::new());

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
    let stamp = (metadata.len(), metadata.modified().ok());
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, content)) = read.get(&real)
        && *known == stamp
        && stamp.1.is_some()
    {
        return Ok(Some(content.clone()));
    }
    let bytes = read_file(&real, outside::FILE_BYTES).map_err(|error| error.to_string())?;
    let Some(bytes) = bytes else { return Ok(None) };
    let content = Content::new(bytes);
    read.insert(real, (stamp, content.clone()));
    Ok(Some(content))
}

/// Writes where the package is into texts that begin with the folder's name for macros: who read a file
/// there may have rustc read it too, as in `include_str!`. Records have the name, and so are the same
/// on every machine.
pub(super) fn put_folder(output: &mut Output, package: &Path) {
    let Some(package) = package.to_str() else { return };
    let package = format!("{package:?}");
    let package = package.trim_end_matches('"');
    for row in &mut output.rows {
        if row.kind != kind::LITERAL {
            continue;
        }
        let (start, end) = (row.a as usize, row.a as usize + row.b as usize);
        let text = output.text.get(start..end).and_then(|text| text.strip_prefix('"'));
        let rest = text.and_then(|text| text.strip_prefix(outside::FOLDER));
        let Some(rest) = rest.filter(|rest| rest.starts_with(['/', '"'])) else { continue };
        let made = format!("{package}{rest}");
        row.a = output.text.len() as u32;
        row.b = made.len() as u32;
        output.text.push_str(&made);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Token;

    #[test]
    fn the_folder_is_put_into_texts_that_begin_with_it() {
        let there = |literal: &str| {
            let (b, text) = (literal.len() as u32, literal.to_owned());
            let rows = vec![Token { kind: kind::LITERAL, sub: 0, span: 0, a: 0, b }];
            let mut output = Output { text, rows, spans: Vec::new() };
            put_folder(&mut output, Path::new("/home/a \"b"));
            let Token { a, b, .. } = output.rows[0];
            output.text[a as usize..(a + b) as usize].to_owned()
        };
        assert_eq!(there(r#""/package/src/a.pest""#), r#""/home/a \"b/src/a.pest""#);
        assert_eq!(there(r#""/package""#), r#""/home/a \"b""#);
        for other in
            [r#""/packages/x""#, r#""a/package/x""#, r#"b"/package/x""#, "1", "\"\"", "'a'"]
        {
            assert_eq!(there(other), other);
        }
    }

    fn grants(imports: &[&str], files: &[&str]) -> Grants {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        Grants { imports: words(imports), variables: Vec::new(), files: words(files) }
    }

    /// A folder of this test's own, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("cell-look-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(path.join("package/sub")).unwrap();
            Self(path)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.0.join(name), text).unwrap();
        }

        /// What is seen of one granted file.
        fn look(&self, path: &str) -> Result<Option<String>, String> {
            let seen = look(&grants(&["files"], &[path]), &self.0.join("package"));
            let content = seen.map_err(|(_, reason)| reason)?.files.remove(0).1;
            Ok(content.map(|it| String::from_utf8_lossy(it.bytes()).into_owned()))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn files_are_seen_as_they_are_now() {
        let folder = Folder::new("now");
        folder.write("package/sub/a.txt", "one");
        assert_eq!(folder.look("sub/a.txt"), Ok(Some("one".into())));
        folder.write("package/sub/a.txt", "three");
        assert_eq!(folder.look("sub/a.txt"), Ok(Some("three".into())));
        for missing in ["sub/b.txt", "none/b.txt", "sub/a.txt/b"] {
            assert_eq!(folder.look(missing), Ok(None), "{missing}");
        }
        assert!(folder.look("sub").unwrap_err().contains("not a file"));
        folder.write("package/large", &"x".repeat(outside::FILE_BYTES as usize + 1));
        assert!(folder.look("large").unwrap_err().contains("larger than 1048576 bytes"));
        folder.write("package/large", &"x".repeat(outside::FILE_BYTES as usize));
        assert!(folder.look("large").is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere_else() {
        let folder = Folder::new("links");
        folder.write("secret", "key");
        folder.write("package/sub/a.txt", "one");
        let link = |to: &str, from: &str| {
            std::os::unix::fs::symlink(to, folder.0.join("package").join(from)).unwrap();
        };
        link("../secret", "file");
        link("..", "up");
        link("sub/a.txt", "inside");
        link("loop", "loop");
        for outside in ["file", "up/secret"] {
            let reason = folder.look(outside).unwrap_err();
            assert!(reason.contains("outside of the package"), "{outside}: {reason}");
        }
        assert_eq!(folder.look("inside"), Ok(Some("one".into())));
        assert!(folder.look("loop").is_err());
    }

    #[test]
    fn what_is_another_for_each_build_is_granted_by_its_name_only() {
        let set = [("CARGO_MAKEFLAGS", "-j4 3,4"), ("CARGO_HOME", "/c"), ("MAKEFLAGS", "-j")];
        let seen = |granted: &[&str]| {
            let granted: Vec<String> = granted.iter().map(|name| (*name).to_owned()).collect();
            let set = set.map(|(name, value)| (name.to_owned(), OsString::from(value)));
            variables_of(&granted, set.into_iter())
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect::<Vec<_>>()
        };
        let one = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(seen(&["CARGO_*", "M*"]), [one("CARGO_HOME", "/c")]);
        assert_eq!(seen(&["CARGO_MAKEFLAGS"]), [one("CARGO_MAKEFLAGS", "-j4 3,4")]);
    }

    #[test]
    fn nothing_is_looked_at_for_who_cannot_ask() {
        let package = Path::new("/nonexistent");
        let granted =
            |imports| Grants { variables: vec!["PATH".into()], ..grants(imports, &["a"]) };
        for imports in [&[][..], &["attempts"]] {
            assert!(look(&granted(imports), package).unwrap().is_empty());
        }
        let seen = look(&granted(&["variables"]), package).unwrap();
        let value = |name: &str| {
            seen.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        assert_eq!(value("CARGO_PKG_NAME"), Some(Some("macro-bridge".into())));
        assert_eq!(value("CARGO_PKG_*"), Some(None), "what is granted and not set");
        assert_eq!(value("PATH"), Some(std::env::var("PATH").ok()));
        assert_eq!(value("HOME"), None);
        assert_eq!(value("CARGO_MANIFEST_DIR"), None);
        assert_eq!(seen.files, [("a".to_owned(), None)]);
        assert!(seen.variables.is_sorted());
    }
}
