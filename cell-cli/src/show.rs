//! An expansion for people: what a macro was given and what it made of it, as Rust source with
//! comments.

use std::fmt::Write as _;

use macro_bridge::expansion::{Diagnostic, Expansion};
use macro_bridge::failure::Failure;
use macro_bridge::request::Request;

use crate::highlight::harmless;
use crate::render;

/// What the macros on an item were given.
pub(crate) fn given(request: &Request) -> String {
    let mut out = String::new();
    for call in &request.calls {
        if !call.arguments.is_empty() {
            let arguments = request.table.render(call.arguments.clone());
            comment(&mut out, &format!("arguments of `{}`: ", call.path()), &arguments);
        }
    }
    comment(&mut out, "given: ", render::input(&request.table, request.item()).trim_end());
    out
}

/// What came of it.
pub(crate) fn result(
    request: &Request,
    result: &Result<Expansion, Failure>,
    with_plan: bool,
) -> String {
    let mut out = String::new();
    match result {
        Ok(expansion) => made(&mut out, request, expansion, with_plan),
        Err(failure) => {
            comment(&mut out, "fails: ", &failure.to_string());
            if let Some((start, end)) = failure.at {
                let at = render::between(&request.table, start, end);
                if !at.is_empty() {
                    comment(&mut out, "at: ", &at);
                }
            }
        }
    }
    out
}

fn made(out: &mut String, request: &Request, expansion: &Expansion, with_plan: bool) {
    for diagnostic in &expansion.diagnostics {
        told(out, request, diagnostic);
    }
    for answer in &expansion.answers {
        comment(out, "stands on: ", &format!("answer {} of `{}`", answer.key.short(), answer.cell));
    }
    for artifact in &expansion.artifacts {
        let size = artifact.body.len();
        comment(out, "artifact: ", &format!("{} ({size} bytes)", artifact.name));
    }
    out.push_str(&render::output(&request.table, &expansion.output));
    let plan = expansion.plan.iter().filter(|_| with_plan);
    for entry in plan {
        comment(
            out,
            &format!("plan: {} {} `{}`: ", entry.cell, entry.kind, entry.name),
            &entry.body,
        );
    }
}

fn told(out: &mut String, request: &Request, diagnostic: &Diagnostic) {
    comment(out, &format!("{}: ", diagnostic.level.word()), &diagnostic.message);
    let at = render::between(&request.table, diagnostic.start, diagnostic.end);
    if !at.is_empty() {
        comment(out, "  at: ", &at);
    }
    for note in &diagnostic.notes {
        comment(out, if note.help { "  help: " } else { "  note: " }, &note.message);
    }
    for suggestion in &diagnostic.suggestions {
        let text = format!("{}: `{}`", suggestion.message, suggestion.replacement);
        comment(out, "  help: ", &text);
    }
}

/// A comment whose further lines are indented.
pub(crate) fn comment(out: &mut String, head: &str, text: &str) {
    let text = harmless(text);
    let mut lines = text.lines();
    let _ = writeln!(out, "// {}{}", harmless(head), lines.next().unwrap_or_default());
    for line in lines {
        let _ = writeln!(out, "//     {line}");
    }
}
