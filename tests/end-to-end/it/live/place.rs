//! A project whose macros ask, a session, and a cell that answers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cell::{Builder, Running};
use cell_services::Oracle;
use macro_bridge::answer::Answer;
use tokio::runtime::Runtime;

use crate::guests::build;
use crate::project::{Host, clean, workspace};
use crate::served::Served;

/// Questions that the macros of `asks` are granted.
const GRANTED: &str = "\"oracle::value\", \"oracle::table\", \"oracle::slow\", \"oracle::large\", \
                       \"oracle::panics\", \"oracle::vaule\", \"oracle::unmarked\", \
                       \"oracle::password\", \"stranger::value\"";

pub(crate) struct Place {
    pub(crate) served: Served,
    pub(crate) runtime: Runtime,
    pub(crate) asked: &'static AtomicU64,
    cell: Option<Running>,
    session: Option<Child>,
}

impl Place {
    pub(crate) fn new(name: &str, host: Host) -> Result<Self> {
        let served = Served::new(name, host)?;
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build()?;
        let asked = Box::leak(Box::default());
        let place = Self { served, runtime, asked, cell: None, session: None };
        place.schema(|schema| schema)?;
        place.manifest("")?;
        Ok(place)
    }

    /// The schema of the oracle that the project knows.
    pub(crate) fn schema(&self, change: impl FnOnce(String) -> String) -> Result<()> {
        let text = fs::read_to_string(workspace().join("tests/guests/asks/oracle.schema"))?;
        self.served.project.write("oracle.schema", change(text))
    }

    /// `cell.toml` with these lines for the oracle, and its lock.
    pub(crate) fn manifest(&self, oracle: &str) -> Result<()> {
        self.manifest_with(&format!("schemas = [\"oracle.schema\"]\n{oracle}\n"))
    }

    pub(crate) fn manifest_with(&self, oracle: &str) -> Result<()> {
        let text = format!(
            "[cells.asks]\npath = {:?}\ngrants.calls = [{GRANTED}]\n[cells.oracle]\n{oracle}",
            build("asks")?
        );
        self.served.project.write("cell.toml", text)?;
        self.served.project.cell_does(&["lock"])
    }

    /// Where the cells' sockets are.
    pub(crate) fn sockets(&self) -> PathBuf {
        self.served.project.home.join("run")
    }

    /// The same folder, which is there and this user's alone.
    pub(crate) fn prepared_sockets(&self) -> Result<PathBuf> {
        let folder = self.sockets();
        fs::create_dir_all(&folder)?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        Ok(folder)
    }

    /// Starts the oracle, which knows this word.
    pub(crate) fn oracle(&mut self, nonce: &str) -> Result<()> {
        let cell = Builder::new("oracle").with(Oracle::new(nonce, self.asked)).version("1.2.3");
        self.start(cell)
    }

    pub(crate) fn start(&mut self, cell: Builder) -> Result<()> {
        self.start_in(cell.in_folder(self.sockets()).without_signals())
    }

    /// The same, in its own folder.
    pub(crate) fn start_in(&mut self, cell: Builder) -> Result<()> {
        let _inside = self.runtime.enter();
        self.cell = Some(cell.start()?);
        Ok(())
    }

    pub(crate) fn stop_oracle(&mut self) {
        if let Some(cell) = self.cell.take() {
            self.runtime.block_on(cell.stop());
        }
    }

    /// How often the oracle was asked since this was called last.
    pub(crate) fn count(&self) -> u64 {
        self.asked.swap(0, Ordering::Relaxed)
    }

    /// From here on builds may ask.
    pub(crate) fn begin_session(&mut self) -> Result<()> {
        let mut command = clean(Command::new(env!("CARGO_BIN_EXE_cell-end-to-end")))?;
        let project = &self.served.project;
        command.arg("dev").current_dir(&project.root).env("CELL_HOME", &project.home);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.session = Some(command.spawn()?);
        let begin = Instant::now();
        while !self.has_session()? {
            ensure!(begin.elapsed() < Duration::from_secs(60), "there is no session");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    pub(crate) fn has_session(&self) -> Result<bool> {
        let projects = self.served.project.home.join("state/projects");
        let mut files = fs::read_dir(projects)
            .into_iter()
            .flatten()
            .flatten()
            .flat_map(|project| fs::read_dir(project.path()).into_iter().flatten().flatten());
        Ok(files.any(|file| file.path().extension().is_some_and(|it| it == "session")))
    }

    pub(crate) fn end_session(&mut self) {
        if let Some(mut session) = self.session.take() {
            let _ = session.kill();
            let _ = session.wait();
        }
    }

    /// All recorded answers.
    pub(crate) fn answers(&self) -> Result<Vec<Answer>> {
        let folder = self.served.project.root.join(".cell/answers");
        let mut answers = Vec::new();
        for cell in fs::read_dir(folder).into_iter().flatten().flatten() {
            for file in fs::read_dir(cell.path())? {
                let path = file?.path();
                let answer = Answer::decode(&fs::read(&path)?);
                answers.push(answer.map_err(|it| anyhow::anyhow!("{}: {it}", path.display()))?);
            }
        }
        answers.sort_by(|one, other| one.question.cmp(&other.question));
        Ok(answers)
    }

    /// The text of the only recorded answer.
    pub(crate) fn only_answer(&self) -> Result<String> {
        let answers = self.answers()?;
        ensure!(answers.len() == 1, "{answers:#?}");
        answers.first().map(Answer::reply).context("an answer")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.end_session();
        self.stop_oracle();
    }
}
