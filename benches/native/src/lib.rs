//! `Model` of the cell `ledger` as its author would publish it without Cell: what a workspace that
//! uses Cell is compared with.
//!
//! If `CELL_BENCH_TIMES` names a folder, each rustc writes there how many nanoseconds each of its
//! expansions took, since stable cargo and rustc do not say.
#![forbid(unsafe_code)]

#[rustfmt::skip]
#[path = "../../../guests/ledger/src/model.rs"]
mod model;
mod native;

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use proc_macro::TokenStream;

/// See `guests/ledger`.
#[proc_macro_derive(Model, attributes(cell))]
pub fn derive(item: TokenStream) -> TokenStream {
    let Some(folder) = std::env::var_os("CELL_BENCH_TIMES") else { return native::expand(item) };
    let begin = Instant::now();
    let made = native::expand(item);
    let took = begin.elapsed();
    match note(folder.as_ref(), took) {
        Ok(()) => made,
        Err(why) => format!("::core::compile_error! {{ {:?} }}", why.to_string())
            .parse()
            .unwrap_or_default(),
    }
}

fn note(folder: &Path, took: Duration) -> std::io::Result<()> {
    let file = folder.join(std::process::id().to_string());
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    file.write_all(format!("{}\n", took.as_nanos()).as_bytes())
}
