//! From one request to what each guest sees, and from what the guests return to one expansion.
//!
//! A stack of macros on one item has one handle space, the request's. A guest sees only its own
//! arguments and the item, numbered from zero; [`input`] and [`check`] translate.

use std::collections::{BTreeMap, BTreeSet};

mod edits;

use crate::expansion::bound::bounded;
use crate::expansion::{AnswerUsed, Artifact, Diagnostic, Expansion, Level, Output, PlanEntry};
use crate::failure::{Failure, texts};
use crate::item;
use crate::output::{self, Invalid, Part, PartKind, RawOutput};
use crate::policy;
use crate::request::{MacroKind, Request, wants};
use crate::table::{SpanOp, Table, Token, kind, op, span};

/// What one guest is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its arguments, then the item.
    pub table: Table,
    /// Where the item begins.
    pub split: u32,
}

/// What one guest is told about the place; parts that it did not ask for are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// One of [`item::kind`].
    pub item_kind: u8,
    /// Cell and name of the other macros on the item, in order.
    pub gathered: Vec<(String, String)>,
    /// Package name.
    pub package: String,
    /// Crate name.
    pub krate: String,
    /// Profile.
    pub profile: String,
}

/// Something that a macro tells the others on the same item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// `cell::name` of the macro that says it.
    pub source: String,
    /// What it is about.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// Everything one guest returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuestExpansion {
    /// Tokens.
    pub output: RawOutput,
    /// What to tell the user.
    pub diagnostics: Vec<Diagnostic>,
    /// What should exist; `cell` is filled in by [`check`].
    pub plan: Vec<PlanEntry>,
    /// Files; `cell` is filled in by [`check`].
    pub artifacts: Vec<Artifact>,
}

/// What one guest returned, found in order and translated to the request's handles.
#[derive(Clone, Debug)]
pub struct Checked {
    output: RawOutput,
    diagnostics: Vec<Diagnostic>,
    plan: Vec<PlanEntry>,
    artifacts: Vec<Artifact>,
}

impl Checked {
    /// What a macro returned that did not run.
    #[must_use]
    pub fn nothing() -> Self {
        let output = RawOutput::default();
        Self { output, diagnostics: Vec::new(), plan: Vec::new(), artifacts: Vec::new() }
    }
}

/// What guest number `call` is given.
#[must_use]
pub fn input(request: &Request, call: usize) -> Input {
    let arguments = request.calls[call].arguments.clone();
    let split = arguments.len() as u32;
    if request.calls.len() == 1 {
        // The usual case: the request's table is already the guest's.
        return Input { table: request.table.clone(), split };
    }
    Input { table: request.table.extract(&[arguments, request.item()]), split }
}

/// What guest number `call` is told about the place.
#[must_use]
pub fn context(request: &Request, call: usize) -> Context {
    let asked = |bit| request.calls[call].wants & bit != 0;
    let mut context = Context::default();
    if asked(wants::ITEM_KIND) && request.form != MacroKind::Function {
        context.item_kind =
            item::Item::parse(&request.table, request.item()).map_or(0, |item| item.kind);
    }
    if asked(wants::GATHERED) {
        let others = request.calls.iter().enumerate().filter(|(index, _)| *index != call);
        context.gathered = others.map(|(_, c)| (c.cell.clone(), c.name.clone())).collect();
    }
    if asked(wants::PACKAGE) {
        context.package.clone_from(&request.place.package);
        context.krate.clone_from(&request.place.krate);
    }
    if asked(wants::PROFILE) {
        context.profile.clone_from(&request.calls[call].profile);
    }
    context
}

