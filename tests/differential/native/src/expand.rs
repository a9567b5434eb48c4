//! The same macros natively: `proc-macro2` without a compiler reads the text and knows the places.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use macro_bridge::answer::Question;
use macro_bridge::compose::{self, Fact, GuestExpansion};
use macro_bridge::expansion::{Artifact, Expansion, PlanEntry};
use macro_bridge::failure::Failure;
use macro_bridge::output::{Part, PartKind, RawOutput};
use macro_bridge::request::Request;
use macro_bridge::table::{Token, kind, span};
use native_macro_guest_sdk::testing::{Expanded, Harness, Told};
use native_macro_guest_sdk::{Diagnostic, Level, Ran};
use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

use crate::cases::{Called, Case};
use crate::outcome::{Outcome, Said, UNKNOWN, flat};
use crate::places::{Places, delimiter_of};

/// Why there is nothing to compare.
#[derive(Debug)]
#[allow(dead_code, reason = "what it says is shown")]
pub(crate) enum Ended {
    /// The macro panicked, which no macro of ours should, natively or not.
    Panicked(String),
    /// The host would refuse what it returned; without a reason, the harness says so.
    Refused(Option<Failure>),
}

/// Runs the macros of a case. `asked` are the questions that are answered.
pub(crate) fn expand(
    case: &Case,
    request: &Request,
    arguments: &[TokenStream],
    item: &TokenStream,
    asked: &[Question],
) -> Result<Outcome, Ended> {
    let harness = asked.iter().fold(Harness::new().profile(case.profile), |harness, question| {
        let Question { cell, function, arguments } = question;
        match &case.answer {
            Ok(reply) => harness.answer(cell, function, &**arguments, &**reply),
            Err(error) => harness.refuse(cell, function, &**arguments, error),
        }
    });
    let mut facts: Vec<Fact> = Vec::new();
    let mut told = Vec::new();
    let mut questions = Vec::new();
    let plans = case.calls.iter().zip(arguments).filter(|_| case.calls.len() > 1);
    for (called, arguments) in plans {
        let plan = || called.native.plan(&harness, arguments.clone(), item.clone());
        let Some(planned) = watched(plan)? else { continue };
        facts.extend(planned.facts.into_iter().map(|fact| Fact {
            source: path(called),
            name: fact.name,
            value: fact.value,
        }));
        told.extend(planned.diagnostics.into_iter().map(|told| said(told, None)));
        questions.extend(planned.asked);
    }
    facts.sort();
    let mut checked = Vec::new();
    for (at, (called, arguments)) in case.calls.iter().zip(arguments).enumerate() {
        let others = facts.iter().filter(|fact| fact.source != path(called));
        let harness = others.fold(harness.clone(), |harness, Fact { source, name, value }| {
            harness.fact(source, name, value)
        });
        let ran = watched(|| called.native.expand(&harness, arguments.clone(), item.clone()))?;
        let places = Places::of([&ran.arguments, &ran.item]);
        // Both see the same tokens, or nothing else can be compared.
        let given = crate::places::table([&ran.arguments, &ran.item]);
        assert_eq!(given, compose::input(request, at).table, "printed and read again");
        let returned = returned(&ran, &places)?;
        checked.push(compose::check(request, at, returned).map_err(refused)?);
        told.extend(all_said(&ran, &places, |number| of_request(request, at, number)));
        questions.extend(ran.expanded.asked);
    }
    let composed = compose::compose(request, Vec::new(), checked, Vec::new()).map_err(refused)?;
    let Expansion { plan, artifacts, .. } = &composed;
    Ok(Outcome {
        tokens: flat(request, &composed),
        said: told,
        plan: plan.clone(),
        artifacts: artifacts.clone(),
        asked: questions.into_iter().map(|q| (q.cell, q.function, q.arguments)).collect(),
    })
}

fn path(called: &Called) -> String {
    format!("{}::{}", called.cell, called.native.info.name)
}

