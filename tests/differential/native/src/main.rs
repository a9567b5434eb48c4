//! The macros that ship with Cell, natively, compared with what an engine makes of their components: on
//! items that people wrote, and on what is left of such.
//!
//! ```text
//! native-guests harvest FILE FOLDER..    collects the items of packages
//! native-guests GUEST FILE FROM TO       compares cases; the engine is at standard input and output
//! ```
//!
//! Natively `proc-macro2` stands alone, without any `proc_macro`: nothing of the token bridge, of the
//! guest-side `proc_macro`, of WebAssembly is in it. What it does not know is who sees a name.
#![forbid(unsafe_code)]

mod broken;
mod cases;
mod expand;
mod harvest;
mod outcome;
mod pipe;
mod places;
mod request;

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use cell_tests::Progress;
use macro_bridge::failure::Kind;
use proc_macro2::TokenStream;

use cases::{Case, Cases, Guest};
use expand::Ended;
use harvest::Items;
use outcome::Outcome;
use places::Places;
use request::{Engine, Told};

/// What came of the cases of a guest.
#[derive(Debug, Default)]
struct Seen {
    real: u64,
    /// Expansions without an error.
    good: u64,
    /// With errors.
    bad: u64,
    /// That the host refused.
    refused: u64,
}

/// One case, both ways: what differs.
fn compare(engine: &mut Engine, case: &Case, seen: &mut Seen) -> Result<Option<String>> {
    proc_macro2::extra::invalidate_current_thread_spans();
    let read = |text: &str| -> Result<TokenStream> {
        text.parse().ok().with_context(|| format!("`{text}` is not read again"))
    };
    let arguments: Vec<TokenStream> =
        case.calls.iter().map(|call| read(&call.arguments)).collect::<Result<_>>()?;
    let item = read(&case.item)?;
    let request = engine.request(case, &arguments, &item);
    let Told { result, asked } = engine.expand(&request, &case.answer)?;
    let native = expand::expand(case, &request, &arguments, &item, &asked);
    let refused = match (&native, &result) {
        (Err(Ended::Refused(None)), Err((code, _))) => code == Kind::NoFunction.code(),
        (Err(Ended::Refused(Some(native))), Err((code, message))) => {
            (native.kind.code(), &native.message) == (code.as_str(), message)
        }
        _ => false,
    };
    if refused {
        seen.refused += 1;
        return Ok(None);
    }
    let (Ok(native), Ok(expansion)) = (&native, &result) else {
        return Ok(Some(format!("natively {native:?}\nin the component {result:?}")));
    };
    let places = Places::of(arguments.iter().chain([&item]));
    let component = Outcome {
        tokens: outcome::flat(&request, expansion),
        said: outcome::said(expansion, &places),
        plan: expansion.plan.clone(),
        artifacts: expansion.artifacts.clone(),
        asked: asked.into_iter().map(|q| (q.cell, q.function, q.arguments)).collect(),
    };
    let errors = component.said.iter().any(|said| said.level == "error");
    *(if errors { &mut seen.bad } else { &mut seen.good }) += 1;
    Ok(outcome::difference(native, &component))
}

/// All cases of a guest from one number to another.
fn agree(guest: Guest, items: &Items, from: u64, to: u64) -> Result<()> {
    let cases = Cases::of(guest, items);
    let name = guest.cell();
    let mut engine = Engine::new()?;
    let mut progress = Progress::new(format!("{name} natively and as a component"), to - from);
    let mut seen = Seen::default();
    for number in from..to {
        let case = cases.case(number);
        let differs = compare(&mut engine, &case, &mut seen);
        let differs = differs.with_context(|| format!("case {name}:{number}, {}", case.item))?;
        if let Some(why) = differs {
            let called: Vec<String> = case
                .calls
                .iter()
                .map(|call| format!("{}::{}({})", call.cell, call.native.info.name, call.arguments))
                .collect();
            bail!("CELL_CASE={name}:{number}\n{}\n{}\n{why}", called.join("\n"), case.item);
        }
        seen.real += u64::from(case.is_real);
        progress.done(number + 1 - from);
    }
    let Seen { real, good, bad, refused } = seen;
    eprintln!(
        "{name}: {real} real items of {}, {good} good, {bad} bad, {refused} refused",
        to - from
    );
    // Neither only what works nor only what does not.
    let least = (to - from) / 50;
    if to - from > 100 && (good < least || bad < least || real < (to - from) / 2) {
        bail!("these cases do not say much");
    }
    Ok(())
}

fn run() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["harvest", file, folders @ ..] => harvest::harvest(folders)?.write(Path::new(file)),
        [guest, file, from, to] => {
            let guest = Guest::ALL.into_iter().find(|one| one.cell() == *guest);
            let guest = guest.context("no such guest")?;
            agree(guest, &Items::read(Path::new(file))?, from.parse()?, to.parse()?)
        }
        _ => bail!("say `harvest FILE`, or a guest, a file, and two numbers"),
    }
}

fn main() -> Result<()> {
    // With room for a deep expression.
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(run)?;
    thread.join().unwrap_or_else(|_| bail!("it panicked"))
}
