//! How commands reach a project's supervisor, and start it.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use cell::{Caller, Code, Fault, Service as _};
use cell_model::hello::{Formats, Hello};
use cell_transport::{Limits, Local, Synapse, unix};
use tokio::runtime::Runtime;

use crate::connection::folder;
use crate::supervisor::place::Place;
use crate::supervisor::service::{Spec, State, Supervisor, SupervisorClient};

/// How long a supervisor may take to end that has nothing left to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// The supervisor of a project, which runs.
pub(crate) struct Client {
    runtime: Runtime,
    client: SupervisorClient,
}

/// Does somebody listen as the project's supervisor?
pub(crate) fn listens(place: &Place) -> Result<bool> {
    Ok(UnixStream::connect(unix::socket(&folder()?, &place.supervisor())?).is_ok())
}

impl Client {
    /// The supervisor, if it runs.
    pub(crate) fn find(place: &Place) -> Result<Option<Self>> {
        let begin = Instant::now();
        // One that is killed just now still takes connections, for a moment.
        while listens(place)? {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            match runtime.block_on(connect(place))? {
                Ok(client) => return Ok(Some(Self { runtime, client })),
                Err(fault) if fault.code == Code::Incompatible => bail!(
                    "the supervisor of this project is of another release of `cell`: {fault}\n\
                     help: stop it with that one, with `cell stop --all`"
                ),
                Err(fault) if begin.elapsed() > PATIENCE => {
                    bail!("the supervisor of this project does not answer: {fault}")
                }
                Err(_) => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        Ok(None)
    }

    /// The supervisor, which is started if it does not run.
    pub(crate) fn start(place: &Place) -> Result<Self> {
        let begin = Instant::now();
        loop {
            if let Some(found) = Self::find(place)? {
                return Ok(found);
            }
            // One that finishes has its place until its last cell has ended.
            if begin.elapsed() > PATIENCE {
                bail!(
                    "the supervisor of this project cannot be reached\n\
                     help: `cell up --foreground` shows what it does"
                );
            }
            launch(place)?;
        }
    }

    /// How all cells are; nothing if it ends or has ended.
    pub(crate) fn state(&self) -> Result<Option<State>> {
        match self.runtime.block_on(self.client.state()) {
            Ok(state) => Ok(state),
            Err(fault) if fault.code == Code::Disconnected || fault.code == Code::Closing => {
                Ok(None)
            }
            Err(fault) => bail!("the supervisor does not answer: {fault}"),
        }
    }

    pub(crate) fn up(
        &self,
        cells: &BTreeMap<String, Spec>,
        wanted: &[String],
        session: bool,
    ) -> Result<bool> {
        let call = self.client.up(cells.clone(), wanted.to_vec(), session);
        self.runtime.block_on(call).map_err(|fault| anyhow::anyhow!("the supervisor: {fault}"))
    }

    pub(crate) fn stop(
        &self,
        cells: &[String],
        needs: BTreeMap<String, Vec<String>>,
        patience: Duration,
    ) -> Result<bool> {
        let call = self.client.stop(cells.to_vec(), needs, patience.as_millis() as u64);
        self.runtime.block_on(call).map_err(|fault| anyhow::anyhow!("the supervisor: {fault}"))
    }

    pub(crate) fn finish(
        &self,
        needs: BTreeMap<String, Vec<String>>,
        patience: Duration,
    ) -> Result<bool> {
        let call = self.client.finish(needs, patience.as_millis() as u64);
        self.runtime.block_on(call).map_err(|fault| anyhow::anyhow!("the supervisor: {fault}"))
    }
}

/// Over one connection, which is not made again: who ends or is killed is not waited for.
async fn connect(place: &Place) -> Result<Result<SupervisorClient, Fault>> {
    let folder = folder()?;
    let connected = async {
        let stream = unix::connect(&folder, &place.supervisor()).await?;
        let schema = Supervisor::schema();
        let (formats, schema, service) = (Formats::ALL, schema.hash(), schema.service);
        let hello = Hello { formats, bytes: 0, calls: 0, schema, service };
        let synapse: Synapse<Local> = Synapse::over(stream, hello, Limits::default()).await?;
        Ok(SupervisorClient::with(Caller::over(synapse)))
    };
    Ok(connected.await)
}

/// Starts a supervisor through a process that ends at once: so it is no child of ours, and has
/// nothing of ours open.
fn launch(place: &Place) -> Result<()> {
    let output = Command::new(std::env::current_exe()?)
        .arg("supervisor")
        .arg("--root")
        .arg(&place.root)
        .arg("--folder")
        .arg(place.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .context("cannot start the supervisor")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("error: "));
    }
    Ok(())
}