fn refused(failure: Failure) -> Ended {
    Ended::Refused(Some(failure))
}

fn watched<T>(run: impl FnOnce() -> T) -> Result<T, Ended> {
    static QUIET: Once = Once::new();
    thread_local! {
        static WATCHED: Cell<bool> = const { Cell::new(false) };
    }
    // A panic here is something to compare, and nothing to be told.
    QUIET.call_once(|| {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !WATCHED.get() {
                tell(panic);
            }
        }));
    });
    WATCHED.set(true);
    let ran = catch_unwind(AssertUnwindSafe(run));
    WATCHED.set(false);
    ran.map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Ended::Panicked(text.unwrap_or_default())
    })
}

/// A number of a macro's own table in the request's.
fn of_request(request: &Request, call: usize, number: u32) -> u32 {
    let own = request.calls[call].arguments.clone();
    match span::row(number) {
        None => number,
        Some((row, part)) if (row as usize) < own.len() => {
            span::of_row(row + own.start as u32) + part
        }
        Some((row, part)) => {
            let row = row as usize - own.len() + request.item().start;
            span::of_row(row as u32) + part
        }
    }
}

/// All diagnostics; the errors that the macro returned are the last ones, and of them the places are
/// known.
fn all_said(ran: &Ran, places: &Places, number: impl Fn(u32) -> u32) -> Vec<Said> {
    let told = &ran.expanded.diagnostics;
    let reported = told.len().saturating_sub(ran.errors.len());
    let exactly = |diagnostic: &Diagnostic| {
        let (start, end) = diagnostic.spans();
        (number(places.number(start)), number(places.number(end)))
    };
    let known = ran.errors.iter().map(|diagnostic| Some(exactly(diagnostic)));
    let known = std::iter::repeat_n(None, reported).chain(known);
    told.iter().cloned().zip(known).map(|(told, exactly)| said(told, exactly)).collect()
}

fn said(told: Told, exactly: Option<(u32, u32)>) -> Said {
    let Told { level, message, at, mut lines, suggestions } = told;
    lines.sort();
    let level = if level == Level::Error { "error" } else { "warning" };
    Said { level: level.to_owned(), message, at, exactly, lines, suggestions }
}

/// What the macro returned, as a component returns it, but with no token by reference.
fn returned(ran: &Ran, places: &Places) -> Result<GuestExpansion, Ended> {
    let expanded = &ran.expanded;
    let mut out = Written { places, output: RawOutput::default(), body: None };
    out.part(PartKind::Items, "", &expanded.items);
    if let Some(item) = expanded.item.as_ref().filter(|_| expanded.replaced) {
        out.part(PartKind::Item, "", item);
    }
    for (name, field) in &expanded.fields {
        out.part(PartKind::Field, name, field);
    }
    for attribute in &expanded.attributes {
        out.part(PartKind::Attribute, "", attribute);
    }
    for (name, parameter) in &expanded.parameters {
        out.part(PartKind::Parameter, name, parameter);
    }
    if let Some((wrapper, body)) = wrapper(expanded, &ran.item)? {
        out.body = Some(body);
        out.part(PartKind::Body, "", &wrapper);
    }
    let plan = expanded.plan.iter().cloned().map(|entry| PlanEntry {
        cell: String::new(),
        kind: entry.kind,
        name: entry.name,
        body: entry.body,
    });
    let artifacts = expanded.artifacts.iter().cloned().map(|file| Artifact {
        cell: String::new(),
        name: file.name,
        body: file.body,
    });
    Ok(GuestExpansion {
        output: out.output,
        diagnostics: Vec::new(),
        plan: plan.collect(),
        artifacts: artifacts.collect(),
    })
}

