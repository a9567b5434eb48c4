//! Connections of this process to cells, shared by all clients of one service.
//!
//! A connection lives on the runtime that made it, which reads it and watches its clock; another one
//! may end sooner, or stand still. So each runtime of the process has its own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use cell_model::hello::Hello;
use cell_model::{Code, Fault, SchemaHash};
use cell_transport::{Grown, Limits, OnThisMachine};
use tokio::runtime::{Handle, Id};

/// Which cell, and as what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    folder: PathBuf,
    cell: String,
    service: String,
    schema: SchemaHash,
}

static POOL: LazyLock<Mutex<HashMap<Key, Weak<Pooled>>>> = LazyLock::new(Mutex::default);

/// A cell as the clients of one service see it. The last one that is dropped ends its connections.
pub(crate) struct Pooled {
    key: Key,
    connect: OnThisMachine,
    grown: Mutex<Vec<(Id, Grown<OnThisMachine>)>>,
}

/// What this process has for a cell and a service.
pub(crate) fn pooled(folder: PathBuf, cell: &str, hello: Hello) -> Arc<Pooled> {
    let (service, schema) = (hello.service.clone(), hello.schema);
    let key = Key { folder: folder.clone(), cell: cell.to_owned(), service, schema };
    let mut pool = pool();
    if let Some(there) = pool.get(&key).and_then(Weak::upgrade) {
        return there;
    }
    let connect = OnThisMachine { folder, name: cell.to_owned(), hello, limits: Limits::default() };
    let made = Arc::new(Pooled { key: key.clone(), connect, grown: Mutex::default() });
    pool.insert(key, Arc::downgrade(&made));
    made
}

fn pool() -> MutexGuard<'static, HashMap<Key, Weak<Pooled>>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pooled {
    /// The connection for the runtime that asks.
    ///
    /// # Errors
    /// [`Code::Disconnected`] outside of one.
    pub(crate) fn grown(&self) -> Result<Grown<OnThisMachine>, Fault> {
        let none = |_| Fault::new(Code::Disconnected, "a call needs a tokio runtime");
        let runtime = Handle::try_current().map_err(none)?.id();
        let mut all = self.grown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, grown)) = all.iter().find(|(id, _)| *id == runtime) {
            return Ok(grown.clone());
        }
        // Those of runtimes that are gone hold a socket.
        all.retain(|(_, grown)| grown.is_connected());
        let grown = Grown::new(self.connect.clone());
        all.push((runtime, grown.clone()));
        Ok(grown)
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        let mut pool = pool();
        // Another one may have taken its place since the last client was dropped.
        if pool.get(&self.key).is_some_and(|there| there.strong_count() == 0) {
            pool.remove(&self.key);
        }
    }
}
