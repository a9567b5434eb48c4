//! Cells that serve.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cell_model::frame::Format;
use cell_model::hello::{Formats, Hello};
use cell_model::ops::{About, Health};
use cell_model::schema::method_number;
use cell_model::{Channel, Code, Fault, Schema, SchemaHash, coordination, message, ops};
use cell_transport::unix::{UnixSocket, folder};
use cell_transport::{Answer, Call, Handler, Limits, Listener, Membrane, Reply};

/// What `#[handler]` implements: methods that clients can call.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no service",
    note = "write `#[cell::service]` on the struct and `#[cell::handler]` on the `impl` block with its methods"
)]
pub trait Service: Send + Sync + Sized + 'static {
    /// Its name, by which clients ask for it.
    const NAME: &'static str;

    /// What it can be asked.
    fn schema() -> Schema;

    /// Answers a call of one of its methods.
    #[doc(hidden)]
    fn call(self: Arc<Self>, call: Call) -> Answer;
}

/// `MyService::new().serve("name").await`: a cell with one service.
pub trait Serve: Service {
    /// Serves it under a cell's name until the process is told to end, or the name is taken.
    ///
    /// # Errors
    /// `AddrInUse` if a cell of this name runs; those of the system.
    fn serve(self, name: &str) -> impl Future<Output = io::Result<()>> + Send;
}

impl<S: Service> Serve for S {
    async fn serve(self, name: &str) -> io::Result<()> {
        Builder::new(name).with(self).start()?.until_stopped().await
    }
}

/// A cell that is about to run.
pub struct Builder {
    name: String,
    folder: Option<PathBuf>,
    limits: Limits,
    version: String,
    services: BTreeMap<&'static str, One>,
    patience: Duration,
}

/// One service behind a trait object.
#[derive(Clone)]
struct One {
    schema: Arc<Schema>,
    hash: SchemaHash,
    /// Numbers of methods that may be asked at compile time, by name.
    questions: Arc<BTreeMap<String, u32>>,
    call: Arc<dyn Fn(Call) -> Answer + Send + Sync>,
}

impl Builder {
    /// A cell of this name, without services.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            folder: None,
            limits: Limits::default(),
            version: String::new(),
            services: BTreeMap::new(),
            patience: Duration::from_secs(10),
        }
    }

    /// With this service. A second one of the same name takes the place of the first.
    #[must_use]
    pub fn with<S: Service>(mut self, service: S) -> Self {
        let (schema, service) = (S::schema(), Arc::new(service));
        let asked = schema.methods.iter().filter(|(_, method)| method.compile_time);
        let questions = asked.map(|(name, _)| (name.clone(), method_number(name))).collect();
        let call = Arc::new(move |call| Arc::clone(&service).call(call));
        let (hash, schema) = (schema.hash(), Arc::new(schema));
        self.services.insert(S::NAME, One { schema, hash, questions: Arc::new(questions), call });
        self
    }

    /// In another folder than the user's.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// With other bounds.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The version of the program, for those who look.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// How long calls that are under way may take to end when the cell is told to. 10 s otherwise.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Takes the name and serves.
    ///
    /// # Errors
    /// `AddrInUse` if a cell of this name runs; those of the system.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(self) -> io::Result<Running> {
        let none = "this user has no folder for sockets: set CELL_HOME or XDG_RUNTIME_DIR";
        let place = self.folder.clone().or_else(folder).ok_or_else(|| io::Error::other(none))?;
        let listener = UnixSocket::listen(&place, &self.name)?;
        Ok(self.start_on(listener))
    }

    /// Serves on a listener that there is.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start_on(self, listener: impl Listener) -> Running {
        let Self { name, folder: _, limits, version, services, patience } = self;
        let started =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let hashes = services.iter().map(|(name, one)| ((*name).to_owned(), one.hash.to_string()));
        let about = About {
            name,
            version,
            started,
            process: std::process::id(),
            services: hashes.collect(),
            component: None,
        };
        let stop = Arc::new(tokio::sync::Notify::new());
        let stopping = Arc::new(AtomicBool::new(false));
        let cell =
            Cell { about, services, stop: Arc::clone(&stop), stopping: Arc::clone(&stopping) };
        let membrane = Membrane::bind(listener, Arc::new(cell), limits);
        Running { membrane, stop, stopping, patience }
    }
}

/// A cell that runs. Dropping it ends it.
pub struct Running {
    membrane: Membrane,
    stop: Arc<tokio::sync::Notify>,
    stopping: Arc<AtomicBool>,
    patience: Duration,
}

impl Running {
    /// Ends it well: no new calls, and those that are under way end. Says whether they did in time.
    pub async fn stop(self) -> bool {
        self.stopping.store(true, Ordering::Relaxed);
        self.membrane.stop(self.patience).await
    }

