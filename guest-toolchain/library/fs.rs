//! Files that were granted can be read. Everything else is noted and refused.

use crate::ffi::OsString;
use crate::fmt;
use crate::fs::TryLockError;
use crate::io::{self, BorrowedCursor, IoSlice, IoSliceMut, SeekFrom};
use crate::path::{Component, Path, PathBuf};
use crate::sync::Arc;
use crate::sync::atomic::{AtomicUsize, Ordering};
pub use crate::sys::fs::common::Dir;
use crate::sys::outside::{self, Kind, refuse};
use crate::sys::time::{SystemTime, UNIX_EPOCH};
use crate::sys::unsupported;

/// All of a file, as it was before the guest ran.
pub struct File {
    path: PathBuf,
    bytes: Arc<Vec<u8>>,
    position: Arc<AtomicUsize>,
}

#[derive(Clone)]
pub struct FileAttr {
    kind: FileType,
    size: u64,
}

pub struct ReadDir(!);

pub struct DirEntry(!);

#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    writes: bool,
}

#[derive(Copy, Clone, Debug, Default)]
pub struct FileTimes {}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilePermissions {
    readonly: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FileType {
    folder: bool,
}

#[derive(Debug)]
pub struct DirBuilder {}

impl FileAttr {
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn perm(&self) -> FilePermissions {
        FilePermissions { readonly: true }
    }

    pub fn file_type(&self) -> FileType {
        self.kind
    }

    /// Times are those of a machine: all the same here.
    pub fn modified(&self) -> io::Result<SystemTime> {
        Ok(UNIX_EPOCH)
    }

    pub fn accessed(&self) -> io::Result<SystemTime> {
        Ok(UNIX_EPOCH)
    }

    pub fn created(&self) -> io::Result<SystemTime> {
        Ok(UNIX_EPOCH)
    }
}

impl FilePermissions {
    pub fn readonly(&self) -> bool {
        self.readonly
    }

    pub fn set_readonly(&mut self, readonly: bool) {
        self.readonly = readonly;
    }
}

impl FileTimes {
    pub fn set_accessed(&mut self, _t: SystemTime) {}
    pub fn set_modified(&mut self, _t: SystemTime) {}
}

impl FileType {
    pub fn is_dir(&self) -> bool {
        self.folder
    }

    pub fn is_file(&self) -> bool {
        !self.folder
    }

    pub fn is_symlink(&self) -> bool {
        false
    }
}

impl fmt::Debug for ReadDir {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
    }
}

impl Iterator for ReadDir {
    type Item = io::Result<DirEntry>;

    fn next(&mut self) -> Option<io::Result<DirEntry>> {
        self.0
    }
}

impl DirEntry {
    pub fn path(&self) -> PathBuf {
        self.0
    }

    pub fn file_name(&self) -> OsString {
        self.0
    }

    pub fn metadata(&self) -> io::Result<FileAttr> {
        self.0
    }

    pub fn file_type(&self) -> io::Result<FileType> {
        self.0
    }
}

impl OpenOptions {
    pub fn new() -> OpenOptions {
        OpenOptions::default()
    }

    pub fn read(&mut self, _read: bool) {}
    pub fn write(&mut self, write: bool) {
        self.writes |= write;
    }
    pub fn append(&mut self, append: bool) {
        self.writes |= append;
    }
    pub fn truncate(&mut self, truncate: bool) {
        self.writes |= truncate;
    }
    pub fn create(&mut self, create: bool) {
        self.writes |= create;
    }
    pub fn create_new(&mut self, create_new: bool) {
        self.writes |= create_new;
    }
}

impl File {
    pub fn open(path: &Path, opts: &OpenOptions) -> io::Result<File> {
        if opts.writes {
            return refuse("write", path);
        }
        let bytes = Arc::new(outside::read(path)?);
        Ok(File { path: path.to_owned(), bytes, position: Arc::default() })
    }

    fn write_refused<T>(&self) -> io::Result<T> {
        refuse("write", &self.path)
    }

    /// What is left, and as much of it as fits is taken.
    fn take(&self, most: usize) -> &[u8] {
        let position = self.position.load(Ordering::Relaxed);
        let rest = self.bytes.get(position..).unwrap_or_default();
        let taken = &rest[..most.min(rest.len())];
        self.position.store(position + taken.len(), Ordering::Relaxed);
        taken
    }

    pub fn file_attr(&self) -> io::Result<FileAttr> {
        Ok(FileAttr { kind: FileType { folder: false }, size: self.bytes.len() as u64 })
    }

    pub fn fsync(&self) -> io::Result<()> {
        Ok(())
    }

    pub fn datasync(&self) -> io::Result<()> {
        Ok(())
    }

    pub fn lock(&self) -> io::Result<()> {
        unsupported()
    }

    pub fn lock_shared(&self) -> io::Result<()> {
        unsupported()
    }

    pub fn try_lock(&self) -> Result<(), TryLockError> {
        Err(TryLockError::Error(io::Error::UNSUPPORTED_PLATFORM))
    }

