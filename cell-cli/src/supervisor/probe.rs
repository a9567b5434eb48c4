//! Questions to cells of this user, many at the same time.

use std::path::Path;
use std::time::Duration;

use cell_model::coordination::{self, Description};
use cell_model::ops::{self, About, Reply};
use cell_model::{Channel, Code, Fault, message};

use crate::connection::raw;
use crate::supervisor::core::Health;

/// How long a cell may take for an answer about itself.
const PATIENCE: Duration = Duration::from_secs(3);

async fn ask(
    folder: &Path,
    name: &str,
    channel: Channel,
    asked: Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    let answer = tokio::time::timeout(PATIENCE, raw(folder, name, channel, asked)).await;
    let late = |_| {
        let text = format!("has not answered for {} s", PATIENCE.as_secs());
        Err(Fault::new(Code::DeadlineExceeded, text))
    };
    answer.unwrap_or_else(late)
}

async fn ops(folder: &Path, name: &str, asked: ops::Request) -> Result<Reply, Fault> {
    message::decode(&ask(folder, name, Channel::Ops, message::encode(&asked)?).await?)
}

fn strange() -> Fault {
    Fault::new(Code::BadPayload, "it says something else than was asked")
}

/// What a cell is.
pub(crate) async fn inspect(folder: &Path, name: &str) -> Result<About, Fault> {
    match ops(folder, name, ops::Request::Inspect).await? {
        Reply::Inspect(about) => Ok(about),
        _ => Err(strange()),
    }
}

/// Asks a cell to end.
pub(crate) async fn stop(folder: &Path, name: &str) -> Result<(), Fault> {
    ops(folder, name, ops::Request::Stop).await.map(|_| ())
}

/// What a cell publishes for macros.
pub(crate) async fn describe(folder: &Path, name: &str) -> Result<Description, Fault> {
    let asked = message::encode(&coordination::Request::Describe)?;
    let answer = ask(folder, name, Channel::MacroCoordination, asked).await?;
    match message::decode(&answer)? {
        coordination::Reply::Description(description) => Ok(description),
        _ => Err(strange()),
    }
}

/// How a cell is. The fault is there if it did not say.
pub(crate) async fn health(folder: &Path, name: &str) -> (Health, Option<Fault>) {
    match ops(folder, name, ops::Request::Health).await {
        Ok(Reply::Health(ops::Health::Ready)) => (Health::Ready, None),
        Ok(Reply::Health(ops::Health::Degraded { why })) => (Health::Degraded(why), None),
        Ok(Reply::Health(ops::Health::Starting)) => (Health::Silent("takes no calls yet"), None),
        Ok(Reply::Health(ops::Health::Stopping)) => (Health::Silent("takes no calls more"), None),
        Ok(_) => (Health::Silent("says something strange"), Some(strange())),
        Err(fault) => {
            let why = match fault.code {
                Code::Disconnected => "does not listen",
                _ => "does not answer",
            };
            (Health::Silent(why), Some(fault))
        }
    }
}
