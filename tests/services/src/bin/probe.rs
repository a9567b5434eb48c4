//! A cell as a process of its own, for tests: `probe serve|ignite|config NAME`.

use std::io::Write as _;
use std::process::ExitCode;

use cell::{CellConfig, Runtime};
use cell_services::Probe;

const COMPONENT: &[u8] = include_bytes!("../../../../guests/components/ledger.wasm");

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (what, name) = (arguments.next(), arguments.next().unwrap_or_default());
    let mut out = std::io::stdout();
    match what.as_deref() {
        Some("serve") => {
            let cell = Runtime::builder(Probe::default()).name(&name).macros(COMPONENT)?;
            cell.serve().await?;
            writeln!(out, "ended well")?;
        }
        Some("ignite") => {
            Runtime::ignite_with_coordination(Probe::default(), &name, COMPONENT).await?;
        }
        Some("config") => writeln!(out, "{:?}", CellConfig::from_env(&name)?)?,
        _ => return Err("serve, ignite or config, and a name".into()),
    }
    Ok(())
}
