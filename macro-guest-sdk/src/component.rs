//! The component: between the generated bindings and the macros. Only on `wasm32`.
//!
//! An instance ends with its call: nobody needs what taking things apart at the end would give back,
//! nor the code that does so.

extern crate proc_macro;

use std::mem::ManuallyDrop;

use proc_macro::cell;
use proc_macro2::{Span, TokenStream};

use crate::bindings::cell::macros::{host, types};
use crate::bindings::exports::cell::macros::expander;
use crate::context::{Context, Fact, Gathered, Known};
use crate::definition::{self, Macro};
use crate::diagnostic::{Diagnostic, Level};
use crate::expansion::Expansion;

/// Implements the exports with the macros of a list.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($macros:ident) => {
        use $crate::bindings::exports::cell::macros::expander;

        struct Component;

        impl expander::Guest for Component {
            fn describe() -> ::std::vec::Vec<expander::MacroInfo> {
                $crate::support::component::describe($macros)
            }

            fn plan(
                name: ::std::string::String,
                input: expander::Input,
                context: expander::Context,
            ) -> expander::Planned {
                $crate::support::component::plan($macros, &name, input, context)
            }

            fn expand(
                name: ::std::string::String,
                input: expander::Input,
                context: expander::Context,
                facts: ::std::vec::Vec<expander::Fact>,
            ) -> expander::Expansion {
                $crate::support::component::expand($macros, &name, input, context, facts)
            }
        }

        $crate::bindings::export!(Component with_types_in $crate::bindings);
    };
}

/// What the macros say of themselves.
#[must_use]
pub fn describe(macros: &[Macro]) -> Vec<expander::MacroInfo> {
    let strings = |list: &[&str]| list.iter().map(|text| (*text).into()).collect();
    let info = |info: &Macro| expander::MacroInfo {
        name: info.name.into(),
        kind: info.kind as u8,
        doc: info.doc.into(),
        helpers: strings(info.helpers),
        needs: strings(info.needs),
        context: info.context,
        calls: info
            .calls
            .iter()
            .map(|(cell, function)| types::CallPermission {
                cell: (*cell).into(),
                function: (*function).into(),
            })
            .collect(),
    };
    macros.iter().map(info).collect()
}

/// Runs the plan function of a macro.
#[must_use]
pub fn plan(
    macros: &'static [Macro],
    name: &str,
    input: expander::Input,
    context: expander::Context,
) -> expander::Planned {
    report_panics();
    let info = find(macros, name);
    let (arguments, item) = begin(input);
    let mut context = self::context(info, context, Vec::new());
    let (facts, diagnostics) = definition::plan(info, arguments, item, &mut context);
    let (_context, diagnostics) = (ManuallyDrop::new(context), ManuallyDrop::new(diagnostics));
    // A plan has no tokens, so there is no message that operations could travel in.
    let mut spans = Vec::new();
    let mut diagnostics = encode_diagnostics(&diagnostics, &mut spans);
    spans.iter_mut().filter(|span| **span >= FIRST_OPERATION).for_each(|span| *span = 0);
    place(&mut diagnostics, &spans);
    let fact = |Fact { source, name, value }| types::Fact { source, name, value };
    expander::Planned { facts: facts.into_iter().map(fact).collect(), diagnostics }
}

/// Expands a macro.
#[must_use]
pub fn expand(
    macros: &'static [Macro],
    name: &str,
    input: expander::Input,
    context: expander::Context,
    facts: Vec<expander::Fact>,
) -> expander::Expansion {
    report_panics();
    let info = find(macros, name);
    let (arguments, item) = begin(input);
    let fact = |types::Fact { source, name, value }| Fact { source, name, value };
    let mut context = self::context(info, context, facts.into_iter().map(fact).collect());
    let expansion = definition::expand(info, arguments, item, &mut context);
    let _context = ManuallyDrop::new(context);
    encode(expansion)
}

const FIRST_OPERATION: u32 = 0x8000_0000;

fn find(macros: &'static [Macro], name: &str) -> &'static Macro {
    let found = macros.iter().find(|info| info.name == name);
    found.unwrap_or_else(|| panic!("this component has no macro `{name}`"))
}

/// A trap says where, only the hook knows why.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("a value that is no text");
        let (file, line) = panic.location().map_or(("", 0), |place| (place.file(), place.line()));
        host::report_panic(text, file, line);
    }));
}

fn begin(input: expander::Input) -> (TokenStream, TokenStream) {
    let row = |token: types::Token| {
        let types::Token { kind, sub, span, a, b } = token;
        cell::Row { kind, sub, span, a, b }
    };
    let rows = input.tokens.into_iter().map(row).collect();
    let (arguments, item) = cell::begin(input.text, rows, input.split);
    (arguments.into(), item.into())
}

fn context(info: &'static Macro, context: expander::Context, facts: Vec<Fact>) -> Context {
    let gathered = |types::Gathered { cell, name }| Gathered { cell, name };
    let known = Known {
        item_kind: context.item_kind,
        gathered: context.gathered.into_iter().map(gathered).collect(),
        package: context.package,
        crate_name: context.crate_name,
        profile: context.profile,
    };
    Context::new(info, known, facts, Box::new(host::call_cell))
}

