//! The wire, byte by byte: what a client and a cell say to each other, recorded between them and
//! compared with `golden.txt`. Clients in other languages are written against these bytes: whoever
//! changes them breaks those. `CELL_BLESS=1` writes the file anew.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cell_model::frame::{Format, HEADER, Header, Kind, Trace};
use cell_model::hello::Hello;
use cell_model::schema::SchemaHash;
use cell_model::{Channel, Code};
use cell_transport::unix::{UnixPipe, UnixSocket, connect};
use cell_transport::{Limits, Listener as _, Local, Membrane, Request, Synapse};

use tokio::task::JoinSet;

use crate::peer::Peer;
use crate::service::{BYTES, COUNT, ECHO, FIRED, Service, hello, request};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/golden.txt");

/// What went through: `>` to the cell, `<` back.
#[derive(Clone, Default)]
struct Record(Arc<Mutex<String>>);

impl Record {
    fn line(&self, text: &str) {
        let mut lines = self.0.lock().expect("the record");
        writeln!(lines, "{text}").expect("a text");
    }

    fn frame(&self, way: char, header: &Header, payload: &[u8]) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let head = header.encode();
        // As the fields lie: length, kind and the like, id, deadline, argument, 0.
        let fields =
            [&head[..4], &head[4..8], &head[8..16], &head[16..24], &head[24..28], &head[28..]];
        let fields = fields.map(hex).join(" ");
        let text = format!("{way} {:?}\n  {fields}\n  {}", header.kind, hex(payload));
        self.line(text.trim_end());
    }
}