/// Checks what guest number `call` returned and translates it to the request's handles.
///
/// # Errors
/// `InvalidOutput`, `InvalidAnswer`, `DeniedOutput` or `OutputTooLarge`.
pub fn check(
    request: &Request,
    call: usize,
    mut guest: GuestExpansion,
) -> Result<Checked, Failure> {
    let called = &request.calls[call];
    check_size(request, call, size(&guest))?;
    let own;
    let (table, split) = if request.calls.len() == 1 {
        (&request.table, called.arguments.len())
    } else {
        own = input(request, call);
        (&own.table, own.split as usize)
    };
    output::check(table, split, &guest.output, called.limits.rows).map_err(
        |invalid| match invalid {
            Invalid::TooManyRows { rows } => {
                texts::output::output_too_large(request, call, rows, called.limits.rows, "tokens")
            }
            other => texts::output::invalid_output(request, call, &other.to_string()),
        },
    )?;
    let may_change = request.form == MacroKind::Attribute && called.kind == MacroKind::Attribute;
    if !may_change && guest.output.parts.iter().any(|part| part.kind != PartKind::Items as u8) {
        let reason = "only an attribute may change the item";
        return Err(texts::output::invalid_output(request, call, reason));
    }
    let operations = guest.output.spans.len();
    if guest.diagnostics.first().is_some_and(|first| first.level.belongs()) {
        let reason = "a note on tokens of its own, and nothing that it belongs to";
        return Err(texts::output::invalid_answer(request, call, reason));
    }
    for diagnostic in &guest.diagnostics {
        check_diagnostic(table, operations, diagnostic)
            .map_err(|reason| texts::output::invalid_answer(request, call, &reason))?;
    }
    policy::check(table, split..table.rows.len(), &guest.output, called.allowed).map_err(
        |found| {
            let failure = texts::output::denied_output(request, call, &found);
            match user_token(&guest.output.spans, found.span) {
                Some(handle) => {
                    let handle = to_request(request, call, handle);
                    failure.at(handle, handle)
                }
                None => failure,
            }
        },
    )?;
    let complete = |kind| policy::is_complete(table, &guest.output, kind);
    // Who may give everything needs no other macro for it.
    if request.calls.len() > 1
        && policy::is_limited(called.allowed)
        && !(complete(PartKind::Item) && complete(PartKind::Items))
    {
        let reason = "what it returned does not end where an item ends, and other macros add to it";
        return Err(texts::output::invalid_output(request, call, reason));
    }
    check_names(&guest).map_err(|reason| texts::output::invalid_answer(request, call, &reason))?;
    translate(request, call, &mut guest);
    guest.plan.iter_mut().for_each(|entry| entry.cell.clone_from(&called.cell));
    guest.artifacts.iter_mut().for_each(|artifact| artifact.cell.clone_from(&called.cell));
    let GuestExpansion { output, diagnostics, plan, artifacts } = guest;
    Ok(Checked { output, diagnostics, plan, artifacts })
}

/// Checks what `plan` of guest number `call` returned.
///
/// # Errors
/// `InvalidAnswer` or `OutputTooLarge`.
pub fn check_planned(
    request: &Request,
    call: usize,
    facts: Vec<(String, String)>,
    mut diagnostics: Vec<Diagnostic>,
) -> Result<(Vec<Fact>, Vec<Diagnostic>), Failure> {
    let said = facts.iter().map(|(name, value)| ENTRY + (name.len() + value.len()) as u64);
    let bytes = said.sum::<u64>() + diagnostics.iter().map(diagnostic_size).sum::<u64>();
    check_size(request, call, bytes)?;
    let own = input(request, call);
    for diagnostic in &mut diagnostics {
        check_diagnostic(&own.table, 0, diagnostic)
            .map_err(|reason| texts::output::invalid_answer(request, call, &reason))?;
        map_diagnostic(diagnostic, |number| to_request(request, call, number));
    }
    let source = request.calls[call].path();
    let mut facts: Vec<Fact> = facts
        .into_iter()
        .map(|(name, value)| Fact { source: source.clone(), name, value })
        .collect();
    facts.sort();
    Ok((facts, diagnostics))
}