const ITEMS: u8 = 0;
const REPLACEMENT: u8 = 1;
const FIELD: u8 = 2;
const ATTRIBUTE: u8 = 3;
const PARAMETER: u8 = 4;
const BODY: u8 = 5;

/// An expansion as the contract has it.
#[must_use]
pub fn encode(expansion: Expansion) -> expander::Expansion {
    let mut parts = vec![(ITEMS, String::new(), expansion.items)];
    parts.extend(expansion.replacement.map(|item| (REPLACEMENT, String::new(), item)));
    parts.extend(expansion.fields.into_iter().map(|(name, field)| (FIELD, name, field)));
    let unnamed = |kind| move |tokens| (kind, String::new(), tokens);
    parts.extend(expansion.attributes.into_iter().map(unnamed(ATTRIBUTE)));
    let parameters = expansion.parameters.into_iter();
    parts.extend(parameters.map(|(name, parameter)| (PARAMETER, name, parameter)));
    parts.extend(expansion.wrappers.into_iter().map(unnamed(BODY)));
    let (heads, streams): (Vec<_>, Vec<proc_macro::TokenStream>) =
        parts.into_iter().map(|(kind, name, tokens)| ((kind, name), tokens.into())).unzip();

    let mut spans = Vec::new();
    let messages = ManuallyDrop::new(expansion.diagnostics);
    let mut diagnostics = encode_diagnostics(&messages, &mut spans);
    let streams = ManuallyDrop::new(streams);
    let encoded = cell::encode(&streams, &mut spans, expansion.references);
    place(&mut diagnostics, &spans);

    let token = |row: cell::Row| {
        let cell::Row { kind, sub, span, a, b } = row;
        types::Token { kind, sub, span, a, b }
    };
    let operation = |cell::SpanOp { op, a, b }| types::SpanOp { op, a, b };
    let heads = heads.into_iter().zip(encoded.parts);
    let output = types::Output {
        text: encoded.text,
        tokens: encoded.rows.into_iter().map(token).collect(),
        spans: encoded.operations.into_iter().map(operation).collect(),
        parts: heads.map(|((kind, name), rows)| types::Part { kind, rows, name }).collect(),
    };
    let plan = expansion.plan.into_iter();
    let artifacts = expansion.artifacts.into_iter();
    expander::Expansion {
        output,
        diagnostics,
        plan: plan
            .map(|entry| types::PlanEntry { kind: entry.kind, name: entry.name, body: entry.body })
            .collect(),
        artifacts: artifacts
            .map(|file| types::Artifact { name: file.name, body: file.body })
            .collect(),
    }
}

/// Diagnostics without their spans, which go into `spans` in the order in which [`place`] puts
/// them back: the encoder gives them new numbers.
fn encode_diagnostics(list: &[Diagnostic], spans: &mut Vec<u32>) -> Vec<types::Diagnostic> {
    let mut push = |(start, end): (Span, Span)| {
        // `Span::unwrap` panics outside of a proc-macro; in a component `proc_macro` is ours, and
        // always there.
        spans.extend([start, end].map(|span| cell::handle(span.unwrap())));
    };
    let mut encoded = Vec::with_capacity(list.len());
    for diagnostic in list {
        push(diagnostic.place);
        diagnostic.suggestions.iter().for_each(|suggestion| push(suggestion.place));
        let (placed, plain): (Vec<_>, Vec<_>) =
            diagnostic.notes.iter().partition(|note| note.place.is_some());
        let note = |note: &crate::diagnostic::Note| types::Note {
            kind: u8::from(note.help),
            message: note.message.clone(),
        };
        let suggestion = |suggestion: &crate::diagnostic::Suggestion| types::Suggestion {
            message: suggestion.message.clone(),
            start: 0,
            end: 0,
            replacement: suggestion.replacement.clone(),
        };
        encoded.push(types::Diagnostic {
            level: level(diagnostic.level),
            message: diagnostic.message.clone(),
            start: 0,
            end: 0,
            notes: plain.into_iter().map(note).collect(),
            suggestions: diagnostic.suggestions.iter().map(suggestion).collect(),
        });
        // Lines with a place follow what they belong to.
        for note in placed {
            note.place.into_iter().for_each(&mut push);
            encoded.push(types::Diagnostic {
                level: level(if note.help { Level::Help } else { Level::Note }),
                message: note.message.clone(),
                start: 0,
                end: 0,
                notes: Vec::new(),
                suggestions: Vec::new(),
            });
        }
    }
    encoded
}

fn level(level: Level) -> u8 {
    match level {
        Level::Error => 0,
        Level::Warning => 1,
        Level::Note => 2,
        Level::Help => 3,
    }
}

fn place(diagnostics: &mut [types::Diagnostic], spans: &[u32]) {
    let mut spans = spans.chunks_exact(2).map(|pair| (pair[0], pair[1]));
    let mut next = || spans.next().expect("one pair for each place");
    for diagnostic in diagnostics {
        (diagnostic.start, diagnostic.end) = next();
        for suggestion in &mut diagnostic.suggestions {
            (suggestion.start, suggestion.end) = next();
        }
    }
}
