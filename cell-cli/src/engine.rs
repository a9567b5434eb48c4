//! The runtime as the command line uses it: warm, optimised where the command is, on all cores.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use macro_bridge::digest::Digest;
use macro_bridge::expansion::Expansion;
use macro_bridge::failure::Failure;
use macro_bridge::request::Request;
use macro_runtime::{CacheDir, Components, Lookup, Options, Runtime};

/// The user's cache.
pub(crate) fn cache() -> Option<CacheDir> {
    let home = std::env::var_os("CELL_HOME");
    CacheDir::of_user(home.as_deref().map(Path::new))
}

/// Starts wasmtime.
pub(crate) fn runtime() -> Result<Runtime> {
    Ok(Runtime::new(Options { cache: cache(), ..Options::default() })?)
}

/// What became of one request.
pub(crate) struct Outcome {
    pub(crate) key: Digest,
    pub(crate) request: Request,
    pub(crate) result: Result<Expansion, Failure>,
    pub(crate) took: Duration,
}

/// Expands requests on all cores; the outcomes are in the order of the requests.
pub(crate) fn expand_all(
    runtime: &Runtime,
    components: &(dyn Components + Sync),
    answers: &(dyn Lookup + Sync),
    requests: Vec<(Digest, Request)>,
    done: &(dyn Fn(usize) + Sync),
) -> Vec<Outcome> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    expand_many(cores, runtime, components, answers, requests, done)
}

/// The same, so many at a time: more than there are cores where macros wait for cells.
pub(crate) fn expand_many(
    workers: usize,
    runtime: &Runtime,
    components: &(dyn Components + Sync),
    answers: &(dyn Lookup + Sync),
    requests: Vec<(Digest, Request)>,
    done: &(dyn Fn(usize) + Sync),
) -> Vec<Outcome> {
    let workers = workers.min(requests.len());
    let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // Index, result, time.
    type Done = (usize, Result<Expansion, Failure>, Duration);
    let outcomes: Mutex<Vec<Done>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((index, (_, request))) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    requests.get(index).map(|request| (index, request))
                } {
                    let started = Instant::now();
                    let result = runtime.expand(request, components, answers);
                    let outcome = (index, result, started.elapsed());
                    outcomes.lock().unwrap_or_else(|e| e.into_inner()).push(outcome);
                    done(finished.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(|e| e.into_inner());
    outcomes.sort_by_key(|(index, _, _)| *index);
    requests
        .into_iter()
        .zip(outcomes)
        .map(|((key, request), (_, result, took))| Outcome { key, request, result, took })
        .collect()
}
