//! Components ready to be instantiated, each loaded or compiled once per process.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, texts::engine as texts};
use wasmtime::Engine;
use wasmtime::component::{Component, HasSelf, Linker};

use crate::bindings::sandbox::Sandbox;
use crate::bindings::{Macros, MacrosPre};
use crate::cache::Cache;
use crate::host::State;
#[cfg(feature = "parallel")]
use crate::limits;
use crate::load::{self, LoadOptions};

/// Components kept in memory. A project has a few; a server sees new versions of them.
const KEPT: usize = 64;

/// A component with its imports resolved: instantiating it looks nothing up.
pub(crate) type Ready = MacrosPre<State>;

/// A component, and how many threads may compile it if not all.
pub(crate) type Bytes = (Vec<u8>, Option<NonZeroUsize>);

/// All components of a runtime.
#[derive(Default)]
pub(crate) struct Shelf {
    slots: Mutex<Slots>,
    /// How often the compiler ran.
    pub(crate) compiled: AtomicU64,
    /// How often compiled code came from the cache.
    pub(crate) from_cache: AtomicU64,
    /// How many threads compiled the last time.
    pub(crate) threads: AtomicU64,
}

#[derive(Default)]
struct Slots {
    by_digest: BTreeMap<Digest, (u64, Arc<Slot>)>,
    uses: u64,
}

/// Holding the lock is loading: others wait for the result. A failure is not kept, since the
/// component may be restored.
type Slot = Mutex<Option<Arc<Ready>>>;

/// What loading needs from the runtime.
pub(crate) struct Loader<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) cache: Option<&'a Cache>,
    pub(crate) linker: &'a Linker<State>,
}

/// The host functions that every guest gets.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<State>, Failure> {
    let mut linker = Linker::new(engine);
    Macros::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
        .and_then(|()| Sandbox::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state))
        .map_err(|e| texts::internal("the host functions cannot be linked", &format!("{e:?}")))?;
    Ok(linker)
}

impl Shelf {
    /// The component of this digest. `bytes` is called only if no compiled code is at hand.
    pub(crate) fn ready(
        &self,
        loader: &Loader<'_>,
        cell: &str,
        digest: &Digest,
        bytes: impl FnOnce() -> Result<Bytes, Failure>,
    ) -> Result<Arc<Ready>, Failure> {
        let slot = self.slot(digest);
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ready) = &*slot {
            return Ok(Arc::clone(ready));
        }
        let component = self.component(loader, cell, digest, bytes)?;
        let ready = Arc::new(link(loader, cell, digest, &component)?);
        *slot = Some(Arc::clone(&ready));
        Ok(ready)
    }

    fn slot(&self, digest: &Digest) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.uses += 1;
        let now = slots.uses;
        if let Some((used, slot)) = slots.by_digest.get_mut(digest) {
            *used = now;
            return Arc::clone(slot);
        }
        if slots.by_digest.len() >= KEPT {
            let oldest = slots.by_digest.iter().min_by_key(|(_, (used, _))| *used).map(|(d, _)| *d);
            oldest.and_then(|oldest| slots.by_digest.remove(&oldest));
        }
        let slot = Arc::<Slot>::default();
        slots.by_digest.insert(*digest, (now, Arc::clone(&slot)));
        slot
    }

    fn component(
        &self,
        loader: &Loader<'_>,
        cell: &str,
        digest: &Digest,
        bytes: impl FnOnce() -> Result<Bytes, Failure>,
    ) -> Result<Component, Failure> {
        let Some(cache) = loader.cache else {
            return self.compile(loader.engine, cell, digest, bytes()?);
        };
        let found = || {
            let found = cache.load(loader.engine, digest)?;
            self.from_cache.fetch_add(1, Ordering::Relaxed);
            Some(found)
        };
        if let Some(found) = found() {
            return Ok(found);
        }
        // Another process may be compiling it: wait for it, then look again.
        let _turn = cache.turn(digest);
        if let Some(found) = found() {
            return Ok(found);
        }
        let component = self.compile(loader.engine, cell, digest, bytes()?)?;
        cache.save(digest, &component);
        Ok(component)
    }

    fn compile(
        &self,
        engine: &Engine,
        cell: &str,
        digest: &Digest,
        (bytes, threads): Bytes,
    ) -> Result<Component, Failure> {
        load::check(&bytes, LoadOptions { cell, expected: Some(*digest) })?;
        self.compiled.fetch_add(1, Ordering::Relaxed);
        let compile = || {
            self.threads.store(compiling_threads(), Ordering::Relaxed);
            Component::from_binary(engine, &bytes)
        };
        within(threads, compile).map_err(|e| {
            let name = texts::component_name(cell, *digest);
            texts::not_compiled(&name, *digest, &format!("{e:?}"))
        })
    }
}

/// Does `work`, and what it divides among threads, with as many as are allowed.
#[cfg(feature = "parallel")]
fn within<T: Send>(threads: Option<NonZeroUsize>, work: impl FnOnce() -> T + Send) -> T {
    let Some(threads) = threads else { return work() };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        // Unoptimised, the compiler needs as much as guests do.
        .stack_size(limits::THREAD_STACK)
        .build();
    match pool {
        Ok(pool) => pool.install(work),
        // No thread is to be had; this one goes on, and what others there are already.
        Err(_) => work(),
    }
}

#[cfg(feature = "parallel")]
fn compiling_threads() -> u64 {
    rayon::current_num_threads() as u64
}

/// One thread is all that this build of the engine uses.
#[cfg(not(feature = "parallel"))]
fn within<T>(_threads: Option<NonZeroUsize>, work: impl FnOnce() -> T) -> T {
    work()
}

#[cfg(not(feature = "parallel"))]
fn compiling_threads() -> u64 {
    1
}

/// Resolves imports and exports. Their names were checked before compiling, so what fails here are
/// their types: a component that says our version and means another.
fn link(
    loader: &Loader<'_>,
    cell: &str,
    digest: &Digest,
    component: &Component,
) -> Result<Ready, Failure> {
    let wrong = |e: wasmtime::Error| {
        let name = texts::component_name(cell, *digest);
        let exports = component.component_type();
        let version = exports.exports(loader.engine).find_map(|(export, _)| {
            export.strip_prefix("cell:macros/expander@").map(str::to_owned)
        });
        match version {
            // A later patch release may add a function that this host does not have yet.
            Some(version) if load::is_newer_patch(&version) => texts::too_new(&name, &version),
            _ => texts::wrong_shape(&name, &format!("{e:?}")),
        }
    };
    let pre = loader.linker.instantiate_pre(component).map_err(wrong)?;
    MacrosPre::new(pre).map_err(wrong)
}
