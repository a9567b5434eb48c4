//! The process: rust-analyzer's proc-macro server with one library, and waiting for its answers,
//! never for ever.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::message::{self, Expand, Kind};
use crate::toolchain::proc_macro_server;
use crate::tree::{Tree, lex, text};

/// Environment variables, by name.
pub type Variables = BTreeMap<String, String>;

/// No answer takes longer, however slow the machine: then the server is stuck.
const LONGEST: Duration = Duration::from_secs(120);

/// A running proc-macro server that has one library loaded. Ended when it is dropped.
pub struct Analyzer {
    child: Child,
    /// Closed to end it.
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
    complaints: Option<JoinHandle<String>>,
    library: String,
    macros: BTreeMap<String, Kind>,
}

/// How a server ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it said on standard error, which macros can write to as well.
    pub complaints: String,
}

impl Analyzer {
    /// Starts the server of the active toolchain with a proc-macro library. It has the variables
    /// `envs` and no others, but for the one that it starts with.
    ///
    /// # Errors
    /// If the toolchain has no such server, or it refuses the library.
    pub fn start(library: &Path, envs: &[(&str, OsString)]) -> Result<Self> {
        Self::start_under(&[], library, envs)
    }

    /// The same, started by `launcher`, say strace, whose words the server's path is put behind.
    ///
    /// # Errors
    /// The same, and if the launcher cannot be started.
    pub fn start_under(
        launcher: &[OsString],
        library: &Path,
        envs: &[(&str, OsString)],
    ) -> Result<Self> {
        let words = [launcher, &[proc_macro_server()?.into_os_string()]].concat();
        let (program, arguments) = words.split_first().context("a program")?;
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            // The value that rust-analyzer gives it.
            .env("RUST_ANALYZER_INTERNALS_DO_NOT_USE", "this is unstable")
            .envs(envs.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        let requests = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().context("its answers")?);
        let mut stderr = child.stderr.take().context("its standard error")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                // A macro may print. rust-analyzer takes no notice of that, either.
                if line.starts_with('{') && sender.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
                line.clear();
            }
        });
        let complaints = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let library = library.to_str().context("the path of the library is not text")?.to_owned();
        let macros = BTreeMap::new();
        let complaints = Some(complaints);
        let mut analyzer = Self { child, requests, answers, complaints, library, macros };
        message::check_version(&analyzer.ask(message::version_check())?)?;
        message::check_configured(&analyzer.ask(message::configure())?)?;
        let list = message::list(&analyzer.library);
        analyzer.macros = message::listed(&analyzer.ask(list)?)?;
        Ok(analyzer)
    }

    /// The macros of the library.
    #[must_use]
    pub fn macros(&self) -> &BTreeMap<String, Kind> {
        &self.macros
    }

    /// Expands one macro, in source text. `attributes` is what stands in the parentheses of an
    /// attribute; `item` what it stands on, what is derived for, or the input of a function-like
    /// macro. `env` is set while it expands, and `CARGO_MANIFEST_DIR` of it is the working folder.
    ///
    /// # Errors
    /// If there is no such macro, it panics, or the server ends or does not answer for two minutes.
    /// A `compile_error!` is no error: it is what the macro expands to.
    pub fn expand(
        &mut self,
        macro_name: &str,
        kind: Kind,
        attributes: Option<&str>,
        item: &str,
        env: &Variables,
    ) -> Result<String> {
        let attributes = attributes.map(lex).transpose()?;
        let made = self.expand_trees(macro_name, kind, attributes.as_deref(), &lex(item)?, env)?;
        Ok(text(&made))
    }

    /// The same with tokens, which keep their places.
    ///
    /// # Errors
    /// Those of [`Analyzer::expand`].
    pub fn expand_trees(
        &mut self,
        macro_name: &str,
        kind: Kind,
        attributes: Option<&[Tree]>,
        item: &[Tree],
        env: &Variables,
    ) -> Result<Vec<Tree>> {
        match self.macros.get(macro_name) {
            Some(found) if *found == kind => {}
            Some(found) => bail!("`{macro_name}` is of kind {found:?}, not {kind:?}"),
            None => bail!("{} has no macro `{macro_name}`", self.library),
        }
        // An attribute without parentheses has no input, which the server takes for an empty one.
        let arguments = (kind == Kind::Attribute).then(|| attributes.unwrap_or_default());
        let line = Expand {
            library: &self.library,
            name: macro_name,
            arguments,
            input: item,
            variables: env,
            folder: env.get("CARGO_MANIFEST_DIR").map(Path::new),
        }
        .line();
        let answer = self.ask(line)?;
        message::expanded(&answer).with_context(|| format!("expanding `{macro_name}`"))
    }

    fn ask(&mut self, request: String) -> Result<String> {
        let stream = self.requests.as_mut().context("the server was ended")?;
        let written = writeln!(stream, "{request}").and_then(|()| stream.flush());
        // A server that ended has said why; what was not written says nothing.
        let answer = self.answers.recv_timeout(LONGEST);
        match (written, answer) {
            (Ok(()), Ok(line)) => Ok(line),
            (Ok(()), Err(RecvTimeoutError::Timeout)) => {
                bail!("the proc-macro server has not answered for {} s", LONGEST.as_secs())
            }
            _ => {
                let Ended { status, complaints } = self.end_now()?;
                bail!("the proc-macro server ended with {status}: {complaints}")
            }
        }
    }

    /// Memory that the process holds, in KiB. Of the launcher, if there is one.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
        Ok(number.parse()?)
    }

    /// Ends it as rust-analyzer does, by saying nothing more.
    ///
    /// # Errors
    /// If it does not end within two minutes.
    pub fn end(mut self) -> Result<Ended> {
        self.end_now()
    }

    fn end_now(&mut self) -> Result<Ended> {
        drop(self.requests.take());
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                let complaints = self.complaints.take().and_then(|thread| thread.join().ok());
                return Ok(Ended { status, complaints: complaints.unwrap_or_default() });
            }
            if begin.elapsed() > LONGEST {
                bail!("the proc-macro server does not end");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Analyzer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
