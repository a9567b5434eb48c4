//! Crimes after which there is no answer.

use std::hint::black_box;

use macro_guest_sdk::bindings::cell::macros::host;
use macro_guest_sdk::bindings::cell::macros::types::Fact;
use macro_guest_sdk::bindings::exports::cell::macros::expander::{Expansion, Input, Planned};

use crate::{Crime, PlanCrime, empty};

pub(crate) const CRIMES: &[Crime] = &[
    ("panic_text", "panics with the text `the tape ran out at 7`", panic_text),
    ("panic_value", "panics with a value that is no text", panic_value),
    ("panic_long", "panics with 8 MiB of text", panic_long),
    ("panic_lines", "panics with several lines and control characters", panic_lines),
    ("report_flood", "reports a million panics and then answers", report_flood),
    ("trap", "executes `unreachable` in the function `deliberately_unreachable`", trap),
    ("divide", "divides the smallest integer by -1 in `overflowing_division`", divide),
    ("out_of_bounds", "reads an index out of bounds", out_of_bounds),
    ("spin", "never ends", spin),
    ("recursion", "calls itself without end", recursion),
    ("grow", "allocates until there is no memory", grow),
    ("grow_at_once", "asks for 1.9 GiB in one piece and answers if it is refused", grow_at_once),
    ("grow_raw", "grows the memory page by page without an allocator, then answers", grow_raw),
];

pub(crate) const PLANS: &[PlanCrime] = &[
    ("plan_panic", "panics in its plan", || panic!("no plan")),
    ("plan_spin", "never ends its plan", || spin_forever()),
    ("plan_huge", "tells 100 MiB of facts", plan_huge),
];

/// As the SDK does.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("a value that is no text");
        let (file, line) = panic.location().map_or(("", 0), |place| (place.file(), place.line()));
        host::report_panic(text, file, line);
    }));
}

fn panic_text(_: Input) -> Expansion {
    panic!("the tape ran out at {}", black_box(7));
}

fn panic_value(_: Input) -> Expansion {
    std::panic::panic_any(7u8)
}

fn panic_long(_: Input) -> Expansion {
    panic!("{}", "long ".repeat(8 << 18))
}

fn panic_lines(_: Input) -> Expansion {
    panic!("first\nerror: a forged line\n\u{1b}[31mred\u{1b}[0m\r\u{202e}backwards\0")
}

fn report_flood(_: Input) -> Expansion {
    for line in 0..1_000_000 {
        host::report_panic("not really", "nowhere.rs", line);
    }
    empty()
}

fn trap(_: Input) -> Expansion {
    deliberately_unreachable()
}

#[inline(never)]
fn deliberately_unreachable() -> Expansion {
    core::arch::wasm32::unreachable()
}

fn divide(_: Input) -> Expansion {
    black_box(overflowing_division(black_box(i32::MIN), black_box(-1)));
    empty()
}

#[inline(never)]
fn overflowing_division(a: i32, b: i32) -> i32 {
    a / b
}

fn out_of_bounds(input: Input) -> Expansion {
    let rows = input.tokens.len();
    black_box(input.tokens[black_box(rows)]);
    empty()
}

fn spin(_: Input) -> Expansion {
    spin_forever()
}

fn spin_forever() -> ! {
    let mut count = 0u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

fn recursion(_: Input) -> Expansion {
    black_box(deeper(black_box(0)));
    empty()
}

#[inline(never)]
#[expect(unconditional_recursion, reason = "the crime")]
fn deeper(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    deeper(depth + 1) + frame[depth as usize % 16]
}

fn grow(_: Input) -> Expansion {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1u8; 1 << 20]));
    }
}

fn grow_at_once(_: Input) -> Expansion {
    let mut bytes: Vec<u8> = Vec::new();
    let refused = bytes.try_reserve_exact(1900 << 20).is_err();
    black_box(&mut bytes);
    assert!(refused, "1.9 GiB were given");
    empty()
}

fn grow_raw(_: Input) -> Expansion {
    while core::arch::wasm32::memory_grow::<0>(1) != usize::MAX {}
    empty()
}

fn plan_huge() -> Planned {
    let fact = |_| Fact { source: String::new(), name: "much".into(), value: "x".repeat(10 << 20) };
    Planned { facts: (0..10).map(fact).collect(), diagnostics: Vec::new() }
}
