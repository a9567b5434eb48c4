//! How connections end, and what waits for room: each of these once was a mistake.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cell_model::frame::{Header, Kind};
use cell_model::{Code, Fault};
use cell_transport::{Connect, Grown, Limits, Local, Request, Synapse};
use tokio::task::JoinSet;

use crate::Transport;
use crate::conformance::{SECOND, grow, serve, until};
use crate::peer::Peer;
use crate::service::{BYTES, COUNT, CROWD, ECHO, SLEEP, hello, request};

async fn greeted<T: Transport>(transport: &T) -> Peer<T::Pipe> {
    let peer = Peer(transport.connect("test").await.expect("a cell"));
    peer.send(Header::new(Kind::Hello, 0, 0), &hello(T::FORMAT).encode()).await.unwrap();
    peer.next().await.expect("a hello");
    peer
}

/// Clients that read nothing and never go: whatever is left for them, in the cell's buffers or in the
/// system's, they are given up, and their places are free for others.
pub(crate) async fn who_reads_nothing_leaves_its_place<T: Transport>() {
    const PEERS: u32 = 24;
    let transport = T::new();
    let limits = Limits { patience: SECOND, connections: PEERS as usize, ..Limits::default() };
    let (_cell, _service) = serve(&transport, limits);
    let mut peers = Vec::new();
    for number in 1..=PEERS {
        let peer = greeted(&transport).await;
        // More than the system's buffer takes; of some little is left over, of others much.
        let size = ((number * 16 + 208) << 10).to_le_bytes();
        let call =
            Header { argument: BYTES, format: T::FORMAT, ..Header::new(Kind::Request, 0, 1) };
        peer.send(call, &size).await.unwrap();
        peers.push(peer);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Of half of them the cell has to say a last word, which nobody reads either.
    for peer in peers.iter().step_by(2) {
        let _ = peer.write(&[0xff; 64]).await;
    }
    let begin = Instant::now();
    let mut good = Vec::new();
    while good.len() < PEERS as usize {
        assert!(begin.elapsed() < 30 * SECOND, "{} places were left", good.len());
        let found = tokio::time::timeout(10 * SECOND, grow(&transport)).await;
        good.push(found.expect("a place"));
    }
    for synapse in &good {
        synapse.call(request(ECHO, b"x")).await.expect("an answer");
    }
}

/// An answer that was given is read to its end, however slowly, when the cell stops.
pub(crate) async fn a_cell_that_stops_writes_what_it_said<T: Transport>() {
    // Around what buffers take: of some, little is left when the cell stops.
    for size in [60u32, 80, 100, 130, 210, 230, 250, 270].map(|size| size << 10) {
        let transport = T::new();
        let (cell, _service) = serve(&transport, Limits::default());
        let peer = greeted(&transport).await;
        let call =
            Header { argument: BYTES, format: T::FORMAT, ..Header::new(Kind::Request, 0, 1) };
        peer.send(call, &size.to_le_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let stopped = tokio::spawn(cell.stop(20 * SECOND));
        tokio::time::sleep(Duration::from_millis(50)).await;
        let mut read = 0;
        while read < size as usize {
            let (header, payload) = peer.next().await.expect("all of the answer");
            if header.kind == Kind::Response {
                read += payload.len();
            }
        }
        assert!(stopped.await.expect("a task"), "it ended in time");
    }
}

/// Items of one stream from many tasks at the same time.
pub(crate) async fn a_stream_is_sent_by_many<T: Transport>() {
    let transport = T::new();
    let (_cell, _service) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    const ITEMS: u32 = 500;
    let mut items = synapse.stream(request(CROWD, &ITEMS.to_le_bytes())).await.expect("a stream");
    let mut seen = 0;
    while let Some(item) = tokio::time::timeout(20 * SECOND, items.next()).await.expect("an item") {
        item.expect("an item");
        seen += 1;
    }
    assert_eq!(seen, ITEMS);
}

/// One large call that ends leaves room for all that wait.
pub(crate) async fn room_is_for_all_who_wait<T: Transport>() {
    const SMALL: usize = 100;
    let transport = T::new();
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let (_cell, service) = serve(&transport, limits);
    let synapse = grow(&transport).await;
    let sleep = |millis: u32, size: usize| {
        let mut payload = millis.to_le_bytes().to_vec();
        payload.resize(size, 0);
        let (synapse, request) = (synapse.clone(), request(SLEEP, &payload));
        async move { synapse.call(request).await }
    };
    let large = tokio::spawn(sleep(500, (1 << 20) - 1000));
    until("the large one", || service.waiting.load(Ordering::SeqCst) == 1).await;
    let small: JoinSet<_> = (0..SMALL).map(|_| sleep(3000, 2000)).collect();
    large.await.expect("a task").expect("an answer");
    // All of them, long before the first one ends.
    until("the small ones", || service.waiting.load(Ordering::SeqCst) == SMALL).await;
    drop(small);
}

/// A cell that takes connections and says nothing, as one that is stopped.
struct Silent;

impl Connect for Silent {
    type Where = Local;

    async fn connect(&self) -> Result<Synapse<Local>, Fault> {
        tokio::time::sleep(60 * SECOND).await;
        Err(Fault::new(Code::Disconnected, "it said nothing"))
    }
}

/// A deadline covers the way to the cell, for each of many who wait.
#[tokio::test]
async fn a_silent_cell_costs_nobody_more_than_the_deadline() {
    let grown = Grown::new(Silent);
    let begin = Instant::now();
    let calls: JoinSet<_> = (0..16)
        .map(|_| {
            let grown = grown.clone();
            let timeout = Some(Duration::from_millis(200));
            async move { grown.call(Request { timeout, ..request(ECHO, b"x") }).await }
        })
        .collect();
    for outcome in calls.join_all().await {
        assert_eq!(outcome.expect_err("a fault").code, Code::DeadlineExceeded);
    }
    assert!(begin.elapsed() < 20 * SECOND, "{:?}", begin.elapsed());
}

struct Of<T>(Arc<T>);

impl<T: Transport> Connect for Of<T> {
    type Where = Local;

    async fn connect(&self) -> Result<Synapse<Local>, Fault> {
        let pipe = self.0.connect("test").await?;
        let (quiet, patience) = (Duration::MAX, Duration::MAX);
        let limits = Limits { quiet, patience, greeting: Duration::MAX, ..Limits::default() };
        Synapse::over(pipe, hello(T::FORMAT), limits).await
    }
}

/// The longest time there is means for ever, and is no mistake.
pub(crate) async fn times_without_end<T: Transport>() {
    let transport = Arc::new(T::new());
    let (quiet, patience) = (Duration::MAX, Duration::MAX);
    let limits = Limits { quiet, patience, greeting: Duration::MAX, ..Limits::default() };
    let (_cell, _service) = serve(&*transport, limits);
    let grown = Grown::new(Of(transport));
    let for_ever = || Some(Duration::MAX);
    let request = Request { timeout: for_ever(), ..request(ECHO, b"x") };
    assert_eq!(grown.call(request).await.as_deref(), Ok(&b"x"[..]));
    let count = crate::service::request(COUNT, &3u32.to_le_bytes());
    let (_, mut items) =
        grown.stream_in(for_ever(), |_| Ok(count.clone())).await.expect("a stream");
    let mut seen = 0;
    while let Some(item) = items.next().await {
        item.expect("an item");
        seen += 1;
    }
    assert_eq!(seen, 3);
}
