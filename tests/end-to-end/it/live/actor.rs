//! This test's binary as the oracle of a project that starts it.

use std::sync::atomic::AtomicU64;

use anyhow::Result;
use cell::Builder;
use cell_services::Oracle;

/// The word that the oracle knows.
pub(crate) const WORD: &str = "CELL_TEST_ORACLE";

/// What a project writes under `[cells.oracle.run]`; `program` is this binary, or a link to it.
pub(crate) fn run(program: &std::path::Path, word: &str) -> String {
    format!(
        "command = [{program:?}]\n\
         args = [\"live::actor::plays_an_oracle\", \"--exact\", \"--nocapture\", \"--quiet\"]\n\
         env = {{ {WORD} = {word:?} }}\n"
    )
}

/// Not a test but the work of another process: does nothing when it is not asked to.
#[test]
fn plays_an_oracle() -> Result<()> {
    let Ok(word) = std::env::var(WORD) else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let oracle = Oracle::new(&word, Box::leak(Box::<AtomicU64>::default()));
        let cell = Builder::new("oracle").with(oracle).start()?;
        cell.until_stopped().await?;
        anyhow::Ok(())
    })
}
