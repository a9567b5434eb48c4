//! The oracle as a process of its own, and one of its clients: `oracle serve NAME WORD`, and
//! `oracle call NAME COUNT`, which says what a call takes.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use cell::Runtime;
use cell_services::{Oracle, OracleClient};

/// Calls before those that are measured.
const WARM: usize = 500;

static ASKED: AtomicU64 = AtomicU64::new(0);

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
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", name, word] => {
            Runtime::builder(Oracle::new(word, &ASKED)).name(name).serve().await?;
        }
        ["call", name, count] => {
            let median = call(name, count.parse()?).await?;
            writeln!(std::io::stdout(), "p50 {median}")?;
        }
        _ => return Err("`serve NAME WORD` or `call NAME COUNT`".into()),
    }
    Ok(())
}

/// Asks a running oracle, one call after the other; the median in seconds.
async fn call(name: &str, count: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let oracle = OracleClient::of(name)?;
    let mut times = Vec::with_capacity(count);
    for number in 0..WARM + count {
        let begin = Instant::now();
        oracle.value(number as u64).await?;
        if number >= WARM {
            times.push(begin.elapsed().as_secs_f64());
        }
    }
    times.sort_by(f64::total_cmp);
    times.get(count / 2).copied().ok_or_else(|| "at least one call".into())
}
