//! What a cell counts, after calls that are known.

use std::time::Duration;

use cell::prometheus_client::metrics::counter::Counter;
use cell::{Code, Limits};
use cell_model::Channel;
use cell_model::schema::method_number;
use cell_services::{Probe, ProbeClient};

use crate::open_metrics::{Samples, read};
use crate::place::{Folder, raw};

/// The metrics of a cell when they are as `done` wants them; what clients see of a call's end may be
/// earlier than what the cell does about it.
async fn settled(folder: &Folder, cell: &str, done: impl Fn(&Samples) -> bool) -> Samples {
    let begin = std::time::Instant::now();
    loop {
        let text = folder.metrics(cell).await;
        let samples = read(&text);
        if done(&samples) {
            return samples;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "it stays so:\n{text}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const WAIT: &[(&str, &str)] = &[("cell", "probe"), ("service", "Probe"), ("method", "wait")];

fn calls(samples: &Samples, method: &str, outcome: &str) -> f64 {
    let labels = [("service", "Probe"), ("method", method), ("outcome", outcome)];
    samples.sum("cell_calls_total", &labels)
}

#[tokio::test]
async fn calls_are_counted_by_how_they_end() {
    let folder = Folder::new();
    let placed = Counter::<u64>::default();
    let builder = folder.builder("probe").with(Probe::default()).version("1.2 \"beta\"\n\\");
    let registered = placed.clone();
    let builder = builder.metrics(|registry| registry.register("orders", "Placed", registered));
    let cell = builder.start().expect("a free name");
    let client = folder.client("probe");

    placed.inc_by(3);
    for _ in 0..3 {
        assert_eq!(client.wait(0).await, Ok(0));
    }
    assert_eq!(client.wait(30).await, Ok(30));
    for later in [false, true] {
        let fault = client.fail(later).await.unwrap_err();
        assert_eq!(fault.code, Code::HandlerPanicked);
    }
    let synapse = folder.synapse("probe", "Probe").await.unwrap();
    let bad = raw(&synapse, Channel::App, method_number("wait"), vec![0xc1]).await;
    assert_eq!(bad.unwrap_err().code, Code::BadPayload);
    let nobody = raw(&synapse, Channel::App, 1, Vec::new()).await;
    assert_eq!(nobody.unwrap_err().code, Code::UnknownMethod);

    // One that its caller gives up, one whose time is over, and a stream that nobody reads on.
    let given_up = tokio::time::timeout(Duration::from_millis(20), client.wait(600_000)).await;
    assert!(given_up.is_err());
    let hurried = folder.caller::<Probe>("probe").with_timeout(Duration::from_millis(50));
    let fault = ProbeClient::with(hurried).wait(600_000).await.unwrap_err();
    assert_eq!(fault.code, Code::DeadlineExceeded);
    let mut numbers = client.numbers().await.unwrap();
    assert_eq!(numbers.next().await, Some(Ok(0)));
    drop(numbers);

    let samples = settled(&folder, "probe", |it| it.sum("cell_calls_in_flight", &[]) == 0.0).await;
    let found = |method, outcome| calls(&samples, method, outcome);
    assert_eq!(found("wait", "ok"), 4.0);
    assert_eq!(found("fail", "handler-panicked"), 2.0);
    assert_eq!(found("wait", "bad-payload"), 1.0);
    assert_eq!(found("-", "unknown-method"), 1.0);
    assert_eq!(found("wait", "cancelled"), 1.0);
    assert_eq!(found("wait", "deadline-exceeded"), 1.0);
    assert_eq!(found("numbers", "cancelled"), 1.0);
    assert_eq!(samples.sum("cell_calls_total", &[("cell", "probe")]), 11.0);

    // 4 with a value, 3 without.
    assert_eq!(samples.sum("cell_call_duration_seconds_count", WAIT), 7.0);
    let took = samples.sum("cell_call_duration_seconds_sum", WAIT);
    assert!(took > 0.1, "30, 20 and 50 ms are in {took} s");
    let short = [WAIT, &[("le", "0.01")]].concat();
    let short = samples.sum("cell_call_duration_seconds_bucket", &short);
    assert!(short <= 4.0, "{short} of those that waited took no time");

    assert!(samples.sum("cell_received_bytes_total", &[]) > 300.0);
    assert!(samples.sum("cell_sent_bytes_total", &[]) > 300.0);
    assert!(samples.sum("cell_start_time_seconds", &[]) > 1.7e9);
    let build = [("version", "1.2 \"beta\"\n\\"), ("release", env!("CARGO_PKG_VERSION"))];
    assert_eq!(samples.sum("cell_build_info", &build), 1.0);
    // The author's own have no labels of ours.
    assert_eq!(samples.sum("orders_total", &[]), 3.0);
    assert!(cell.stop().await);
}

#[tokio::test]
async fn what_is_there_now_is_counted_too() {
    let folder = Folder::new();
    let _cell = folder.probe("probe");
    let client = folder.client("probe");
    let mut waits: Vec<_> = (0..3)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.wait(600_000).await })
        })
        .collect();
    settled(&folder, "probe", |it| it.sum("cell_calls_in_flight", WAIT) == 3.0).await;
    waits.pop().expect("one of them").abort();
    settled(&folder, "probe", |it| it.sum("cell_calls_in_flight", WAIT) == 2.0).await;
    let others = [folder.synapse("probe", "").await, folder.synapse("probe", "Probe").await];
    // The one that asks, that of the client, and these.
    let samples = settled(&folder, "probe", |it| it.sum("cell_connections", &[]) == 4.0).await;
    assert!(samples.sum("cell_connections_accepted_total", &[]) >= 4.0);
    drop(others);
    waits.into_iter().for_each(|wait| wait.abort());
    settled(&folder, "probe", |it| it.sum("cell_calls_in_flight", WAIT) == 0.0).await;
    settled(&folder, "probe", |it| it.sum("cell_connections", &[]) == 2.0).await;
}

#[tokio::test]
async fn calls_without_a_deadline_get_that_of_the_cell() {
    let folder = Folder::new();
    let builder = folder.builder("probe").with(Probe::default());
    let cell = builder.deadline(Duration::from_millis(30)).limits(Limits::default());
    let _cell = cell.start().expect("a free name");
    let synapse = folder.synapse("probe", "Probe").await.unwrap();
    let patient = |milliseconds: u64| {
        let arguments = std::collections::BTreeMap::from([("milliseconds", milliseconds)]);
        let arguments = cell_model::message::encode(&arguments).unwrap();
        raw(&synapse, Channel::App, method_number("wait"), arguments)
    };
    let fault = patient(600_000).await.unwrap_err();
    assert_eq!(
        fault.to_string(),
        "deadline-exceeded: the cell ends calls without a deadline after 30ms"
    );
    patient(0).await.expect("in time");
    // Who says how long has that long, and a stream has no end.
    let client = folder.client("probe");
    assert_eq!(client.wait(60).await, Ok(60));
    let mut numbers = client.numbers().await.unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    for number in 0..100 {
        assert_eq!(numbers.next().await, Some(Ok(number)));
    }
    let samples = settled(&folder, "probe", |it| it.has("cell_calls_total")).await;
    assert_eq!(calls(&samples, "wait", "deadline-exceeded"), 1.0);
}