    /// Serves until somebody asks it to stop over its channel for those who run cells.
    ///
    /// # Errors
    /// `TimedOut` if calls did not end in time.
    pub async fn until_stopped(self) -> io::Result<()> {
        self.stop.notified().await;
        if self.stop().await { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}

/// What a cell does with connections and calls.
struct Cell {
    about: About,
    services: BTreeMap<&'static str, One>,
    stop: Arc<tokio::sync::Notify>,
    stopping: Arc<AtomicBool>,
}

impl Handler for Cell {
    fn hello(&self, hello: &Hello) -> Result<Hello, Fault> {
        // Whoever only looks at the cell asks for no service.
        if hello.service.is_empty() {
            let formats = Formats::only(Format::MessagePack);
            return Ok(Hello { formats, schema: SchemaHash::NONE, ..hello.clone() });
        }
        let one = self.service(&hello.service)?;
        let chosen = Formats::ALL.choose(hello.formats, hello.schema == one.hash);
        let format = chosen.ok_or_else(|| Fault::incompatible(one.hash, hello.schema))?;
        Ok(Hello { formats: Formats::only(format), schema: one.hash, ..hello.clone() })
    }

    fn call(&self, service: &str, call: Call) -> Answer {
        match call.channel {
            Channel::App => match self.service(service) {
                Ok(one) => (one.call)(call),
                Err(fault) => Box::pin(async move { Err(fault) }),
            },
            Channel::Ops => {
                let answer = message::decode(&call.payload).and_then(|asked| self.ops(asked));
                Box::pin(async move { Ok(Reply::Value(message::encode(&answer?)?)) })
            }
            Channel::MacroCoordination => match message::decode(&call.payload) {
                Ok(asked) => self.coordinate(asked, call),
                Err(fault) => Box::pin(async move { Err(fault) }),
            },
            Channel::Consensus => Box::pin(async {
                Err(Fault::new(Code::UnknownMethod, "this cell has no replicas"))
            }),
        }
    }
}

impl Cell {
    fn service(&self, name: &str) -> Result<&One, Fault> {
        let known: Vec<&str> = self.services.keys().copied().collect();
        self.services.get(name).ok_or_else(|| {
            let text = format!("`{}` serves {}, not `{name}`", self.about.name, known.join(", "));
            Fault::new(Code::UnknownService, text)
        })
    }

    fn ops(&self, asked: ops::Request) -> Result<ops::Reply, Fault> {
        Ok(match asked {
            ops::Request::Health if self.stopping.load(Ordering::Relaxed) => {
                ops::Reply::Health(Health::Stopping)
            }
            ops::Request::Health => ops::Reply::Health(Health::Ready),
            ops::Request::Inspect => ops::Reply::Inspect(self.about.clone()),
            ops::Request::Schema { service } => {
                ops::Reply::Schema(self.service(&service)?.schema.to_string())
            }
            ops::Request::Metrics => {
                return Err(Fault::new(Code::UnknownMethod, "this cell keeps no metrics"));
            }
            ops::Request::Stop => {
                self.stop.notify_one();
                ops::Reply::Stopping
            }
        })
    }

    fn coordinate(&self, asked: coordination::Request, call: Call) -> Answer {
        match asked {
            coordination::Request::Describe => {
                let questions = self.services.iter().flat_map(|(service, one)| {
                    one.questions.keys().map(move |method| format!("{service}::{method}"))
                });
                let description = coordination::Description {
                    name: self.about.name.clone(),
                    version: self.about.version.clone(),
                    component: None,
                    questions: questions.collect(),
                };
                let bytes = message::encode(&coordination::Reply::Description(description));
                Box::pin(async move { Ok(Reply::Value(bytes?)) })
            }
            coordination::Request::Component { .. } => Box::pin(async {
                Err(Fault::new(Code::UnknownMethod, "this cell publishes no component"))
            }),
            coordination::Request::Ask { service, method, arguments, hops } => {
                let found = coordination::next_hop(hops).and_then(|_| {
                    let one = self.service(&service)?;
                    let number = one.questions.get(&method).copied().ok_or_else(|| {
                        let text =
                            format!("`{service}::{method}` may not be asked at compile time");
                        Fault::new(Code::Denied, text)
                    })?;
                    Ok((Arc::clone(&one.call), number))
                });
                Box::pin(async move {
                    let (answer, method) = found?;
                    let format = Format::MessagePack;
                    let channel = Channel::App;
                    let call = Call { channel, method, format, payload: arguments, ..call };
                    match answer(call).await? {
                        Reply::Value(bytes) => {
                            let reply = coordination::Reply::Answer(bytes);
                            Ok(Reply::Value(message::encode(&reply)?))
                        }
                        Reply::Stream => Err(Fault::new(Code::Denied, "a stream is no answer")),
                    }
                })
            }
        }
    }
}

/// For generated code: nobody has this method.
#[doc(hidden)]
#[must_use]
pub fn unknown_method(service: &'static str, number: u32) -> Answer {
    let text = format!("`{service}` has no method with the number {number:#010x}");
    Box::pin(async move { Err(Fault::new(Code::UnknownMethod, text)) })
}

/// For generated code: what a handler of a stream returns at its end.
#[doc(hidden)]
pub fn ended(end: impl StreamEnd) -> Result<Reply, Fault> {
    end.into_end().map(|()| Reply::Stream)
}

/// What the handler of a stream may return: nothing, or a fault.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the handler of a stream returns nothing, or `Result<(), Fault>`"
)]
pub trait StreamEnd {
    /// The fault, if any.
    fn into_end(self) -> Result<(), Fault>;
}

impl StreamEnd for () {
    fn into_end(self) -> Result<(), Fault> {
        Ok(())
    }
}

impl StreamEnd for Result<(), Fault> {
    fn into_end(self) -> Result<(), Fault> {
        self
    }
}

/// For generated code: a check on the service's own name.
#[doc(hidden)]
pub const fn is_service<S: Send + Sync + 'static>() {}
