//! Calls between two processes over a unix socket, one like the other for each way to make them.
//!
//! `cargo xtask bench calls` runs this: once for each figure of each round. It starts itself once
//! more as the server, and writes what it found as lines `name value`, in seconds, calls a second
//! or bytes.
#![forbid(unsafe_code)]

mod awake;
mod drive;
mod idle;
mod peer;
mod peers;
mod place;
mod server;

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use peer::Way;
use place::{Lane, Place};

const HELP: &str = "\
Usage: CELL_HOME=FOLDER bench-calls <task> <way> ..

  latency <way> <lane> <bytes> <milliseconds>  one call after another
  load <way> <lane> <bytes> <milliseconds>     64 calls in flight on one connection
  idle <way> <lane> <connections>              memory of connections that made one call

Ways: cell, messagepack, raw, tarpc, tonic. Lanes: one (core for both sides), two (a core for each),
awake (the same, and the cores never sleep). The folder is for sockets, so its path has to be short.";

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["spin", core] = words[..] {
        return awake::spin(number(core)?);
    }
    let [task, way, lane, ref rest @ ..] = words[..] else { bail!("{HELP}") };
    let (way, lane) = (Way::read(way)?, Lane::read(lane)?);
    let place = Place::here()?;
    match (task, rest) {
        // What the others start.
        ("serve", [bytes]) => {
            lane.pin_server()?;
            way.with(server::Serve { place, bytes: number(bytes)? })
        }
        ("latency" | "load", [bytes, milliseconds]) => {
            lane.pin_client()?;
            let (bytes, time) =
                (number(bytes)?, Duration::from_millis(number(milliseconds)? as u64));
            let in_flight = if task == "load" { drive::IN_FLIGHT } else { 1 };
            show(&way.with(drive::Drive { place, way, lane, bytes, time, in_flight })?)
        }
        ("idle", [connections]) => {
            lane.pin_client()?;
            show(&way.with(idle::Idle { place, way, lane, connections: number(connections)? })?)
        }
        _ => bail!("{HELP}"),
    }
}

fn number(word: &str) -> Result<usize> {
    word.parse().with_context(|| format!("`{word}` is no number"))
}

/// Names and values.
type Figures = Vec<(&'static str, f64)>;

fn show(figures: &Figures) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for (name, value) in figures {
        writeln!(out, "{name} {value}")?;
    }
    Ok(())
}

/// Runs a side of the connection on this thread alone, as a blocking one would.
fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}
