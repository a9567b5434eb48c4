//! One connection to a cell, and what was learned over it.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cell_model::frame::Format;
use cell_model::hello::{Formats, Hello};
use cell_model::ops::About;
use cell_model::question::{Asked, NotAsked, find};
use cell_model::schema::compatible::compare;
use cell_model::schema::read;
use cell_model::{Channel, Code, Fault, Schema, SchemaHash, coordination, message, ops};
use cell_transport::unix::{self, UnixPipe};
use cell_transport::{Limits, Request, Synapse};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep};

use crate::asker::{Answered, REPLY};
use crate::refusal::Why;

/// Why a question was not answered over a connection.
pub(crate) enum Failed {
    /// For good.
    For(Why),
    /// There was a connection, and no question on it: the cell ends, or another one has its name.
    Closing(Fault),
    /// The connection ended while the question was on it.
    Lost(Fault),
    /// The cell has yet to start.
    NotReady(Fault),
    /// The cell takes no more connections at the moment.
    Full,
}

impl From<Why> for Failed {
    fn from(why: Why) -> Self {
        Self::For(why)
    }
}

/// What is larger than an answer in the messages around it, the text of a schema included.
const AROUND: usize = 1 << 10;
/// Schemas whose differences are listed: comparing larger ones takes time that the caller may not have.
const COMPARED: usize = 64 << 10;
/// Differences that are listed.
const CHANGES: usize = 3;

/// A cell that answers.
pub(crate) struct Connection {
    synapse: Synapse,
    /// What it said of itself when the connection was made; it says the same until it ends.
    about: About,
    /// By service, what it serves, where that is not what was locked.
    schemas: Mutex<HashMap<String, Arc<Schema>>>,
    /// Questions about which two schemas were compared, and agree.
    agreed: Mutex<HashSet<(SchemaHash, String, String)>>,
}

impl Connection {
    /// Connects, greets, and asks what the cell is.
    pub(crate) async fn new(folder: &Path, cell: &str, until: Instant) -> Result<Self, Failed> {
        let pipe = connect(folder, cell).await?;
        let hello = Hello {
            formats: Formats::only(Format::MessagePack),
            bytes: 0,
            calls: 0,
            schema: SchemaHash::NONE,
            service: String::new(),
        };
        // How long it may take is the caller's to say.
        let limits = Limits { message: REPLY + AROUND, greeting: LONG, ..Limits::default() };
        let lost = |fault: Fault| match fault.code {
            Code::Disconnected | Code::Closing => Failed::Closing(fault),
            Code::DeadlineExceeded => Failed::For(Why::Silent),
            _ => Failed::For(Why::Broken(fault)),
        };
        let synapse = Synapse::over(pipe, hello, limits).await.map_err(lost)?;
        let payload = message::encode(&ops::Request::Inspect).map_err(lost)?;
        let reply = synapse.call(request(Channel::Ops, payload, until)).await;
        let about = match reply.and_then(|bytes| message::decode(&bytes)) {
            Ok(ops::Reply::Inspect(about)) => about,
            Ok(_) => return Err(Failed::For(Why::Broken(nonsense()))),
            Err(fault) => return Err(lost(fault)),
        };
        let (schemas, agreed) = (Mutex::default(), Mutex::default());
        Ok(Self { synapse, about, schemas, agreed })
    }

    /// Can nothing be asked over it any more?
    pub(crate) fn is_over(&self) -> bool {
        self.synapse.is_over().is_some()
    }

    /// Asks, after a look at whether the cell serves what was locked.
    pub(crate) async fn ask(
        &self,
        asked: Asked<'_>,
        arguments: &[u8],
        until: Instant,
    ) -> Result<Answered, Failed> {
        let (service, method) = (&asked.schema().service, asked.name());
        let schema = self.agree(asked, until).await?;
        let question = coordination::Request::Ask {
            service: service.clone(),
            method: method.to_owned(),
            arguments: arguments.to_vec(),
            hops: 0,
        };
        let payload = message::encode(&question).map_err(Why::Broken)?;
        let most = (REPLY + AROUND).min(self.synapse.peer().bytes as usize);
        if payload.len() > most {
            return Err(Why::TooLarge { arguments: true, most }.into());
        }
        let request = request(Channel::MacroCoordination, payload, until);
        let bytes = self.synapse.call(request).await.map_err(failed)?;
        let reply = match message::decode(&bytes).map_err(Why::Broken)? {
            coordination::Reply::Answer(reply) => reply,
            _ => return Err(Why::Broken(nonsense()).into()),
        };
        if reply.len() > REPLY {
            return Err(Why::TooLarge { arguments: false, most: REPLY }.into());
        }
        asked.check_reply(&reply).map_err(Why::WrongReply)?;
        Ok(Answered { reply, schema, component: self.about.component.clone() })
    }

