//! What a good component yields, and that it always yields the same.

use std::num::NonZeroUsize;

use macro_runtime::bridge::digest::Digest;
use macro_runtime::bridge::failure::{Failure, Kind};
use macro_runtime::bridge::request::{CallPermission, wants};
use macro_runtime::bridge::table::kind;
use macro_runtime::{CacheDir, Components, Options, Runtime};

use crate::guest::{Guest, Says, Shelf, call, expand, granted, item, parameter, request, runtime};

#[test]
fn a_macro_that_adds_nothing_leaves_the_item() {
    let component = Guest::default().component();
    let expansion = expand(&component).unwrap();
    // One reference to the whole item.
    assert_eq!(expansion.output.rows.len(), 1);
    assert_eq!(expansion.output.rows[0].kind, kind::RANGE);
    assert_eq!(expansion.output.rows[0].a, 3);
}

#[test]
fn what_the_guest_is_given_comes_back_unchanged() {
    let component = Guest::copying().component();
    let expansion = expand(&component).unwrap();
    // The item by reference, then the guest's copy of it, spans included.
    assert_eq!(expansion.output.text, item().text);
    assert_eq!(expansion.output.rows[1..], item().rows);
}

#[test]
fn describe_says_what_is_there_and_is_checked() {
    let description = runtime().describe("ledger", &Guest::default().component()).unwrap();
    assert_eq!(description.audit.api, "0.1.0");
    assert_eq!(description.macros.len(), 1);
    assert_eq!(description.macros[0].name, "table");
    let imports = ["cell:macros/host@0.1.0", "cell:macros/types@0.1.0"];
    assert_eq!(description.audit.imports, imports);
}

#[test]
fn an_answer_reaches_the_guest_and_is_recorded_once() {
    // Asks twice and returns the second answer.
    let ask = "(call $call_cell (i32.const 4096) (i32.const 6) (i32.const 4102) (i32.const 6)
                  (i32.const 4096) (i32.const 0) (i32.const 512))";
    let mut guest = Guest::literal(&format!(
        "{ask}{ask} (i32.load (i32.const 516)) (i32.load (i32.const 520))"
    ));
    guest.data = b"searchschema".to_vec();
    let component = guest.component();
    let says = Says::new("42");
    let expansion = runtime()
        .expand(
            &request(vec![granted(call("ledger", &component))]),
            &Shelf::of(&[&component]),
            &says,
        )
        .unwrap();
    assert_eq!(expansion.output.text, "42");
    assert_eq!(expansion.answers.len(), 1);
    let asked = says.1.borrow();
    assert_eq!(asked.len(), 1, "the second time it is remembered");
    assert_eq!((asked[0].cell.as_str(), asked[0].function.as_str()), ("search", "schema"));
    assert_eq!(expansion.answers[0].key, asked[0].key());
}

/// Says a fact `f` with `value`, and returns the value of the first fact of others.
fn stating(value: &str) -> Guest {
    let mut guest = Guest::literal(&format!(
        "(i32.load offset=16 (i32.load (i32.add (local.get $in) (i32.const {facts}))))
         (i32.load offset=20 (i32.load (i32.add (local.get $in) (i32.const {facts}))))",
        facts = parameter::FACTS,
    ));
    // `planned`: facts at 700, one record at 720. Not where `expand` builds its result, and expects zeros.
    guest.plan = format!(
        "(i32.store (i32.const 700) (i32.const 720)) (i32.store (i32.const 704) (i32.const 1))
         (i32.store (i32.const 728) (i32.const 4096)) (i32.store (i32.const 732) (i32.const 1))
         (i32.store (i32.const 736) (i32.const 4097)) (i32.store (i32.const 740) (i32.const {}))
         i32.const 700",
        value.len(),
    );
    guest.data = format!("f{value}").into_bytes();
    guest
}

