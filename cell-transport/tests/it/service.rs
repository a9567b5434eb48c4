//! A cell for the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cell_model::frame::Format;
use cell_model::hello::{Formats, Hello};
use cell_model::schema::SchemaHash;
use cell_model::{Channel, Code, Fault};
use cell_transport::{Answer, Call, Handler, Reply, Request};

pub(crate) const ECHO: u32 = 1;
pub(crate) const SLEEP: u32 = 2;
pub(crate) const COUNT: u32 = 3;
pub(crate) const PANIC: u32 = 4;
pub(crate) const PANIC_LATER: u32 = 5;
pub(crate) const BYTES: u32 = 6;
pub(crate) const FIRED: u32 = 7;
pub(crate) const CROWD: u32 = 8;

/// Echoes, sleeps, counts.
pub(crate) struct Service {
    /// How its payloads are written.
    format: Format,
    /// Handlers that wait.
    pub(crate) waiting: Arc<AtomicUsize>,
    /// Calls that nothing comes back for.
    pub(crate) fired: AtomicUsize,
}

impl Service {
    pub(crate) fn new(format: Format) -> Arc<Self> {
        let (waiting, fired) = (Arc::default(), AtomicUsize::new(0));
        Arc::new(Self { format, waiting, fired })
    }
}

/// What a client says that knows this format alone.
pub(crate) fn hello(format: Format) -> Hello {
    let (formats, schema) = (Formats::only(format), SchemaHash::from_bytes([1; 32]));
    Hello { formats, bytes: 0, calls: 0, schema, service: "Test".into() }
}

pub(crate) fn request(method: u32, payload: &[u8]) -> Request {
    let payload = payload.to_vec();
    Request { channel: Channel::App, method, timeout: None, trace: None, payload }
}

/// Counts while it lives.
struct Waits(Arc<AtomicUsize>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Handler for Service {
    fn hello(&self, hello: &Hello) -> Result<Hello, Fault> {
        if hello.service != "Test" {
            return Err(Fault::new(Code::UnknownService, format!("no `{}` here", hello.service)));
        }
        let own = self::hello(self.format);
        let format = Formats::ALL.choose(hello.formats, hello.schema == own.schema);
        let format = format.ok_or_else(|| Fault::incompatible(own.schema, hello.schema))?;
        assert_eq!(format, self.format);
        Ok(own)
    }

    fn call(&self, service: &str, call: Call) -> Answer {
        assert_eq!(service, "Test");
        let number = || u32::from_le_bytes(call.payload[..4].try_into().expect("four bytes"));
        match call.method {
            ECHO => {
                let Call { channel, format, payload, .. } = call;
                let expected = match channel {
                    Channel::App => self.format,
                    Channel::Consensus => Format::Raw,
                    Channel::Ops | Channel::MacroCoordination => Format::MessagePack,
                };
                assert_eq!(format, expected);
                Box::pin(async move { Ok(Reply::Value(payload)) })
            }
            SLEEP => {
                let time = Duration::from_millis(number().into());
                self.waiting.fetch_add(1, Ordering::SeqCst);
                let waits = Waits(Arc::clone(&self.waiting));
                Box::pin(async move {
                    let _waits = waits;
                    tokio::time::sleep(time).await;
                    Ok(Reply::Value(b"slept".to_vec()))
                })
            }
            COUNT => {
                let (count, items) = (number(), call.items);
                // Items of four bytes, or of so many.
                let size = call.payload.get(4..8).and_then(|size| size.try_into().ok());
                let size = size.map_or(4, u32::from_le_bytes) as usize;
                Box::pin(async move {
                    for item in 0..count {
                        let mut bytes = item.to_le_bytes().to_vec();
                        bytes.resize(size, 7);
                        items.send(bytes).await?;
                    }
                    Ok(Reply::Stream)
                })
            }
            CROWD => {
                let (count, items) = (number(), call.items);
                Box::pin(async move {
                    let send = |item: u32| {
                        let items = items.clone();
                        async move { items.send(item.to_le_bytes().to_vec()).await }
                    };
                    let all: tokio::task::JoinSet<_> = (0..count).map(send).collect();
                    all.join_all().await.into_iter().collect::<Result<(), _>>()?;
                    Ok(Reply::Stream)
                })
            }
            PANIC => panic!("as asked"),
            PANIC_LATER => Box::pin(async {
                tokio::task::yield_now().await;
                panic!("as asked, later")
            }),
            BYTES => {
                let count = number() as usize;
                Box::pin(async move { Ok(Reply::Value(vec![7; count])) })
            }
            FIRED => {
                assert!(call.fire);
                self.fired.fetch_add(1, Ordering::SeqCst);
                Box::pin(async { Ok(Reply::Value(Vec::new())) })
            }
            other => Box::pin(async move {
                Err(Fault::new(Code::UnknownMethod, format!("there is no method {other:#010x}")))
            }),
        }
    }
}