/// Joins what the guests returned with the user's item. `planned` are diagnostics of `plan`.
///
/// # Errors
/// `Conflict`, `NoFields`, `NoFunction` or `ParameterTaken`, in the call at fault; `Internal` if all of it together is more than
/// the numbers of spans and texts can tell apart.
pub fn compose(
    request: &Request,
    planned: Vec<Diagnostic>,
    checked: Vec<Checked>,
    answers: Vec<AnswerUsed>,
) -> Result<Expansion, Failure> {
    let mut expansion = Expansion { diagnostics: planned, answers, ..Expansion::default() };
    let sum = |length: fn(&RawOutput) -> usize| checked.iter().map(|one| length(&one.output)).sum();
    let (text, operations): (usize, usize) =
        (sum(|raw| raw.text.len()), sum(|raw| raw.spans.len()));
    if text > u32::MAX as usize || operations > span::FIRST_OPERATION as usize {
        return Err(texts::project::internal("more output than can be joined"));
    }
    let mut out = Joined::default();
    let placed: Vec<Placed> = checked.iter().map(|one| out.place(&one.output)).collect();
    if request.form == MacroKind::Attribute {
        let item = edits::item(request, &checked, &placed, &out.output.text)?;
        out.output.rows.extend(item);
    }
    for (one, placed) in checked.into_iter().zip(placed) {
        for part in placed.parts.iter().filter(|part| part.kind == PartKind::Items as u8) {
            out.output.rows.extend_from_slice(&part.rows);
        }
        let shift = |number| placed.span(number);
        expansion.diagnostics.extend(one.diagnostics.into_iter().map(|mut diagnostic| {
            map_diagnostic(&mut diagnostic, shift);
            diagnostic
        }));
        expansion.plan.extend(one.plan);
        expansion.artifacts.extend(one.artifacts);
    }
    expansion.diagnostics = bounded(expansion.diagnostics);
    expansion.output = out.output;
    Ok(expansion)
}

/// Outputs of several guests in one text and one list of operations.
#[derive(Default)]
struct Joined {
    output: Output,
}

struct Placed {
    operations: u32,
    parts: Vec<PlacedPart>,
}

struct PlacedPart {
    kind: u8,
    rows: Vec<Token>,
}

impl Placed {
    fn span(&self, number: u32) -> u32 {
        if number >= span::FIRST_OPERATION { number + self.operations } else { number }
    }
}

impl Joined {
    fn place(&mut self, raw: &RawOutput) -> Placed {
        let text = self.output.text.len() as u32;
        self.output.text.push_str(&raw.text);
        let mut placed = Placed { operations: self.output.spans.len() as u32, parts: Vec::new() };
        for operation in &raw.spans {
            let SpanOp { op, a, b } = *operation;
            self.output.spans.push(SpanOp { op, a: placed.span(a), b: placed.span(b) });
        }
        let mut at = 0;
        for Part { kind, rows, .. } in &raw.parts {
            let end = at + *rows as usize;
            let rows = raw.rows[at..end].iter().map(|token| {
                let moved = Token { span: placed.span(token.span), ..*token };
                match token.kind {
                    kind::IDENT | kind::LITERAL => Token { a: token.a + text, ..moved },
                    _ => moved,
                }
            });
            let rows = rows.collect();
            placed.parts.push(PlacedPart { kind: *kind, rows });
            at = end;
        }
        placed
    }
}

/// Replaces the guest's handles by the request's.
fn translate(request: &Request, call: usize, guest: &mut GuestExpansion) {
    if request.calls.len() == 1 {
        return;
    }
    let moved = |number| to_request(request, call, number);
    for token in &mut guest.output.rows {
        token.span = moved(token.span);
        if token.kind == kind::RESPAN {
            token.a = moved(token.a);
        }
    }
    for operation in &mut guest.output.spans {
        operation.a = moved(operation.a);
        operation.b = moved(operation.b);
    }
    for diagnostic in &mut guest.diagnostics {
        map_diagnostic(diagnostic, moved);
    }
}

fn to_request(request: &Request, call: usize, number: u32) -> u32 {
    let Some((row, part)) = span::row(number) else {
        let site = number == span::CALL_SITE || number == span::MIXED_SITE;
        return if site { span::of_site(call, number) } else { number };
    };
    let arguments = &request.calls[call].arguments;
    let row = row as usize;
    let moved = if row < arguments.len() {
        arguments.start + row
    } else {
        request.item().start + row - arguments.len()
    };
    span::of_row(moved as u32) + part
}

