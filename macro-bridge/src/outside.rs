//! What macros see of the world outside that know nothing of Cell, and ask their standard library for
//! it: variables and files that are granted, as they were before the macro ran. It is part of the
//! request, and so of the key.

use std::sync::Arc;

use crate::digest::Digest;

/// Granted without asking to whoever can ask for variables: what cargo says of the package. Crates
/// that read it natively write it into what they return.
pub const OF_PACKAGE: [&str; 2] = ["CARGO_CRATE_NAME", "CARGO_PKG_*"];

/// What the folder of the package is called, wherever it is.
pub const FOLDER: &str = "/package";
/// The variables that name it, and its manifest. They are seen where a file is granted.
pub const FOLDER_NAMES: [(&str, &str); 2] =
    [("CARGO_MANIFEST_DIR", FOLDER), ("CARGO_MANIFEST_PATH", "/package/Cargo.toml")];

/// Bytes of one file.
pub const FILE_BYTES: u64 = 1 << 20;
/// Grants of one cell, of variables and of files.
pub const GRANTS: usize = 64;
/// Attempts that are kept of one expansion, each once.
pub const ATTEMPTS: usize = 100;
/// Bytes of the two texts of an attempt, each.
pub const ATTEMPT_TEXT: usize = 256;

/// Interfaces of `cell:sandbox`, as words in `cell.lock`.
pub mod interface {
    /// Environment variables.
    pub const VARIABLES: &str = "variables";
    /// Files.
    pub const FILES: &str = "files";
    /// What no grant allows.
    pub const ATTEMPTS: &str = "attempts";
    /// All of them.
    pub const ALL: [&str; 3] = [ATTEMPTS, FILES, VARIABLES];
}

/// What a lock says: what a component can ask for, and what it is granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Which of [`interface::ALL`] the component imports.
    pub imports: Vec<String>,
    /// Variables by name; all that begin with what stands before a `*` at the end.
    pub variables: Vec<String>,
    /// Files, relative to the folder of the package.
    pub files: Vec<String>,
}

impl Grants {
    /// Does the component import this interface?
    #[must_use]
    pub fn imports(&self, interface: &str) -> bool {
        self.imports.iter().any(|import| import == interface)
    }
}

