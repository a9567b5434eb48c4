//! The book in `docs/`: what it tells its readers to do is done, what it shows is there.

mod follow;
mod markdown;
pub(crate) mod shown;

use anyhow::{Result, ensure};

use follow::Reader;

/// A derive for rustc becomes one for Cell, and both are compared.
#[test]
fn the_porting_chapter_ends_with_passing_tests() -> Result<()> {
    let mut reader = Reader::new("porting")?;
    reader.follow("porting.md")?;
    // The tables of the chapter are about these two.
    let (native, ported) =
        (reader.read("getters-native/src/lib.rs")?, reader.read("getters/src/lib.rs")?);
    let same = native.lines().filter(|line| ported.contains(line)).count();
    ensure!(same * 10 > native.lines().count() * 7, "{same} lines stayed as they were");
    Ok(())
}

/// A macro is written, published by a cell that runs, used, recorded, and built with nothing there.
#[test]
fn the_tutorial_ends_with_a_build_that_needs_nobody() -> Result<()> {
    if std::env::var_os("SLOW_TESTS").is_none() {
        return Ok(());
    }
    let mut reader = Reader::new("tutorial")?;
    let followed = reader.follow("tutorial.md");
    reader.stop("units");
    followed
}
