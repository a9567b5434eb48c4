//! Calls a cell named `echo`.
#![forbid(unsafe_code)]

/// Says what it is told.
#[cell::service]
struct Echo;

#[cell::handler]
impl Echo {
    async fn echo(&self, payload: Vec<u8>) -> Vec<u8> {
        payload
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let echo = EchoClient::of("echo")?;
    let answer = echo.echo(b"hello".to_vec()).await?;
    println!("{}", String::from_utf8_lossy(&answer));
    Ok(())
}
