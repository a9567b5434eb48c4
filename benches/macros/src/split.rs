//! What a hit of the user's expansion cache consists of: the steps of `macro_bridge::host`, each
//! timed, and beside them the whole call.

use std::hint::black_box;
use std::time::Instant;

use macro_bridge::host::{Cached, Engine};
use macro_bridge::live::{self, Walker};
use macro_bridge::output::{self, Part, PartKind, RawOutput};
use proc_macro::TokenStream;

use crate::repeated::{count, fill};
use crate::{expander, name, request};

/// Prints the nanoseconds of each step, so often as `CELL_BENCH_COUNT` says, and what was read.
pub(crate) fn split(item: &TokenStream) -> Result<(), String> {
    fill(item)?;
    let fields = name(item)?;
    let (request, project) = request::of(item.clone())?;
    println!("tokens/{fields} {}", request.table.rows.len());
    let whole = expander("cached")?;
    for _ in 0..count()? {
        let begin = Instant::now();
        let made = whole(item.clone());
        println!("whole/{fields} {}", begin.elapsed().as_nanos());
        drop(made);

        let mut last = Instant::now();
        let mut lap = |step: &str| {
            println!("{step}/{fields} {}", last.elapsed().as_nanos());
            last = Instant::now();
        };
        let mut walker = Walker::default();
        walker.walk(item.clone());
        let (_table, originals) = walker.finish().ok_or("too many tokens")?;
        lap("walk");
        let key = black_box(&request).key();
        lap("hash");
        let found = Cached.expand(&project, &request, &key).ok_or("no hit")?;
        let expansion = found.map_err(|failure| failure.to_string())?;
        lap("read");
        let rows = expansion.output.rows.len();
        let part = Part { kind: PartKind::Items as u8, rows: rows as u32, name: String::new() };
        let raw = RawOutput {
            text: expansion.output.text.clone(),
            rows: expansion.output.rows.clone(),
            spans: expansion.output.spans.clone(),
            parts: vec![part],
        };
        output::check(&request.table, request.item().start, &raw, u64::from(u32::MAX))
            .map_err(|invalid| invalid.to_string())?;
        lap("check");
        let made = live::emit(&expansion.output, &originals);
        lap("emit");
        drop(made);
    }
    Ok(())
}
