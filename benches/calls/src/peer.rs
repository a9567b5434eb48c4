//! What all ways to make calls have in common.

use anyhow::{Result, bail};

use crate::peers::cell::{Cell, MessagePack};
use crate::peers::raw::Raw;
use crate::peers::tarpc::Tarpc;
use crate::peers::tonic::Tonic;
use crate::place::Place;

/// A way to make calls: this is its client. Clones share the connection.
pub(crate) trait Peer: Clone + Send + Sync + 'static {
    /// Listens, says so, and returns each payload to whoever sent it. `bytes` is the size of all of
    /// them, for those who frame nothing.
    fn serve(
        place: &Place,
        bytes: usize,
        listening: impl FnOnce(),
    ) -> impl Future<Output = Result<()>>;

    /// A new connection; it may be made by its first call.
    fn connect(place: &Place) -> impl Future<Output = Result<Self>> + Send;

    /// One call.
    fn call(&self, payload: Vec<u8>) -> impl Future<Output = Result<Vec<u8>>> + Send;
}

/// Something to do with one of them.
pub(crate) trait Run {
    type Output;

    fn run<P: Peer>(self) -> Result<Self::Output>;
}

/// Their names.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Cell,
    MessagePack,
    Raw,
    Tarpc,
    Tonic,
}

impl Way {
    const ALL: [Self; 5] = [Self::Cell, Self::MessagePack, Self::Raw, Self::Tarpc, Self::Tonic];

    pub(crate) fn read(word: &str) -> Result<Self> {
        let Some(way) = Self::ALL.into_iter().find(|way| way.word() == word) else {
            bail!("there is no way `{word}`; there are {}", Self::ALL.map(Self::word).join(", "));
        };
        Ok(way)
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Cell => "cell",
            Self::MessagePack => "messagepack",
            Self::Raw => "raw",
            Self::Tarpc => "tarpc",
            Self::Tonic => "tonic",
        }
    }

    /// Does something with it.
    pub(crate) fn with<R: Run>(self, run: R) -> Result<R::Output> {
        match self {
            Self::Cell => run.run::<Cell>(),
            Self::MessagePack => run.run::<MessagePack>(),
            Self::Raw => run.run::<Raw>(),
            Self::Tarpc => run.run::<Tarpc>(),
            Self::Tonic => run.run::<Tonic>(),
        }
    }
}
