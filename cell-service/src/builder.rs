//! What a cell is made of.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cell_model::Code;
use cell_model::Fault;
use cell_model::ops::About;
use cell_model::schema::method_number;
use cell_transport::unix::{UnixSocket, folder};
use cell_transport::{Answer, Call, Handler, Limits, Listener, Membrane};
use prometheus_client::registry::Registry;
use tokio::task::JoinSet;

use crate::cell::{Cell, One};
use crate::component::{NoComponent, Published};
use crate::config::CellConfig;
use crate::counted::{Counted, Traffic};
use crate::health::{Condition, HealthReporter, Phase};
use crate::metrics::{Metrics, Numbers, OfCell};
use crate::observed::Method;
use crate::running::{Running, Signals};
use crate::service::Service;

/// A cell that is about to run.
pub struct Builder {
    name: String,
    folder: Option<PathBuf>,
    limits: Option<Limits>,
    patience: Option<Duration>,
    deadline: Option<Duration>,
    config: Option<CellConfig>,
    version: String,
    services: BTreeMap<&'static str, Added>,
    /// What has to be done before calls are taken.
    before: Vec<Before>,
    health: HealthReporter,
    registry: Registry,
    macros: Option<Published>,
    signals: bool,
    /// Listeners beside the one of the cell's name.
    more: Vec<Bind>,
}

type Bind = Box<dyn FnOnce(Arc<dyn Handler>, Limits, Arc<Traffic>) -> Membrane + Send>;

type Before = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// A service that was added.
struct Added {
    schema: cell_model::Schema,
    call: Arc<dyn Fn(Call) -> Answer + Send + Sync>,
}

