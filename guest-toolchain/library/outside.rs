//! What leaves the sandbox: the functions of `cell:sandbox`, and nothing else.
//!
//! A host of components answers them. One that is not called by any code that is left after linking
//! is not imported.

use crate::ffi::{OsStr, OsString};
use crate::io;
use crate::path::Path;

/// The canonical ABI: texts and lists are pointer and length, and what does not fit into one number
/// is written to where the last argument points. The memory of a result comes from this component's
/// own allocator and belongs to whoever asked.
mod abi {
    #[repr(C)]
    pub struct Bytes {
        pub start: *mut u8,
        pub length: usize,
    }

    #[repr(C)]
    pub struct MaybeBytes {
        /// Of an `option`: 1 if there are any. Of a `result`: 0 if there are any.
        pub tag: u8,
        pub bytes: Bytes,
    }

    #[repr(C)]
    pub struct Pairs {
        pub start: *mut [Bytes; 2],
        pub length: usize,
    }

    #[link(wasm_import_module = "cell:sandbox/variables@0.1.0")]
    unsafe extern "C" {
        #[link_name = "get"]
        pub fn variable(name: *const u8, length: usize, value: *mut MaybeBytes);
        #[link_name = "all"]
        pub fn variables(pairs: *mut Pairs);
    }

    #[link(wasm_import_module = "cell:sandbox/files@0.1.0")]
    unsafe extern "C" {
        #[link_name = "kind"]
        pub fn file_kind(path: *const u8, length: usize) -> u32;
        #[link_name = "read"]
        pub fn file_read(path: *const u8, length: usize, bytes: *mut MaybeBytes);
    }

    #[link(wasm_import_module = "cell:sandbox/attempts@0.1.0")]
    unsafe extern "C" {
        #[link_name = "note"]
        pub fn note(what: *const u8, length: usize, detail: *const u8, detail_length: usize);
    }
}

impl abi::Bytes {
    const EMPTY: Self = Self { start: crate::ptr::null_mut(), length: 0 };

    /// # Safety
    /// Only for what the host has just written, and once.
    unsafe fn take(self) -> Vec<u8> {
        if self.length == 0 {
            return Vec::new();
        }
        // SAFETY: the host lets `cabi_realloc` make it, of this size and alignment.
        unsafe { Vec::from_raw_parts(self.start, self.length, self.length) }
    }
}

/// # Safety
/// As [`abi::Bytes::take`], for what is a text.
unsafe fn text(bytes: abi::Bytes) -> OsString {
    // SAFETY: texts of components are UTF-8, which the host has checked.
    unsafe { OsString::from_encoded_bytes_unchecked(bytes.take()) }
}

pub fn variable(name: &OsStr) -> Option<OsString> {
    let name = name.to_str()?;
    let mut value = abi::MaybeBytes { tag: 0, bytes: abi::Bytes::EMPTY };
    // SAFETY: the name lives while it is read, and there is room for what is written.
    unsafe { abi::variable(name.as_ptr(), name.len(), &mut value) };
    // SAFETY: just written, and taken once.
    (value.tag == 1).then(|| unsafe { text(value.bytes) })
}

pub fn variables() -> Vec<(OsString, OsString)> {
    let mut pairs = abi::Pairs { start: crate::ptr::null_mut(), length: 0 };
    // SAFETY: there is room for what is written.
    unsafe { abi::variables(&mut pairs) };
    if pairs.length == 0 {
        return Vec::new();
    }
    // SAFETY: the host lets `cabi_realloc` make it, of this size and alignment.
    let pairs = unsafe { Vec::from_raw_parts(pairs.start, pairs.length, pairs.length) };
    // SAFETY: just written, and taken once.
    pairs.into_iter().map(|[name, value]| unsafe { (text(name), text(value)) }).collect()
}

/// What is at a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Folder,
}

pub fn kind(path: &Path) -> io::Result<Kind> {
    let path = path.to_string_lossy();
    // SAFETY: the path lives while it is read.
    match unsafe { abi::file_kind(path.as_ptr(), path.len()) } {
        1 => Ok(Kind::File),
        2 => Ok(Kind::Folder),
        other => Err(refusal(other)),
    }
}

pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let path = path.to_string_lossy();
    let mut found = abi::MaybeBytes { tag: 0, bytes: abi::Bytes::EMPTY };
    // SAFETY: the path lives while it is read, and there is room for what is written.
    unsafe { abi::file_read(path.as_ptr(), path.len(), &mut found) };
    match found.tag {
        // SAFETY: just written, and taken once.
        0 => Ok(unsafe { found.bytes.take() }),
        // One byte was written into the place of the pointer.
        _ => Err(refusal(found.bytes.start.addr() as u32 & 0xff)),
    }
}

/// The words are those of the systems that macros run on otherwise.
fn refusal(kind: u32) -> io::Error {
    match kind {
        0 => io::const_error!(io::ErrorKind::NotFound, "No such file or directory (os error 2)"),
        2 => io::const_error!(io::ErrorKind::IsADirectory, "Is a directory (os error 21)"),
        _ => io::const_error!(io::ErrorKind::PermissionDenied, "Permission denied (os error 13)"),
    }
}

pub fn attempt(what: &str, detail: &str) {
    // SAFETY: both live while they are read.
    unsafe { abi::note(what.as_ptr(), what.len(), detail.as_ptr(), detail.len()) }
}

/// Notes the attempt and ends it as this platform ends everything.
pub fn refuse<T>(what: &str, detail: impl AsRef<OsStr>) -> io::Result<T> {
    attempt(what, &detail.as_ref().to_string_lossy());
    crate::sys::unsupported()
}
