//! What a warm expansion in the engine consists of, each part timed by itself, and six macros on one
//! item beside each of them alone.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::ops::Range;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use macro_bridge::answer::{Answer, Question};
use macro_bridge::compose::{self, Fact, GuestExpansion};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::Output;
use macro_bridge::failure::Failure;
use macro_bridge::live::{self, Originals, Walker};
use macro_bridge::order;
use macro_bridge::output::{self, PartKind, RawOutput};
use macro_bridge::outside::Outside;
use macro_bridge::policy;
use macro_bridge::request::{Allowed, Call, Limits, MacroKind, Place, Request};
use macro_bridge::table::{kind, span};
use macro_runtime::{CacheDir, Components, Lookup, Options, Runtime};
use proc_macro::TokenStream;

use crate::repeated::count;
use crate::{name, request};

/// Expansions before anything is measured.
const WARM: usize = 10;

/// The macros of the guest `stack` that change one function together, and what each needs.
const SIX: [(&str, &[&str]); 6] = [
    ("d1", &["stack::d3"]),
    ("d2", &["stack::d1"]),
    ("d3", &[]),
    ("d4", &[]),
    ("d5", &["stack::d6"]),
    ("d6", &[]),
];

/// What they stand on.
const FUNCTION: &str = "pub const fn f(x: u64) -> u64 { if x > 9 { return x; } x + 1 }";

/// Prints the nanoseconds of each part of an expansion of the derive on `item`, as often as
/// `CELL_BENCH_COUNT` says.
pub(crate) fn stages(item: &TokenStream) -> Result<(), String> {
    let fields = name(item)?;
    let (request, project) = request::of(item.clone())?;
    let mut walker = Walker::default();
    walker.walk(item.clone());
    let (_, originals) = walker.finish().ok_or("too many tokens")?;
    let sources = Sources { components: &project, lookup: &project };
    for round in 0..WARM + count()? {
        let times = Times::of(&request, &originals, item, &sources)?;
        if round >= WARM {
            times.print(&fields);
        }
    }
    Ok(())
}

/// The same of six attributes on one function, and the time of each of them alone, in turns. The
/// component of the guest is in `CELL_BENCH_COMPONENT`.
pub(crate) fn stack() -> Result<(), String> {
    let path = std::env::var_os("CELL_BENCH_COMPONENT").ok_or("no component")?;
    let stack = Stack(std::fs::read(path).map_err(|error| error.to_string())?);
    let sources = Sources { components: &stack, lookup: &stack };
    let item: TokenStream = FUNCTION.parse().map_err(|_| "the function is no Rust")?;
    let mut walker = Walker::default();
    walker.walk(item.clone());
    let (table, originals) = walker.finish().ok_or("too many tokens")?;
    let request = |calls: Vec<Call>| Request {
        form: MacroKind::Attribute,
        table: table.clone(),
        calls,
        place: Place::default(),
    };
    let digest = Digest::of(&stack.0);
    let call = |(name, needs): &(&str, &[&str])| call(name, needs, digest);
    let mut calls: Vec<Call> = SIX.iter().map(call).collect();
    let alone: Vec<Request> = calls.iter().map(|call| request(vec![call.clone()])).collect();
    order::sort(&mut calls, |call| call).map_err(|(_, failure)| failure.to_string())?;
    let six = request(calls);
    for round in 0..WARM + count()? {
        let times = Times::of(&six, &originals, &item, &sources)?;
        let each = alone.iter().map(|one| sources.expand(one).map(|(_, took)| took));
        let sum = each.sum::<Result<Duration, String>>()?;
        if round >= WARM {
            times.print("Six");
            println!("alone/Six {}", sum.as_nanos());
        }
    }
    Ok(())
}

/// The component of the guest `stack`, whose macros ask nothing.
struct Stack(Vec<u8>);

impl Components for Stack {
    fn component(&self, _digest: &Digest) -> Result<Vec<u8>, Failure> {
        Ok(self.0.clone())
    }
}

impl Lookup for Stack {
    fn ask(&self, _question: &Question) -> Result<Option<Answer>, Failure> {
        Ok(None)
    }
}

fn call(name: &str, needs: &[&str], component: Digest) -> Call {
    Call {
        cell: "stack".to_owned(),
        name: name.to_owned(),
        kind: MacroKind::Attribute,
        component,
        arguments: Range::default(),
        wants: 0,
        needs: needs.iter().map(|need| (*need).to_owned()).collect(),
        helpers: Vec::new(),
        granted: Vec::new(),
        asked: Vec::new(),
        limits: Limits::default(),
        allowed: Allowed::default(),
        outside: Outside::default(),
        profile: "default".to_owned(),
    }
}

/// Where an expansion finds what it needs.
struct Sources<'a> {
    components: &'a dyn Components,
    lookup: &'a dyn Lookup,
}

