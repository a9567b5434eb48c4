//! One macro per crime. It exists only as a component.
//!
//! All macros are attributes and take any item. They are on the raw contract, since the SDK would
//! not let them do most of this. What each one does is in its `doc`.
#![deny(unsafe_code)]
#![cfg(target_arch = "wasm32")]

mod answers;
mod calls;
mod policy;
mod rows;
mod spans;
mod stops;
mod text;

use macro_guest_sdk::bindings::cell::macros::types::{CallPermission, Output, Part, Token};
use macro_guest_sdk::bindings::exports::cell::macros::expander::{
    Context, Expansion, Fact, Guest, Input, MacroInfo, Planned,
};

/// A crime: its name, what it does, and how.
type Crime = (&'static str, &'static str, fn(Input) -> Expansion);

/// A crime of a plan function.
type PlanCrime = (&'static str, &'static str, fn() -> Planned);

const LISTS: [&[Crime]; 7] = [
    stops::CRIMES,
    answers::CRIMES,
    rows::CRIMES,
    spans::CRIMES,
    text::CRIMES,
    policy::CRIMES,
    calls::CRIMES,
];

struct Component;

impl Guest for Component {
    fn describe() -> Vec<MacroInfo> {
        let crimes = LISTS.into_iter().flatten().map(|(name, doc, _)| (*name, *doc));
        let plans = stops::PLANS.iter().map(|(name, doc, _)| (*name, *doc));
        crimes.chain(plans).map(|(name, doc)| info(name, doc)).collect()
    }

    fn plan(name: String, _input: Input, _context: Context) -> Planned {
        stops::report_panics();
        match stops::PLANS.iter().find(|(known, ..)| *known == name) {
            Some((.., plan)) => plan(),
            None => Planned { facts: Vec::new(), diagnostics: Vec::new() },
        }
    }

    fn expand(name: String, input: Input, _context: Context, _facts: Vec<Fact>) -> Expansion {
        stops::report_panics();
        match LISTS.into_iter().flatten().find(|(known, ..)| *known == name) {
            Some((.., crime)) => crime(input),
            None => empty(),
        }
    }
}

fn info(name: &str, doc: &str) -> MacroInfo {
    let question = |(cell, function): (&str, &str)| CallPermission {
        cell: cell.into(),
        function: function.into(),
    };
    MacroInfo {
        name: name.into(),
        kind: 0,
        doc: doc.into(),
        helpers: Vec::new(),
        needs: Vec::new(),
        context: 0,
        calls: calls::declared(name).iter().copied().map(question).collect(),
    }
}

/// Nothing, which is no crime.
fn empty() -> Expansion {
    answer(String::new(), Vec::new())
}

/// Items from rows, in one part that covers them.
fn answer(text: String, tokens: Vec<Token>) -> Expansion {
    let rows = tokens.len() as u32;
    let parts = vec![Part { kind: 0, rows, name: String::new() }];
    let output = Output { text, tokens, spans: Vec::new(), parts };
    Expansion { output, diagnostics: Vec::new(), plan: Vec::new(), artifacts: Vec::new() }
}

/// A row at the call site.
fn row(kind: u8, sub: u8, a: u32, b: u32) -> Token {
    Token { kind, sub, span: 0, a, b }
}

/// The identifier in all of `text`.
fn ident(text: &str) -> Token {
    row(0, 0, 0, text.len() as u32)
}

macro_guest_sdk::bindings::export!(Component with_types_in macro_guest_sdk::bindings);
