//! How long a question takes, beside a call of the same method over a connection that there is:
//! `cargo run --release -p cell-answers --example question`.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cell_answers::Asker;
use cell_model::frame::Format;
use cell_model::hello::{Formats, Hello};
use cell_model::schema::{method_number, read};
use cell_model::{Channel, Schema, message};
use cell_service::{Builder, Service};
use cell_transport::{Answer, Call, Limits, Reply, Request, Synapse, unix};

/// Questions of each sort that are measured, and those before that warm up.
const ROUNDS: usize = 20_000;
const WARM: usize = 2_000;

struct Tables;

impl Service for Tables {
    const NAME: &'static str = "Tables";

    fn schema() -> Schema {
        read("cell-schema 1\nservice Tables\nmethod columns() -> list<string> at compile time\n")
            .unwrap_or_default()
    }

    fn call(self: Arc<Self>, _: Call) -> Answer {
        let columns: Vec<String> = (0..10).map(|number| format!("column_{number}")).collect();
        Box::pin(async move { Ok(Reply::Value(message::encode(&columns)?)) })
    }
}

fn main() -> io::Result<()> {
    let place = tempfile::tempdir()?;
    let folder = place.path().join("run");
    let serving = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _cell = {
        let _inside = serving.enter();
        Builder::new("tables").with(Tables).in_folder(&folder).without_signals().start()?
    };
    let schema = Tables::schema();

    let mut calling = tokio::runtime::Builder::new_multi_thread();
    let calling = calling.worker_threads(1).enable_all().build()?;
    let hello = Hello {
        formats: Formats::only(Format::MessagePack),
        bytes: 0,
        calls: 0,
        schema: schema.hash(),
        service: "Tables".to_owned(),
    };
    let synapse: Synapse = calling
        .block_on(async {
            let pipe = unix::connect(&folder, "tables").await?;
            Synapse::over(pipe, hello, Limits::default()).await
        })
        .map_err(io::Error::other)?;
    let patience = Duration::from_secs(2);
    let call = || {
        let (channel, method) = (Channel::App, method_number("columns"));
        let (timeout, trace, payload) = (Some(patience), None, vec![0x80]);
        let request = Request { channel, method, timeout, trace, payload };
        calling.block_on(synapse.call(request)).map(drop).map_err(io::Error::other)
    };
    let asker = Asker::new(folder.clone())?;
    let ask = || {
        let answered = asker.ask("tables", &schema, "columns", &[0x80], patience, 1);
        answered.map(drop).map_err(io::Error::other)
    };
    // By turns, so that whatever else the machine does meets both.
    let (mut calls, mut questions) = (Vec::new(), Vec::new());
    for round in 0..WARM + ROUNDS {
        let (called, asked) = (timed(call)?, timed(ask)?);
        if round >= WARM {
            calls.push(called);
            questions.push(asked);
        }
    }
    let mut out = io::stdout().lock();
    for (name, times) in [("call", &mut calls), ("question", &mut questions)] {
        times.sort_unstable();
        let at = |part: usize| times[times.len() * part / 1000].as_nanos() as f64 / 1e3;
        writeln!(out, "{name:9} p50 {:6.1} us, p99 {:6.1} us", at(500), at(990))?;
    }
    Ok(())
}

fn timed(act: impl Fn() -> io::Result<()>) -> io::Result<Duration> {
    let began = Instant::now();
    act()?;
    Ok(began.elapsed())
}