#[test]
fn macros_on_one_item_are_given_the_facts_of_the_others() {
    let (one, other) = (stating("1").component(), stating("2").component());
    let calls = vec![call("cache", &one), call("ledger", &other)];
    let expansion = runtime().expand(&request(calls), &Shelf::of(&[&one, &other]), &()).unwrap();
    // `cache` was told 2 and `ledger` 1.
    assert_eq!(expansion.output.text, "21");
}

#[test]
fn a_macro_that_stands_alone_is_not_asked_to_plan() {
    let guest = Guest { plan: "unreachable".into(), ..Guest::default() };
    assert!(expand(&guest.component()).is_ok());
}

/// Two of it on one item.
fn two(guest: &Guest, fuel: u64) -> Result<String, Failure> {
    let component = guest.component();
    let mut calls = vec![call("cache", &component), call("ledger", &component)];
    calls.iter_mut().for_each(|call| call.limits.fuel = fuel);
    let made = runtime().expand(&request(calls), &Shelf::of(&[&component]), &())?;
    Ok(made.output.text)
}

#[test]
fn a_guest_that_planned_expands_unless_it_holds_much() {
    // Both count the calls of their instance; `expand` returns the count.
    let count = "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))";
    let mut guest = Guest::literal(&format!(
        "{count} (i32.store8 (i32.const 600) (i32.add (i32.const 48) (global.get $calls)))
         (i32.const 600) (i32.const 1)",
    ));
    guest.more = "(global $calls (mut i32) (i32.const 0))".into();
    let planned = std::mem::take(&mut guest.plan);
    guest.plan = format!("{count} {planned}");
    assert_eq!(two(&guest, 20_000_000).unwrap(), "22");
    // 5 MiB: all of a stack wait at once.
    guest.plan = format!("{count} (drop (memory.grow (i32.const 80))) {planned}");
    assert_eq!(two(&guest, 20_000_000).unwrap(), "11");
}

#[test]
fn each_call_of_a_guest_has_all_of_its_fuel() {
    let spin = "(local.set $i (i32.const 100000))
                (loop $again (br_if $again
                  (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))";
    let planned = Guest::default().plan;
    let guest = |plan: &str, expand: &str| Guest {
        plan: format!("(local $i i32) {plan} {planned}"),
        ..Guest::expanding(format!("(local $i i32) {expand} {planned}"))
    };
    let fuel = 700_000;
    assert!(two(&guest(spin, spin), fuel).is_ok());
    let twice = format!("{spin} {spin}");
    for guest in [guest(&twice, ""), guest("", &twice)] {
        assert_eq!(two(&guest, fuel).unwrap_err().kind, Kind::OutOfFuel);
    }
}

#[test]
fn context_that_was_not_asked_for_is_empty() {
    // The length of the crate's name, as one digit.
    let text = "(i32.store8 (i32.const 600)
                  (i32.add (i32.const 48) (i32.load (i32.add (local.get $in) (i32.const 52)))))
                (i32.const 600) (i32.const 1)";
    let component = Guest::literal(text).component();
    let shelf = Shelf::of(&[&component]);
    let runtime = runtime();
    let mut request = request(vec![call("ledger", &component)]);
    request.place.krate = "market".into();
    assert_eq!(runtime.expand(&request, &shelf, &()).unwrap().output.text, "0");
    request.calls[0].wants = wants::PACKAGE;
    assert_eq!(runtime.expand(&request, &shelf, &()).unwrap().output.text, "6");
}

#[test]
fn a_component_is_fetched_and_compiled_once_by_many_threads() {
    let component = Guest::copying().component();
    let runtime = runtime();
    let fetched: u32 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let shelf = Shelf::of(&[&component]);
                    runtime
                        .expand(&request(vec![call("ledger", &component)]), &shelf, &())
                        .unwrap();
                    *shelf.asked.borrow()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(fetched, 1);
    assert_eq!(runtime.statistics().compiled, 1);
}

