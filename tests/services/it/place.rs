//! Cells in folders of their own, and questions to them.

use std::path::PathBuf;

use cell::{Builder, Caller, Fault, Running, Service};
use cell_model::hello::{Formats, Hello};
use cell_model::{Channel, SchemaHash, coordination, message, ops};
use cell_services::{Probe, ProbeClient};
use cell_transport::{Limits, Request, Synapse, unix};
use tempfile::TempDir;

/// A folder for cells.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("run")
    }

    pub(crate) fn builder(&self, name: &str) -> Builder {
        Builder::new(name).in_folder(self.path())
    }

    /// A cell with a probe.
    pub(crate) fn probe(&self, name: &str) -> Running {
        self.builder(name).with(Probe::default()).start().expect("a free name")
    }

    pub(crate) fn caller<S: Service>(&self, cell: &str) -> Caller {
        Caller::in_folder(self.path(), cell, &S::schema())
    }

    pub(crate) fn client(&self, cell: &str) -> ProbeClient {
        ProbeClient::with(self.caller::<Probe>(cell))
    }

    /// A connection for calls of a service, or only for questions about the cell.
    pub(crate) async fn synapse(&self, cell: &str, service: &str) -> Result<Synapse, Fault> {
        let stream = unix::connect(&self.path(), cell).await?;
        Synapse::over(stream, hello(service), Limits::default()).await
    }

    pub(crate) async fn ops(&self, cell: &str, asked: ops::Request) -> ops::Reply {
        let synapse = self.synapse(cell, "").await.expect("a cell");
        let reply = raw(&synapse, Channel::Ops, 0, message::encode(&asked).unwrap()).await;
        message::decode(&reply.expect("an answer")).expect("a reply")
    }

    pub(crate) async fn metrics(&self, cell: &str) -> String {
        match self.ops(cell, ops::Request::Metrics).await {
            ops::Reply::Metrics(text) => text,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn describe(&self, cell: &str) -> coordination::Description {
        let synapse = self.synapse(cell, "").await.expect("a cell");
        let asked = message::encode(&coordination::Request::Describe).unwrap();
        let reply = raw(&synapse, Channel::MacroCoordination, 0, asked).await.expect("an answer");
        match message::decode(&reply).expect("a reply") {
            coordination::Reply::Description(description) => description,
            other => panic!("{other:?}"),
        }
    }
}

/// What somebody says who has no schema: then there is MessagePack.
pub(crate) fn hello(service: &str) -> Hello {
    let (formats, schema) = (Formats::ALL, SchemaHash::NONE);
    Hello { formats, bytes: 0, calls: 0, schema, service: service.to_owned() }
}

/// A call whose bytes are written by hand.
pub(crate) async fn raw(
    synapse: &Synapse,
    channel: Channel,
    method: u32,
    payload: Vec<u8>,
) -> Result<Vec<u8>, Fault> {
    synapse.call(Request { channel, method, timeout: None, trace: None, payload }).await
}