    /// Is what the cell serves, for this question, what was locked? Then the hash of all that it serves.
    async fn agree(&self, asked: Asked<'_>, until: Instant) -> Result<SchemaHash, Failed> {
        let (locked, service) = (asked.schema().hash(), &asked.schema().service);
        let other = |running, changes| Why::OtherSchema { locked, running, changes };
        let Some(running) = self.about.services.get(service) else {
            return Err(other(None, Vec::new()).into());
        };
        if *running == locked.to_string() {
            return Ok(locked);
        }
        let running = self.schema(service, running, until).await?;
        let hash = running.hash();
        let key = (locked, service.clone(), asked.name().to_owned());
        if guard(&self.agreed).contains(&key) {
            return Ok(hash);
        }
        match find([&*running], &format!("{service}::{}", asked.name())) {
            // As a difference.
            Ok(_) | Err(NotAsked::Unknown { .. }) => {}
            Err(why) => return Err(Why::NotAsked(why).into()),
        }
        let ours = asked.schema().only(asked.name()).unwrap_or_default();
        let theirs = running
            .only(asked.name())
            .unwrap_or_else(|| Schema { service: service.clone(), ..Schema::default() });
        if ours == theirs {
            guard(&self.agreed).insert(key);
            return Ok(hash);
        }
        let few = ours.to_string().len() + theirs.to_string().len() <= COMPARED;
        let changes = if few { compare(&ours, &theirs) } else { Vec::new() };
        let changes = changes.iter().take(CHANGES).map(|change| {
            let (place, what) = (&change.place, &change.what);
            format!("{place}: {what}")
        });
        Err(other(Some(hash), changes.collect()).into())
    }

    /// What the cell serves, as a schema. It has the hash that the cell said.
    async fn schema(
        &self,
        service: &str,
        hash: &str,
        until: Instant,
    ) -> Result<Arc<Schema>, Failed> {
        if let Some(known) = guard(&self.schemas).get(service) {
            return Ok(Arc::clone(known));
        }
        let asked = ops::Request::Schema { service: service.to_owned() };
        let payload = message::encode(&asked).map_err(Why::Broken)?;
        let bytes = self.synapse.call(request(Channel::Ops, payload, until)).await;
        let text = match message::decode(&bytes.map_err(failed)?).map_err(Why::Broken)? {
            ops::Reply::Schema(text) => text,
            _ => return Err(Why::Broken(nonsense()).into()),
        };
        let bad = |text: String| Why::Broken(Fault::new(Code::BadPayload, text));
        let schema =
            read(&text).map_err(|error| bad(format!("what it says is no schema: {error}")))?;
        if schema.hash().to_string() != hash || schema.service != service {
            return Err(bad("it says another schema than its hash".to_owned()).into());
        }
        let schema = Arc::new(schema);
        guard(&self.schemas).insert(service.to_owned(), Arc::clone(&schema));
        Ok(schema)
    }
}

/// What is longer than any patience.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

fn guard<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Whoever panicked held nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn request(channel: Channel, payload: Vec<u8>, until: Instant) -> Request {
    let timeout = Some(until.saturating_duration_since(Instant::now()));
    Request { channel, method: 0, timeout, trace: None, payload }
}

fn nonsense() -> Fault {
    Fault::new(Code::BadPayload, "it answers something that was not asked")
}

/// What a call ended with.
fn failed(fault: Fault) -> Failed {
    Failed::For(match fault.code {
        Code::Disconnected => return Failed::Lost(fault),
        Code::Closing => return Failed::Closing(fault),
        Code::NotReady => return Failed::NotReady(fault),
        Code::DeadlineExceeded => Why::Silent,
        Code::TooLarge => Why::TooLarge { arguments: false, most: REPLY },
        Code::BadFrame => Why::Broken(fault),
        _ => Why::Refused(fault),
    })
}

/// Connects, and finds out why not.
async fn connect(folder: &Path, cell: &str) -> Result<UnixPipe, Failed> {
    let fault = match unix::connect(folder, cell).await {
        Ok(pipe) => return Ok(pipe),
        Err(fault) if fault.code == Code::Denied => {
            return Err(Failed::For(Why::Forbidden(fault.text)));
        }
        Err(fault) => fault,
    };
    let Ok(path) = unix::socket(folder, cell) else {
        return Err(Failed::For(Why::Broken(fault)));
    };
    // The fault has a text for people; what is done depends on what the system says.
    use std::io::ErrorKind::{ConnectionRefused, NotFound, PermissionDenied, WouldBlock};
    Err(match UnixStream::connect(&path).await.map_err(|error| error.kind()) {
        // There is room by now, or somebody listens.
        Ok(_) | Err(WouldBlock) => Failed::Full,
        Err(NotFound | ConnectionRefused) => Failed::For(Why::Absent),
        Err(PermissionDenied) => {
            let text = format!("this user may not connect to {}", path.display());
            Failed::For(Why::Forbidden(text))
        }
        Err(_) => Failed::For(Why::Broken(fault)),
    })
}

/// Waits before something is tried again. Says whether there is time for it.
pub(crate) async fn pause(pause: &mut Duration, until: Instant) -> bool {
    if Instant::now() + *pause >= until {
        return false;
    }
    sleep(*pause).await;
    *pause = (*pause * 2).min(Duration::from_millis(50));
    true
}