/// Hands frames on, one by one.
async fn relay(from: Arc<Peer<UnixPipe>>, to: Arc<Peer<UnixPipe>>, way: char, record: Record) {
    while let Ok((header, payload)) = from.next().await {
        record.frame(way, &header, &payload);
        if to.send(header, &payload).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn the_wire_is_what_it_was() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("run");
    let listener = UnixSocket::listen(&folder, "test").expect("the name");
    let service = Service::new(Format::MessagePack);
    let cell = Membrane::bind(listener, service, Limits::default());
    let record = Record::default();
    let (relayed, between) = relayed(&folder, record.clone()).await;
    let synapse = Synapse::<Local>::over(relayed, hello(Format::MessagePack), Limits::default());
    let synapse = synapse.await.expect("a cell");

    for channel in Channel::ALL {
        record.line(&format!("# a call on the channel {}", channel.word()));
        let call = Request { channel, ..request(ECHO, channel.word().as_bytes()) };
        synapse.call(call).await.expect("an answer");
    }
    record.line("# with a deadline of 7 s, as part of a trace");
    let trace = Some(Trace { trace: 0x0102_0304 << 96 | 5, span: 0x0607 << 48 | 8, flags: 1 });
    let call = Request { timeout: Some(Duration::from_secs(7)), trace, ..request(ECHO, b"x") };
    synapse.call(call).await.expect("an answer");
    record.line("# a stream of two items");
    let mut stream = synapse.stream(request(COUNT, &2u32.to_le_bytes())).await.expect("a stream");
    while let Some(item) = stream.next().await {
        item.expect("an item");
    }
    record.line("# a call that nothing comes back for, and one that shows that it was read");
    synapse.fire(FIRED, b"fired".to_vec()).expect("room");
    synapse.call(request(BYTES, &1u32.to_le_bytes())).await.expect("an answer");
    record.line("# a method that there is not");
    let fault = synapse.call(request(99, b"")).await.expect_err("a fault");
    assert_eq!(fault.code, Code::UnknownMethod);
    drop((synapse, between));

    // By hand, since no client of ours says it: the connection goes on behind it.
    let peer = Peer(connect(&folder, "test").await.expect("a cell"));
    let say = async |header: Header, payload: &[u8]| {
        let length = payload.len() as u32;
        record.frame('>', &Header { length, ..header }, payload);
        peer.send(header, payload).await.expect("a cell that reads");
    };
    let hear = async || {
        let (header, payload) = peer.next().await.expect("a frame");
        record.frame('<', &header, &payload);
        (header.kind, Code::from_number(header.argument))
    };
    record.line("# a channel that there is not, and what comes after it");
    say(Header::new(Kind::Hello, 0, 0), &hello(Format::MessagePack).encode()).await;
    assert_eq!(hear().await.0, Kind::Hello);
    say(Header { argument: ECHO, ..Header::new(Kind::Request, 0x7f, 1) }, b"x").await;
    assert_eq!(hear().await, (Kind::Fault, Code::UnknownChannel));
    let call = Header::new(Kind::Request, 0, 2);
    say(Header { argument: ECHO, format: Format::MessagePack, ..call }, b"x").await;
    assert_eq!(hear().await.0, Kind::Response);
    record
        .line("# is anybody there; credit for nothing, a call given up that there is not; the end");
    say(Header::new(Kind::Ping, 0, 0), b"").await;
    assert_eq!(hear().await.0, Kind::Pong);
    say(Header { argument: 1, ..Header::new(Kind::Credit, 0, 3) }, b"").await;
    say(Header::new(Kind::Cancel, 0, 3), b"").await;
    say(Header::new(Kind::Bye, 0, 0), b"").await;
    let stopped = tokio::spawn(cell.stop(Duration::from_secs(20)));
    assert_eq!(hear().await.0, Kind::Bye);
    peer.is_over().await;
    assert!(stopped.await.expect("a task"));

    let refused = connect_refused(&record).await;
    assert_eq!(refused, Code::Incompatible);
    compare(&record.0.lock().expect("the record"));
}

/// A pipe to the cell that goes through here.
async fn relayed(folder: &Path, record: Record) -> (UnixPipe, JoinSet<()>) {
    let mut between = UnixSocket::listen(folder, "relay").expect("the name");
    let (client, there) = tokio::join!(connect(folder, "relay"), between.accept());
    let client_side = Arc::new(Peer(there.expect("a connection")));
    let cell_side = Arc::new(Peer(connect(folder, "test").await.expect("a cell")));
    let mut relays = JoinSet::new();
    relays.spawn(relay(Arc::clone(&client_side), Arc::clone(&cell_side), '>', record.clone()));
    relays.spawn(relay(cell_side, client_side, '<', record));
    (client.expect("a connection"), relays)
}

/// A cell with another schema, and a client that cannot do without the same.
async fn connect_refused(record: &Record) -> Code {
    let memory = cell_transport::memory::Memory::new();
    let listener = memory.listen("test").expect("the name");
    let _cell = Membrane::bind(listener, Service::new(Format::Rkyv), Limits::default());
    let peer = Peer(memory.connect("test").expect("a cell"));
    record.line("# another schema, and nothing but archives");
    let other = Hello { schema: SchemaHash::from_bytes([2; 32]), ..hello(Format::Rkyv) }.encode();
    let header = Header { length: other.len() as u32, ..Header::new(Kind::Hello, 0, 0) };
    record.frame('>', &header, &other);
    peer.send(header, &other).await.expect("a cell that reads");
    let (header, payload) = peer.next().await.expect("a frame");
    record.frame('<', &header, &payload);
    Code::from_number(header.argument)
}

fn compare(found: &str) {
    assert_eq!(HEADER, 32);
    if std::env::var_os("CELL_BLESS").is_some() {
        std::fs::write(FILE, found).expect("the file");
    }
    let expected = std::fs::read_to_string(FILE).expect("golden.txt; CELL_BLESS=1 writes it");
    let line = expected.lines().zip(found.lines()).position(|(one, other)| one != other);
    assert!(
        expected == found,
        "the wire changed, at line {}: clients in other languages break. `CELL_BLESS=1 cargo test \
         -p cell-transport golden` accepts it:\n{found}",
        line.map_or(expected.lines().count().min(found.lines().count()), |line| line) + 1,
    );
}
