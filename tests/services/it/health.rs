//! Cells that are not ready yet, and cells that lack something.

use std::io;

use cell::{Caller, Code, Service as _};
use cell_model::schema::method_number;
use cell_model::{Channel, ops};
use cell_services::Probe;
use tokio::sync::oneshot;

use crate::place::{Folder, raw};

async fn health(folder: &Folder, cell: &str) -> ops::Health {
    match folder.ops(cell, ops::Request::Health).await {
        ops::Reply::Health(health) => health,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_cell_has_its_name_before_its_service_is_made() {
    let folder = Folder::new();
    let (make, made) = oneshot::channel::<Probe>();
    let (go, gone) = oneshot::channel::<()>();
    let later = async { made.await.map_err(io::Error::other) };
    let builder = folder.builder("probe").with_later(later);
    let builder = builder.ready_after(async { gone.await.map_err(io::Error::other) });
    let cell = builder.start().expect("a free name");

    assert_eq!(health(&folder, "probe").await, ops::Health::Starting);
    assert_eq!(folder.describe("probe").await.questions, ["Probe::kinds"]);
    let synapse = folder.synapse("probe", "Probe").await.expect("it listens");
    let early = raw(&synapse, Channel::App, method_number("kinds"), vec![0x80]).await;
    let fault = early.unwrap_err();
    assert_eq!(fault.to_string(), "not-ready: the cell starts");
    assert!(fault.code.is_transient() && fault.code.was_not_begun());

    // A client waits, as long as it has patience.
    let client = folder.client("probe");
    let waits = tokio::spawn(async move { client.wait(0).await });
    make.send(Probe::default()).ok().expect("it is waited for");
    tokio::task::yield_now().await;
    // The other one is not done.
    assert_eq!(health(&folder, "probe").await, ops::Health::Starting);
    assert!(!waits.is_finished());
    go.send(()).expect("it is waited for");
    cell.ready().await.expect("it is ready");
    assert_eq!(health(&folder, "probe").await, ops::Health::Ready);
    assert_eq!(waits.await.expect("a task"), Ok(0));
    raw(&synapse, Channel::App, method_number("kinds"), vec![0x80]).await.expect("an answer");
    assert!(cell.stop().await);
}

#[tokio::test]
async fn a_cell_that_cannot_start_ends_and_says_why() {
    let folder = Folder::new();
    let failing = async { Err::<Probe, _>(io::Error::other("no disk")) };
    let cell = folder.builder("probe").with_later(failing).start().expect("a free name");
    assert_eq!(cell.ready().await.unwrap_err().to_string(), "no disk");
    let synapse = folder.synapse("probe", "Probe").await.expect("it listens");
    let fault = raw(&synapse, Channel::App, method_number("kinds"), vec![0x80]).await.unwrap_err();
    assert_eq!(fault.to_string(), "not-ready: the cell could not start: no disk");
    drop(synapse);
    assert_eq!(cell.until_stopped().await.unwrap_err().to_string(), "no disk");
    assert_eq!(folder.synapse("probe", "").await.err().unwrap().code, Code::Disconnected);

    let panics = async { panic!("on purpose") };
    let cell = folder.builder("probe").ready_after(panics).start().expect("a free name");
    let why = cell.until_stopped().await.unwrap_err().to_string();
    assert_eq!(why, "it panicked; its log says more");
}

#[tokio::test]
async fn a_cell_may_be_stopped_before_it_is_ready() {
    let folder = Folder::new();
    let never = std::future::pending::<io::Result<()>>();
    let builder = folder.builder("probe").with(Probe::default()).ready_after(never);
    assert!(builder.start().expect("a free name").stop().await);
    let _again = folder.probe("probe");
}

#[tokio::test]
async fn what_a_cell_lacks_is_said_until_it_is_there() {
    let folder = Folder::new();
    let builder = folder.builder("probe");
    let reporter = builder.health();
    let _cell = builder.with(Probe::default()).start().expect("a free name");
    assert_eq!(health(&folder, "probe").await, ops::Health::Ready);
    reporter.set("disk", "nearly full");
    reporter.set("database", "no answer for 5 s");
    reporter.clone().set("database", "no answer for 6 s");
    let why = ["database: no answer for 6 s".to_owned(), "disk: nearly full".to_owned()];
    assert_eq!(health(&folder, "probe").await, ops::Health::Degraded { why: why.to_vec() });
    let samples = crate::open_metrics::read(&folder.metrics("probe").await);
    let gauges = ["cell_ready", "cell_degraded"].map(|name| samples.sum(name, &[]));
    assert_eq!(gauges, [1.0, 2.0]);
    // It serves all the same.
    let caller = Caller::in_folder(folder.path(), "probe", &Probe::schema());
    assert_eq!(cell_services::ProbeClient::with(caller).wait(0).await, Ok(0));
    reporter.clear("database");
    let why = vec![why[1].clone()];
    assert_eq!(health(&folder, "probe").await, ops::Health::Degraded { why });
    reporter.clear("disk");
    reporter.clear("disk");
    assert_eq!(health(&folder, "probe").await, ops::Health::Ready);
}
