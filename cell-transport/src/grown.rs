//! A connection that is made when it is needed, and made again when it is lost.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cell_model::frame::Format;
use cell_model::{Code, Fault};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::synapse::{Request, Stream, Synapse, until};

/// How to connect to a cell.
pub trait Connect: Send + Sync + 'static {
    /// Where the cell is: [`crate::Local`] or [`crate::Remote`].
    type Where: 'static;

    /// Connects and greets.
    fn connect(&self) -> impl Future<Output = Result<Synapse<Self::Where>, Fault>> + Send;
}

/// How long to wait before the second attempt; each further one waits twice as long.
const FIRST: Duration = Duration::from_millis(5);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(1);

/// A cell by name, connected or not. Clones share the connection.
pub struct Grown<C: Connect>(Arc<Inner<C>>);

struct Inner<C: Connect> {
    connect: C,
    /// Locked while connecting: many who need the connection make one.
    current: Mutex<Option<Synapse<C::Where>>>,
}

impl<C: Connect> Clone for Grown<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Connect> Grown<C> {
    /// Connects to nobody yet.
    #[must_use]
    pub fn new(connect: C) -> Self {
        Self(Arc::new(Inner { connect, current: Mutex::new(None) }))
    }

    /// The connection: the one that there is, else a new one.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn synapse(&self) -> Result<Synapse<C::Where>, Fault> {
        let mut current = self.0.current.lock().await;
        if let Some(synapse) = current.as_ref().filter(|synapse| synapse.is_over().is_none()) {
            return Ok(synapse.clone());
        }
        let synapse = self.0.connect.connect().await?;
        *current = Some(synapse.clone());
        Ok(synapse)
    }

    /// Is there a connection, or is one being made? If not, the next call makes one.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        // Who has it locked connects.
        let current = self.0.current.try_lock();
        current.map_or(true, |it| it.as_ref().is_some_and(|synapse| synapse.is_over().is_none()))
    }

    /// Calls. While the cell cannot be reached, or has not begun the call, it is tried again, with
    /// growing pauses, as long as the request's timeout lets it. A call that may have been begun is
    /// never repeated: only the caller knows whether that does harm.
    ///
    /// # Errors
    /// What the call ended with; without a timeout, why it could not be begun at once.
    pub async fn call(&self, request: Request) -> Result<Vec<u8>, Fault> {
        let answer = self.call_in(request.timeout, |_| Ok(request.clone())).await;
        answer.map(|(_, payload)| payload)
    }

    /// As [`Grown::call`], with a request that depends on the connection's format. The format is
    /// returned with the answer: another connection may have another one.
    ///
    /// # Errors
    /// As [`Grown::call`], and what `make` says.
    pub async fn call_in(
        &self,
        timeout: Option<Duration>,
        make: impl Fn(Format) -> Result<Request, Fault>,
    ) -> Result<(Format, Vec<u8>), Fault> {
        let mut attempts = Attempts::within(timeout);
        loop {
            let fault = match self.connected(attempts.until).await {
                Ok(synapse) => {
                    let request = Request { timeout: attempts.left(), ..make(synapse.format())? };
                    match synapse.begin_call(request).await {
                        Ok(answer) => match answer.await {
                            Err(fault) if may_repeat(&fault) => fault,
                            outcome => return outcome.map(|payload| (synapse.format(), payload)),
                        },
                        Err(fault) if was_not_sent(&fault) => fault,
                        Err(fault) => return Err(fault),
                    }
                }
                // Nothing was sent, whatever it was.
                Err(fault) if fault.code.is_transient() => fault,
                Err(fault) => return Err(fault),
            };
            attempts.again(fault).await?;
        }
    }

    /// Begins a stream, as [`Grown::call_in`] begins a call. The timeout is for its beginning; what
    /// comes of it may take any time, and the fault of a cell that does not take it is its first item.
    ///
    /// # Errors
    /// Why it could not be begun, and what `make` says.
    pub async fn stream_in(
        &self,
        timeout: Option<Duration>,
        make: impl Fn(Format) -> Result<Request, Fault>,
    ) -> Result<(Format, Stream), Fault> {
        let mut attempts = Attempts::within(timeout);
        loop {
            let fault = match self.connected(attempts.until).await {
                Ok(synapse) => {
                    let request = Request { timeout: None, ..make(synapse.format())? };
                    match synapse.begin_stream(request, attempts.until).await {
                        Ok(stream) => return Ok((synapse.format(), stream)),
                        Err(fault) if was_not_sent(&fault) => fault,
                        Err(fault) => return Err(fault),
                    }
                }
                Err(fault) if fault.code.is_transient() => fault,
                Err(fault) => return Err(fault),
            };
            attempts.again(fault).await?;
        }
    }

    /// The connection, in time.
    async fn connected(&self, until: Option<Instant>) -> Result<Synapse<C::Where>, Fault> {
        let Some(until) = until else { return self.synapse().await };
        let late = |_| Err(Fault::new(Code::DeadlineExceeded, "the cell did not greet in time"));
        tokio::time::timeout_at(until, self.synapse()).await.unwrap_or_else(late)
    }
}