impl Sources<'_> {
    /// The expansion, and how long it took.
    fn expand(
        &self,
        request: &Request,
    ) -> Result<(macro_bridge::expansion::Expansion, Duration), String> {
        let begin = Instant::now();
        let made = runtime()?.expand(black_box(request), self.components, self.lookup);
        let took = begin.elapsed();
        Ok((made.map_err(|failure| failure.to_string())?, took))
    }
}

/// The engine, as the macro server has it: compiled code in the cache, nothing else.
fn runtime() -> Result<&'static Runtime, String> {
    static RUNTIME: OnceLock<Result<Runtime, Failure>> = OnceLock::new();
    let start = || {
        let home = std::env::var_os("CELL_HOME").map(std::path::PathBuf::from);
        let cache = CacheDir::of_user(home.as_deref());
        Runtime::new(Options { cache, ..Options::default() })
    };
    RUNTIME.get_or_init(start).as_ref().map_err(Failure::to_string)
}

/// How long each part took.
#[derive(Default)]
struct Times(BTreeMap<&'static str, Duration>);

impl Times {
    /// One expansion as a whole, and then its parts one by one.
    fn of(
        request: &Request,
        originals: &Originals,
        item: &TokenStream,
        sources: &Sources<'_>,
    ) -> Result<Self, String> {
        let mut times = Self::default();
        let (whole, took) = sources.expand(request)?;
        times.add("engine", took);

        let walked = times.take("walk", || {
            let mut walker = Walker::default();
            walker.walk(item.clone());
            walker.finish()
        });
        drop(walked);
        let calls = 0..request.calls.len();
        let inputs: Vec<_> = calls
            .clone()
            .map(|call| {
                times.take("input", || {
                    (compose::input(request, call), compose::context(request, call))
                })
            })
            .collect();
        let mut facts: Vec<Fact> = Vec::new();
        if request.calls.len() > 1 {
            for call in calls.clone() {
                let said = runtime()?.planned(request, call, sources.components, sources.lookup);
                facts.extend(said.map_err(|failure| failure.to_string())?);
            }
            facts.sort();
        }
        let mut checked = Vec::new();
        for (call, (input, _)) in calls.zip(&inputs) {
            let own = request.calls[call].path();
            let others = facts.iter().filter(|fact| fact.source != own).cloned().collect();
            let returned =
                runtime()?.returned(request, call, others, sources.components, sources.lookup);
            let guest: GuestExpansion = returned.map_err(|failure| failure.to_string())?;
            let (table, split) = (&input.table, input.split as usize);
            let called = &request.calls[call];
            let rows = called.limits.rows;
            times
                .take("check", || output::check(table, split, &guest.output, rows))
                .map_err(|invalid| invalid.to_string())?;
            let several = request.calls.len() > 1;
            let passed = times
                .take("policy", || passes(table, split, &guest.output, called.allowed, several));
            if !passed {
                return Err("the policy refuses what is measured".to_owned());
            }
            // All of what the host does with it: what the two above are part of.
            let all = times.take("all checks", || compose::check(request, call, guest));
            checked.push(all.map_err(|failure| failure.to_string())?);
        }
        let joined =
            times.take("compose", || compose::compose(request, Vec::new(), checked, Vec::new()));
        let joined = joined.map_err(|failure| failure.to_string())?;
        if joined.output != whole.output {
            return Err("the parts make something else than the whole".to_owned());
        }
        let plain = without_spans(&whole.output);
        drop(times.take("emission", || live::emit(&whole.output, originals)));
        drop(times.take("emission at one place", || live::emit(&plain, originals)));
        Ok(times)
    }

    fn take<T>(&mut self, part: &'static str, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let made = black_box(work());
        self.add(part, begin.elapsed());
        made
    }

    fn add(&mut self, part: &'static str, took: Duration) {
        *self.0.entry(part).or_default() += took;
    }

    fn print(&self, of: &str) {
        for (part, took) in &self.0 {
            println!("{part}/{of} {}", took.as_nanos());
        }
    }
}

/// What the host asks the policy.
fn passes(
    table: &macro_bridge::table::Table,
    split: usize,
    output: &RawOutput,
    allowed: Allowed,
    several: bool,
) -> bool {
    let complete = |kind| policy::is_complete(table, output, kind);
    let alone = !several || !policy::is_limited(allowed);
    policy::check(table, split..table.rows.len(), output, allowed).is_ok()
        && (alone || complete(PartKind::Item) && complete(PartKind::Items))
}

/// The same tokens, all of what a guest made at the call-site: nothing is looked up for them.
fn without_spans(output: &Output) -> Output {
    let mut plain = output.clone();
    plain.spans.clear();
    let made = |token: &&mut macro_bridge::table::Token| token.kind != kind::RANGE;
    plain.rows.iter_mut().filter(made).for_each(|token| token.span = span::CALL_SITE);
    plain
}
