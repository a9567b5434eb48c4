//! Calls a service of gRPC at `echo.sock`.
#![forbid(unsafe_code)]

use tonic::transport::Endpoint;

mod echo {
    tonic::include_proto!("echo");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let channel = Endpoint::from_static("unix:echo.sock").connect().await?;
    let mut client = echo::echo_client::EchoClient::new(channel);
    let answer = client.echo(echo::Payload { payload: b"hello".to_vec() }).await?;
    println!("{}", String::from_utf8_lossy(&answer.into_inner().payload));
    Ok(())
}
