//! Guests that break, on purpose or not: each ends in one failure that says what happened, and the
//! host goes on.

use macro_runtime::bridge::failure::{Failure, Kind};
use macro_runtime::bridge::request::CallPermission;

use crate::guest::{
    Guest, Says, Shelf, call, component_of, expand, expand_call, granted, request, result, runtime,
};

/// Expands the guest's macro, which must fail; checks what every failure of a guest says.
fn crime(guest: &Guest) -> Failure {
    let component = guest.component();
    let failure = expand_call(&component, granted(call("ledger", &component))).unwrap_err();
    check(&failure);
    failure
}

fn check(failure: &Failure) {
    assert!(failure.message.contains("`ledger::table`"), "{failure}");
    assert!(failure.notes[0].contains("`struct Order`"), "{failure}");
    // An answer that is missing is not the component's fault.
    let named = failure.notes.iter().any(|note| note.contains("sha256 "));
    assert!(named || failure.kind == Kind::Unrecorded, "{failure}");
    assert!(!failure.help.is_empty(), "{failure}");
    assert!(!failure.to_string().contains("wasmtime"), "{failure}");
}

fn with_function(body: &str, name: &str) -> Guest {
    let mut guest = Guest::expanding(format!("(call ${name}) i32.const 256"));
    guest.more = format!("(func ${name} {body})");
    guest
}

#[test]
fn a_trap_names_the_function() {
    let failure = crime(&with_function(
        "(drop (i32.div_u (i32.const 1) (i32.load (i32.const 700))))",
        "ledger::fields::collect",
    ));
    assert_eq!(failure.kind, Kind::Trap);
    assert!(failure.message.contains("integer divide by zero"), "{failure}");
    assert!(failure.notes.contains(&"in ledger::fields::collect".to_owned()), "{failure}");
}

#[test]
fn names_of_functions_are_readable() {
    let failure =
        crime(&with_function("unreachable", "_ZN6ledger6fields7collect17h0123456789abcdefE"));
    assert_eq!(failure.kind, Kind::Trap);
    assert!(failure.notes.contains(&"in ledger::fields::collect".to_owned()), "{failure}");
}

#[test]
fn memory_outside_is_out_of_reach() {
    for address in ["131072", "-1", "2147483647"] {
        let failure = crime(&Guest::expanding(format!("(i32.load (i32.const {address}))")));
        assert_eq!(failure.kind, Kind::Trap, "{failure}");
        assert!(failure.message.contains("out of bounds memory access"), "{failure}");
    }
    // A store far behind the end, by an offset that no guard covers.
    let failure = crime(&Guest::expanding(
        "(i32.store offset=4294967295 (i32.const -1) (i32.const 1)) i32.const 256",
    ));
    assert_eq!(failure.kind, Kind::Trap, "{failure}");
}

#[test]
fn a_panic_is_told_with_its_place() {
    let mut guest = Guest::expanding(
        "(call $report_panic (i32.const 4096) (i32.const 19) (i32.const 4115) (i32.const 10) (i32.const 91))
         unreachable",
    );
    guest.data = b"no field named `id`src/lib.rs".to_vec();
    let failure = crime(&guest);
    assert_eq!(failure.kind, Kind::Panic);
    assert!(failure.message.ends_with("panicked: no field named `id`"), "{failure}");
    assert!(failure.notes.contains(&"at src/lib.rs:91".to_owned()), "{failure}");
}

#[test]
fn a_panic_that_is_only_reported_is_none() {
    let component = Guest::expanding(
        "(call $report_panic (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
         i32.const 256",
    )
    .component();
    assert!(expand(&component).is_ok());
}

#[test]
fn reporting_panics_without_end_ends() {
    let failure = crime(&Guest::expanding(
        "(loop $again (call $report_panic (i32.const 0) (i32.const 1024) (i32.const 0) (i32.const 0)
           (i32.const 0)) (br $again)) unreachable",
    ));
    assert_eq!(failure.kind, Kind::Panic);
}

#[test]
fn a_text_that_is_not_utf_8_is_a_trap() {
    let mut guest = Guest::literal("(i32.const 4096) (i32.const 2)");
    guest.data = vec![0xff, 0xfe];
    assert_eq!(crime(&guest).kind, Kind::Trap);
}

#[test]
fn spinning_ends_when_the_fuel_does() {
    let failure = crime(&with_function("(loop $again (br $again))", "forever"));
    assert_eq!(failure.kind, Kind::OutOfFuel);
    assert!(failure.message.contains("20,000,000 units of fuel"), "{failure}");
    assert!(failure.help[0].contains("`[cells.ledger.limits]`"), "{failure}");
    assert!(failure.notes.contains(&"in forever".to_owned()), "{failure}");
}

