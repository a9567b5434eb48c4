//! Compiled components, kept per user: what makes the second rustc fast.
//!
//! Compiled code is machine code that wasmtime runs as it is, so it is only ever made here, for this
//! user, and every byte is authenticated before wasmtime sees it. A file that is damaged, of another
//! key or of another owner is a miss. A folder that cannot be used makes every look a miss. Nothing
//! that happens here fails an expansion.

pub(crate) mod dir;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit as _, Mac as _};
use macro_bridge::digest::Digest;
use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

pub use dir::CacheDir;

use crate::notice::{Notice, Notices};
use crate::replace::{replace, sweep};

/// First bytes of a file; the number counts versions of the layout.
const MAGIC: &[u8; 16] = b"cell-compiled 1\n";
/// Magic, component, settings, length, and the MAC over these and the body.
const HEADER: usize = 16 + 32 + 32 + 8 + 32;
/// Bytes of one file. Compiled code is three times the component.
const FILE_BYTES: u64 = 512 << 20;
/// Bytes of all files. Above it the oldest go, down to three quarters.
const ALL_BYTES: u64 = 2 << 30;
/// How long to wait for another process that compiles the same.
const PATIENCE: Duration = Duration::from_secs(120);
/// A file that is used counts as new again after this.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// The cache of one runtime.
pub(crate) struct Cache {
    folder: PathBuf,
    settings: Digest,
    notices: Notices,
    /// The user's key, or nothing if the folder cannot be used.
    key: OnceLock<Option<[u8; 32]>>,
}

/// Whoever holds it compiles; others wait for the result.
pub(crate) struct Turn {
    _lock: Option<dir::Lock>,
}

impl Cache {
    pub(crate) fn new(dir: &CacheDir, engine: &Engine, notices: Notices) -> Self {
        Self {
            folder: dir.path().join("compiled"),
            settings: settings(engine),
            notices,
            key: OnceLock::new(),
        }
    }

    /// The compiled component, if there is one that can be trusted.
    pub(crate) fn load(&self, engine: &Engine, component: &Digest) -> Option<Component> {
        let key = self.key()?;
        let path = self.path(component);
        let bytes = match dir::read_own(&path, FILE_BYTES) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => return self.ignored(&path),
        };
        let Some(body) = authenticated(&bytes, &key, component, &self.settings) else {
            return self.ignored(&path);
        };
        match deserialize(engine, body) {
            Some(component) => {
                mark_used(&path);
                Some(component)
            }
            None => self.ignored(&path),
        }
    }

    /// Waits until no other process compiles this component.
    pub(crate) fn turn(&self, component: &Digest) -> Turn {
        let name = &component.to_string()[..2];
        let lock = self.key().and_then(|_| dir::lock(&self.folder, name, PATIENCE));
        Turn { _lock: lock }
    }

    /// Keeps compiled code. What goes wrong is reported, and costs a compilation next time.
    pub(crate) fn save(&self, component: &Digest, compiled: &Component) {
        let Some(key) = self.key() else { return };
        let saved = compiled.serialize().map_err(io::Error::other).and_then(|body| {
            let head = head(component, &self.settings, &body);
            let mac = mac(&key, &head, &body).finalize().into_bytes();
            replace(&self.path(component), &[&head, &mac, &body], dir::PRIVATE)
        });
        match saved {
            Ok(()) => {
                sweep(&self.folder);
                self.bound();
            }
            Err(e) => self
                .notices
                .say(Notice::CacheNotWritten { path: self.folder.clone(), reason: e.to_string() }),
        }
    }

    fn key(&self) -> Option<[u8; 32]> {
        *self.key.get_or_init(|| {
            match dir::prepare(&self.folder).and_then(|()| dir::user_key(&self.folder)) {
                Ok(key) => Some(key),
                Err(e) => {
                    self.notices.say(Notice::CacheUnusable {
                        path: self.folder.clone(),
                        reason: e.to_string(),
                    });
                    None
                }
            }
        })
    }

    /// One file for each component and settings, so that two versions of Cell do not take turns in
    /// overwriting each other's.
    fn path(&self, component: &Digest) -> PathBuf {
        self.folder.join(format!("{component}-{}", self.settings.short()))
    }

    fn ignored(&self, path: &Path) -> Option<Component> {
        self.notices.say(Notice::CacheEntryIgnored { path: path.to_owned() });
        None
    }

    fn bound(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
            .flatten()
            .filter_map(|entry| {
                let found = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                let name = entry.file_name();
                let ours = name.len() == 64 + 1 + 8;
                ours.then_some((found.modified().ok()?, found.len(), entry.path()))
            })
            .collect();
        let mut all: u64 = files.iter().map(|(_, size, _)| size).sum();
        if all <= ALL_BYTES {
            return;
        }
        files.sort();
        for (_, size, path) in files {
            if all <= ALL_BYTES / 4 * 3 {
                break;
            }
            if fs::remove_file(path).is_ok() {
                all -= size;
            }
        }
    }
}

