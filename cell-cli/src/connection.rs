//! Questions to running cells, one after the other.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use cell_model::hello::{Formats, Hello};
use cell_model::ops::{Reply, Request};
use cell_model::schema::SchemaHash;
use cell_model::{Channel, Fault, message};
use cell_transport::{Limits, Local, Synapse, unix};

/// How long a cell may take for an answer about itself.
const PATIENCE: Duration = Duration::from_secs(3);

/// The folder of this user's cells.
pub(crate) fn folder() -> Result<PathBuf> {
    unix::folder()
        .context("this user has no folder for cells\nhelp: set `CELL_HOME` or `XDG_RUNTIME_DIR`")
}

/// Asks a cell something about itself.
pub(crate) fn ask(name: &str, asked: &Request) -> Result<Result<Reply, Fault>> {
    let folder = folder()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime
        .block_on(async { tokio::time::timeout(PATIENCE, exchange(&folder, name, asked)).await });
    answer.with_context(|| {
        format!("the cell `{name}` runs, and has said nothing for {} s", PATIENCE.as_secs())
    })
}

async fn exchange(folder: &Path, name: &str, asked: &Request) -> Result<Reply, Fault> {
    message::decode(&raw(folder, name, Channel::Ops, message::encode(asked)?).await?)
}

/// One question on one of a cell's own channels, and the answer's bytes.
pub(crate) async fn raw(
    folder: &Path,
    name: &str,
    channel: Channel,
    payload: Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    let stream = unix::connect(folder, name).await?;
    // No service: only about the cell.
    let (formats, schema, service) = (Formats::ALL, SchemaHash::NONE, String::new());
    let hello = Hello { formats, bytes: 0, calls: 0, schema, service };
    let synapse: Synapse<Local> = Synapse::over(stream, hello, Limits::default()).await?;
    let (timeout, trace) = (Some(PATIENCE), None);
    let request = cell_transport::Request { channel, method: 0, timeout, trace, payload };
    synapse.call(request).await
}
