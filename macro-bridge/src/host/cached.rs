//! The user's expansion cache: what any build of this user made, for all its projects, target
//! folders, profiles and editors. The macro server and the embedded engine write it; rustc reads.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{Engine, home};
use crate::digest::Digest;
use crate::expansion::{Expansion, file};
use crate::failure::Failure;
use crate::project::Project;
use crate::request::Request;

/// The expansion cache as a place to ask.
pub struct Cached;

impl Engine for Cached {
    fn name(&self) -> &'static str {
        "expansion cache"
    }

    fn expand(
        &self,
        project: &Project,
        _request: &Request,
        key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
        let folder = FOLDER.get_or_init(|| home::expansions().filter(|folder| is_ours(folder)));
        let bytes = read(&entry(folder.as_deref()?, key))?;
        // A damaged entry is as good as none: whoever makes the expansion writes it anew.
        let expansion = file::decode(&bytes, key).ok()?;
        // Answers belong to the project; an entry may be of one that was told something else.
        project.has_answers(&expansion).ok()?.then_some(Ok(expansion))
    }
}

/// Where an expansion is in the folder of the cache: 256 folders keep listings short.
#[must_use]
pub fn entry(folder: &Path, key: &Digest) -> PathBuf {
    let name = key.to_string();
    folder.join(&name[..2]).join(name)
}

/// Bytes of the largest entry that is read.
const LARGEST: u64 = 256 << 20;

/// A plain file, of this user and not for others to write. The folder is this user's, so nobody
/// puts another file in its place in between.
fn read(path: &Path) -> Option<Vec<u8>> {
    let found = fs::symlink_metadata(path).ok()?;
    let fine = found.is_file() && found.len() <= LARGEST && belongs_to_us(&found);
    let mut bytes = Vec::with_capacity(if fine { found.len() as usize } else { return None });
    File::open(path).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn is_ours(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_ok_and(|found| found.is_dir() && belongs_to_us(&found))
}

/// On Linux the owner of `/proc/self` is whom files are made as. Elsewhere std cannot tell, and the
/// cache is not read.
#[cfg(target_os = "linux")]
fn belongs_to_us(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    static USER: OnceLock<Option<u32>> = OnceLock::new();
    let user = USER.get_or_init(|| Some(fs::metadata("/proc/self").ok()?.uid()));
    *user == Some(found.uid()) && found.mode() & 0o022 == 0
}

#[cfg(not(target_os = "linux"))]
fn belongs_to_us(_found: &fs::Metadata) -> bool {
    false
}
