//! All automation of this workspace: `cargo xtask`.
#![forbid(unsafe_code)]

mod bench;
mod check;
mod demo;
mod docs;
mod errors;
mod graph;
mod licence;
mod policy;
mod render;
mod setup;
mod sources;
mod step;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

const HELP: &str = "\
Usage: cargo xtask <task>

  demo          build and run the example, and show what its macros did; needs only Rust
  demo live     start cells, compile a program whose macro asks one of them, kill everything, and
                compile it again with no network, no cell and no server: the same tokens
  demo market   start the cells of the market, drive 100,000 transfers while two of them are killed,
                and leave a table and a plot in target/demo-market; `--release` builds them optimised
  test          set up this machine and run all tests
  test --slow   also those that take minutes
  test --light  only those that need neither wasmtime nor a compiler for guests
  setup         install what guests are compiled with, if nothing here can compile them
  check         everything that can be checked without running a test
  bench         measure everything, and write target/bench/report.md; an hour
                and a half
  bench --quick      the same with few rounds, to see that it works
  bench --publish    the same, and copy the report to docs/benchmarks.md, its head to README.md
  bench <part>  only `builds`, `market`, `server`, `workspace`, `instructions`, `expansions`,
                `memory`, `calls`, `answers` or `sandboxed`; `report` measures nothing, and writes
                what is known
  bench expansions <profile>  only the host that is built with `optimised`, `documented` or `dev`
  bench sandboxed <application>  only `mdbook` or `miniserve`
  bindings      make the bindings of guests again from wit/
  errors        make docs/errors.md again
  docs          build the book in docs/ and check its links; says where it is
  docs --check  only what needs neither mdBook nor a compiler: chapters, links, includes
  commands      make docs/src/reference/commands.md again
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(file) = std::env::var_os(bench::peak::FILE) {
        return ended(bench::peak::wrap(file.as_ref(), &arguments));
    }
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    ended(run(&words).map(|()| ExitCode::SUCCESS))
}

fn ended(result: Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        step::say("error:", &format!("{error:#}"));
        ExitCode::FAILURE
    })
}

fn run(words: &[&str]) -> Result<()> {
    match words {
        ["demo"] => demo::run(),
        ["demo", "live"] => demo::live::run(),
        ["demo", "market"] => demo::market::run(false),
        ["demo", "market", "--release"] => demo::market::run(true),
        ["test"] => test::run(false),
        ["test", "--slow"] => test::run(true),
        ["test", "--light"] => test::light(),
        ["setup"] => setup::run(),
        ["check"] => check::run(),
        ["bench", words @ ..] => bench::run(&bench::Wanted::read(words)?),
        ["bindings"] => test::bindings(),
        ["errors"] => errors::write(),
        ["docs"] => docs::run(),
        ["docs", "--check"] => docs::check(),
        ["commands"] => docs::commands(),
        [] | ["help" | "--help" | "-h"] => {
            step::say("", HELP);
            Ok(())
        }
        other => bail!("there is no task `{}`\n\n{HELP}", other.join(" ")),
    }
}
