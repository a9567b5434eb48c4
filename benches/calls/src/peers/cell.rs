//! Cell: a typed service and its client.

use anyhow::{Context as _, Result};
use cell::schema::Schema;
use cell::transport::unix;
use cell::{Builder, Caller, Service as _};

use crate::peer::Peer;
use crate::place::Place;

/// Its name on this machine.
const NAME: &str = "echo";

/// Says what it is told.
#[cell::service]
struct Echo;

#[cell::handler]
impl Echo {
    async fn echo(&self, payload: Vec<u8>) -> Vec<u8> {
        payload
    }
}

async fn serve(listening: impl FnOnce()) -> Result<()> {
    let running = Builder::new(NAME).with(Echo).start()?;
    listening();
    Ok(running.until_stopped().await?)
}

/// A connection of its own: clients of a program share one, and then a thousand would be one.
async fn own(schema: &Schema) -> Result<Caller> {
    let folder = unix::folder().context("a folder for sockets")?;
    Ok(Caller::on(unix::connect(&folder, NAME).await?, schema).await?)
}

/// Between two sides of one schema.
#[derive(Clone)]
pub(crate) struct Cell(EchoClient);

impl Peer for Cell {
    // Sizes are in its frames, and its place is what the environment says.
    async fn serve(_: &Place, _: usize, listening: impl FnOnce()) -> Result<()> {
        serve(listening).await
    }

    async fn connect(_: &Place) -> Result<Self> {
        Ok(Self(EchoClient::with(own(&Echo::schema()).await?)))
    }

    async fn call(&self, payload: Vec<u8>) -> Result<Vec<u8>> {
        Ok(self.0.echo(payload).await?)
    }
}

/// Between sides of two versions, which agree on MessagePack.
#[derive(Clone)]
pub(crate) struct MessagePack(EchoClient);

impl Peer for MessagePack {
    async fn serve(_: &Place, _: usize, listening: impl FnOnce()) -> Result<()> {
        serve(listening).await
    }

    async fn connect(_: &Place) -> Result<Self> {
        // A client of a version with one more method.
        let mut schema = Echo::schema();
        let method = schema.methods.get("echo").cloned().context("a method")?;
        schema.methods.insert("later".to_owned(), method);
        Ok(Self(EchoClient::with(own(&schema).await?)))
    }

    async fn call(&self, payload: Vec<u8>) -> Result<Vec<u8>> {
        Ok(self.0.echo(payload).await?)
    }
}
