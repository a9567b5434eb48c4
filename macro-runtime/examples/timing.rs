//! How long loading and expanding take: `cargo run --release --example timing [component.wasm]`.
//! Without a component it describes nothing and only starts the engine.
#![allow(clippy::print_stdout, reason = "this program's purpose")]

use std::time::Instant;

use macro_runtime::bridge::outside::Outside;
use macro_runtime::bridge::request::{Allowed, Call, Limits, MacroKind, Place, Request};
use macro_runtime::bridge::table::{TableBuilder, delimiter};
use macro_runtime::{CacheDir, Components, Options, Runtime, load};

struct One(Vec<u8>);

impl Components for One {
    fn component(
        &self,
        _: &macro_runtime::bridge::digest::Digest,
    ) -> Result<Vec<u8>, macro_runtime::bridge::failure::Failure> {
        Ok(self.0.clone())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let begin = Instant::now();
    drop(Runtime::new(Options::default())?);
    println!("start the engine           {:>10.1?}", begin.elapsed());
    let Some(path) = std::env::args_os().nth(1) else { return Ok(()) };
    let bytes = std::fs::read(path)?;
    let folder = tempfile::tempdir()?;
    println!("component of {} bytes", bytes.len());
    measure(&bytes, folder.path())
}

fn measure(bytes: &[u8], folder: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let begin = Instant::now();
    load::check(bytes, load::LoadOptions::default())?;
    println!("  check                    {:>10.1?}", begin.elapsed());

    let options = || Options { cache: Some(CacheDir::at(folder)), ..Options::default() };
    let runtime = Runtime::new(options())?;
    let begin = Instant::now();
    let description = runtime.describe("timing", bytes)?;
    println!("  check, compile, describe {:>10.1?}", begin.elapsed());

    let first = &description.macros[0];
    let call = Call {
        cell: "timing".into(),
        name: first.name.clone(),
        kind: first.kind,
        component: description.audit.digest,
        arguments: 0..0,
        wants: first.context,
        needs: Vec::new(),
        helpers: first.helpers.clone(),
        granted: first.calls.clone(),
        asked: first.calls.clone(),
        limits: Limits::default(),
        allowed: Allowed(u32::MAX),
        profile: "default".into(),
        outside: Outside::default(),
    };
    let mut table = TableBuilder::default();
    if first.kind != MacroKind::Function {
        table.ident("struct", false);
        table.ident("Order", false);
        table.open(delimiter::BRACE);
        for field in 0..10 {
            table.ident(&format!("field_{field}"), false);
            table.punct(':', false);
            table.ident("u64", false);
            table.punct(',', false);
        }
        table.close().map_err(|()| "not open")?;
    }
    let table = table.finish().ok_or("not closed")?;
    let request = Request { form: first.kind, table, calls: vec![call], place: Place::default() };
    let one = One(bytes.to_vec());

    let runtime = Runtime::new(options())?;
    let begin = Instant::now();
    runtime.prepare("timing", &description.audit.digest, &one)?;
    println!("  load compiled code       {:>10.1?}", begin.elapsed());
    let mut times: Vec<_> = (0..501)
        .map(|_| {
            let begin = Instant::now();
            let result = runtime.expand(&request, &one, &());
            (begin.elapsed(), result.is_ok())
        })
        .collect();
    let (first, good) = times[0];
    times.sort();
    println!(
        "  first expansion          {first:>10.1?} ({})",
        if good { "worked" } else { "failed" }
    );
    println!("  later ones, median       {:>10.1?}", times[250].0);
    Ok(())
}
