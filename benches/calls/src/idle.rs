//! What connections that do nothing hold.

use std::time::Duration;

use anyhow::{Result, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::peer::{Peer, Run, Way};
use crate::place::{Lane, Place};
use crate::server::{Server, memory};
use crate::{Figures, block_on};

/// Bytes of the call that each connection makes.
const BYTES: usize = 64;
/// Until everybody has done what is left to do after a call.
const SETTLE: Duration = Duration::from_millis(150);

/// Measures memory of both sides, before and after so many connections were made and used once.
pub(crate) struct Idle {
    pub(crate) place: Place,
    pub(crate) way: Way,
    pub(crate) lane: Lane,
    pub(crate) connections: usize,
}

impl Run for Idle {
    type Output = Figures;

    fn run<P: Peer>(self) -> Result<Figures> {
        let Self { place, way, lane, connections } = self;
        let wanted = connections as u64 + 64;
        let limit = getrlimit(Resource::Nofile);
        ensure!(
            limit.maximum.is_none_or(|most| wanted <= most),
            "too many connections for `ulimit -n`"
        );
        // The server inherits it.
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit })?;
        let server = Server::start(&place, way, lane, BYTES)?;
        let both =
            || Ok::<_, anyhow::Error>([memory(std::process::id())?, memory(server.process())?]);
        block_on(async {
            // Code, thread-local buffers and the runtime are there after some.
            let mut clients = Vec::with_capacity(connections + 8);
            for _ in 0..8 {
                clients.push(used::<P>(&place).await?);
            }
            tokio::time::sleep(SETTLE).await;
            let before = both()?;
            for _ in 0..connections {
                clients.push(used::<P>(&place).await?);
            }
            tokio::time::sleep(SETTLE).await;
            let after = both()?;
            let each = |side: usize| (after[side] - before[side]) / connections as f64;
            Ok(vec![("client", each(0)), ("server", each(1))])
        })
    }
}

/// A connection that has made a call.
async fn used<P: Peer>(place: &Place) -> Result<P> {
    let client = P::connect(place).await?;
    let answer = client.call(vec![7; BYTES]).await?;
    ensure!(answer.len() == BYTES, "another call's answer");
    Ok(client)
}
