//! Services over their sockets, in both encodings.

mod components;
mod health;
mod metrics;
mod open_metrics;
mod place;
mod pool;
mod process;
mod python;
mod secrets;
mod traces;

use std::time::Duration;

use cell::{Builder, CallError, Caller, Code, Running, Service as _};
use cell_model::frame::Format;
use cell_model::hello::{Formats, Hello};
use cell_model::{Channel, coordination, message, ops};
use cell_services::{Entry, Ledger, LedgerClient, Oracle, Refused, remote};
use cell_transport::{Limits, Request, Synapse, unix};
use tempfile::TempDir;

struct Place {
    folder: TempDir,
    _cell: Running,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let cell = Builder::new("ledger").with(Ledger::default()).version("1.2.3");
        let cell = cell.in_folder(folder.path().join("run")).start().expect("a free name");
        Self { folder, _cell: cell }
    }

    async fn synapse(&self, hello: Hello) -> Result<Synapse, cell::Fault> {
        let stream = unix::connect(&self.folder.path().join("run"), "ledger").await?;
        Synapse::over(stream, hello, Limits::default()).await
    }

    async fn client(&self, formats: Formats) -> LedgerClient {
        let synapse = self.synapse(Hello { formats, ..hello() }).await.expect("a cell");
        LedgerClient::with(Caller::over(synapse))
    }
}

fn hello() -> Hello {
    let schema = Ledger::schema().hash();
    Hello { formats: Formats::ALL, bytes: 0, calls: 0, schema, service: "Ledger".to_owned() }
}

