//! One set of tests for all transports: whatever carries the bytes, calls behave the same.

mod conformance;
#[cfg(target_os = "linux")]
mod killed;
mod peer;
mod service;

use std::future::Future;

use cell_model::Fault;
use cell_transport::memory::{Memory, MemoryListener, MemoryPipe};
use cell_transport::{Listener, Pipe};

/// What the tests need of a transport.
trait Transport: Send + Sync + 'static {
    type Listener: Listener;
    type Pipe: Pipe;

    fn new() -> Self;
    fn listen(&self, name: &str) -> Self::Listener;
    fn connect(&self, name: &str) -> impl Future<Output = Result<Self::Pipe, Fault>> + Send;
}

impl Transport for Memory {
    type Listener = MemoryListener;
    type Pipe = MemoryPipe;

    fn new() -> Self {
        Self::new()
    }

    fn listen(&self, name: &str) -> MemoryListener {
        self.listen(name).expect("a free name")
    }

    async fn connect(&self, name: &str) -> Result<MemoryPipe, Fault> {
        self.connect(name)
    }
}

#[cfg(unix)]
struct Unix(tempfile::TempDir);

#[cfg(unix)]
impl Transport for Unix {
    type Listener = cell_transport::unix::UnixSocket;
    type Pipe = cell_transport::unix::UnixPipe;

    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn listen(&self, name: &str) -> Self::Listener {
        cell_transport::unix::UnixSocket::listen(&self.0.path().join("run"), name)
            .expect("a free name")
    }

    async fn connect(&self, name: &str) -> Result<Self::Pipe, Fault> {
        cell_transport::unix::connect(&self.0.path().join("run"), name).await
    }
}

macro_rules! over_every_transport {
    ($($test:ident)+) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::conformance::$test::<super::Memory>().await;
            })+
        }

        #[cfg(unix)]
        mod unix {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::conformance::$test::<super::Unix>().await;
            })+
        }
    };
}

over_every_transport! {
    a_hundred_thousand_calls_from_eight_threads
    channels_are_mixed_on_one_connection
    payloads_of_64_mib
    deadlines_and_cancellation
    a_stream_ends_and_one_that_nobody_reads_waits
    panics_and_unknown_methods_are_faults_of_one_call
    more_calls_than_the_cell_takes_wait
    more_connections_than_the_cell_takes_wait
    a_cell_that_stops_ends_its_calls
    nobody_listens_and_the_cell_goes
    a_lost_cell_is_found_again
    strange_clients_disturb_nobody
    strange_cells_are_given_up
    a_peer_that_does_not_read_costs_bounded_memory
}