/// What stands around the body of the function, and that body. The harness shows it in its place,
/// which is where it is found again; our macros put one thing around a body.
fn wrapper(expanded: &Expanded, item: &TokenStream) -> Result<Option<(TokenStream, Group)>, Ended> {
    let mut only = expanded.clone();
    (only.fields, only.attributes, only.parameters) = Default::default();
    let edited = watched(|| only.edited()).map_err(|_| Ended::Refused(None))?;
    let last = |tokens: &TokenStream| tokens.clone().into_iter().last();
    let (Some(TokenTree::Group(whole)), Some(TokenTree::Group(body))) = (last(&edited), last(item))
    else {
        return Ok(None);
    };
    let is_made = whole.span().byte_range().is_empty() && !body.span().byte_range().is_empty();
    Ok(is_made.then(|| (whole.stream(), body)))
}

/// Streams as rows.
struct Written<'a> {
    places: &'a Places,
    output: RawOutput,
    /// What a wrapped function's body is known by.
    body: Option<Group>,
}

impl Written<'_> {
    fn part(&mut self, kind: PartKind, name: &str, tokens: &TokenStream) {
        let before = self.output.rows.len();
        self.stream(tokens);
        let rows = (self.output.rows.len() - before) as u32;
        self.output.parts.push(Part { kind: kind as u8, rows, name: name.to_owned() });
    }

    fn stream(&mut self, tokens: &TokenStream) {
        for tree in tokens.clone() {
            let span = match (&tree, &self.body) {
                (TokenTree::Group(_), Some(_)) => self.unknown(),
                _ => self.places.number(tree.span()),
            };
            match tree {
                TokenTree::Group(group) if self.is_body(&group) => {
                    self.output.rows.push(Token { kind: kind::BODY, ..Token::default() });
                }
                TokenTree::Group(group) => {
                    let at = self.output.rows.len();
                    let sub = delimiter_of(&group);
                    self.output.rows.push(Token { kind: kind::GROUP, sub, span, a: 0, b: 0 });
                    self.stream(&group.stream());
                    self.output.rows[at].a = (self.output.rows.len() - at - 1) as u32;
                }
                TokenTree::Ident(ident) => {
                    let text = ident.to_string();
                    let raw = text.strip_prefix("r#");
                    let sub = u8::from(raw.is_some());
                    self.text(kind::IDENT, sub, span, raw.unwrap_or(&text));
                }
                TokenTree::Punct(punct) => {
                    let sub = u8::from(punct.spacing() == Spacing::Joint);
                    let a = punct.as_char() as u32;
                    self.output.rows.push(Token { kind: kind::PUNCT, sub, span, a, b: 0 });
                }
                TokenTree::Literal(literal) => {
                    self.text(kind::LITERAL, 0, span, &literal.to_string());
                }
            }
        }
    }

    /// Where it shows what stands around a body, the harness makes all groups anew.
    fn unknown(&mut self) -> u32 {
        if self.output.spans.is_empty() {
            self.output.spans.push(UNKNOWN);
        }
        span::FIRST_OPERATION
    }

    fn text(&mut self, kind: u8, sub: u8, span: u32, text: &str) {
        let a = self.output.text.len() as u32;
        self.output.text.push_str(text);
        self.output.rows.push(Token { kind, sub, span, a, b: text.len() as u32 });
    }

    /// Is it `{ ({ the body }) }`?
    fn is_body(&self, group: &Group) -> bool {
        let only = |group: &Group, delimiter| {
            let mut inside = group.stream().into_iter();
            match (inside.next(), inside.next()) {
                (Some(TokenTree::Group(one)), None) if one.delimiter() == delimiter => Some(one),
                _ => None,
            }
        };
        let inner =
            only(group, Delimiter::Parenthesis).and_then(|one| only(&one, Delimiter::Brace));
        match (&self.body, inner) {
            (Some(body), Some(inner)) => {
                inner.span().byte_range() == body.span().byte_range()
                    && group.delimiter() == Delimiter::Brace
            }
            _ => false,
        }
    }
}