#[test]
fn nothing_of_one_expansion_is_left_for_the_next() {
    // Counts its calls in a global and returns the count.
    let mut guest = Guest::literal(
        "(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
         (i32.store8 (i32.const 600) (i32.add (i32.const 48) (global.get $calls)))
         (i32.const 600) (i32.const 1)",
    );
    guest.more = "(global $calls (mut i32) (i32.const 0))".into();
    let component = guest.component();
    let (runtime, shelf) = (runtime(), Shelf::of(&[&component]));
    for _ in 0..3 {
        let expansion =
            runtime.expand(&request(vec![call("ledger", &component)]), &shelf, &()).unwrap();
        assert_eq!(expansion.output.text, "1");
    }
}

#[test]
fn bits_of_a_nan_are_the_same_everywhere() {
    // 0/0 and inf-inf: the sign of the result is the processor's choice without canonicalisation.
    let digits = |value: &str| {
        format!(
            "(i32.store8 (i32.const 600) (i32.add (i32.const 48)
               (i32.shr_u (i32.reinterpret_f32 {value}) (i32.const 31))))
             (i32.const 600) (i32.const 1)"
        )
    };
    for value in [
        "(f32.div (f32.load (i32.const 700)) (f32.load (i32.const 700)))",
        "(f32.sub (f32.div (f32.const 1) (f32.load (i32.const 700)))
                  (f32.div (f32.const 1) (f32.load (i32.const 700))))",
    ] {
        let component = Guest::literal(&digits(value)).component();
        assert_eq!(expand(&component).unwrap().output.text, "0", "{value}");
    }
}

#[test]
fn the_same_with_and_without_cache_and_warmth() {
    let folder = tempfile::tempdir().unwrap();
    let component = Guest::copying().component();
    let request = request(vec![call("ledger", &component)]);
    let shelf = Shelf::of(&[&component]);
    let mut expansions = Vec::new();
    for cache in [None, Some(CacheDir::at(folder.path()))] {
        // The first fills the cache, the second reads it.
        for _ in 0..2 {
            let options = Options { cache: cache.clone(), ..Options::default() };
            let runtime = Runtime::new(options).unwrap();
            for _ in 0..2 {
                expansions.push(runtime.expand(&request, &shelf, &()).unwrap());
            }
        }
    }
    assert_eq!(expansions.len(), 8);
    assert!(expansions.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn permissions_are_compared_exactly() {
    let ask = "(call $call_cell (i32.const 4096) (i32.const 6) (i32.const 4102) (i32.const 6)
                  (i32.const 4096) (i32.const 0) (i32.const 512))";
    let mut guest =
        Guest::literal(&format!("{ask} (i32.load (i32.const 516)) (i32.load (i32.const 520))"));
    guest.data = b"searchschema".to_vec();
    let component = guest.component();
    let shelf = Shelf::of(&[&component]);
    let runtime = runtime();
    for (cell, function) in
        [("search", "schem"), ("search", "schemas"), ("Search", "schema"), ("*", "*")]
    {
        let mut call = granted(call("ledger", &component));
        call.granted = vec![CallPermission { cell: cell.into(), function: function.into() }];
        assert!(runtime.expand(&request(vec![call]), &shelf, &Says::new("1")).is_err());
    }
}

/// Components that so many threads may compile.
struct Limited(Shelf, usize);

impl Components for Limited {
    fn component(&self, digest: &Digest) -> Result<Vec<u8>, Failure> {
        self.0.component(digest)
    }

    fn threads(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(self.1)
    }
}

#[test]
fn a_component_is_compiled_with_the_threads_that_are_allowed() {
    let component = Guest::default().component();
    let request = request(vec![call("ledger", &component)]);
    for allowed in 1..=3 {
        let runtime = runtime();
        assert_eq!(runtime.threads(), 0);
        let limited = Limited(Shelf::of(&[&component]), allowed);
        for _ in 0..2 {
            runtime.expand(&request, &limited, &()).unwrap();
        }
        assert_eq!((runtime.statistics().compiled, runtime.threads()), (1, allowed as u64));
    }
    // Who says nothing has all cores.
    let runtime = runtime();
    runtime.expand(&request, &Shelf::of(&[&component]), &()).unwrap();
    assert!(runtime.threads() >= 1);
}