impl Builder {
    /// A cell of this name, without services.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            folder: None,
            limits: None,
            patience: None,
            deadline: None,
            config: None,
            version: String::new(),
            services: BTreeMap::new(),
            before: Vec::new(),
            health: HealthReporter::default(),
            registry: Registry::default(),
            macros: None,
            signals: true,
            more: Vec::new(),
        }
    }

    /// Under another name.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// With this service. A second one of the same name takes the place of the first.
    #[must_use]
    pub fn with<S: Service>(self, service: S) -> Self {
        let service = Arc::new(service);
        self.add::<S>(Arc::new(move |call| Arc::clone(&service).call(call)))
    }

    /// With a service that has yet to be made: the cell takes its name and says what it is, and its
    /// health is `Starting`. Calls end with [`Code::NotReady`], which clients wait for as long as their
    /// timeout lets them, until the future is done. If it fails, [`Running::until_stopped`] ends with
    /// its error.
    #[must_use]
    pub fn with_later<S: Service>(
        self,
        service: impl Future<Output = io::Result<S>> + Send + 'static,
    ) -> Self {
        let made = Arc::new(OnceLock::new());
        let found = Arc::clone(&made);
        let early = || Fault::new(Code::NotReady, "the cell starts");
        self.add::<S>(Arc::new(move |call| match found.get() {
            Some(service) => Arc::<S>::clone(service).call(call),
            None => Box::pin(async move { Err(early()) }),
        }))
        .ready_after(async move {
            // Nobody else sets it.
            let _ = made.set(Arc::new(service.await?));
            Ok(())
        })
    }

    /// Takes calls only when `future` is done, as [`Builder::with_later`] has it. All such futures run
    /// at the same time, on the runtime.
    #[must_use]
    pub fn ready_after(
        mut self,
        future: impl Future<Output = io::Result<()>> + Send + 'static,
    ) -> Self {
        self.before.push(Box::pin(future));
        self
    }

    /// Publishes a component with macros, whose version of `cell:macros` stands in its bytes.
    ///
    /// # Errors
    /// If they are no such component.
    pub fn macros(mut self, component: impl Into<Cow<'static, [u8]>>) -> Result<Self, NoComponent> {
        self.macros = Some(Published::new(component.into())?);
        Ok(self)
    }

    /// Says what the cell lacks while it runs, to be kept by who notices.
    #[must_use]
    pub fn health(&self) -> HealthReporter {
        self.health.clone()
    }

    /// Registers metrics of the cell's author, which are published with those of the cell. Increase
    /// clones of what is registered. The cell's own begin with `cell_` and have its name as the label
    /// `cell`, those of calls also `service` and `method`:
    ///
    /// | metric | what is counted |
    /// |---|---|
    /// | `cell_calls_total` | calls that ended, by `outcome`: `ok`, or [`Code::word`] of the fault |
    /// | `cell_call_duration_seconds` | how long they took in the cell; a stream, until its end |
    /// | `cell_calls_in_flight` | calls that are under way |
    /// | `cell_connections`, `cell_connections_accepted_total` | connections now, and ever |
    /// | `cell_received_bytes_total`, `cell_sent_bytes_total` | bytes of all connections |
    /// | `cell_ready`, `cell_degraded` | whether it takes calls, and how many things it lacks |
    /// | `cell_start_time_seconds`, `cell_build_info` | since when, and which program |
    ///
    /// A method's own error is a value, and so `ok`. Calls of methods that there are not have the
    /// method `-`; calls that a connection refuses because too many are under way are not counted.
    #[must_use]
    pub fn metrics(mut self, register: impl FnOnce(&mut Registry)) -> Self {
        register(&mut self.registry);
        self
    }

    /// In another folder than the user's.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// On another listener too, beside the socket of its name: in memory, for clients in the same
    /// process, or one of your own.
    #[must_use]
    pub fn also_on(mut self, listener: impl Listener) -> Self {
        self.more.push(Box::new(move |handler, limits, traffic| {
            Membrane::bind(Counted(listener, traffic), handler, limits)
        }));
        self
    }

    /// With other bounds, for each listener.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
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
        self.patience = Some(patience);
        self
    }

    /// How long a call may take whose caller would wait for ever; a stream has no limit. None
    /// otherwise.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// With what the environment says, where nothing was said here. The name is the configured one.
    #[must_use]
    pub fn configured(mut self, config: CellConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// Leaves SIGTERM and SIGINT to the program: see [`Running::until_stopped`].
    #[must_use]
    pub fn without_signals(mut self) -> Self {
        self.signals = false;
        self
    }

    /// Is this cell until it is told to end: [`Builder::start`], configured by the environment if it
    /// was not before, and [`Running::until_stopped`].
    ///
    /// # Errors
    /// Those of [`CellConfig::from_env`], [`Builder::start`] and [`Running::until_stopped`].
    pub async fn serve(self) -> io::Result<()> {
        let configured = match self.config {
            Some(_) => self,
            None => {
                let config = CellConfig::from_env(&self.name)?;
                self.configured(config)
            }
        };
        // Before the name is taken: whoever finds the cell may end it.
        let signals = Signals::for_program(configured.signals)?;
        configured.start()?.until(signals).await
    }

    /// Takes the name and serves.
    ///
    /// # Errors
    /// `AddrInUse` if a cell of this name runs; `InvalidInput` if a method that macros may ask takes or
    /// returns a secret type; those of the system.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(mut self) -> io::Result<Running> {
        self.settle();
        self.exposed().map_or(Ok(()), Err)?;
        let none = "this user has no folder for sockets: set CELL_HOME or XDG_RUNTIME_DIR";
        let place = self.folder.take().or_else(folder).ok_or_else(|| io::Error::other(none))?;
        let listener = UnixSocket::listen(&place, &self.name)?;
        Ok(self.start_on(listener))
    }

    /// Serves on a listener that there is. A cell that [`Builder::start`] refuses never takes calls, and
    /// [`Running::until_stopped`] says why.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn start_on(mut self, listener: impl Listener) -> Running {
        self.settle();
        if let Some(error) = self.exposed() {
            self.before.push(Box::pin(async { Err(error) }));
        }
        let Self {
            name, version, services, before, health, registry, macros, signals, more, ..
        } = self;
        let defaults = CellConfig::new(&name);
        let (limits, patience) =
            (self.limits.unwrap_or(defaults.limits), self.patience.unwrap_or(defaults.patience));

        let started = SystemTime::now();
        let services = services.into_iter().map(|(service, added)| {
            (service, one(&name.as_str().into(), self.deadline, service, added))
        });
        let services: BTreeMap<&'static str, One> = services.collect();
        let hashes = services.iter().map(|(name, one)| ((*name).to_owned(), one.hash.to_string()));
        let about = About {
            name: name.clone(),
            version: version.clone(),
            started: started.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            process: std::process::id(),
            services: hashes.collect(),
            component: macros.as_ref().map(|macros| macros.component().digest.clone()),
        };
        let traffic = Arc::new(Traffic::default());
        let methods = services.values().flat_map(One::numbers).collect();
        let phase = if before.is_empty() { Phase::Ready } else { Phase::Starting };
        let condition = Arc::new(Condition::new(phase, health));
        let of = OfCell {
            cell: name,
            version,
            started,
            traffic: Arc::clone(&traffic),
            condition: Arc::clone(&condition),
            methods,
        };
        let stop = Arc::new(tokio::sync::Notify::new());
        let cell = Cell {
            about,
            services,
            macros,
            metrics: Metrics::new(registry, of),
            stop: Arc::clone(&stop),
            condition: Arc::clone(&condition),
        };
        let cell: Arc<dyn Handler> = Arc::new(cell);
        let first: Bind = Box::new(move |handler, limits, traffic| {
            Membrane::bind(Counted(listener, traffic), handler, limits)
        });
        let membranes = std::iter::once(first).chain(more);
        let bind = |bind: Bind| bind(Arc::clone(&cell), limits, Arc::clone(&traffic));
        let membranes = membranes.map(bind).collect();
        let beginning = begin(before, Arc::clone(&condition));
        Running::new(membranes, stop, condition, beginning, patience, signals)
    }

    /// Why this cell may not run: what macros are told ends in files that people commit.
    fn exposed(&self) -> Option<io::Error> {
        let mut methods = self.services.iter().flat_map(|(service, added)| {
            let asked = added.schema.methods.iter().filter(|(_, method)| method.compile_time);
            asked.map(move |(name, _)| (service, name, &added.schema))
        });
        let text = methods.find_map(|(service, name, schema)| {
            let exposed = schema.exposed(name)?;
            let ty = &exposed.ty;
            Some(format!(
                "macros may not ask `{service}::{name}`: {exposed}\n\
                 note: answers to macros are recorded in the files of a project\n\
                 help: take `#[compile_time]` off `{name}`, or leave `{ty}` out of what it takes and returns"
            ))
        })?;
        Some(io::Error::new(io::ErrorKind::InvalidInput, text))
    }

    /// Takes from the environment what was not said.
    fn settle(&mut self) {
        let Some(config) = self.config.take() else { return };
        let CellConfig { name, folder, limits, patience, deadline } = config;
        self.name = name;
        self.folder = self.folder.take().or(folder);
        self.limits = self.limits.or(Some(limits));
        self.patience = self.patience.or(Some(patience));
        self.deadline = self.deadline.or(deadline);
    }

    fn add<S: Service>(mut self, call: Arc<dyn Fn(Call) -> Answer + Send + Sync>) -> Self {
        self.services.insert(S::NAME, Added { schema: S::schema(), call });
        self
    }
}

