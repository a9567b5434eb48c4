//! Questions to real cells, and to programs that keep to nothing, over real sockets.

mod breaker;
mod cells;
mod peer;
mod strange;
mod tables;

use std::fs::{DirBuilder, create_dir_all};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use cell_answers::{Answered, Asker, Refusal, Why};
use cell_model::Schema;
use tempfile::TempDir;

/// Long enough for anything that comes at all, on a machine with much to do.
const LONG: Duration = Duration::from_secs(30);
/// Short enough to wait for in vain.
const SHORT: Duration = Duration::from_millis(400);
/// By how much a machine with much to do may be late.
const LATE: Duration = Duration::from_secs(4);

/// A folder of sockets, and who asks there.
struct Place {
    outer: TempDir,
    asker: Asker,
}

impl Place {
    fn new() -> Self {
        let outer = tempfile::tempdir().expect("a folder");
        let run = outer.path().join("run");
        create_dir_all(outer.path()).expect("a folder");
        DirBuilder::new().mode(0o700).create(&run).expect("a folder");
        let asker = Asker::new(run).expect("a thread");
        Self { outer, asker }
    }

    fn folder(&self) -> PathBuf {
        self.outer.path().join("run")
    }

    fn socket(&self) -> PathBuf {
        self.folder().join("ledger.sock")
    }

    fn columns(&self, locked: &Schema, patience: Duration) -> Result<Answered, Refusal> {
        self.ask(locked, "columns", &tables::arguments("accounts"), patience)
    }

    fn ask(
        &self,
        locked: &Schema,
        method: &str,
        arguments: &[u8],
        patience: Duration,
    ) -> Result<Answered, Refusal> {
        let began = Instant::now();
        let answered = self.asker.ask("ledger", locked, method, arguments, patience, 1);
        let took = began.elapsed();
        assert!(took < patience + LATE, "it took {took:?}");
        answered
    }

    /// Why a question, with little patience, has no answer.
    fn why(&self) -> Why {
        self.columns(&tables::schema(), SHORT).expect_err("no answer").why
    }
}
