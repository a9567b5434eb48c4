//! gRPC by tonic, as it is set up by default.

use anyhow::Result;
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use crate::peer::Peer;
use crate::place::Place;

mod echo {
    tonic::include_proto!("echo");
}

use echo::Payload;
use echo::echo_client::EchoClient;
use echo::echo_server::{Echo, EchoServer};

struct Server;

#[tonic::async_trait]
impl Echo for Server {
    async fn echo(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        Ok(Response::new(request.into_inner()))
    }
}

#[derive(Clone)]
pub(crate) struct Tonic(EchoClient<Channel>);

impl Peer for Tonic {
    async fn serve(place: &Place, _: usize, listening: impl FnOnce()) -> Result<()> {
        let listener = UnixListener::bind(place.socket())?;
        listening();
        let server = tonic::transport::Server::builder().add_service(EchoServer::new(Server));
        Ok(server.serve_with_incoming(UnixListenerStream::new(listener)).await?)
    }

    async fn connect(place: &Place) -> Result<Self> {
        let endpoint = Endpoint::from_shared(format!("unix:{}", place.socket().display()))?;
        Ok(Self(EchoClient::new(endpoint.connect().await?)))
    }

    async fn call(&self, payload: Vec<u8>) -> Result<Vec<u8>> {
        // A client is one call's; clones share the connection.
        let answer = self.0.clone().echo(Payload { payload }).await?;
        Ok(answer.into_inner().payload)
    }
}
