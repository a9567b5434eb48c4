//! A cell that is restarted again and again while clients call it.
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cell::{Builder, Caller, Code, Running, Service as _};
use cell_services::{Probe, ProbeClient};

const TIMES: u64 = 100;
const CLIENTS: usize = 8;

/// Open files of this process.
fn files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}

async fn start(folder: &PathBuf) -> Running {
    let begin = Instant::now();
    loop {
        match Builder::new("probe").with(Probe::default()).in_folder(folder).start() {
            Ok(cell) => return cell,
            // One that was dropped is gone when its task is.
            Err(error) => assert!(begin.elapsed() < Duration::from_secs(60), "{error}"),
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cell_is_restarted_a_hundred_times_under_load() {
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("run");
    // What the runtime opens for itself is there afterwards.
    drop(start(&folder).await);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before = files();

    let over = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicU64::new(0));
    let load: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (over, answered) = (Arc::clone(&over), Arc::clone(&answered));
            let caller = Caller::in_folder(&folder, "probe", &Probe::schema());
            let client = ProbeClient::with(caller.with_timeout(Duration::from_secs(60)));
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    match client.wait(number as u64 % 2).await {
                        Ok(_) => answered.fetch_add(1, Ordering::Relaxed),
                        // It was under way when the cell ended, and nobody repeats it.
                        Err(fault) if fault.code == Code::Disconnected => 0,
                        Err(fault) => panic!("{fault}"),
                    };
                }
                // None is stuck: one more call, and it is answered; if that went to the cell that ended
                // last, which nobody had noticed yet, the next one is.
                match client.wait(0).await {
                    Err(fault) if fault.code == Code::Disconnected => client.wait(0).await,
                    answered => answered,
                }
            })
        })
        .collect();

    let mut most = 0;
    for round in 0..TIMES {
        let cell = start(&folder).await;
        // Each of them is called before it ends.
        let (seen, begin) = (answered.load(Ordering::Relaxed), Instant::now());
        while answered.load(Ordering::Relaxed) < seen + CLIENTS as u64 {
            assert!(begin.elapsed() < Duration::from_secs(60), "nobody calls in round {round}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        most = most.max(files());
        // Well, or as if it was killed.
        if round % 2 == 0 {
            assert!(cell.stop().await, "calls of at most a millisecond end");
        } else {
            drop(cell);
        }
    }
    let cell = start(&folder).await;
    over.store(true, Ordering::Relaxed);
    for client in load {
        let last = tokio::time::timeout(Duration::from_secs(60), client).await;
        assert_eq!(last.expect("it is not stuck").expect("a task"), Ok(0));
    }
    assert!(cell.stop().await);
    // A listener, a lock and a connection or two with its two ends, however many cells there were.
    assert!(most < before + 16, "{most} files at the same time, {before} before");
    let begin = Instant::now();
    while files() > before {
        assert!(begin.elapsed() < Duration::from_secs(60), "{} files, {before} before", files());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
