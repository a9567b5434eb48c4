//! Macros that change one item together, in whatever order they are written, and macros that use
//! macros.

use anyhow::{Context as _, Result, anyhow, ensure};
use macro_bridge::compose;
use macro_bridge::expansion::file;
use macro_bridge::failure::Kind;
use macro_bridge::order;
use macro_bridge::project::Project as Files;
use macro_bridge::request::{Call, MacroKind, Place, Request};
use macro_bridge::table::TableBuilder;
use macro_runtime::{CacheDir, Options, Runtime};
use proc_macro2::TokenStream;

use crate::cases::add;
use crate::guests::stack;
use crate::project::{Host, Project, folder};
use crate::report::{errors, expect, expect_none, fails};

/// Six attributes of which some need others: they run as 3, 1, 2, 4, 6, 5.
const SIX: [&str; 6] = ["d1", "d2", "d3", "d4", "d5", "d6"];

fn project(name: &str) -> Result<Project> {
    let project = Project::new(name, Host::Embedded)?;
    project.lock_only(&format!("[cells.stack]\npath = {:?}\n", stack()?), |_| true)?;
    Ok(project)
}

/// All orders of six.
fn permutations() -> Vec<[&'static str; 6]> {
    let mut all = Vec::new();
    let mut names = SIX;
    // Heap's algorithm: each differs from the one before by one swap.
    let (mut counts, mut at) = ([0usize; 6], 0);
    all.push(names);
    while at < names.len() {
        if counts[at] < at {
            names.swap(if at % 2 == 0 { 0 } else { counts[at] }, at);
            all.push(names);
            counts[at] += 1;
            at = 0;
        } else {
            counts[at] = 0;
            at += 1;
        }
    }
    all
}

/// What rustc would ask for with these macros on `item`, written in this order.
fn request(files: &Files, names: &[&str], item: &str) -> Result<Request> {
    let call = |name: &&str| files.call("stack", name).map_err(|failure| anyhow!("{failure}"));
    let mut calls = names.iter().map(call).collect::<Result<Vec<Call>>>()?;
    order::sort(&mut calls, |call| call).map_err(|(_, failure)| anyhow!("{failure}"))?;
    let mut table = TableBuilder::default();
    add(item.parse::<TokenStream>().map_err(|e| anyhow!("{e}"))?, &mut table, &mut || false);
    let table = table.finish().context("every group was closed")?;
    Ok(Request { form: MacroKind::Attribute, table, calls, place: Place::default() })
}

#[test]
fn all_orders_of_six_macros_yield_the_same() -> Result<()> {
    let project = project("orders")?;
    let files = Files::load(&project.root).map_err(|failure| anyhow!("{failure}"))?;
    let cache = Some(CacheDir::at(folder().join("home/cache-of-tests")));
    let runtime = Runtime::new(Options { cache, ..Options::default() })?;
    let orders = permutations();
    let different: std::collections::BTreeSet<_> = orders.iter().collect();
    ensure!(different.len() == 720, "{}", different.len());
    let item = "pub const fn f(x: u64) -> u64 { if x > 9 { return x; } x + 1 }";
    let mut first = None;
    for names in orders {
        let request = request(&files, &names, item)?;
        let made =
            runtime.expand(&request, &files, &files).map_err(|failure| anyhow!("{failure}"))?;
        let text = file::encode(&request.key(), &request.title(), &made);
        ensure!(made.diagnostics.is_empty(), "{text}");
        let first = first.get_or_insert_with(|| text.clone());
        ensure!(*first == text, "written as {names:?} it is\n{text}\nand not\n{first}");
    }
    Ok(())
}