/// Attempts to begin something, with growing pauses between them.
struct Attempts {
    until: Option<Instant>,
    pause: Duration,
}

impl Attempts {
    fn within(timeout: Option<Duration>) -> Self {
        Self { until: timeout.map(until), pause: FIRST }
    }

    fn left(&self) -> Option<Duration> {
        self.until.map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Waits for the next one; the fault of the last, if there is no time for it.
    async fn again(&mut self, fault: Fault) -> Result<(), Fault> {
        let Some(until) = self.until.filter(|until| Instant::now() + self.pause < *until) else {
            return Err(fault);
        };
        tokio::time::sleep_until(until.min(Instant::now() + jittered(self.pause))).await;
        self.pause = (self.pause * 2).min(LONGEST);
        Ok(())
    }
}

/// Of a call that was not begun: the connection may have ended without its task having said so yet.
fn was_not_sent(fault: &Fault) -> bool {
    fault.code == Code::Disconnected || may_repeat(fault)
}

fn may_repeat(fault: &Fault) -> bool {
    fault.code.is_transient() && fault.code.was_not_begun() && fault.code != Code::Overloaded
}

/// Between half of the pause and all of it: many who lost one cell do not come back at once. The
/// clock's last digits will do; nothing depends on them.
fn jittered(pause: Duration) -> Duration {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let digits = now.map_or(0, |now| now.subsec_nanos() % 1024);
    pause / 2 + pause * digits / 2048
}

#[cfg(unix)]
mod local {
    use std::path::PathBuf;

    use cell_model::hello::Hello;
    use cell_model::{Code, Fault};

    use super::{Connect, Grown};
    use crate::Limits;
    use crate::synapse::{Local, Synapse};
    use crate::unix;

    /// A cell of this user on this machine.
    #[derive(Clone, Debug)]
    pub struct OnThisMachine {
        /// The folder of the sockets.
        pub folder: PathBuf,
        /// The cell's name.
        pub name: String,
        /// What is said to it.
        pub hello: Hello,
        /// Bounds of the connection.
        pub limits: Limits,
    }

    impl Connect for OnThisMachine {
        type Where = Local;

        async fn connect(&self) -> Result<Synapse<Local>, Fault> {
            let stream = unix::connect(&self.folder, &self.name).await?;
            Synapse::over(stream, self.hello.clone(), self.limits).await
        }
    }

    impl Synapse<Local> {
        /// Connects to a cell of this user by its name, and says `hello`.
        ///
        /// # Errors
        /// [`Code::Disconnected`] if it does not run; what it says against this client.
        pub async fn grow(name: &str, hello: Hello) -> Result<Self, Fault> {
            let stream = unix::connect(&folder()?, name).await?;
            Self::over(stream, hello, Limits::default()).await
        }
    }

    impl Grown<OnThisMachine> {
        /// A cell of this user by its name; it need not run yet.
        ///
        /// # Errors
        /// [`Code::Disconnected`] if the user has no folder for sockets.
        pub fn on_this_machine(name: &str, hello: Hello) -> Result<Self, Fault> {
            let (folder, name, limits) = (folder()?, name.to_owned(), Limits::default());
            Ok(Self::new(OnThisMachine { folder, name, hello, limits }))
        }
    }

    fn folder() -> Result<PathBuf, Fault> {
        let none = "this user has no folder for sockets: set CELL_HOME or XDG_RUNTIME_DIR";
        unix::folder().ok_or_else(|| Fault::new(Code::Disconnected, none))
    }
}

#[cfg(unix)]
pub use local::OnThisMachine;
