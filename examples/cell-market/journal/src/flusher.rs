//! Group commit: one thread that asks the disk, for all who wait.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

/// How far the file is on the disk, or why it will not be.
#[derive(Clone, Debug)]
enum Flushed {
    Until(u64),
    Failed(String),
}

/// What the thread is to do.
#[derive(Default)]
struct Wanted {
    until: u64,
    end: bool,
}

/// Dropping it ends the thread, after what was asked for.
pub(crate) struct Flusher {
    thread: Option<JoinHandle<()>>,
    wanted: Arc<(Mutex<Wanted>, Condvar)>,
    flushed: watch::Receiver<Flushed>,
}

impl Flusher {
    /// Begins with a file of which `length` bytes are on the disk.
    pub(crate) fn start(file: File, length: u64) -> io::Result<Self> {
        let (sender, flushed) = watch::channel(Flushed::Until(length));
        let wanted = Arc::new((Mutex::new(Wanted { until: length, end: false }), Condvar::new()));
        let theirs = Arc::clone(&wanted);
        let work = move || flush(&file, length, &theirs, &sender);
        let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(work)?;
        Ok(Self { thread: Some(thread), wanted, flushed })
    }

    /// Asks for the file's first `length` bytes.
    pub(crate) fn want(&self, length: u64) -> Durable {
        let (wanted, told) = &*self.wanted;
        let mut wanted = wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.until < length {
            wanted.until = length;
            told.notify_one();
        }
        Durable { until: length, flushed: Some(self.flushed.clone()) }
    }
}

impl Drop for Flusher {
    fn drop(&mut self) {
        let (wanted, told) = &*self.wanted;
        wanted.lock().unwrap_or_else(PoisonError::into_inner).end = true;
        told.notify_one();
        // It has the file, and with it the lock on it.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn flush(
    file: &File,
    mut done: u64,
    wanted: &(Mutex<Wanted>, Condvar),
    flushed: &watch::Sender<Flushed>,
) {
    let (wanted, told) = wanted;
    loop {
        let guard = wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |wanted: &mut Wanted| wanted.until <= done && !wanted.end;
        let guard = told.wait_while(guard, idle).unwrap_or_else(PoisonError::into_inner);
        if guard.until <= done {
            return;
        }
        // All that was written until now goes with it; what comes meanwhile goes next time.
        let until = guard.until;
        drop(guard);
        if let Err(error) = file.sync_data() {
            // What the disk has is unknown from here on, and asking again would not tell.
            flushed.send_replace(Flushed::Failed(error.to_string()));
            return;
        }
        done = until;
        flushed.send_replace(Flushed::Until(done));
    }
}

/// Waits until what was appended is as safe as the journal's mode says.
#[derive(Debug)]
#[must_use = "an answer that is given before is a promise that may be broken"]
pub struct Durable {
    until: u64,
    /// Nobody to wait for, if it is already.
    flushed: Option<watch::Receiver<Flushed>>,
}

impl Durable {
    /// It is.
    pub(crate) fn already() -> Self {
        Self { until: 0, flushed: None }
    }

    /// Waits for it.
    ///
    /// # Errors
    /// If the disk did not take it. The journal takes nothing from then on.
    pub async fn wait(self) -> io::Result<()> {
        let Some(mut flushed) = self.flushed else { return Ok(()) };
        let over = |flushed: &Flushed| match flushed {
            Flushed::Until(length) => *length >= self.until,
            Flushed::Failed(_) => true,
        };
        let gone = || io::Error::other("the journal was closed before the disk had it");
        match &*flushed.wait_for(over).await.map_err(|_| gone())? {
            Flushed::Until(_) => Ok(()),
            Flushed::Failed(error) => Err(io::Error::other(error.clone())),
        }
    }

    /// Did the disk refuse something?
    pub(crate) fn has_failed(&self) -> bool {
        let flushed = self.flushed.as_ref();
        flushed.is_some_and(|flushed| matches!(&*flushed.borrow(), Flushed::Failed(_)))
    }
}
