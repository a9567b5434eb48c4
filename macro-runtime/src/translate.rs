//! From the engine's errors to failures that a person can act on.

use std::collections::BTreeSet;

use macro_bridge::failure::{Failure, texts::engine as texts};
use texts::Subject;
use wasmtime::{Trap, WasmBacktrace};

use crate::host::Said;
use crate::limits::{self, Refused};

/// wasmtime's words for a guest that hands over more than `Store::set_hostcall_fuel`; the type of
/// that error is private. A test holds it.
const NOT_TAKEN: &str = "fuel allocated for hostcalls has been exhausted";

/// wasmtime's words for an export of another type than the contract has.
const OTHER_TYPE: &str = "type mismatch";
/// wasmtime's words for more memories or tables than the limiter lets a store have.
const TOO_MANY: &str = "resource limit exceeded";

/// Why a guest could not be instantiated.
pub(crate) fn not_begun(
    subject: &Subject,
    error: &wasmtime::Error,
    said: &mut Said,
    refused: Option<Refused>,
    taken: u64,
) -> Failure {
    let source = format!("{error:?}");
    let own = error.downcast_ref::<Trap>().is_some() || refused.is_some() || said.failure.is_some();
    if own {
        return guest_ended(subject, error, said, refused, taken);
    }
    if source.contains(OTHER_TYPE) {
        let name = texts::component_name(&subject.cell, subject.component);
        return texts::wrong_shape(&name, &source);
    }
    if source.contains(TOO_MANY) {
        return texts::out_of_tables(subject, "16 memories or 64 tables").source(source);
    }
    texts::internal("a macro could not be instantiated", &source)
}

/// What a guest did that ended it.
pub(crate) fn guest_ended(
    subject: &Subject,
    error: &wasmtime::Error,
    said: &mut Said,
    refused: Option<Refused>,
    taken: u64,
) -> Failure {
    let function = function(error);
    let function = function.as_deref();
    let source = format!("{error:?}");
    // Ours first: a guest cannot turn a denied question into something else by trapping.
    if let Some(failure) = said.failure.take() {
        return failure;
    }
    let trap = error.downcast_ref::<Trap>().copied();
    let failure = match (trap, refused) {
        (Some(Trap::OutOfFuel), _) => texts::out_of_fuel(subject, function),
        (Some(Trap::StackOverflow), _) => {
            texts::stack_overflow(subject, limits::GUEST_STACK as u64, function)
        }
        // The stack of Rust's own variables is in the guest's memory, and lies below all else there.
        (Some(Trap::MemoryOutOfBounds), None) if calls_itself(error) => {
            texts::stack_overflow_in_memory(subject, function)
        }
        (_, Some(Refused::ByMachine)) => {
            texts::internal("the machine has no memory left for the macro", &source)
        }
        // The allocator of a guest panics or traps when it gets no memory: the refusal is the
        // reason, whatever the guest says then.
        (_, Some(Refused::Memory(wanted))) => texts::out_of_memory(subject, wanted),
        (_, Some(Refused::TableEntries)) => {
            texts::out_of_tables(subject, "1,000,000 table entries")
        }
        _ => match (said.panic.take(), trap) {
            (Some((text, file, line)), _) => texts::panic(subject, &text, &file, line),
            (None, Some(trap)) => texts::trap(subject, &trap_text(trap), function),
            (None, None) if error.root_cause().to_string().contains(NOT_TAKEN) => {
                texts::output_not_taken(subject, taken)
            }
            (None, None) => texts::trap(subject, &error.root_cause().to_string(), function),
        },
    };
    failure.source(source)
}

fn trap_text(trap: Trap) -> String {
    match trap {
        Trap::UnreachableCodeReached => {
            "it reached code that it holds to be unreachable, usually a panic without a text"
                .to_owned()
        }
        other => {
            let text = other.to_string();
            text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned()
        }
    }
}

/// Is it deep in calls of the same few functions?
fn calls_itself(error: &wasmtime::Error) -> bool {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else { return false };
    let functions: BTreeSet<u32> = trace.frames().iter().map(|frame| frame.func_index()).collect();
    trace.frames().len() == limits::FRAMES && functions.len() <= limits::FRAMES / 2
}

/// The innermost function of the guest that is not the runtime of its language.
fn function(error: &wasmtime::Error) -> Option<String> {
    const RUNTIME: [&str; 8] =
        ["rust_", "__rust", "core::", "std::", "alloc::", "<core::", "<alloc::", "abort"];
    let trace = error.downcast_ref::<WasmBacktrace>()?;
    let names: Vec<String> = trace
        .frames()
        .iter()
        .filter_map(|frame| frame.func_name())
        .map(|name| format!("{:#}", rustc_demangle::demangle(name)))
        .collect();
    let own = names.iter().find(|name| !RUNTIME.iter().any(|prefix| name.starts_with(prefix)));
    own.or(names.first()).cloned()
}
