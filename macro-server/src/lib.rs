//! The macro server: one process of a user that expands macros for all compilers of that user.
//!
//! rustc builds macros and what they depend on without optimisation, and each rustc would load each
//! component again. This process is optimised and stays warm. It is never needed: whoever cannot
//! use it expands in another way, with the same result.
//!
//! [`serve`] is all of it: it takes the place of the one server of its release (`socket`), answers
//! compilers (`connection`), asks cells for them where they may be asked (`live`), keeps what was made
//! (`keeping`), and ends when it was idle for a while or grew too large (`gate`).
#![deny(unsafe_code)]
#![cfg(unix)]

mod connection;
#[allow(unsafe_code, reason = "closes what was inherited, which only its number is known of")]
pub mod detach;
mod gate;
mod keeping;
mod live;
mod socket;
mod threads;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use macro_runtime::{CacheDir, Expansions, Notices, Options, Runtime};

use connection::Workshop;
use gate::Gate;
use keeping::Keeping;
use live::Answers;
pub use live::{BUILD, Live};

/// How a server runs.
#[derive(Clone)]
pub struct Settings {
    /// The folder of its socket; made if it is not there, refused if it is not this user's alone.
    pub folder: PathBuf,
    /// Where compiled code and expansions are kept.
    pub cache: Option<CacheDir>,
    /// It ends when nobody asked for so long.
    pub idle: Duration,
    /// It ends when it has used so many bytes of memory; the next compiler starts another one.
    pub memory: u64,
    /// Expansions at the same time.
    pub workers: usize,
    /// Running cells, where builds may ask them.
    pub live: Option<Arc<dyn Live>>,
}

/// Why a server is not running any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// There is one already.
    Taken,
    /// Nobody asked for a while.
    Idle,
    /// It grew too large.
    Large,
}

/// Runs the server until it ends.
///
/// # Errors
/// If the folder cannot be used, or the engine does not start.
pub fn serve(settings: Settings, notices: Notices) -> io::Result<Ended> {
    let Settings { folder, cache, idle, memory, workers, live } = settings;
    let Some(place) = socket::take(&folder)? else { return Ok(Ended::Taken) };
    let keeping = match &cache {
        Some(cache) => {
            let expansions = Expansions::new(cache, notices.clone());
            let save = move |made: &keeping::Made| {
                expansions.save(&made.request.key(), &made.expansion);
            };
            Some(Keeping::start(save)?)
        }
        None => None,
    };
    let runtime = Runtime::new(Options { cache, notices })
        .map_err(|failure| io::Error::other(failure.to_string()))?;
    let gate = Arc::new(Gate::new(idle, memory, workers));
    let answers = Answers::new(live);
    let workshop = Arc::new(Workshop { runtime, keeping, answers, gate: Arc::clone(&gate) });
    let ended = {
        let (gate, workshop) = (Arc::clone(&gate), Arc::clone(&workshop));
        let listener = place.listener()?;
        std::thread::Builder::new().name("accept".to_owned()).spawn(move || {
            connection::accept(&listener, &workshop);
        })?;
        gate.wait()
    };
    // From here on nobody finds it; who is being answered still is.
    place.leave();
    gate.drain(Duration::from_secs(10));
    if let Some(keeping) = &workshop.keeping {
        keeping.finish(Duration::from_secs(10));
    }
    Ok(ended)
}