#[test]
fn large_copies_cost_what_they_copy() {
    let failure = crime(&Guest::expanding(
        "(loop $again (memory.fill (i32.const 0) (i32.const 0) (i32.const 131072)) (br $again)) unreachable",
    ));
    assert_eq!(failure.kind, Kind::OutOfFuel);
}

#[test]
fn fuel_runs_out_at_the_same_instruction_everywhere() {
    // Counts in memory and is asked how far it came: the panic is reported at every step.
    let component = with_function("(loop $again (br $again))", "forever").component();
    let fuel_used = |fuel: u64| {
        let mut call = call("ledger", &component);
        call.limits.fuel = fuel;
        expand_call(&component, call).unwrap_err().to_string()
    };
    assert_eq!(fuel_used(100_000), fuel_used(100_000));
}

#[test]
fn growing_ends_at_the_limit() {
    let failure = crime(&Guest::expanding(
        "(loop $again (br_if $again (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable",
    ));
    assert_eq!(failure.kind, Kind::OutOfMemory);
    assert!(failure.message.contains("more than 16 MiB"), "{failure}");
}

#[test]
fn a_guest_that_can_live_with_less_memory_lives() {
    let component =
        Guest::expanding("(drop (memory.grow (i32.const 65535))) i32.const 256").component();
    assert!(expand(&component).is_ok());
    // More than any memory can have: the same bound on every machine, and still the reason.
    let failure = crime(&Guest::expanding("(drop (memory.grow (i32.const 65536))) unreachable"));
    assert_eq!(failure.kind, Kind::OutOfMemory, "{failure}");
}

#[test]
fn memories_and_tables_that_begin_too_large_are_refused() {
    let text = Guest::default().text().replace("\"memory\") 2", "\"memory\") 300");
    let component = component_of(wat::parse_str(text).unwrap());
    let failure = expand(&component).unwrap_err();
    check(&failure);
    assert_eq!(failure.kind, Kind::OutOfMemory, "{failure}");

    let guest = Guest { more: "(table 2000000 funcref)".into(), ..Guest::default() };
    let failure = crime(&guest);
    assert_eq!(failure.kind, Kind::OutOfMemory);
    assert!(failure.message.contains("table entries"), "{failure}");
}

#[test]
fn tables_do_not_grow_without_end() {
    let mut guest = Guest::expanding(
        "(loop $again (br_if $again (i32.ne
           (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1)))) unreachable",
    );
    guest.more = "(table $t 1 funcref)".into();
    assert_eq!(crime(&guest).kind, Kind::OutOfMemory);
}

#[test]
fn endless_recursion_ends_the_guest_and_not_the_process() {
    let failure = crime(&with_function("(call $deep)", "deep"));
    assert_eq!(failure.kind, Kind::StackOverflow);
    assert!(failure.message.contains("512 KiB"), "{failure}");
    // With frames as large as they get: every local has a value of its own, used after the call.
    let locals = "(local i64) ".repeat(5_000);
    let sets: String =
        (0..5_000).map(|n| format!("(local.set {n} (i64.load (i32.const {})))", n * 8)).collect();
    let gets: String =
        (0..5_000).map(|n| format!("(i64.store (i32.const {}) (local.get {n}))", n * 8)).collect();
    let failure = crime(&with_function(&format!("{locals}{sets}(call $deep){gets}"), "deep"));
    assert_eq!(failure.kind, Kind::StackOverflow, "{failure}");
}

#[test]
fn a_stack_in_the_guests_memory_overflows_too() {
    // As compilers do it: frames in memory, from some address downwards.
    let mut guest = with_function("(call $deep)", "deep");
    guest.more = "(global $stack (mut i32) (i32.const 1024))
        (func $deep
          (global.set $stack (i32.sub (global.get $stack) (i32.const 8)))
          (i32.store (global.get $stack) (i32.const 1))
          (call $deep))"
        .into();
    let failure = crime(&guest);
    assert_eq!(failure.kind, Kind::StackOverflow, "{failure}");
    assert!(failure.message.contains("called itself"), "{failure}");
    assert!(failure.notes.contains(&"in deep".to_owned()), "{failure}");
}

#[test]
fn the_host_has_stack_left_when_the_guest_has_none() {
    // Recurses and asks the host at every level, so that host frames lie on a stack that is nearly
    // used up.
    let ask = "(call $report_panic (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))";
    let mut guest = with_function("(call $deep)", "deep");
    guest.more = format!(
        "(global $n (mut i32) (i32.const 0))
         (func $deep (global.set $n (i32.add (global.get $n) (i32.const 1)))
           (if (i32.eqz (i32.rem_u (global.get $n) (i32.const 2000))) (then {ask})) (call $deep))"
    );
    assert!(matches!(crime(&guest).kind, Kind::StackOverflow | Kind::Panic));
}