/// May this be granted as a variable: a name, or the beginning of names and `*`?
#[must_use]
pub fn is_variable(text: &str) -> bool {
    let name = text.strip_suffix('*').unwrap_or(text);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// May this be granted as a file: a path below the package's folder, in its shortest form, and a word?
#[must_use]
pub fn is_file(text: &str) -> bool {
    crate::text::is_word(text)
        && !text.contains([':', '*', '\\'])
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Does this variable name a folder of this machine, so that no grant of variables is enough?
#[must_use]
pub fn is_folder_name(name: &str) -> bool {
    FOLDER_NAMES.iter().any(|(folder, _)| *folder == name)
}

/// What a build tells its own processes: where its job server is, how many jobs. It is another for each
/// build, so nothing that it is part of would be found again.
const OF_ONE_BUILD: [&str; 5] = ["CARGO_MAKEFLAGS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "NUM_JOBS"];

/// Is this left out of what a grant with `*` means? A grant of its name is one.
#[must_use]
pub fn is_of_one_build(name: &str) -> bool {
    OF_ONE_BUILD.contains(&name)
}

/// The bytes of a file with their digest, so that a key costs the same for every file.
#[derive(Clone, Debug)]
pub struct Content {
    bytes: Arc<Vec<u8>>,
    digest: Digest,
}

impl Content {
    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { digest: Digest::of(&bytes), bytes: Arc::new(bytes) }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Their digest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Content {}

/// All that a macro can get to see of the world outside. Empty for components that cannot ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// By name, in order: what it is set to, if it is. A name that ends with `*` stands for those that
    /// begin so, are granted, and are not set.
    pub variables: Vec<(String, Option<String>)>,
    /// By path below the package's folder, in order: what is in it, if it is there.
    pub files: Vec<(String, Option<Content>)>,
}

impl Outside {
    /// Is there nothing to ask for?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.files.is_empty()
    }

    /// Writes what a key depends on: of a file its digest.
    pub(crate) fn hash_into(&self, out: &mut Vec<u8>) {
        let text = |out: &mut Vec<u8>, text: &str| {
            crate::table::push_length(out, text.len());
            out.extend_from_slice(text.as_bytes());
        };
        crate::table::push_length(out, self.variables.len());
        for (name, value) in &self.variables {
            text(out, name);
            out.push(u8::from(value.is_some()));
            text(out, value.as_deref().unwrap_or_default());
        }
        crate::table::push_length(out, self.files.len());
        for (path, content) in &self.files {
            text(out, path);
            out.push(u8::from(content.is_some()));
            content.iter().for_each(|content| out.extend_from_slice(content.digest.as_bytes()));
        }
    }
}

/// Not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied;

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// Nothing.
    Nothing,
    /// A file.
    File(&'a [u8]),
    /// A folder.
    Folder,
}

#[cfg(feature = "engine")]
impl Outside {
    /// The value of a variable, if it is set.
    ///
    /// # Errors
    /// If it is not granted.
    pub fn variable(&self, name: &str) -> Result<Option<&str>, Denied> {
        if let Some((_, value)) = self.folder_names().find(|(known, _)| *known == name) {
            return Ok(Some(value));
        }
        if let Some((_, value)) = self.variables.iter().find(|(known, _)| known == name) {
            return Ok(value.as_deref());
        }
        let begins = |(known, _): &(String, _)| {
            known.strip_suffix('*').is_some_and(|begin| name.starts_with(begin))
        };
        let left_out = is_folder_name(name) || is_of_one_build(name);
        let granted = !left_out && self.variables.iter().any(begins);
        if granted { Ok(None) } else { Err(Denied) }
    }

    /// All variables that are granted and set, by name.
    #[must_use]
    pub fn all_variables(&self) -> Vec<(&str, &str)> {
        let set = self.variables.iter();
        let set = set.filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
        let mut all: Vec<_> = set.chain(self.folder_names()).collect();
        all.sort_unstable();
        all
    }

    fn folder_names(&self) -> impl Iterator<Item = (&str, &str)> {
        let seen = !self.files.is_empty();
        FOLDER_NAMES.into_iter().filter(move |_| seen)
    }

    /// What is at a path, as the macro wrote it.
    ///
    /// # Errors
    /// If it is not granted.
    pub fn file(&self, path: &str) -> Result<Found<'_>, Denied> {
        let inside = below_folder(path).ok_or(Denied)?;
        if let Some((_, content)) = self.files.iter().find(|(known, _)| *known == inside) {
            return Ok(content.as_ref().map_or(Found::Nothing, |it| Found::File(it.bytes())));
        }
        let folder = if inside.is_empty() { inside } else { inside + "/" };
        let holds_one = |(known, content): &(String, Option<Content>)| {
            known.starts_with(&folder) && (content.is_some() || folder.is_empty())
        };
        if self.files.iter().any(holds_one) { Ok(Found::Folder) } else { Err(Denied) }
    }
}

/// The shortest path below [`FOLDER`] that leads where this one does, without links. `None` if it leads
/// elsewhere. A path that does not begin at the root begins in [`FOLDER`], wherever the compiler was
/// started: that is where cargo starts it for a package that is not a member of a larger workspace.
#[cfg(feature = "engine")]
fn below_folder(path: &str) -> Option<String> {
    let (mut parts, rest) = match path.strip_prefix('/') {
        Some(rest) => (Vec::new(), rest),
        None if path.is_empty() => return None,
        None => (vec![&FOLDER[1..]], path),
    };
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let (first, rest) = parts.split_first()?;
    (*first == &FOLDER[1..]).then(|| rest.join("/"))
}

#[cfg(all(test, feature = "engine"))]
mod tests;
