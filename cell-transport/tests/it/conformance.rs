//! What holds on every transport.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cell_model::frame::{FRAME_PAYLOAD, Format, Header, Kind};
use cell_model::hello::Hello;
use cell_model::schema::SchemaHash;
use cell_model::{Channel, Code, Fault};
use cell_transport::{Connect, Grown, Handler, Limits, Local, Membrane, Request, Synapse};
use tokio::task::JoinSet;

use crate::Transport;
use crate::peer::Peer;
use crate::service::{
    BYTES, COUNT, ECHO, FIRED, PANIC, PANIC_LATER, SLEEP, Service, hello, request,
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A cell named `test`, and what it counts.
pub(crate) fn serve<T: Transport>(transport: &T, limits: Limits) -> (Membrane, Arc<Service>) {
    let service = Service::new(T::FORMAT);
    let handler = Arc::clone(&service) as Arc<dyn Handler>;
    (Membrane::bind(transport.listen("test"), handler, limits), service)
}

pub(crate) async fn grow<T: Transport>(transport: &T) -> Synapse<Local> {
    let pipe = transport.connect("test").await.expect("a cell that listens");
    Synapse::over(pipe, hello(T::FORMAT), Limits::default()).await.expect("a cell that greets")
}

async fn code(call: impl Future<Output = Result<Vec<u8>, Fault>>) -> Code {
    call.await.expect_err("a fault").code
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, is: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is() {
        assert!(begin.elapsed() < 20 * SECOND, "{what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(crate) async fn a_hundred_thousand_calls_from_eight_threads<T: Transport>() {
    let transport = T::new();
    let (_cell, _) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    let threads = (0..8u32).map(|thread| {
        let (synapse, runtime) = (synapse.clone(), tokio::runtime::Handle::current());
        tokio::task::spawn_blocking(move || {
            // Eight of each thread are under way at the same time.
            let lanes = (0..8u32).map(|lane| {
                let synapse = synapse.clone();
                async move {
                    for number in 0..100_000 / 64 + 1 {
                        let payload = [thread, lane, number].map(u32::to_le_bytes).concat();
                        let answer = synapse.call(request(ECHO, &payload)).await;
                        assert_eq!(answer.as_deref(), Ok(&payload[..]), "another call's answer");
                    }
                }
            });
            let lanes: JoinSet<()> = {
                let _entered = runtime.enter();
                lanes.collect()
            };
            runtime.block_on(lanes.join_all());
        })
    });
    for thread in threads.collect::<Vec<_>>() {
        thread.await.expect("a thread");
    }
}

pub(crate) async fn channels_are_mixed_on_one_connection<T: Transport>() {
    let transport = T::new();
    let (_cell, service) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    let mut tasks = Vec::new();
    for number in 0..400u32 {
        let synapse = synapse.clone();
        tasks.push(tokio::spawn(async move {
            let channel = Channel::ALL[number as usize % 4];
            // Some are longer than a frame.
            let length = if number % 50 == 0 { 2 * FRAME_PAYLOAD + 9 } else { 100 };
            let payload = vec![number as u8; length];
            let request = Request { channel, ..request(ECHO, &payload) };
            assert!(synapse.call(request).await.expect("an answer") == payload);
        }));
    }
    for channel in Channel::ALL {
        synapse.fire_on_channel(channel, FIRED, Vec::new()).expect("room");
    }
    synapse.fire(FIRED, vec![1]).expect("room");
    for task in tasks {
        task.await.expect("a task");
    }
    until("what was fired arrives", || service.fired.load(Ordering::SeqCst) == 5).await;
}

pub(crate) async fn payloads_of_64_mib<T: Transport>() {
    let transport = T::new();
    let (_cell, _) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    let most = Limits::default().message;
    let payload: Vec<u8> = (0..most).map(|n| (n % 251) as u8).collect();
    // Small calls go on meanwhile.
    let large = tokio::spawn({
        let (synapse, request) = (synapse.clone(), request(ECHO, &payload));
        async move { synapse.call(request).await }
    });
    let mut small = 0;
    while !large.is_finished() {
        synapse.call(request(ECHO, b"x")).await.expect("an answer");
        small += 1;
    }
    assert!(large.await.expect("a task").expect("an answer") == payload);
    assert!(small > 10, "{small} small calls beside it");
    let too_large = request(ECHO, &vec![0; most + 1]);
    assert_eq!(code(synapse.call(too_large)).await, Code::TooLarge);
    let too_large = (most as u32 + 1).to_le_bytes();
    assert_eq!(code(synapse.call(request(BYTES, &too_large))).await, Code::TooLarge);
    assert!(synapse.call(request(ECHO, b"x")).await.is_ok());
}

pub(crate) async fn deadlines_and_cancellation<T: Transport>() {
    let transport = T::new();
    let (_cell, service) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    let waiting = || service.waiting.load(Ordering::SeqCst);
    let sleep = || request(SLEEP, &60_000u32.to_le_bytes());
    let late = Request { timeout: Some(Duration::from_millis(30)), ..sleep() };
    assert_eq!(code(synapse.call(late)).await, Code::DeadlineExceeded);
    until("the handler is dropped", || waiting() == 0).await;
    // Whoever drops the future does not want the answer.
    let dropped = tokio::time::timeout(Duration::from_millis(200), synapse.call(sleep())).await;
    assert!(dropped.is_err());
    until("the handler is dropped", || waiting() == 0).await;
    // Nor whoever drops the connection.
    let other = grow(&transport).await;
    let call = tokio::spawn(async move { other.call(sleep()).await });
    until("the handler waits", || waiting() == 1).await;
    call.abort();
    until("the handler is dropped", || waiting() == 0).await;
    let short = Request { timeout: Some(20 * SECOND), ..request(SLEEP, &1u32.to_le_bytes()) };
    assert_eq!(synapse.call(short).await.as_deref(), Ok(&b"slept"[..]));
}

pub(crate) async fn a_stream_ends_and_one_that_nobody_reads_waits<T: Transport>() {
    let transport = T::new();
    let (_cell, _) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    let count = |count: u32| request(COUNT, &count.to_le_bytes());
    let mut unread = synapse.stream(count(u32::MAX)).await.expect("a stream");
    let mut stream = synapse.stream(count(1000)).await.expect("a stream");
    for expected in 0..1000u32 {
        let item = stream.next().await.expect("an item").expect("no fault");
        assert_eq!(item, expected.to_le_bytes());
    }
    assert!(stream.next().await.is_none());
    // Its items waited, and it goes on.
    for expected in 0..100u32 {
        assert_eq!(unread.next().await, Some(Ok(expected.to_le_bytes().to_vec())));
    }
    drop(unread);
    let mut empty = synapse.stream(count(0)).await.expect("a stream");
    assert!(empty.next().await.is_none());
    let mut faulty = synapse.stream(request(99, b"")).await.expect("a stream");
    let fault = faulty.next().await.expect("an item").expect_err("a fault");
    assert_eq!(fault.code, Code::UnknownMethod);
    assert!(faulty.next().await.is_none());
}

pub(crate) async fn panics_and_unknown_methods_are_faults_of_one_call<T: Transport>() {
    let transport = T::new();
    let (_cell, _) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    let beside = synapse.clone();
    let beside =
        tokio::spawn(async move { beside.call(request(SLEEP, &200u32.to_le_bytes())).await });
    assert_eq!(code(synapse.call(request(PANIC, b""))).await, Code::HandlerPanicked);
    assert_eq!(code(synapse.call(request(PANIC_LATER, b""))).await, Code::HandlerPanicked);
    let fault = synapse.call(request(99, b"")).await.expect_err("a fault");
    assert_eq!(fault.to_string(), "unknown-method: there is no method 0x00000063");
    assert!(beside.await.expect("a task").is_ok());
}

pub(crate) async fn more_calls_than_the_cell_takes_wait<T: Transport>() {
    let transport = T::new();
    let (_cell, service) = serve(&transport, Limits { calls: 4, ..Limits::default() });
    let synapse = grow(&transport).await;
    let mut tasks = Vec::new();
    for _ in 0..40 {
        let synapse = synapse.clone();
        tasks.push(tokio::spawn(
            async move { synapse.call(request(SLEEP, &5u32.to_le_bytes())).await },
        ));
    }
    let mut most = 0;
    for task in tasks {
        most = most.max(service.waiting.load(Ordering::SeqCst));
        task.await.expect("a task").expect("an answer");
    }
    assert!(most <= 4, "{most} at once");
    // For so long as they are willing to.
    let long = || request(SLEEP, &60_000u32.to_le_bytes());
    let held: Vec<_> = (0..4)
        .map(|_| {
            let synapse = synapse.clone();
            tokio::spawn(async move { synapse.call(long()).await })
        })
        .collect();
    until("four handlers wait", || service.waiting.load(Ordering::SeqCst) == 4).await;
    let late = Request { timeout: Some(Duration::from_millis(20)), ..long() };
    assert_eq!(code(synapse.call(late)).await, Code::Overloaded);
    held.iter().for_each(tokio::task::JoinHandle::abort);
}

pub(crate) async fn more_connections_than_the_cell_takes_wait<T: Transport>() {
    let transport = T::new();
    let (_cell, _) = serve(&transport, Limits { connections: 2, ..Limits::default() });
    let (one, _other) = (grow(&transport).await, grow(&transport).await);
    let third = async {
        let pipe = transport.connect("test").await.expect("it listens");
        Synapse::<Local>::over(pipe, hello(T::FORMAT), Limits::default()).await
    };
    tokio::pin!(third);
    let early = tokio::time::timeout(Duration::from_millis(100), &mut third).await;
    assert!(early.is_err(), "a third was taken");
    drop(one);
    let third = third.await.expect("a place");
    assert_eq!(third.call(request(ECHO, b"x")).await.as_deref(), Ok(&b"x"[..]));
}

pub(crate) async fn a_cell_that_stops_ends_its_calls<T: Transport>() {
    let transport = T::new();
    let (cell, service) = serve(&transport, Limits::default());
    let (synapse, idle) = (grow(&transport).await, grow(&transport).await);
    let call = tokio::spawn({
        let synapse = synapse.clone();
        async move { synapse.call(request(SLEEP, &300u32.to_le_bytes())).await }
    });
    until("the handler waits", || service.waiting.load(Ordering::SeqCst) == 1).await;
    assert!(cell.stop(20 * SECOND).await, "it does not stop");
    assert_eq!(call.await.expect("a task").as_deref(), Ok(&b"slept"[..]));
    assert!(transport.connect("test").await.is_err(), "the name is still taken");
    until("the connection is over", || idle.is_over().is_some()).await;
    // Another one takes the name.
    let (_cell, _) = serve(&transport, Limits::default());
    grow(&transport).await.call(request(ECHO, b"x")).await.expect("an answer");
    // One that does not end in time.
    let transport = T::new();
    let (cell, service) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    let call =
        tokio::spawn(async move { synapse.call(request(SLEEP, &60_000u32.to_le_bytes())).await });
    until("the handler waits", || service.waiting.load(Ordering::SeqCst) == 1).await;
    assert!(!cell.stop(Duration::from_millis(50)).await);
    assert_eq!(call.await.expect("a task").expect_err("a fault").code, Code::Disconnected);
}

pub(crate) async fn nobody_listens_and_the_cell_goes<T: Transport>() {
    let transport = T::new();
    let fault = transport.connect("test").await.err().expect("nobody listens");
    assert_eq!(fault.code, Code::Disconnected);
    let (cell, service) = serve(&transport, Limits::default());
    let synapse = grow(&transport).await;
    let call = {
        let synapse = synapse.clone();
        tokio::spawn(async move { synapse.call(request(SLEEP, &60_000u32.to_le_bytes())).await })
    };
    until("the handler waits", || service.waiting.load(Ordering::SeqCst) == 1).await;
    cell.stop(Duration::ZERO).await;
    assert_eq!(call.await.expect("a task").expect_err("a fault").code, Code::Disconnected);
    assert!(synapse.is_over().is_some());
    assert_eq!(code(synapse.call(request(ECHO, b""))).await, Code::Disconnected);
    until("the handler is dropped", || service.waiting.load(Ordering::SeqCst) == 0).await;
}

/// A cell by its transport's names.
struct Named<T>(Arc<T>);

impl<T: Transport> Connect for Named<T> {
    type Where = Local;

    async fn connect(&self) -> Result<Synapse, Fault> {
        Synapse::over(self.0.connect("test").await?, hello(T::FORMAT), Limits::default()).await
    }
}

pub(crate) async fn a_lost_cell_is_found_again<T: Transport>() {
    let transport = Arc::new(T::new());
    let grown = Grown::new(Named(Arc::clone(&transport)));
    let echo = |patience: Duration| {
        let (grown, timeout) = (grown.clone(), Some(patience));
        async move { grown.call(Request { timeout, ..request(ECHO, b"x") }).await }
    };
    // It does not run, and whoever waits for a while is told so.
    let begin = Instant::now();
    assert_eq!(code(echo(Duration::from_millis(60))).await, Code::Disconnected);
    assert!(begin.elapsed() < 10 * SECOND);
    // It starts while many wait; they share one connection.
    let waiting: Vec<_> = (0..20).map(|_| tokio::spawn(echo(20 * SECOND))).collect();
    tokio::time::sleep(Duration::from_millis(30)).await;
    let (cell, _) = serve(&*transport, Limits::default());
    for waits in waiting {
        assert_eq!(waits.await.expect("a task").as_deref(), Ok(&b"x"[..]));
    }
    // It ends, well or badly, and another one takes its place.
    let synapse = grown.synapse().await.expect("the same connection");
    assert!(cell.stop(20 * SECOND).await);
    until("the end is noticed", || synapse.is_over().is_some()).await;
    for _ in 0..20 {
        let (cell, _) = serve(&*transport, Limits::default());
        assert_eq!(echo(20 * SECOND).await.as_deref(), Ok(&b"x"[..]));
        let synapse = grown.synapse().await.expect("the same connection");
        cell.stop(Duration::ZERO).await;
        // A call that is sent before the loss is noticed is not repeated.
        until("the loss is noticed", || synapse.is_over().is_some()).await;
    }
    // Nor is one that the cell has begun, however long its caller would wait.
    let (cell, service) = serve(&*transport, Limits::default());
    let begun = tokio::spawn({
        let (grown, timeout) = (grown.clone(), Some(20 * SECOND));
        async move { grown.call(Request { timeout, ..request(SLEEP, &60_000u32.to_le_bytes()) }).await }
    });
    until("the handler waits", || service.waiting.load(Ordering::SeqCst) == 1).await;
    cell.stop(Duration::ZERO).await;
    let (_cell, service) = serve(&*transport, Limits::default());
    assert_eq!(begun.await.expect("a task").expect_err("a fault").code, Code::Disconnected);
    assert_eq!(service.waiting.load(Ordering::SeqCst), 0);
}

/// Limits with little patience.
fn hasty() -> Limits {
    // Not so little that a machine with other work to do is given up.
    let quick = SECOND;
    Limits { greeting: quick, patience: quick, quiet: quick, ..Limits::default() }
}

pub(crate) async fn strange_clients_disturb_nobody<T: Transport>() {
    let transport = T::new();
    let (_cell, _) = serve(&transport, Limits { greeting: 2 * SECOND, ..Limits::default() });
    let good = grow(&transport).await;
    let connect = || async { Peer(transport.connect("test").await.expect("a cell")) };
    let greet = |hello: Hello| hello.encode();
    let first = Header::new(Kind::Hello, 0, 0);

    // Another protocol, another version, another service, nothing in common, nothing at all.
    let peer = connect().await;
    peer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n").await.unwrap();
    assert_eq!(peer.fault(0).await.code, Code::BadFrame);
    peer.is_over().await;
    let peer = connect().await;
    let mut old = greet(hello(T::FORMAT));
    old[4] = 0;
    peer.send(first, &old).await.unwrap();
    assert_eq!(peer.fault(0).await.code, Code::OldVersion);
    peer.is_over().await;
    for (hello, expected) in [
        (Hello { service: "Other".into(), ..hello(T::FORMAT) }, Code::UnknownService),
        (Hello { schema: SchemaHash::NONE, ..hello(Format::Rkyv) }, Code::Incompatible),
    ] {
        let refused = Synapse::<Local>::over(connect().await.0, hello, Limits::default()).await;
        assert_eq!(refused.err().map(|fault| fault.code), Some(expected));
    }
    let peer = connect().await;
    assert_eq!(peer.fault(0).await.code, Code::Disconnected);
    peer.is_over().await;

    // A call before the hello; a client that plays the cell.
    for kind in [Kind::Request, Kind::Response] {
        let peer = connect().await;
        peer.send(Header::new(kind, 0, 1), b"x").await.unwrap();
        assert_eq!(peer.fault(0).await.code, Code::BadFrame);
        peer.is_over().await;
    }

    // What is no frame, and half of one, after a good beginning.
    for (bytes, end) in
        [(&[0xee; 64][..], true), (&Header::new(Kind::Request, 0, 1).encode()[..9], false)]
    {
        let peer = connect().await;
        peer.send(first, &greet(hello(T::FORMAT))).await.unwrap();
        assert_eq!(peer.next().await.unwrap().0.kind, Kind::Hello);
        peer.write(bytes).await.unwrap();
        if end {
            assert_eq!(peer.fault(0).await.code, Code::BadFrame);
            peer.is_over().await;
        }
        good.call(request(ECHO, b"x")).await.expect("an answer");
    }

    // Byte by byte, an unknown channel, numbers that count down, and then a good call.
    let peer = connect().await;
    let payload = greet(hello(T::FORMAT));
    let bytes = [&Header { length: payload.len() as u32, ..first }.encode()[..], &payload].concat();
    for byte in bytes {
        peer.write(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.next().await.unwrap().0.kind, Kind::Hello);
    peer.send(Header { argument: ECHO, ..Header::new(Kind::Request, 0x7f, 5) }, b"").await.unwrap();
    assert_eq!(peer.fault(5).await.code, Code::UnknownChannel);
    let call =
        |id: u64| Header { argument: ECHO, format: T::FORMAT, ..Header::new(Kind::Request, 0, id) };
    peer.send(call(4), b"dropped").await.unwrap();
    peer.send(call(6), b"answered").await.unwrap();
    let (header, payload) = peer.next().await.unwrap();
    assert_eq!((header.kind, header.id, &payload[..]), (Kind::Response, 6, &b"answered"[..]));
    good.call(request(ECHO, b"x")).await.expect("an answer");
}

pub(crate) async fn strange_cells_are_given_up<T: Transport>() {
    // What the cell does when it was greeted, and what the client then says.
    let transport = T::new();
    let mut listener = transport.listen("strange");
    let answers: [(&str, Option<Vec<u8>>, Code); 4] = [
        ("silence", None, Code::Disconnected),
        (
            "another protocol",
            Some(b"220 smtp.example.org ESMTP, and so on..".to_vec()),
            Code::BadFrame,
        ),
        (
            "a hello of another version",
            {
                let mut hello = hello(T::FORMAT).encode();
                hello[4] = 9;
                let header =
                    Header { length: hello.len() as u32, ..Header::new(Kind::Hello, 0, 0) };
                Some([&header.encode()[..], &hello].concat())
            },
            Code::OldVersion,
        ),
        (
            "half a hello",
            Some(Header { length: 60, ..Header::new(Kind::Hello, 0, 0) }.encode().to_vec()),
            Code::Disconnected,
        ),
    ];
    for (what, answer, expected) in answers {
        let cell = async {
            let peer =
                Peer(cell_transport::Listener::accept(&mut listener).await.expect("a client"));
            peer.next().await.expect("a hello");
            if let Some(answer) = answer {
                peer.write(&answer).await.unwrap();
            }
            peer.is_over().await;
        };
        let client = async {
            let pipe = transport.connect("strange").await.expect("it listens");
            let fault =
                Synapse::<Local>::over(pipe, hello(T::FORMAT), hasty()).await.err().expect(what);
            assert_eq!(fault.code, expected, "{what}: {fault}");
        };
        tokio::join!(cell, client);
    }
    // It hangs up at once, or while it is greeted.
    for round in 0..100 {
        let cell = async {
            drop(cell_transport::Listener::accept(&mut listener).await.expect("a client"));
        };
        let client = async {
            let pipe = transport.connect("strange").await.expect("it listens");
            if round % 2 == 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            let greeted = Synapse::<Local>::over(pipe, hello(T::FORMAT), Limits::default());
            let ended = tokio::time::timeout(20 * SECOND, greeted).await.expect("an end");
            assert_eq!(ended.err().map(|fault| fault.code), Some(Code::Disconnected));
        };
        tokio::join!(cell, client);
    }
    // It greets, and then it is dead: it hears calls, and keep-alives, and says nothing.
    let cell = async {
        let peer = Peer(cell_transport::Listener::accept(&mut listener).await.expect("a client"));
        peer.next().await.expect("a hello");
        let reply = Hello { bytes: 9, calls: 9, ..hello(T::FORMAT) };
        peer.send(Header::new(Kind::Hello, 0, 0), &reply.encode()).await.unwrap();
        while peer.next().await.is_ok() {}
    };
    let client = async {
        let pipe = transport.connect("strange").await.expect("it listens");
        let synapse =
            Synapse::<Local>::over(pipe, hello(T::FORMAT), hasty()).await.expect("a greeting");
        let begin = Instant::now();
        let in_time = Request { timeout: Some(Duration::from_millis(50)), ..request(ECHO, b"") };
        assert_eq!(code(synapse.call(in_time)).await, Code::DeadlineExceeded);
        // Without a deadline the connection's patience ends it.
        assert_eq!(code(synapse.call(request(ECHO, b""))).await, Code::Disconnected);
        assert!(begin.elapsed() < 20 * SECOND);
    };
    tokio::join!(cell, client);
}

pub(crate) async fn a_cell_that_does_not_read_is_given_up<T: Transport>() {
    let transport = T::new();
    let mut listener = transport.listen("deaf");
    let cell = async {
        let peer = Peer(cell_transport::Listener::accept(&mut listener).await.expect("a client"));
        peer.next().await.expect("a hello");
        let reply = Hello { bytes: 64 << 20, calls: 9, ..hello(T::FORMAT) };
        peer.send(Header::new(Kind::Hello, 0, 0), &reply.encode()).await.unwrap();
        peer
    };
    let client = async {
        let pipe = transport.connect("deaf").await.expect("it listens");
        Synapse::<Local>::over(pipe, hello(T::FORMAT), hasty()).await.expect("a greeting")
    };
    let (peer, synapse) = tokio::join!(cell, client);
    let begin = Instant::now();
    let large = request(ECHO, &vec![7; 32 << 20]);
    let in_time = Request { timeout: Some(Duration::from_millis(50)), ..large.clone() };
    assert_eq!(code(synapse.call(in_time)).await, Code::DeadlineExceeded);
    assert_eq!(code(synapse.call(large)).await, Code::Disconnected);
    // What nobody waits for is not collected either, and neither says that it was read.
    let fired = (0..100).map(|_| synapse.fire(FIRED, vec![0; 1 << 20])).find_map(Result::err);
    assert_eq!(fired.map(|fault| fault.code), Some(Code::Disconnected));
    assert!(begin.elapsed() < 20 * SECOND);
    drop(peer);
}

pub(crate) async fn a_peer_that_does_not_read_costs_bounded_memory<T: Transport>() {
    let transport = T::new();
    let limits = Limits { patience: 3 * SECOND, unwritten: 1 << 20, ..Limits::default() };
    let (_cell, service) = serve(&transport, limits);
    let good = grow(&transport).await;
    let peer = Peer(transport.connect("test").await.expect("a cell"));
    peer.send(Header::new(Kind::Hello, 0, 0), &hello(T::FORMAT).encode()).await.unwrap();
    peer.next().await.expect("a hello");
    // Answers of 512 KiB each, for all of which nobody waits.
    let size = (512u32 << 10).to_le_bytes();
    let mut asked = 0u64;
    let ended = loop {
        asked += 1;
        let call =
            Header { argument: BYTES, format: T::FORMAT, ..Header::new(Kind::Request, 0, asked) };
        let sent = tokio::time::timeout(5 * SECOND, peer.send(call, &size)).await;
        match sent {
            Ok(Ok(())) if asked < 1_000_000 => {}
            Ok(Ok(())) => break false,
            Ok(Err(_)) | Err(_) => break true,
        }
    };
    // The cell stopped reading, or hung up, long before it had answered all.
    assert!(ended, "{asked} calls were taken");
    good.call(request(ECHO, b"x")).await.expect("an answer");
    assert_eq!(service.waiting.load(Ordering::SeqCst), 0);
}
