//! A service that answers what its number says.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cell_model::frame::Format;
use cell_model::hello::{Formats, Hello};
use cell_model::schema::{method_number, read};
use cell_model::{Channel, Code, Fault, Schema, SchemaHash, message, ops};
use cell_service::{Builder, Running, Service};
use cell_transport::{Answer, Call, Limits, Reply, Request, Synapse, unix};
use tokio::runtime::Runtime;

pub(crate) const TABLES: &str = "\
cell-schema 1
service Tables
method columns(table: string) -> list<Column> at compile time
method fail() -> unit at compile time
method large(bytes: u32) -> list<u8> at compile time
method put(row: string) -> unit
method refuse() -> unit at compile time
method sleep(milliseconds: u64) -> u64 at compile time

struct Column
  name: string
  of: Kind

enum Kind
  Number
  Text
";

pub(crate) fn schema() -> Schema {
    read(TABLES).expect("a schema")
}

/// As releases of one service differ.
pub(crate) const LOCKED: u8 = 0;
pub(crate) const MORE_ELSEWHERE: u8 = 1;
pub(crate) const OTHER_ANSWER: u8 = 2;
pub(crate) const SECRET_ANSWER: u8 = 3;
pub(crate) const UNMARKED: u8 = 4;
pub(crate) const LIES: u8 = 5;

#[derive(Default)]
pub(crate) struct Tables<const RELEASE: u8>(pub(crate) AtomicUsize);

fn release(number: u8) -> String {
    let change = |from: &str, to: &str| {
        assert!(TABLES.contains(from), "{from}");
        TABLES.replace(from, to)
    };
    match number {
        MORE_ELSEWHERE => change("put(row: string)", "put(row: string, twice: bool or default)"),
        OTHER_ANSWER => change("name: string", "name: option<string> or default"),
        SECRET_ANSWER => change("struct Column", "secret struct Column"),
        UNMARKED => change("list<Column> at compile time", "list<Column>"),
        _ => TABLES.to_owned(),
    }
}

fn column(name: &str) -> BTreeMap<&str, &str> {
    BTreeMap::from([("name", name), ("of", "Text")])
}

pub(crate) fn arguments(table: &str) -> Vec<u8> {
    message::encode(&BTreeMap::from([("table", table)])).expect("arguments")
}

pub(crate) fn number(name: &str, number: u64) -> Vec<u8> {
    message::encode(&BTreeMap::from([(name, number)])).expect("arguments")
}

/// What [`Tables`] answers about the columns of a table.
pub(crate) fn columns(table: &str) -> Vec<u8> {
    message::encode(&[column("id"), column(table)]).expect("columns")
}

impl<const RELEASE: u8> Service for Tables<RELEASE> {
    const NAME: &'static str = "Tables";

    fn schema() -> Schema {
        read(&release(RELEASE)).expect("a schema")
    }

    fn call(self: Arc<Self>, call: Call) -> Answer {
        self.0.fetch_add(1, Ordering::SeqCst);
        let is = |name: &str| call.method == method_number(name);
        if is("columns") {
            let table: Result<BTreeMap<String, String>, _> = message::decode(&call.payload);
            return Box::pin(async move {
                let table = table?;
                if RELEASE == LIES {
                    return Ok(Reply::Value(message::encode(&["id", "owner"])?));
                }
                Ok(Reply::Value(columns(&table["table"])))
            });
        }
        if is("refuse") {
            return Box::pin(async { Err(Fault::new(Code::Denied, "not you")) });
        }
        if is("fail") {
            panic!("on purpose");
        }
        let number: Result<BTreeMap<String, u64>, _> = message::decode(&call.payload);
        let large = is("large");
        Box::pin(async move {
            let number = number?.into_values().sum::<u64>();
            if large {
                return Ok(Reply::Value(message::encode(&vec![7u8; number as usize])?));
            }
            tokio::time::sleep(Duration::from_millis(number)).await;
            Ok(Reply::Value(message::encode(&number)?))
        })
    }
}

/// A cell on a runtime of its own, as if it were another process.
pub(crate) struct Cell {
    running: Option<Running>,
    runtime: Runtime,
}

impl Cell {
    pub(crate) fn start<const RELEASE: u8>(folder: &Path) -> Self {
        Self::of(folder, |cell| cell.with(Tables::<RELEASE>::default()))
    }

    pub(crate) fn of(folder: &Path, with: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let cell = with(Builder::new("ledger").in_folder(folder).without_signals());
        let running = {
            let _inside = runtime.enter();
            cell.patience(Duration::from_millis(200)).start()
        };
        Self { running: Some(running.expect("a free name")), runtime }
    }

    /// How many connections were made to it, but for the one that asks.
    pub(crate) fn connections(&self, folder: &Path) -> u64 {
        let hello = Hello {
            formats: Formats::only(Format::MessagePack),
            bytes: 0,
            calls: 0,
            schema: SchemaHash::NONE,
            service: String::new(),
        };
        let metrics = self.runtime.block_on(async {
            let pipe = unix::connect(folder, "ledger").await?;
            let synapse: Synapse = Synapse::over(pipe, hello, Limits::default()).await?;
            let payload = message::encode(&ops::Request::Metrics)?;
            let (channel, timeout) = (Channel::Ops, None);
            let request = Request { channel, method: 0, timeout, trace: None, payload };
            message::decode(&synapse.call(request).await?)
        });
        let Ok(ops::Reply::Metrics(text)) = metrics else { panic!("{metrics:?}") };
        let line = text.lines().find(|line| line.starts_with("cell_connections_accepted_total"));
        let count = line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
        count.unwrap_or_else(|| panic!("{text}")) - 1
    }

    /// Ends it well.
    pub(crate) fn stop(mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}
