//! One set of tests for all transports and encodings: whatever carries the bytes, and whatever they
//! mean, calls behave the same.

#[cfg(target_os = "linux")]
mod bounded;
mod conformance;
mod ends;
#[cfg(unix)]
mod golden;
#[cfg(target_os = "linux")]
mod killed;
mod peer;
#[cfg(target_os = "linux")]
mod process;
mod service;

use std::future::Future;

use cell_model::Fault;
use cell_model::frame::Format;
use cell_transport::memory::{Memory, MemoryListener, MemoryPipe};
use cell_transport::{Listener, Pipe};

/// What the tests need of a transport.
trait Transport: Send + Sync + 'static {
    /// How payloads are written.
    const FORMAT: Format = Format::Rkyv;

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

/// The other encoding over the same transport.
struct WithNames<T>(T);

impl<T: Transport> Transport for WithNames<T> {
    const FORMAT: Format = Format::MessagePack;

    type Listener = T::Listener;
    type Pipe = T::Pipe;

    fn new() -> Self {
        Self(T::new())
    }

    fn listen(&self, name: &str) -> Self::Listener {
        self.0.listen(name)
    }

    async fn connect(&self, name: &str) -> Result<Self::Pipe, Fault> {
        self.0.connect(name).await
    }
}

macro_rules! over {
    ($module:ident $transport:ty: $suite:ident $($test:ident)+) => {
        mod $module {
            use super::*;

            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                $suite::$test::<$transport>().await;
            })+
        }
    };
}

macro_rules! over_every_transport {
    ($name:ident: $suite:ident $($test:ident)+) => {
        mod $name {
            use super::*;

            over! { memory_rkyv Memory: $suite $($test)+ }
            over! { memory_message_pack WithNames<Memory>: $suite $($test)+ }
            #[cfg(unix)]
            over! { unix_rkyv Unix: $suite $($test)+ }
            #[cfg(unix)]
            over! { unix_message_pack WithNames<Unix>: $suite $($test)+ }
        }
    };
}

over_every_transport! { ending: ends
    who_reads_nothing_leaves_its_place
    a_cell_that_stops_writes_what_it_said
    a_stream_is_sent_by_many
    room_is_for_all_who_wait
    times_without_end
}

over_every_transport! { all: conformance
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
    a_cell_that_does_not_read_is_given_up
    a_peer_that_does_not_read_costs_bounded_memory
}