/// What compiled code depends on besides the component: this release, wasmtime, every setting of
/// the engine, and the processor.
fn settings(engine: &Engine) -> Digest {
    struct Hasher(Sha256);
    impl std::hash::Hasher for Hasher {
        fn finish(&self) -> u64 {
            0
        }
        fn write(&mut self, bytes: &[u8]) {
            self.0.update((bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
    }
    let mut hasher = Hasher(Sha256::new());
    hasher.0.update(MAGIC);
    hasher.0.update(env!("CARGO_PKG_VERSION"));
    std::hash::Hash::hash(&engine.precompile_compatibility_hash(), &mut hasher);
    Digest::from_bytes(hasher.0.finalize().into())
}

/// What stands before the MAC.
fn head(component: &Digest, settings: &Digest, body: &[u8]) -> Vec<u8> {
    let mut head = Vec::with_capacity(HEADER);
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(component.as_bytes());
    head.extend_from_slice(settings.as_bytes());
    head.extend_from_slice(&(body.len() as u64).to_le_bytes());
    head
}

fn mac(key: &[u8; 32], head: &[u8], body: &[u8]) -> Hmac<Sha256> {
    // HMAC fills a key up with zeros to one block; as an array of that length it cannot be refused.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new((&block).into());
    mac.update(head);
    mac.update(body);
    mac
}

/// The body, if this user wrote exactly these bytes for exactly this component and settings.
fn authenticated<'a>(
    bytes: &'a [u8],
    key: &[u8; 32],
    component: &Digest,
    settings: &Digest,
) -> Option<&'a [u8]> {
    let (found_head, rest) = bytes.split_at_checked(HEADER - 32)?;
    let (found_mac, body) = rest.split_at_checked(32)?;
    let head = head(component, settings, body);
    if found_head != head {
        return None;
    }
    mac(key, &head, body).verify_slice(found_mac).ok()?;
    Some(body)
}

#[expect(
    unsafe_code,
    reason = "wasmtime trusts compiled code; this is where it is shown to be ours"
)]
fn deserialize(engine: &Engine, body: &[u8]) -> Option<Component> {
    // SAFETY: `body` must be what `Component::serialize` returned. `load`, the only caller, got it
    // from `authenticated`: its MAC is made with a key that only this user can read (`dir::read_key`
    // refuses another mode, `dir::read_own` another owner), and only `save` makes such MACs, over
    // nothing but `serialize`'s bytes. wasmtime itself refuses other versions and settings.
    unsafe { Component::deserialize(engine, body) }.ok()
}

/// Remembers that a file is in use, so that [`Cache::bound`] keeps it.
fn mark_used(path: &Path) {
    let Ok(file) = File::options().write(true).open(path) else { return };
    let old = file
        .metadata()
        .and_then(|found| found.modified())
        .is_ok_and(|time| time.elapsed().is_ok_and(|age| age > FRESH));
    if old {
        let _ = file.set_modified(SystemTime::now());
    }
}

#[cfg(test)]
mod tests;