#[test]
fn the_parts_of_an_expansion_make_the_whole() -> Result<()> {
    let project = project("parts")?;
    let files = Files::load(&project.root).map_err(|failure| anyhow!("{failure}"))?;
    let cache = Some(CacheDir::at(folder().join("home/cache-of-tests")));
    let runtime = Runtime::new(Options { cache, ..Options::default() })?;
    let request = request(&files, &SIX, "pub const fn f(x: u64) -> u64 { x + 1 }")?;
    let calls = || 0..request.calls.len();
    let mut facts = Vec::new();
    for call in calls() {
        let said = runtime.planned(&request, call, &files, &files);
        facts.extend(said.map_err(|failure| anyhow!("{failure}"))?);
    }
    facts.sort();
    ensure!(facts.len() == SIX.len(), "{facts:?}");
    let checked = calls().map(|call| {
        let own = request.calls[call].path();
        let others = facts.iter().filter(|fact| fact.source != own).cloned().collect();
        let returned = runtime.returned(&request, call, others, &files, &files)?;
        compose::check(&request, call, returned)
    });
    let checked = checked.collect::<Result<Vec<_>, _>>().map_err(|failure| anyhow!("{failure}"))?;
    let parts = compose::compose(&request, Vec::new(), checked, Vec::new());
    let whole = runtime.expand(&request, &files, &files).map_err(|failure| anyhow!("{failure}"))?;
    ensure!(!whole.output.rows.is_empty(), "nothing was made");
    assert_eq!(parts.map_err(|failure| anyhow!("{failure}"))?, whole);
    Ok(())
}

#[test]
fn six_macros_change_a_function_in_rustc() -> Result<()> {
    let project = project("six")?;
    let mut source = String::new();
    // One of each sixty: the first and the last macro of them differ.
    for (index, names) in permutations().iter().step_by(60).enumerate() {
        source.push_str(&format!("pub mod m{index} {{\n"));
        for name in names {
            source.push_str(&format!("#[cell::wasm(stack::{name})]\n"));
        }
        source.push_str(
            "pub const fn f(x: u64) -> u64 { if x > 9 { return x; } x }
             // From the body outwards: 5 6 4 2 1 3. What is returned early passes all of them.
             const _: () = assert!(f(7, 0, 0, 0) == 7_564_213 && f(10, 0, 0, 0) == 10);
             // What the others told: 21 less its own.
             const _: () = assert!(D1 == 20 && D2 == 19 && D3 == 18 && D4 == 17 && D5 == 16 && D6 == 15);
             }\n",
        );
    }
    // Added once: twice would be a warning, and an error here.
    source.push_str("#[deny(unused_must_use)] pub fn uses() { let _ = m0::f(0, 0, 0, 0); }\n");
    expect_none(&project, &format!("#![deny(unused_attributes)]\n{source}"))
}

#[test]
fn changes_that_do_not_go_together() -> Result<()> {
    let project = project("edits")?;
    let source = "
#[cell::wasm(stack::«parameter_b»)]
#[cell::wasm(stack::parameter_a)]
pub fn both(own: u64) -> u64 { own }
#[cell::wasm(stack::d4)]
#[cell::wasm(stack::«parameter_a»)]
pub fn taken(extra: u64) -> u64 { extra }
#[cell::wasm(stack::«around»(let x = 1;))]
pub struct S;
#[cell::wasm(stack::«parameter_a»)]
pub const C: u64 = 1;
#[cell::wasm(stack::replace_a)]
#[cell::wasm(stack::«replace_b»)]
#[cell::wasm(stack::d3)]
pub fn replaced() -> u64 { 1 }
#[cell::wasm(stack::«around»(log();))]
pub «unsafe» fn not_wrapped() -> u64 { 1 }
pub fn log() {}
pub trait T {
    #[cell::wasm(stack::«around»(log();))]
    fn without_body(&self);
    #[cell::wasm(stack::around(log();))]
    fn with_body(&self) -> bool { true }
}
pub fn uses(t: &impl T) -> u64 { C + both(1) + taken(1) + replaced() + unsafe { not_wrapped() } }
";
    let source = source.replace("stack::«around»(log();))]\npub", "stack::around(log();))]\npub");
    let expected = [
        fails(
            Kind::Conflict,
            &["`stack::parameter_a` and `stack::parameter_b` both add the parameter `extra`"],
        ),
        fails(
            Kind::ParameterTaken,
            &["`stack::parameter_a` adds a parameter `extra`, and there is one"],
        ),
        fails(Kind::NoFunction, &["`stack::around` wraps a body, which needs a function"]),
        fails(Kind::NoFunction, &["`stack::parameter_a` adds a parameter `extra`"]),
        fails(Kind::Conflict, &["`stack::replace_a` and `stack::replace_b` both change the item"]),
        fails(Kind::DeniedOutput, &["`stack::around` returned `code in an unsafe fn`"]),
        fails(
            Kind::NoFunction,
            &["`stack::around` wraps a body, which needs a function that has one"],
        ),
    ];
    expect(&project, &source, &expected)
}