    pub fn try_lock_shared(&self) -> Result<(), TryLockError> {
        Err(TryLockError::Error(io::Error::UNSUPPORTED_PLATFORM))
    }

    pub fn unlock(&self) -> io::Result<()> {
        unsupported()
    }

    pub fn truncate(&self, _size: u64) -> io::Result<()> {
        self.write_refused()
    }

    pub fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        let taken = self.take(buf.len());
        buf[..taken.len()].copy_from_slice(taken);
        Ok(taken.len())
    }

    pub fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        io::default_read_vectored(|buf| self.read(buf), bufs)
    }

    pub fn is_read_vectored(&self) -> bool {
        false
    }

    pub fn read_buf(&self, mut cursor: BorrowedCursor<'_>) -> io::Result<()> {
        let taken = self.take(cursor.capacity());
        cursor.append(taken);
        Ok(())
    }

    pub fn write(&self, _buf: &[u8]) -> io::Result<usize> {
        self.write_refused()
    }

    pub fn write_vectored(&self, _bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_refused()
    }

    pub fn is_write_vectored(&self) -> bool {
        false
    }

    pub fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    pub fn seek(&self, pos: SeekFrom) -> io::Result<u64> {
        let (from, by) = match pos {
            SeekFrom::Start(position) => (position, 0),
            SeekFrom::End(by) => (self.bytes.len() as u64, by),
            SeekFrom::Current(by) => (self.position.load(Ordering::Relaxed) as u64, by),
        };
        let position = from.checked_add_signed(by).and_then(|at| usize::try_from(at).ok());
        let position = position.ok_or_else(|| {
            io::const_error!(io::ErrorKind::InvalidInput, "Invalid argument (os error 22)")
        })?;
        self.position.store(position, Ordering::Relaxed);
        Ok(position as u64)
    }

    pub fn size(&self) -> Option<io::Result<u64>> {
        Some(Ok(self.bytes.len() as u64))
    }

    pub fn tell(&self) -> io::Result<u64> {
        Ok(self.position.load(Ordering::Relaxed) as u64)
    }

    pub fn duplicate(&self) -> io::Result<File> {
        let File { path, bytes, position } = self;
        Ok(File { path: path.clone(), bytes: bytes.clone(), position: position.clone() })
    }

    pub fn set_permissions(&self, _perm: FilePermissions) -> io::Result<()> {
        self.write_refused()
    }

    pub fn set_times(&self, _times: FileTimes) -> io::Result<()> {
        self.write_refused()
    }
}

impl DirBuilder {
    pub fn new() -> DirBuilder {
        DirBuilder {}
    }

    pub fn mkdir(&self, p: &Path) -> io::Result<()> {
        refuse("write", p)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("path", &self.path).field("read", &true).finish()
    }
}

pub fn readdir(p: &Path) -> io::Result<ReadDir> {
    refuse("folder", p)
}

pub fn unlink(p: &Path) -> io::Result<()> {
    refuse("write", p)
}

pub fn rename(old: &Path, new: &Path) -> io::Result<()> {
    outside::attempt("write", &old.to_string_lossy());
    refuse("write", new)
}

pub fn set_perm(p: &Path, _perm: FilePermissions) -> io::Result<()> {
    refuse("write", p)
}

pub fn set_times(p: &Path, _times: FileTimes) -> io::Result<()> {
    refuse("write", p)
}

pub fn set_times_nofollow(p: &Path, _times: FileTimes) -> io::Result<()> {
    refuse("write", p)
}

pub fn rmdir(p: &Path) -> io::Result<()> {
    refuse("write", p)
}

pub fn remove_dir_all(path: &Path) -> io::Result<()> {
    refuse("write", path)
}

pub fn exists(path: &Path) -> io::Result<bool> {
    match outside::kind(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What can be seen is no link.
pub fn readlink(p: &Path) -> io::Result<PathBuf> {
    outside::kind(p)?;
    Err(io::const_error!(io::ErrorKind::InvalidInput, "Invalid argument (os error 22)"))
}

pub fn symlink(_original: &Path, link: &Path) -> io::Result<()> {
    refuse("write", link)
}

pub fn link(_src: &Path, dst: &Path) -> io::Result<()> {
    refuse("write", dst)
}

pub fn stat(p: &Path) -> io::Result<FileAttr> {
    match outside::kind(p)? {
        Kind::Folder => Ok(FileAttr { kind: FileType { folder: true }, size: 0 }),
        Kind::File => {
            let size = outside::read(p)?.len() as u64;
            Ok(FileAttr { kind: FileType { folder: false }, size })
        }
    }
}

pub fn lstat(p: &Path) -> io::Result<FileAttr> {
    stat(p)
}

/// There are no links, so the text of a path says where it leads. One that does not begin at the root
/// begins in the folder of the package.
pub fn canonicalize(p: &Path) -> io::Result<PathBuf> {
    outside::kind(p)?;
    let mut plain = PathBuf::from(if p.has_root() { "" } else { "/package" });
    for part in p.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    Ok(plain)
}

pub fn copy(_from: &Path, to: &Path) -> io::Result<u64> {
    refuse("write", to)
}