fn map_diagnostic(diagnostic: &mut Diagnostic, map: impl Fn(u32) -> u32) {
    diagnostic.start = map(diagnostic.start);
    diagnostic.end = map(diagnostic.end);
    for suggestion in &mut diagnostic.suggestions {
        suggestion.start = map(suggestion.start);
        suggestion.end = map(suggestion.end);
    }
}

fn check_diagnostic(
    table: &Table,
    operations: usize,
    diagnostic: &Diagnostic,
) -> Result<(), String> {
    let suggested = diagnostic.suggestions.iter().flat_map(|s| [s.start, s.end]);
    for number in [diagnostic.start, diagnostic.end].into_iter().chain(suggested) {
        output::check_span(table, operations, number)
            .map_err(|reason| format!("a diagnostic at {reason}"))?;
    }
    if diagnostic.level == Level::Error && diagnostic.message.trim().is_empty() {
        return Err("an error without a message".into());
    }
    Ok(())
}

/// The user's token that a span of a guest points at, if it points at one.
fn user_token(operations: &[SpanOp], mut number: u32) -> Option<u32> {
    while let Some(index) = number.checked_sub(span::FIRST_OPERATION) {
        let operation = operations.get(index as usize)?;
        // Operations refer to spans before them, so this ends.
        number = if operation.op == op::RESOLVED_AT { operation.a } else { operation.b };
    }
    span::row(number).map(|_| number)
}

/// Names that a guest chose and that people and file systems will see.
fn check_names(guest: &GuestExpansion) -> Result<(), String> {
    let shows = |name: &str| !name.trim().is_empty() && !name.contains(char::is_control);
    let mut planned = BTreeMap::new();
    for PlanEntry { kind, name, body, .. } in &guest.plan {
        if !shows(kind) || !shows(name) {
            let entry = format!("{kind} {name}");
            return Err(format!("a plan entry without a plain name: `{}`", entry.escape_debug()));
        }
        // Which of the two should exist?
        if planned.insert((kind, name), body).is_some_and(|other| other != body) {
            return Err(format!("two plan entries `{kind} {name}` that differ"));
        }
    }
    let mut names = BTreeSet::new();
    for Artifact { name, .. } in &guest.artifacts {
        let plain = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
            && name.len() <= 200;
        if !plain {
            return Err(format!(
                "artifact name `{}`, which is no plain file name",
                name.escape_debug()
            ));
        }
        if !names.insert(name.to_ascii_lowercase()) {
            return Err(format!("two artifacts with the name `{name}`"));
        }
    }
    Ok(())
}

fn check_size(request: &Request, call: usize, bytes: u64) -> Result<(), Failure> {
    let limit = request.calls[call].limits.bytes;
    if bytes > limit {
        return Err(texts::output::output_too_large(request, call, bytes, limit, "bytes"));
    }
    Ok(())
}

/// What an entry of a list costs beside its texts.
const ENTRY: u64 = 64;

/// Bytes that a guest returned, as the limit counts them. Rows have a limit of their own.
fn size(guest: &GuestExpansion) -> u64 {
    let RawOutput { text: words, spans, parts, rows: _ } = &guest.output;
    let parts = parts.iter().map(|part| ENTRY + part.name.len() as u64);
    let plan =
        guest.plan.iter().map(|p| ENTRY + (p.kind.len() + p.name.len() + p.body.len()) as u64);
    let artifacts = guest.artifacts.iter().map(|a| ENTRY + (a.name.len() + a.body.len()) as u64);
    words.len() as u64
        + size_of_val(spans.as_slice()) as u64
        + parts.sum::<u64>()
        + guest.diagnostics.iter().map(diagnostic_size).sum::<u64>()
        + plan.sum::<u64>()
        + artifacts.sum::<u64>()
}

fn diagnostic_size(diagnostic: &Diagnostic) -> u64 {
    let notes = diagnostic.notes.iter().map(|note| ENTRY + note.message.len() as u64);
    let suggestions = diagnostic
        .suggestions
        .iter()
        .map(|suggestion| ENTRY + (suggestion.message.len() + suggestion.replacement.len()) as u64);
    ENTRY + diagnostic.message.len() as u64 + notes.sum::<u64>() + suggestions.sum::<u64>()
}

#[cfg(test)]
mod tests;
