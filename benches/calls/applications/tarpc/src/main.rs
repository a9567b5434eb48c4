//! Calls a service of tarpc at `echo.sock`.
#![forbid(unsafe_code)]

use tarpc::tokio_serde::formats::Bincode;
use tarpc::{client, context, serde_transport};

/// Says what it is told.
#[tarpc::service]
trait Echo {
    async fn echo(payload: Vec<u8>) -> Vec<u8>;
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let transport = serde_transport::unix::connect("echo.sock", Bincode::default).await?;
    let echo = EchoClient::new(client::Config::default(), transport).spawn();
    let answer = echo.echo(context::current(), b"hello".to_vec()).await?;
    println!("{}", String::from_utf8_lossy(&answer));
    Ok(())
}
