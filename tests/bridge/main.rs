//! The token bridge in a live rustc. The guest side runs as ordinary code here (see
//! `compare-macros`): these tests need no WebAssembly. `cell-end-to-end` has the same with a
//! component.

use std::sync::LazyLock;

use anyhow::{Result, anyhow};
use cell_tests::bridge::Side;
use cell_tests::{proc_macro_library, workspace};

fn side() -> Result<&'static Side> {
    static SIDE: LazyLock<Result<Side>> = LazyLock::new(|| {
        let library =
            proc_macro_library(&workspace().join("tests/compare-macros"), "compare_macros")?;
        Ok(Side {
            library,
            component: b"not a component: the guest side is ordinary code".to_vec(),
        })
    });
    SIDE.as_ref().map_err(|error| anyhow!("{error:#}"))
}

#[test]
fn real_items_come_back_exactly() -> Result<()> {
    side()?.real_items(20_000)
}

#[test]
fn random_streams_come_back_exactly() -> Result<()> {
    let slow = std::env::var_os("SLOW_TESTS").is_some();
    side()?.random_streams(if slow { 50_000 } else { 2_000 })
}

#[test]
fn programs_keep_their_meaning() -> Result<()> {
    side()?.programs()
}

#[test]
fn rebuilt_groups_would_change_a_program() -> Result<()> {
    side()?.rebuilt_groups()
}

#[test]
fn errors_stand_on_the_token_that_was_chosen() -> Result<()> {
    side()?.errors()
}

#[test]
fn a_guests_local_does_not_capture_the_users() -> Result<()> {
    side()?.locals()
}
