//! tarpc, with the fastest of its formats and the type that is fastest in it.

use anyhow::Result;
use futures_util::StreamExt as _;
use serde_bytes::ByteBuf;
use tarpc::server::{BaseChannel, Channel as _};
use tarpc::tokio_serde::formats::Bincode;
use tarpc::{client, context, serde_transport};

use crate::peer::Peer;
use crate::place::Place;

/// Says what it is told.
#[tarpc::service]
trait Echo {
    async fn echo(payload: ByteBuf) -> ByteBuf;
}

#[derive(Clone)]
struct Server;

impl Echo for Server {
    async fn echo(self, _: context::Context, payload: ByteBuf) -> ByteBuf {
        payload
    }
}

#[derive(Clone)]
pub(crate) struct Tarpc(EchoClient);

impl Peer for Tarpc {
    async fn serve(place: &Place, _: usize, listening: impl FnOnce()) -> Result<()> {
        let mut connections =
            serde_transport::unix::listen(place.socket(), Bincode::default).await?;
        listening();
        while let Some(connection) = connections.next().await {
            let channel = BaseChannel::with_defaults(connection?);
            tokio::spawn(channel.execute(Server.serve()).for_each(|answer| async {
                tokio::spawn(answer);
            }));
        }
        Ok(())
    }

    async fn connect(place: &Place) -> Result<Self> {
        let transport = serde_transport::unix::connect(place.socket(), Bincode::default).await?;
        Ok(Self(EchoClient::new(client::Config::default(), transport).spawn()))
    }

    async fn call(&self, payload: Vec<u8>) -> Result<Vec<u8>> {
        Ok(self.0.echo(context::current(), ByteBuf::from(payload)).await?.into_vec())
    }
}