fn asking(data: &[u8], (cell, function): (usize, usize), then: &str) -> Guest {
    let mut guest = Guest::expanding(format!(
        "(call $call_cell (i32.const 4096) (i32.const {cell}) (i32.const {at}) (i32.const {function})
           (i32.const 4096) (i32.const 0) (i32.const 512)) {then}",
        at = 4096 + cell,
    ));
    guest.data = data.to_vec();
    guest
}

#[test]
fn a_question_that_is_not_granted_prints_the_line_that_grants_it() {
    let component = asking(b"searchschema", (6, 6), "i32.const 256").component();
    let mut call = granted(call("ledger", &component));
    call.granted = vec![CallPermission { cell: "search".into(), function: "rows".into() }];
    let says = Says::new("1");
    let failure =
        runtime().expand(&request(vec![call]), &Shelf::of(&[&component]), &says).unwrap_err();
    check(&failure);
    assert_eq!(failure.kind, Kind::DeniedCall);
    assert!(failure.message.contains("asked `search::schema`"), "{failure}");
    let line = "`calls = [\"search::rows\", \"search::schema\"]` under `[cells.ledger.grants]`";
    assert!(failure.help[0].contains(line), "{failure}");
    assert!(says.1.borrow().is_empty(), "nobody was asked");
}

#[test]
fn a_question_that_is_not_declared_cannot_be_granted() {
    let component = asking(b"searchschema", (6, 6), "i32.const 256").component();
    let mut call = granted(call("ledger", &component));
    call.asked.clear();
    let failure = runtime()
        .expand(&request(vec![call]), &Shelf::of(&[&component]), &Says::new("1"))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::DeniedCall);
    assert!(failure.message.contains("does not say"), "{failure}");
}

#[test]
fn a_denied_question_ends_the_guest_whatever_it_does_then() {
    let other = "(call $report_panic (i32.const 4096) (i32.const 6) (i32.const 0) (i32.const 0)
                   (i32.const 1)) unreachable";
    for then in ["i32.const 256", "unreachable", other, "(loop $again (br $again)) unreachable"] {
        let failure = crime(&asking(b"secretvalues", (6, 6), then));
        assert_eq!(failure.kind, Kind::DeniedCall, "{then}: {failure}");
    }
}

#[test]
fn an_answer_that_is_not_recorded_ends_the_guest() {
    let failure = crime(&asking(b"searchschema", (6, 6), "i32.const 256"));
    assert_eq!(failure.kind, Kind::Unrecorded);
}

#[test]
fn asking_without_end_ends() {
    let mut guest = asking(b"searchschema", (6, 6), "br $again");
    guest.expand = format!("(loop $again {}) unreachable", guest.expand);
    let component = guest.component();
    let failure = runtime()
        .expand(
            &request(vec![granted(call("ledger", &component))]),
            &Shelf::of(&[&component]),
            &Says::new("1"),
        )
        .unwrap_err();
    assert_eq!(failure.kind, Kind::OutOfFuel);
    assert!(failure.message.contains("10,000 questions"), "{failure}");
}

#[test]
fn questions_are_not_of_any_length() {
    let mut guest = asking(b"searchschema", (6, 6), "br $again");
    guest.expand = format!("(loop $again {}) unreachable", guest.expand)
        .replace("(i32.const 4096) (i32.const 0)", "(i32.const 0) (i32.const 131072)");
    let component = guest.component();
    let failure = runtime()
        .expand(
            &request(vec![granted(call("ledger", &component))]),
            &Shelf::of(&[&component]),
            &Says::new("1"),
        )
        .unwrap_err();
    assert_eq!(failure.kind, Kind::OutOfFuel);
    assert!(failure.message.contains("questions of 16 MiB"), "{failure}");
}

/// Returns a list at `offset` of the result with this address and length.
fn returning(offset: u32, address: u32, length: u32) -> Guest {
    Guest::expanding(format!(
        "(i32.store (i32.const {at}) (i32.const {address}))
         (i32.store (i32.const {at4}) (i32.const {length})) i32.const {result}",
        at = result::AT + offset,
        at4 = result::AT + offset + 4,
        result = result::AT,
    ))
}

#[test]
fn results_that_point_outside_the_memory_are_refused() {
    for offset in [result::TEXT, result::TOKENS, result::PARTS, result::DIAGNOSTICS] {
        for (address, length) in
            [(131_064, 100), (0xffff_fff0, 0xffff_ffff), (0, 0xffff_ffff), (2, 1)]
        {
            let guest = returning(offset, address, length);
            // Text may begin anywhere.
            if (offset, address) != (result::TEXT, 2) {
                assert_eq!(crime(&guest).kind, Kind::Trap, "{offset} {address} {length}");
            }
        }
    }
    // The result itself.
    for address in ["131064", "-4", "1"] {
        assert_eq!(crime(&Guest::expanding(format!("i32.const {address}"))).kind, Kind::Trap);
    }
}