#[test]
fn a_wrapped_body_means_what_it_meant() -> Result<()> {
    let project = project("bodies")?;
    let source = r#"
#![deny(warnings)]
#![allow(dead_code)]
use std::cell::RefCell;
thread_local! { static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) }; }
fn log(text: &'static str) { LOG.with_borrow_mut(|log| log.push(text)); }
macro_rules! made {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($x:ident: $t:ty),*) -> $out:ty = $e:expr) => {
        $(#[$meta])* $vis fn $name($($x: $t),*) -> $out { $e * 3 }
    };
}
made! { #[cell::wasm(stack::around(value log("made"); value))] pub fn by_example(a: u8, b: u8) -> u8 = a + b }
#[cell::wasm(stack::around(log("in");))]
pub fn question(text: &str) -> Result<u8, std::num::ParseIntError> {
    let number: u8 = text.parse()?;
    if number > 9 { return Ok(9); }
    Ok(number)
}
#[cell::wasm(stack::around(value log("out"); value))]
pub fn caught(text: &str) -> Result<u8, Box<dyn std::error::Error>> {
    let number: u8 = text.parse()?;
    if number > 9 { return Ok(9); }
    Ok(number)
}
#[cell::wasm(stack::around(value log("out"); value))]
pub async fn caught_later(text: &str) -> Result<u8, Box<dyn std::error::Error>> {
    let number: u8 = std::future::ready(text.parse()).await?;
    if number > 9 { return Err("too large".into()); }
    Ok(number)
}
#[cell::wasm(stack::around(value log("out"); value))]
pub fn longest<'a>(a: &'a mut Vec<String>, b: &'a str) -> &'a mut str {
    if b.is_empty() { return a[0].as_mut_str(); }
    a.push(b.to_owned());
    a.last_mut().unwrap()
}
#[cell::wasm(stack::around(value log("out"); value))]
pub fn opaque<T: Clone>(value: T, times: usize) -> impl Iterator<Item = T> {
    (0..times).map(move |_| value.clone())
}
#[cell::wasm(stack::around(value log("out"); value))]
pub async fn opaque_later(a: &str) -> impl Fn() -> String + '_ { move || a.to_owned() }
#[allow(unreachable_code, unused_variables)]
#[cell::wasm(stack::around(value log("never"); value))]
pub fn ends(code: u8) -> ! { panic!("{code}") }
#[cell::wasm(stack::around(value log("out"); value))]
pub fn nothing(mut given: Vec<u8>) { if given.is_empty() { return; } given.clear(); drop(given); }
// In one line, and without a word of rustc's of needless braces.
#[cell::wasm(stack::around(value log("line"); value))]
pub async fn line(a: u8) -> u8 { a }
#[cell::wasm(stack::d3)]
#[cell::wasm(stack::d5)]
#[cell::wasm(stack::d6)]
pub const fn digits(x: u64) -> u64 { x }
pub struct S { pub names: Vec<String> }
pub trait Named { fn first(&self) -> Option<&str>; }
impl S {
    #[cell::wasm(stack::around(value log("out"); value))]
    pub fn by_ref(&self, at: usize) -> Option<&String> { Some(self.names.get(at)?) }
    #[cell::wasm(stack::around(value log("out"); value))]
    pub fn by_mut(&mut self, at: usize) -> &mut String { if at > 9 { return &mut self.names[0]; } &mut self.names[at] }
    #[cell::wasm(stack::around(value log("out"); value))]
    pub fn by_value(self) -> Self { Self { names: self.names } }
    #[cell::wasm(stack::around(value log("out"); value))]
    pub async fn later(&mut self, name: String) -> &Self { self.names.push(name); self }
}
impl Named for S {
    #[cell::wasm(stack::around(value log("out"); value))]
    fn first(&self) -> Option<&str> { Some(self.names.first()?.as_str()) }
}
pub fn sends<T: Send>(_: T) {}
pub fn futures(text: &'static str) { sends(caught_later_too(text, std::sync::mpsc::channel().1)); }
#[cell::wasm(stack::around(value log("out"); value))]
pub async fn caught_later_too(text: &str, from: std::sync::mpsc::Receiver<u8>) -> Option<u8> {
    std::future::ready(()).await;
    drop(from);
    text.parse().ok()
}
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}
#[test]
fn all() {
    assert_eq!(by_example(1, 2), 9);
    assert_eq!((question("5"), question("10"), question("x").is_err()), (Ok(5), Ok(9), true));
    assert_eq!(LOG.take(), ["made", "in", "in", "in"]);
    assert_eq!((caught("5").unwrap(), caught("10").unwrap(), caught("x").is_err()), (5, 9, true));
    assert_eq!(ready(caught_later("5")).unwrap(), 5);
    assert_eq!(ready(caught_later("10")).unwrap_err().to_string(), "too large");
    assert!(ready(caught_later("x")).is_err());
    assert_eq!(LOG.take(), ["out"; 6]);
    let mut names = vec!["a".to_owned()];
    longest(&mut names, "bc").make_ascii_uppercase();
    longest(&mut names, "").make_ascii_uppercase();
    assert_eq!(names, ["A", "BC"]);
    assert_eq!(opaque('x', 3).count(), 3);
    assert_eq!(ready(opaque_later("y"))(), "y");
    nothing(vec![]);
    nothing(vec![1]);
    assert!(std::panic::catch_unwind(|| ends(3)).is_err());
    assert_eq!((ready(line(1)), digits(1, 0), LOG.take().pop()), (1, 1_563, Some("line")));
    let mut s = S { names };
    assert_eq!((s.by_ref(0).map(String::as_str), s.by_ref(9), s.first()), (Some("A"), None, Some("A")));
    s.by_mut(10).push('!');
    ready(s.later("z".to_owned()));
    assert_eq!(s.by_value().names, ["A!", "BC", "z"]);
    assert_eq!(LOG.take(), ["out"; 6]);
}
"#;
    let ended = project.test(source)?;
    ensure!(ended.code == Some(0), "{}\n{}", ended.stdout, ended.stderr);
    Ok(())
}