#[test]
fn the_schema_is_what_is_written() {
    insta::assert_snapshot!(Ledger::schema(), @r"
    cell-schema 1
    service Ledger
    method entries(account: u64) -> stream Entry
    method open(owner: string) -> u64
    method put(account: u64, entry: Entry) -> result<i64, Refused>
    method tables() -> list<string> at compile time
    method transfer(from: u64, to: u64, amount: u64) -> result<unit, Refused>

    struct Entry
      amount: i64
      note: option<string> or default

    enum Refused
      NoSuchAccount(u64)
      Overdraft with
        missing: u64
      Other or default
    ");
    let text = Ledger::schema().to_string();
    assert_eq!(cell_model::schema::read(&text), Ok(Ledger::schema()));
}

/// The guest `asks` is built of this file.
#[test]
fn the_oracle_is_what_its_guest_was_made_for() {
    let path = "../guests/asks/oracle.schema";
    if std::env::var_os("WRITE_SCHEMA").is_some() {
        std::fs::write(path, Oracle::schema().to_string()).expect("a file");
    }
    assert_eq!(std::fs::read_to_string(path).expect("a file"), Oracle::schema().to_string());
}

#[tokio::test]
async fn a_client_calls_in_both_encodings() {
    let place = Place::new();
    for format in [Format::Rkyv, Format::MessagePack] {
        let ledger = place.client(Formats::only(format)).await;
        let (one, other) =
            (ledger.open("one".into()).await.unwrap(), ledger.open("é".into()).await.unwrap());
        let gift = Entry { amount: 100, note: None };
        assert_eq!(ledger.put(one, gift.clone()).await, Ok(100));
        assert_eq!(ledger.transfer(one, other, 60).await, Ok(()));
        let refused = ledger.transfer(one, other, 60).await;
        assert_eq!(refused, Err(CallError::Remote(Refused::Overdraft { missing: 20 })));
        let refused = ledger.put(99, gift.clone()).await;
        assert_eq!(refused, Err(CallError::Remote(Refused::NoSuchAccount(99))));
        let mut entries = ledger.entries(other).await.unwrap();
        let mut found = Vec::new();
        while let Some(entry) = entries.next().await {
            found.push(entry.unwrap());
        }
        let expected =
            [Entry { amount: 0, note: Some("é".into()) }, Entry { amount: 60, note: None }];
        assert_eq!(found, expected);
        assert_eq!(ledger.tables().await.unwrap(), ["accounts", "entries"]);
    }
}

/// Types of another crate, made of the text alone, and archived data all the same.
#[tokio::test]
async fn a_client_made_of_the_schema_alone() {
    assert_eq!(
        remote::LedgerClient::SCHEMA,
        Ledger::schema().to_string(),
        "write it to ledger.schema"
    );
    let place = Place::new();
    for format in [Format::Rkyv, Format::MessagePack] {
        let formats = Formats::only(format);
        let synapse = place.synapse(Hello { formats, ..hello() }).await.expect("a cell");
        assert_eq!(synapse.format(), format);
        let ledger = remote::LedgerClient::with(Caller::over(synapse));
        let account = ledger.open("one".into()).await.unwrap();
        let gift = remote::Entry { amount: 100, note: Some("é".into()) };
        assert_eq!(ledger.put(account, gift.clone()).await, Ok(100));
        let refused = ledger.transfer(account, account, 101).await;
        let expected = remote::Refused::Overdraft { missing: 1 };
        assert_eq!(refused, Err(CallError::Remote(expected)));
        let mut entries = ledger.entries(account).await.unwrap();
        assert!(entries.next().await.is_some());
        assert_eq!(entries.next().await, Some(Ok(gift)));
        assert_eq!(entries.next().await, None);
    }
}

#[tokio::test]
async fn bytes_that_are_no_arguments_are_a_fault_of_their_call() {
    let place = Place::new();
    for format in [Format::Rkyv, Format::MessagePack] {
        let synapse =
            place.synapse(Hello { formats: Formats::only(format), ..hello() }).await.unwrap();
        let method = cell_model::schema::method_number("open");
        for payload in [vec![], vec![0; 7], vec![0x80; 64], vec![0xc1]] {
            let request =
                Request { channel: Channel::App, method, timeout: None, trace: None, payload };
            assert_eq!(synapse.call(request).await.unwrap_err().code, Code::BadPayload);
        }
        let nobody = Request {
            channel: Channel::App,
            method: 1,
            timeout: None,
            trace: None,
            payload: vec![],
        };
        let fault = synapse.call(nobody).await.unwrap_err();
        assert_eq!(
            fault.to_string(),
            "unknown-method: `Ledger` has no method with the number 0x00000001"
        );
        let ledger = LedgerClient::with(Caller::over(synapse));
        assert!(ledger.open("still there".into()).await.is_ok());
    }
}

#[tokio::test]
async fn another_schema_talks_with_names_or_not_at_all() {
    let place = Place::new();
    let other = cell_model::SchemaHash::from_bytes([7; 32]);
    let synapse = place.synapse(Hello { schema: other, ..hello() }).await.unwrap();
    assert_eq!(synapse.format(), Format::MessagePack);
    let rkyv = Formats::only(Format::Rkyv);
    let fault =
        place.synapse(Hello { schema: other, formats: rkyv, ..hello() }).await.err().unwrap();
    assert_eq!(fault.code, Code::Incompatible);
    let fault = place.synapse(Hello { service: "Leger".into(), ..hello() }).await.err().unwrap();
    assert_eq!(fault.to_string(), "unknown-service: `ledger` serves Ledger, not `Leger`");
}

#[tokio::test]
async fn the_channel_for_those_who_run_cells() {
    let place = Place::new();
    let synapse = place.synapse(Hello { service: String::new(), ..hello() }).await.unwrap();
    let ask = async |asked: ops::Request| -> ops::Reply {
        let payload = message::encode(&asked).unwrap();
        let request =
            Request { channel: Channel::Ops, method: 0, timeout: None, trace: None, payload };
        message::decode(&synapse.call(request).await.unwrap()).unwrap()
    };
    assert_eq!(ask(ops::Request::Health).await, ops::Reply::Health(ops::Health::Ready));
    let ops::Reply::Inspect(about) = ask(ops::Request::Inspect).await else { panic!() };
    assert_eq!(
        (&*about.name, &*about.version, about.process),
        ("ledger", "1.2.3", std::process::id())
    );
    assert_eq!(about.services["Ledger"], Ledger::schema().hash().to_string());
    let schema = ask(ops::Request::Schema { service: "Ledger".into() }).await;
    assert_eq!(schema, ops::Reply::Schema(Ledger::schema().to_string()));
}

#[tokio::test]
async fn macros_may_ask_what_is_marked_and_nothing_else() {
    let place = Place::new();
    let synapse = place.synapse(Hello { service: String::new(), ..hello() }).await.unwrap();
    let ask = async |asked: coordination::Request| -> Result<coordination::Reply, cell::Fault> {
        let payload = message::encode(&asked)?;
        let channel = Channel::MacroCoordination;
        let request = Request { channel, method: 0, timeout: None, trace: None, payload };
        message::decode(&synapse.call(request).await?)
    };
    let described = ask(coordination::Request::Describe).await.unwrap();
    let coordination::Reply::Description(description) = described else { panic!() };
    assert_eq!(description.questions, ["Ledger::tables"]);
    let question = |method: &str, hops| coordination::Request::Ask {
        service: "Ledger".into(),
        method: method.into(),
        // `{}`: no arguments.
        arguments: vec![0x80],
        hops,
    };
    let answer = ask(question("tables", 0)).await.unwrap();
    let coordination::Reply::Answer(bytes) = answer else { panic!() };
    assert_eq!(message::decode::<Vec<String>>(&bytes).unwrap(), ["accounts", "entries"]);
    assert_eq!(ask(question("open", 0)).await.unwrap_err().code, Code::Denied);
    assert_eq!(ask(question("tables", 8)).await.unwrap_err().code, Code::TooManyHops);
}

#[tokio::test]
async fn a_cell_serves_until_it_is_told_to_stop() {
    let folder = tempfile::tempdir().expect("a folder");
    let cell = Builder::new("ledger").with(Ledger::default()).in_folder(folder.path().join("run"));
    let serving = tokio::spawn(cell.start().expect("a free name").until_stopped());
    let place = folder.path().join("run");
    let stream = unix::connect(&place, "ledger").await.unwrap();
    let hello = Hello { service: String::new(), ..hello() };
    let synapse: Synapse = Synapse::over(stream, hello, Limits::default()).await.unwrap();
    let payload = message::encode(&ops::Request::Stop).unwrap();
    let timeout = Some(Duration::from_secs(5));
    let request = Request { channel: Channel::Ops, method: 0, timeout, trace: None, payload };
    let reply: ops::Reply = message::decode(&synapse.call(request).await.unwrap()).unwrap();
    assert_eq!(reply, ops::Reply::Stopping);
    serving.await.expect("a task").expect("it ends well");
    assert!(unix::connect(&place, "ledger").await.is_err());
}

/// One service over two transports: the socket of its name, and memory.
#[tokio::test]
async fn a_cell_on_another_listener_too() {
    let place = tempfile::tempdir().expect("a folder");
    let memory = cell::transport::memory::Memory::new();
    let folder = place.path().join("run");
    let cell = Builder::new("ledger")
        .with(Ledger::default())
        .in_folder(&folder)
        .also_on(memory.listen("ledger").expect("a free name"))
        .start()
        .expect("a free name");
    let schema = Ledger::schema();
    let near = Caller::on(memory.connect("ledger").expect("a cell"), &schema).await;
    let near = LedgerClient::with(near.expect("a cell that greets"));
    let other = LedgerClient::with(Caller::in_folder(&folder, "ledger", &schema));
    assert_eq!(near.open("one".into()).await, Ok(1));
    assert_eq!(other.open("two".into()).await, Ok(2));
    assert!(cell.stop().await, "on both");
    assert!(near.open("three".into()).await.is_err());
    assert!(memory.connect("ledger").is_err());
}
