//! Clients of one process share what they need, and no more than is safe.

use std::time::Duration;

use cell::Code;
use cell_model::Channel;
use cell_model::schema::method_number;
use cell_services::{Ledger, LedgerClient, Probe, ProbeClient};
use tokio::runtime::{Builder, Runtime};

use crate::open_metrics::read;
use crate::place::{Folder, raw};

/// Connections of a cell beside the one that asks.
async fn connections(folder: &Folder, expected: f64) {
    let begin = std::time::Instant::now();
    loop {
        let open = read(&folder.metrics("cell").await).sum("cell_connections", &[]) - 1.0;
        if open == expected {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{open} connections, not {expected}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

#[tokio::test]
async fn clients_share_a_connection_that_the_last_one_ends() {
    let folder = Folder::new();
    let builder = folder.builder("cell").with(Probe::default()).with(Ledger::default());
    let _cell = builder.start().expect("a free name");
    let (one, other) = (folder.client("cell"), folder.client("cell"));
    let third = tokio::spawn({
        let caller = folder.caller::<Probe>("cell").with_timeout(Duration::from_secs(9));
        async move {
            let third = ProbeClient::with(caller);
            assert_eq!(third.wait(1).await, Ok(1));
            third
        }
    });
    let third = third.await.expect("a task");
    assert_eq!((one.wait(1).await, other.wait(2).await), (Ok(1), Ok(2)));
    connections(&folder, 1.0).await;
    // Another service is another hello.
    let ledger = LedgerClient::with(folder.caller::<Ledger>("cell"));
    ledger.tables().await.unwrap();
    connections(&folder, 2.0).await;
    drop((one, third, ledger));
    assert_eq!(other.wait(3).await, Ok(3));
    connections(&folder, 1.0).await;
    drop(other);
    connections(&folder, 0.0).await;
    assert_eq!(folder.client("cell").wait(4).await, Ok(4));
    connections(&folder, 0.0).await;
}

#[test]
fn a_client_outlives_the_runtime_that_it_was_used_on() {
    let folder = Folder::new();
    let serving = runtime();
    let _cell = serving.block_on(async { folder.probe("cell") });
    let client = folder.client("cell");
    let (first, second) = (runtime(), runtime());
    for at in [&first, &second] {
        assert_eq!(at.block_on(client.wait(1)), Ok(1));
    }
    serving.block_on(connections(&folder, 2.0));
    // In the middle of a call.
    let waits = first.spawn({
        let client = client.clone();
        async move { client.wait(3_600_000).await }
    });
    first.shutdown_timeout(Duration::from_secs(10));
    drop(waits);
    assert_eq!(second.block_on(client.wait(2)), Ok(2));
    // A runtime that only runs when it is asked to holds nobody up.
    let still = Builder::new_current_thread().enable_all().build().expect("a runtime");
    assert_eq!(still.block_on(client.wait(3)), Ok(3));
    assert_eq!(second.block_on(client.wait(4)), Ok(4));
    // That of the one that is gone was closed when the new one came.
    serving.block_on(connections(&folder, 2.0));
    for _ in 0..20 {
        let brief = Builder::new_current_thread().enable_all().build().expect("a runtime");
        assert_eq!(brief.block_on(client.wait(0)), Ok(0));
    }
    let last = runtime();
    assert_eq!(last.block_on(client.wait(5)), Ok(5));
    serving.block_on(connections(&folder, 3.0));
    drop(client);
    // What stands still closes nothing.
    drop(still);
    serving.block_on(connections(&folder, 0.0));
}

/// A connection that is handed to another runtime ends with its own.
#[test]
fn nobody_waits_for_a_connection_whose_runtime_is_gone() {
    let folder = Folder::new();
    let serving = runtime();
    let _cell = serving.block_on(async { folder.probe("cell") });
    let gone = runtime();
    let synapse = gone.block_on(folder.synapse("cell", "Probe")).expect("a cell");
    let call = |milliseconds: u64| {
        let synapse = synapse.clone();
        async move {
            let arguments = std::collections::BTreeMap::from([("milliseconds", milliseconds)]);
            let arguments = cell_model::message::encode(&arguments).unwrap();
            raw(&synapse, Channel::App, method_number("wait"), arguments).await
        }
    };
    let other = runtime();
    other.block_on(call(0)).expect("both run");
    let waits = other.spawn(call(3_600_000));
    serving.block_on(async {
        let running = async || {
            let samples = read(&folder.metrics("cell").await);
            samples.sum("cell_calls_in_flight", &[]) == 1.0
        };
        while !running().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    gone.shutdown_timeout(Duration::from_secs(10));
    let ended =
        other.block_on(async { tokio::time::timeout(Duration::from_secs(60), waits).await });
    let fault = ended.expect("it ends").expect("a task").unwrap_err();
    assert_eq!(fault.code, Code::Disconnected);
    assert!(synapse.is_over().is_some());
    assert_eq!(other.block_on(call(0)).unwrap_err().code, Code::Disconnected);
}
