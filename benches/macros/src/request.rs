//! The request that the host makes of a struct, and its record.

use std::path::PathBuf;
use std::sync::Mutex;

use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Expansion, file};
use macro_bridge::failure::Failure;
use macro_bridge::host::{self, Engine};
use macro_bridge::project::Project;
use macro_bridge::request::Request;
use macro_runtime::store::{Age, Store};
use proc_macro::TokenStream;

use crate::SLOT;
use crate::embedded::Embedded;

/// An engine that remembers what it was asked.
struct Listener(Mutex<Option<(Request, Project)>>);

impl Engine for Listener {
    fn name(&self) -> &'static str {
        "listener"
    }

    fn expand(
        &self,
        project: &Project,
        request: &Request,
        _key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        *self.0.lock().ok()? = Some((request.clone(), project.clone()));
        None
    }
}

/// What an engine is asked for this item.
pub(crate) fn of(item: TokenStream) -> Result<(Request, Project), String> {
    let listener = Listener(Mutex::new(None));
    let made = host::slot_derive(SLOT, item, &[&listener]);
    let heard = listener.0.into_inner().ok().flatten();
    heard.ok_or_else(|| format!("no engine was asked: {made}"))
}

/// Expands the item and keeps the expansion in `.cell`, as `cell vendor` does.
pub(crate) fn record(item: TokenStream) -> Result<(), String> {
    let (request, project) = of(item)?;
    let key = request.key();
    let outcome = Embedded.expand(&project, &request, &key).ok_or("the engine passes")?;
    let expansion = outcome.map_err(|failure| failure.to_string())?;
    let root = PathBuf::from(std::env::var_os("CELL_BENCH_RECORDS").ok_or("no place to record")?);
    let text = file::encode(&key, &request.title(), &expansion);
    let store = Store::of_project(&root);
    store.put_expansion(&key, text.as_bytes(), Age::Settled).map_err(|error| error.to_string())
}
