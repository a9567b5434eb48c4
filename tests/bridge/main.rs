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

cell_tests::bridge_tests!(side);
