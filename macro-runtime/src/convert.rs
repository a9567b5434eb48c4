//! Between the generated types and those of the bridge: mirror functions, no decisions.

use macro_bridge::compose::{Context, Fact, GuestExpansion, Input};
use macro_bridge::expansion::{Artifact, Diagnostic, Level, Note, PlanEntry, Suggestion};
use macro_bridge::output::{Part, RawOutput};
use macro_bridge::request::CallPermission;
use macro_bridge::table::{SpanOp, Token};

use crate::bindings::cell::macros::types as wit;
use crate::describe::RawMacro;

pub(crate) fn input(input: Input) -> wit::Input {
    let Input { table, split, .. } = input;
    let tokens = table
        .rows
        .iter()
        .map(|&Token { kind, sub, span, a, b }| wit::Token { kind, sub, span, a, b })
        .collect();
    wit::Input { text: table.text, tokens, split }
}

pub(crate) fn context(context: Context) -> wit::Context {
    let Context { item_kind, gathered, package, krate, profile } = context;
    let gathered = gathered.into_iter().map(|(cell, name)| wit::Gathered { cell, name }).collect();
    wit::Context { item_kind, gathered, package, crate_name: krate, profile }
}

pub(crate) fn facts(facts: &[Fact]) -> Vec<wit::Fact> {
    facts
        .iter()
        .map(|Fact { source, name, value }| wit::Fact {
            source: source.clone(),
            name: name.clone(),
            value: value.clone(),
        })
        .collect()
}

/// Names and values of a macro's `plan`. What it says of their source is not looked at: the host
/// knows.
pub(crate) fn planned_facts(facts: Vec<wit::Fact>) -> Vec<(String, String)> {
    facts.into_iter().map(|wit::Fact { name, value, .. }| (name, value)).collect()
}

/// The kinds of notes and diagnostics are numbers in the contract. One that is not known is
/// reported by its number.
pub(crate) fn diagnostics(list: Vec<wit::Diagnostic>) -> Result<Vec<Diagnostic>, String> {
    list.into_iter().map(diagnostic).collect()
}

fn diagnostic(one: wit::Diagnostic) -> Result<Diagnostic, String> {
    let wit::Diagnostic { level, message, start, end, notes, suggestions } = one;
    let level = match level {
        0 => Level::Error,
        1 => Level::Warning,
        2 => Level::Note,
        3 => Level::Help,
        other => return Err(format!("a diagnostic of level {other}")),
    };
    let notes = notes
        .into_iter()
        .map(|wit::Note { kind, message }| match kind {
            0 => Ok(Note { help: false, message }),
            1 => Ok(Note { help: true, message }),
            other => Err(format!("a note of kind {other}")),
        })
        .collect::<Result<_, _>>()?;
    let suggestions = suggestions
        .into_iter()
        .map(|wit::Suggestion { message, start, end, replacement }| Suggestion {
            message,
            start,
            end,
            replacement,
        })
        .collect();
    Ok(Diagnostic { level, message, start, end, notes, suggestions })
}

/// The cell of plan entries and artifacts is left empty: the bridge fills it in.
pub(crate) fn expansion(expansion: wit::Expansion) -> Result<GuestExpansion, String> {
    let wit::Expansion { output, diagnostics: list, plan, artifacts } = expansion;
    let plan = plan
        .into_iter()
        .map(|wit::PlanEntry { kind, name, body }| PlanEntry {
            cell: String::new(),
            kind,
            name,
            body,
        })
        .collect();
    let artifacts = artifacts
        .into_iter()
        .map(|wit::Artifact { name, body }| Artifact { cell: String::new(), name, body })
        .collect();
    Ok(GuestExpansion { output: raw(output), diagnostics: diagnostics(list)?, plan, artifacts })
}

fn raw(output: wit::Output) -> RawOutput {
    let wit::Output { text, tokens, spans, parts } = output;
    RawOutput {
        text,
        rows: tokens
            .into_iter()
            .map(|wit::Token { kind, sub, span, a, b }| Token { kind, sub, span, a, b })
            .collect(),
        spans: spans.into_iter().map(|wit::SpanOp { op, a, b }| SpanOp { op, a, b }).collect(),
        parts: parts
            .into_iter()
            .map(|wit::Part { kind, rows, name }| Part { kind, rows, name })
            .collect(),
    }
}

pub(crate) fn described(list: Vec<wit::MacroInfo>) -> Vec<RawMacro> {
    list.into_iter()
        .map(|one| {
            let wit::MacroInfo { name, kind, doc, helpers, needs, context, calls } = one;
            let calls = calls
                .into_iter()
                .map(|wit::CallPermission { cell, function }| CallPermission { cell, function })
                .collect();
            RawMacro { name, kind, doc, helpers, needs, context, calls }
        })
        .collect()
}
