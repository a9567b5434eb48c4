//! Measures one macro, `Model` of the cell `ledger`, inside rustc: as a component, from a record,
//! and as an ordinary proc-macro, on the very tokens that rustc gives to a derive.
//!
//! `#[derive(Measure)]` adds nothing to a struct. What it does is said by `CELL_BENCH`:
//!
//! - `steady`: criterion measures the macro as often as it likes,
//! - `first`: the first expansion of this rustc, timed once and printed,
//! - `record`: the expansion is put into the project's `.cell`,
//! - `turns`: several ways in turns, each call timed and printed, on items of ever new names,
//! - `repeat`: expanded so often as `CELL_BENCH_COUNT` says, for callgrind,
//! - `split`: what a hit of the expansion cache consists of,
//! - `stages`: what an expansion in the engine consists of,
//! - `stack`: the same of six attributes of the guest `stack`, whatever the struct.
//!
//! and the way by `CELL_BENCH_WAY`: `component`, `engine` (only what happens behind
//! `Engine::expand`), `recorded`, `native`, `server` (what the thin host does when nothing knows the
//! item yet), `cached` (when the user's expansion cache does), `asked` (the server, whatever the cache has). How much is optimised is the
//! profile's business.
#![forbid(unsafe_code)]

// The files themselves, so that exactly what users get is measured.
#[path = "../../../host-macro/src/embedded.rs"]
mod embedded;
#[rustfmt::skip]
#[path = "../../../guests/ledger/src/model.rs"]
mod model;

mod clock;
#[path = "../../native/src/native.rs"]
mod native;
mod repeated;
mod request;
mod split;
mod stages;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;
use criterion::measurement::{Measurement, WallTime};
use macro_bridge::host::{self, Engine};
use proc_macro::{TokenStream, TokenTree};

/// See the crate's documentation.
#[proc_macro_derive(Measure, attributes(cell))]
pub fn measure(item: TokenStream) -> TokenStream {
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let (task, way) = (variable("CELL_BENCH"), variable("CELL_BENCH_WAY"));
    let done = match task.as_str() {
        "steady" => steady(&way, &item),
        "first" => first(&way, item),
        "record" => request::record(item),
        "turns" => repeated::turns(&way, &item),
        "repeat" => repeated::repeat(&way, &item),
        "split" => split::split(&item),
        "stages" => stages::stages(&item),
        "stack" => stages::stack(),
        other => Err(format!("CELL_BENCH is `{other}`")),
    };
    match done {
        Ok(()) => TokenStream::new(),
        Err(why) => format!("::core::compile_error! {{ {why:?} }}").parse().unwrap_or_default(),
    }
}

/// Criterion's medians become files in `CRITERION_HOME`, named by way, clock and struct.
fn steady(way: &str, item: &TokenStream) -> Result<(), String> {
    let fields = name(item)?;
    if way == "engine" {
        let (request, project) = request::of(item.clone())?;
        let key = request.key();
        let once = || embedded::Embedded.expand(&project, black_box(&request), &key);
        once().ok_or("the engine passes")?.map_err(|failure| failure.to_string())?;
        both_clocks(way, &fields, once);
        return Ok(());
    }
    let expand = expander(way)?;
    check(way, item)?;
    both_clocks(way, &fields, || expand(black_box(item.clone())));
    Ok(())
}

fn both_clocks<T>(way: &str, fields: &str, mut work: impl FnMut() -> T) {
    let mut wall = configured(Criterion::default());
    wall.bench_function(&format!("{way}-wall/{fields}"), |bencher| bencher.iter(&mut work));
    let clock = clock::Processor(WallTime);
    let mut processor = configured(Criterion::default().with_measurement(clock));
    processor.bench_function(&format!("{way}-processor/{fields}"), |b| b.iter(&mut work));
}

/// Less of everything if there is `CELL_BENCH_QUICK`.
fn configured<M: Measurement>(criterion: Criterion<M>) -> Criterion<M> {
    let quick = std::env::var_os("CELL_BENCH_QUICK").is_some();
    let (samples, warm, measured) = if quick { (10, 50, 200) } else { (20, 300, 1_500) };
    criterion
        .without_plots()
        .sample_size(samples)
        .nresamples(1_000)
        .warm_up_time(Duration::from_millis(warm))
        .measurement_time(Duration::from_millis(measured))
}

fn first(way: &str, item: TokenStream) -> Result<(), String> {
    let fields = name(&item)?;
    let expand = expander(way)?;
    let (wall, processor) = (Instant::now(), clock::processor());
    let made = expand(item);
    let (wall, processor) = (wall.elapsed(), clock::processor().saturating_sub(processor));
    if made.to_string().contains("compile_error") {
        return Err(format!("`{way}` fails: {made}"));
    }
    println!("{way}/{fields} {} {}", wall.as_nanos(), processor.as_nanos());
    Ok(())
}

type Expand = fn(TokenStream) -> TokenStream;

fn expander(way: &str) -> Result<Expand, String> {
    match way {
        "native" => Ok(native::expand),
        // What the host's slots do, with the engine of `embedded`, which finds no record.
        "component" => Ok(|item| host::slot_derive(SLOT, item, &[&embedded::Embedded])),
        // The thin host has no engine.
        "recorded" => Ok(|item| host::slot_derive(SLOT, item, &[])),
        // The places that it asks: the cache has no item with a new name.
        "server" => Ok(|item| host::slot_derive(SLOT, item, &[&host::Cached, &host::Server])),
        "asked" => Ok(|item| host::slot_derive(SLOT, item, &[&host::Server])),
        "cached" => Ok(|item| host::slot_derive(SLOT, item, &[&host::Cached])),
        other => Err(format!("CELL_BENCH_WAY is `{other}`")),
    }
}

/// The slot of `Model` in the lock of `examples/cell-market`, which the projects here have.
const SLOT: u16 = 0;

/// Both ways must do the same work, or the figures mean nothing.
fn check(way: &str, item: &TokenStream) -> Result<(), String> {
    let expected = native::expand(item.clone()).to_string();
    let found = expander(way)?(item.clone()).to_string();
    // The host adds what makes cargo track the lock.
    if found.starts_with(&expected) && !expected.contains("compile_error") {
        return Ok(());
    }
    Err(format!("`{way}` made something else than `native`: {found}"))
}

/// The name of the struct.
fn name(item: &TokenStream) -> Result<String, String> {
    let mut trees = item.clone().into_iter();
    let is_struct = |tree: TokenTree| tree.to_string() == "struct";
    let found = trees.any(is_struct).then(|| trees.next()).flatten();
    found.map(|name| name.to_string()).ok_or_else(|| "this is no struct".to_owned())
}
