//! The cells as processes in a folder of their own, and clients that do not give up.

use std::future::Future;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use cell::CallError;
use cell_market_exchange::ExchangeClient;
use cell_market_ledger::LedgerClient;
use tempfile::TempDir;

/// Is this test in a process with a `CELL_HOME` of its own? If not, it is run once more in one, since
/// clients find cells by that, and the user's own is no place for sockets of killed cells.
pub(crate) fn has_own_home(test: &str) -> bool {
    const MARK: &str = "CELL_MARKET_TEST";
    if std::env::var_os(MARK).is_some_and(|named| named == test) {
        return true;
    }
    let home = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args([test, "--exact", "--nocapture"]).env("CELL_HOME", home.path()).env(MARK, test);
    assert!(command.status().expect("it runs").success(), "{test} failed, see above");
    false
}

/// How long anything may take; nothing does, but the machine may be busy.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A program that is killed with the test.
pub(crate) struct Cell {
    program: &'static str,
    name: String,
    words: Vec<String>,
    child: Child,
}

impl Cell {
    pub(crate) fn start(program: &'static str, name: &str, words: Vec<String>) -> Self {
        let child = spawn(program, &words);
        Self { program, name: name.to_owned(), words, child }
    }

    /// `kill -9`, and a new process at once.
    pub(crate) fn kill_and_restart(&mut self) {
        self.kill();
        self.child = spawn(self.program, &self.words);
    }

    pub(crate) fn kill(&mut self) {
        let ended = self.child.try_wait().expect("it is our child");
        assert!(ended.is_none(), "{} ended by itself: {ended:?}", self.name);
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is our child");
    }

    pub(crate) fn restart(&mut self) {
        self.child = spawn(self.program, &self.words);
    }

    /// For an exchange that is started later.
    pub(crate) fn limit_unsettled(&mut self, trades: u64) {
        self.words.extend(["--max-unsettled".to_owned(), trades.to_string()]);
    }

    /// Starts one that will not serve.
    pub(crate) fn run_to_its_end(&mut self) -> ExitStatus {
        self.restart();
        self.child.wait().expect("it is our child")
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(program: &str, words: &[String]) -> Child {
    let mut command = Command::new(program);
    // The pipe closes with the test, however that ends.
    command.args(words).arg("--until-stdin-ends").stdin(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("it was built")
}

/// A ledger and an exchange.
pub(crate) struct Market {
    pub(crate) ledger: Cell,
    pub(crate) exchange: Cell,
    pub(crate) ledger_client: LedgerClient,
    pub(crate) exchange_client: ExchangeClient,
    _folder: TempDir,
}

impl Market {
    /// Cells whose names begin with `test`. `sync` is that of their arguments.
    pub(crate) fn start(test: &str, sync: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let name = |cell: &str| format!("{test}-{cell}");
        let (ledger, exchange) = (name("ledger"), name("exchange"));
        let words = |cell: &str, name: &str| {
            let journal = folder.path().join(cell).display().to_string();
            ["--name", name, "--journal", &journal, "--sync", sync].map(str::to_owned).to_vec()
        };
        let ledger_words = words("ledger", &ledger);
        let mut exchange_words = words("exchange", &exchange);
        exchange_words.extend(["--ledger", &ledger, "--patience", "1000"].map(str::to_owned));
        let ledger_client = LedgerClient::of(&ledger).expect("a folder for sockets");
        let exchange_client = ExchangeClient::of(&exchange).expect("a folder for sockets");
        Self {
            ledger: Cell::start(env!("CARGO_BIN_EXE_ledger-under-test"), &ledger, ledger_words),
            exchange: Cell::start(
                env!("CARGO_BIN_EXE_exchange-under-test"),
                &exchange,
                exchange_words,
            ),
            ledger_client,
            exchange_client,
            _folder: folder,
        }
    }

    /// Where the journals are.
    pub(crate) fn folder(&self) -> &Path {
        self._folder.path()
    }
}

/// Asks until there is an answer, whatever happens to the cell.
pub(crate) async fn answer<T, E, F>(ask: impl Fn() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, CallError<E>>>,
{
    let begun = Instant::now();
    loop {
        let outcome = tokio::time::timeout(Duration::from_secs(2), ask()).await;
        match outcome {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(CallError::Remote(refused))) => return Err(refused),
            Ok(Err(CallError::Fault(fault))) => {
                assert!(fault.code.is_transient(), "{fault}");
                assert!(begun.elapsed() < LONG, "{fault}");
            }
            Err(_) => assert!(begun.elapsed() < LONG, "no answer"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