#[test]
fn the_same_bytes_named_a_thousand_times_are_not_taken() {
    // 2,000 diagnostics of 36 bytes, each with the same 48 kB as its message: 120 kB in the guest,
    // 96 MB in the host.
    let failure = crime(&Guest::expanding(format!(
        "(local $n i32)
         (loop $again
           (i32.store offset=8196 (i32.mul (local.get $n) (i32.const 36)) (i32.const 82000))
           (i32.store offset=8200 (i32.mul (local.get $n) (i32.const 36)) (i32.const 48000))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $n) (i32.const 2000))))
         (i32.store (i32.const {at}) (i32.const 8192))
         (i32.store (i32.const {at4}) (i32.const 2000)) i32.const {result}",
        at = result::AT + result::DIAGNOSTICS,
        at4 = result::AT + result::DIAGNOSTICS + 4,
        result = result::AT,
    )));
    assert_eq!(failure.kind, Kind::OutputTooLarge, "{failure}");
}

#[test]
fn tokens_that_are_none_are_refused() {
    // A row of kind 77 in one part.
    let mut guest = Guest::literal("(i32.const 0) (i32.const 0)");
    guest.expand =
        guest.expand.replace("(i32.const 160) (i32.const 2)", "(i32.const 160) (i32.const 77)");
    let failure = crime(&guest);
    assert_eq!(failure.kind, Kind::InvalidOutput);
}

#[test]
fn a_diagnostic_of_no_known_level_is_named() {
    let failure = crime(&Guest::expanding(format!(
        "(i32.store8 (i32.const 600) (i32.const 9))
         (i32.store (i32.const {at}) (i32.const 600))
         (i32.store (i32.const {at4}) (i32.const 1)) i32.const {result}",
        at = result::AT + result::DIAGNOSTICS,
        at4 = result::AT + result::DIAGNOSTICS + 4,
        result = result::AT,
    )));
    assert_eq!(failure.kind, Kind::InvalidAnswer);
    assert!(failure.message.contains("level 9"), "{failure}");
}

#[test]
fn the_failure_of_one_of_several_says_which() {
    let (good, bad) = (Guest::default().component(), with_function("unreachable", "f").component());
    let calls = vec![call("cache", &good), call("ledger", &bad)];
    let failure = runtime().expand(&request(calls), &Shelf::of(&[&good, &bad]), &()).unwrap_err();
    assert_eq!(failure.kind, Kind::Trap);
    assert_eq!(failure.call, Some(1));
}

#[test]
fn a_panicking_lookup_is_the_callers_own() {
    struct Panics;
    impl macro_runtime::Lookup for Panics {
        fn ask(
            &self,
            _: &macro_runtime::bridge::answer::Question,
        ) -> Result<Option<macro_runtime::bridge::answer::Answer>, Failure> {
            panic!("the caller's")
        }
    }
    let component = asking(b"searchschema", (6, 6), "i32.const 256").component();
    let runtime = runtime();
    let request = request(vec![granted(call("ledger", &component))]);
    let shelf = Shelf::of(&[&component]);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.expand(&request, &shelf, &Panics)
    }));
    assert!(panicked.is_err());
    // And the runtime is as good as before.
    assert!(runtime.expand(&request, &shelf, &Says::new("1")).is_ok());
}

#[test]
fn crimes_in_describe_are_told_without_an_item() {
    let crimes = [
        ("unreachable", Kind::Trap),
        ("(loop $again (br $again)) unreachable", Kind::OutOfFuel),
        ("i32.const -4", Kind::Trap),
        // Memory that is all zeros: no macros.
        ("i32.const 128", Kind::BadDescription),
        (
            "(call $call_cell (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
               (i32.const 0) (i32.const 512)) i32.const 1024",
            Kind::BadDescription,
        ),
        // Another name each time.
        (
            "(i32.store8 (i32.const 1080) (i32.add (i32.const 97) (i32.load8_u (i32.const 900))))
             (i32.store8 (i32.const 900) (i32.const 1)) i32.const 1024",
            Kind::BadDescription,
        ),
    ];
    for (body, kind) in crimes {
        let guest = Guest { describe: body.into(), ..Guest::default() };
        let failure = runtime().describe("ledger", &guest.component()).unwrap_err();
        assert_eq!(failure.kind, kind, "{body}: {failure}");
        assert!(failure.message.contains("cell `ledger`"), "{failure}");
    }
}
