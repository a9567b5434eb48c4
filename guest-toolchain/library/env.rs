use crate::ffi::{OsStr, OsString};
use crate::sys::outside;
use crate::{fmt, io, vec};

pub struct Env(vec::IntoIter<(OsString, OsString)>);

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.as_slice()).finish()
    }
}

impl Iterator for Env {
    type Item = (OsString, OsString);
    fn next(&mut self) -> Option<(OsString, OsString)> {
        self.0.next()
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

pub fn env() -> Env {
    Env(outside::variables().into_iter())
}

pub fn getenv(name: &OsStr) -> Option<OsString> {
    outside::variable(name)
}

pub unsafe fn setenv(name: &OsStr, _: &OsStr) -> io::Result<()> {
    outside::attempt("set-variable", &name.to_string_lossy());
    Err(io::const_error!(io::ErrorKind::Unsupported, "cannot set env vars on this platform"))
}

pub unsafe fn unsetenv(name: &OsStr) -> io::Result<()> {
    outside::attempt("set-variable", &name.to_string_lossy());
    Err(io::const_error!(io::ErrorKind::Unsupported, "cannot unset env vars on this platform"))
}
