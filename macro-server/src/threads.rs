//! A project's components, compiled with as many threads as the build of the compiler that wants
//! them has job tokens for: the compiler takes them, since this process has closed what it inherited.

use std::net::Shutdown;
use std::num::NonZeroUsize;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use macro_bridge::digest::Digest;
use macro_bridge::failure::Failure;
use macro_bridge::project::Project;
use macro_bridge::wire::{self, Reply};
use macro_runtime::Components;

/// A compiler that waits for its reply answers at once. One that is stopped keeps others waiting
/// that want the same component.
const PATIENCE: Duration = Duration::from_secs(1);

/// A project, and the compiler that has it.
pub(crate) struct Compiler<'a> {
    pub(crate) project: &'a Project,
    pub(crate) stream: &'a UnixStream,
}

impl Components for Compiler<'_> {
    fn component(&self, digest: &Digest) -> Result<Vec<u8>, Failure> {
        self.project.component(digest)
    }

    fn threads(&self) -> Option<NonZeroUsize> {
        let mut stream = self.stream;
        let answer = (|| {
            stream.set_read_timeout(Some(PATIENCE))?;
            Reply::Threads.write(&mut stream)?;
            let threads = wire::read_threads(&mut stream)?;
            stream.set_read_timeout(None)?;
            Ok::<_, std::io::Error>(threads)
        })();
        // What it says from now on would be taken for something else. Its next try finds the code.
        if answer.is_err() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        Some(answer.unwrap_or(NonZeroUsize::MIN))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::thread;

    use macro_bridge::lock::Lock;

    use super::*;

    fn project() -> Project {
        let lock = Lock {
            manifest: Digest::of(b""),
            profile: String::new(),
            profiles: BTreeMap::new(),
            cells: BTreeMap::new(),
            packages: Default::default(),
        };
        Project { root: "/nonexistent".into(), lock }
    }

    fn threads(answer: impl FnOnce(UnixStream) + Send + 'static) -> (Option<usize>, UnixStream) {
        let (stream, theirs) = UnixStream::pair().unwrap();
        let compiler = thread::spawn(move || answer(theirs));
        let found = Compiler { project: &project(), stream: &stream }.threads();
        compiler.join().unwrap();
        (found.map(NonZeroUsize::get), stream)
    }

    #[test]
    fn the_compiler_says_how_many() {
        let (found, stream) = threads(|mut theirs| {
            let asked = Reply::read(wire::read(&mut theirs).unwrap());
            assert!(matches!(asked, Some(Reply::Threads)));
            wire::write_threads(&mut theirs, 3).unwrap();
        });
        assert_eq!(found, Some(3));
        assert_eq!(stream.read_timeout().unwrap(), None, "as it was");
    }

    #[test]
    fn one_that_does_not_is_hung_up_on_and_has_one() {
        let (found, _) = threads(|mut theirs| {
            // Neither an answer nor an end.
            let asked = wire::read(&mut theirs).unwrap();
            assert_eq!(
                wire::read(&mut theirs).unwrap_err().kind(),
                std::io::ErrorKind::UnexpectedEof
            );
            drop(asked);
        });
        assert_eq!(found, Some(1));
        let (found, _) = threads(|mut theirs| wire::write(&mut theirs, &[b"many"]).unwrap());
        assert_eq!(found, Some(1));
    }
}