/// A service with all that its calls need at hand.
fn one(cell: &Arc<str>, deadline: Option<Duration>, name: &str, added: Added) -> One {
    let Added { schema, call } = added;
    let asked = schema.methods.iter().filter(|(_, method)| method.compile_time);
    let asked = asked.filter(|(name, _)| schema.exposed(name).is_none());
    let questions = asked.map(|(name, _)| (name.clone(), method_number(name))).collect();
    let observed = |method: &str, deadline| Method {
        cell: Arc::clone(cell),
        numbers: Arc::new(Numbers::new(name, method)),
        deadline,
    };
    let methods = schema.methods.iter().map(|(name, method)| {
        // A stream may go on for ever.
        let deadline = deadline.filter(|_| !method.streams);
        (method_number(name), observed(name, deadline))
    });
    let mut methods: Vec<(u32, Method)> = methods.collect();
    methods.sort_unstable_by_key(|(number, _)| *number);
    // No method can be called this.
    let unknown = observed("-", None);
    One { hash: schema.hash(), schema, questions, methods, unknown, call }
}

/// Does what is to be done before calls are taken. `None` if there is nothing.
fn begin(before: Vec<Before>, condition: Arc<Condition>) -> Option<tokio::task::AbortHandle> {
    if before.is_empty() {
        return None;
    }
    let mut tasks: JoinSet<io::Result<()>> = before.into_iter().collect();
    let task = tokio::spawn(async move {
        while let Some(ended) = tasks.join_next().await {
            let failed = match ended {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => "it panicked; its log says more".to_owned(),
            };
            return condition.enter(Phase::Failed(failed));
        }
        condition.enter(Phase::Ready);
    });
    Some(task.abort_handle())
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "\
cell-schema 1
service Users
method keys() -> list<Key> at compile time
method name(of: u64) -> string at compile time

struct Key
  password: Password

secret type Password = string
";

    struct Users;

    impl Service for Users {
        const NAME: &'static str = "Users";

        fn schema() -> cell_model::Schema {
            cell_model::schema::read(USERS).expect("a schema")
        }

        fn call(self: Arc<Self>, _: Call) -> Answer {
            Box::pin(async { Err(Fault::new(Code::Denied, "nobody gets here")) })
        }
    }

    const TOLD: &str = "macros may not ask `Users::keys`: its value holds the secret type \
        `Password`, through `Key.password`\n\
        note: answers to macros are recorded in the files of a project\n\
        help: take `#[compile_time]` off `keys`, or leave `Password` out of what it takes and returns";

    #[test]
    fn a_cell_that_would_tell_macros_a_secret_does_not_start() {
        let folder = std::env::temp_dir().join("cell-that-tells-secrets");
        let error = Builder::new("users").with(Users).in_folder(&folder).start();
        let error = error.err().expect("it does not start");
        assert_eq!(
            (error.kind(), error.to_string()),
            (io::ErrorKind::InvalidInput, TOLD.to_owned())
        );
        assert!(!folder.exists(), "the name was taken");
    }

    /// Where nobody can be told, it is never ready, and the question is none.
    #[tokio::test]
    async fn on_a_listener_that_there_is_it_is_never_ready() {
        let memory = cell_transport::memory::Memory::new();
        let listener = memory.listen("users").expect("a free name");
        let running = Builder::new("users").with(Users).without_signals().start_on(listener);
        assert_eq!(running.ready().await.expect_err("never").to_string(), TOLD);
        let error = running.until_stopped().await.expect_err("an end");
        assert_eq!(error.to_string(), TOLD);
        let service =
            Added { schema: Users::schema(), call: Arc::new(|call| Arc::new(Users).call(call)) };
        let one = one(&"users".into(), None, "Users", service);
        assert_eq!(one.questions.into_keys().collect::<Vec<_>>(), ["name"]);
    }

    #[test]
    fn what_stands_in_code_goes_before_the_environment() {
        let environment = |variable: &str| match variable {
            "CELL_NAME" => Some("renamed".into()),
            "CELL_FOLDER" => Some("/environment".into()),
            "CELL_CALLS" => Some("7".into()),
            "CELL_PATIENCE" | "CELL_DEADLINE" => Some("7s".into()),
            _ => None,
        };
        let config = || CellConfig::read("cell", environment).expect("nothing is wrong");
        let said = |builder: Builder| {
            let mut builder = builder;
            builder.settle();
            let calls = builder.limits.map(|limits| limits.calls);
            (builder.name, builder.folder, calls, builder.patience, builder.deadline)
        };
        let (seven, one) = (Duration::from_secs(7), Duration::from_secs(1));
        let found = said(Builder::new("cell").configured(config()));
        let name = || "renamed".to_owned();
        assert_eq!(found, (name(), Some("/environment".into()), Some(7), Some(seven), Some(seven)));
        let limits = Limits { calls: 1, ..Limits::default() };
        let code = Builder::new("cell").in_folder("/code").limits(limits);
        let code = code.patience(one).deadline(one).configured(config());
        assert_eq!(said(code), (name(), Some("/code".into()), Some(1), Some(one), Some(one)));
        let plain = said(Builder::new("cell"));
        assert_eq!(plain, ("cell".to_owned(), None, None, None, None));
    }
}