#[test]
fn macros_use_macros() -> Result<()> {
    let project = project("emits")?;
    let source = "
#[cell::wasm(stack::emits(20))]
pub struct Start;
const _: () = assert!(LEVEL_20 == 20 && below::below::LEVEL_18 == 18);
pub use below::below::below::below::below::below::below::below::below::below as ten;
const _: () = assert!(ten::below::below::below::below::below::below::below::below::below::below::LEVEL_0 == 0);
pub const SUM: u64 = cell::expand!(stack::sum(20));
const _: () = assert!(SUM == 210);
";
    expect_none(&project, source)
}

/// What a macro uses rustc expands, so its own limit holds; and since it takes the newest first and
/// halves the limit when it is reached, two for each cost no more than one.
#[test]
fn macros_that_use_each_other_without_an_end_are_one_error() -> Result<()> {
    let project = project("endless")?;
    let ended = project.check("#[cell::wasm(stack::endless)]\npub struct Start;\n")?;
    let found = errors(&ended)?;
    let texts: Vec<_> = found.iter().map(|one| one.text.as_str()).collect();
    ensure!(
        matches!(texts.as_slice(), [one] if one.starts_with("recursion limit reached")),
        "{texts:#?}"
    );
    ensure!(found[0].place.is_some_and(|place| place.line() == 2), "{found:?}");
    Ok(())
}
