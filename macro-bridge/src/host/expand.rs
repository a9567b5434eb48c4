//! From macros on an item to what rustc gets: the request, the places that may answer it, and the
//! emission with its diagnostics.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proc_macro::{Span, TokenStream};

use super::invocation::Invocation;
use super::{Engines, fail, outside, project, trace, track};
use crate::digest::Digest;
use crate::expansion::{Expansion, Level, Note, Output};
use crate::failure::{Failure, Kind, texts};
use crate::item;
use crate::live::{self, Originals, Walker};
use crate::order;
use crate::output::{self, Part, PartKind, RawOutput};
use crate::project::Project;
use crate::request::{Call, MacroKind, Place, Request};

/// Expands `invocations` on `item`.
pub(super) fn run(
    form: MacroKind,
    invocations: Vec<Invocation>,
    item: TokenStream,
    engines: Engines<'_>,
) -> TokenStream {
    let started = Instant::now();
    let on_failure = if form == MacroKind::Attribute { item.clone() } else { TokenStream::new() };
    let first = invocations.first().map_or_else(Span::call_site, |one| one.span);
    let prepared = project()
        .map_err(|failure| (failure, first))
        .and_then(|project| Ok((prepare(form, invocations, item, &project)?, project)));
    match prepared {
        Ok((prepared, project)) => prepared.finish(&project, Role::Own, engines, started),
        Err((failure, span)) => fail(&failure, span, on_failure),
    }
}

/// Expands a macro of a crate that runs sandboxed: what rustc gets is what the crate yields, and
/// nothing of ours. The crate that calls this is compiled anew when its component is another one.
pub(super) fn sandboxed(
    project: Result<Arc<Project>, Failure>,
    one: Invocation,
    item: TokenStream,
    engines: Engines<'_>,
) -> TokenStream {
    let started = Instant::now();
    let form = one.kind;
    let on_failure = if form == MacroKind::Attribute { item.clone() } else { TokenStream::new() };
    let prepared = project
        .map_err(|failure| (failure, one.span))
        .and_then(|project| Ok((prepare(form, vec![one], item, &project)?, project)));
    match prepared {
        Ok((prepared, project)) => prepared.finish(&project, Role::Sandboxed, engines, started),
        Err((failure, span)) => {
            let mut out = on_failure;
            out.extend(live::report_failure(&failure, &Originals::default(), span));
            out
        }
    }
}

/// Whose macros are expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Those of cells: what they stand on is tracked, and helper attributes are ours to remove.
    Own,
    /// Those of a proc-macro crate that knows nothing of us.
    Sandboxed,
}

struct Prepared {
    request: Request,
    originals: Originals,
    /// The token to blame for each call.
    spans: Vec<Span>,
}

fn prepare(
    form: MacroKind,
    invocations: Vec<Invocation>,
    item: TokenStream,
    project: &Project,
) -> Result<Prepared, (Failure, Span)> {
    let chosen = std::env::var(track::PROFILE).ok().filter(|name| !name.is_empty());
    let mut calls: Vec<(Call, Invocation)> = Vec::with_capacity(invocations.len());
    for one in invocations {
        let mut call = project.call(&one.cell, &one.name).map_err(|failure| {
            let unknown_cell = failure.kind == Kind::UnknownCell;
            (failure, if unknown_cell { one.cell_span } else { one.span })
        })?;
        let granted = project.lock.cells.get(&one.cell).map(|cell| &cell.outside);
        if let Some(granted) = granted {
            let seen = outside::look(granted, &super::package());
            call.outside = seen.map_err(|(file, reason)| {
                let files = &granted.files;
                (texts::project::unusable_file(&one.cell, files, &file, &reason), one.span)
            })?;
        }
        if let Some(chosen) = chosen.as_deref() {
            let seen = project.lock.profile_of(Some(chosen), &one.cell);
            let unknown = || texts::project::unknown_profile(chosen, &project.lock);
            call.profile = seen.ok_or_else(|| (unknown(), one.span))?.to_owned();
        }
        if call.is_off() && form == MacroKind::Function {
            return Err((texts::project::function_is_off(&call), one.span));
        }
        if call.kind != one.kind {
            return Err((texts::project::wrong_kind(&one.cell, &one.name, call.kind), one.span));
        }
        calls.push((call, one));
    }
    if form == MacroKind::Attribute {
        order::sort(&mut calls, |(call, _)| call)
            .map_err(|(index, failure)| (failure, calls[index].1.span))?;
    }
    let mut walker = Walker::default();
    let mut spans = Vec::with_capacity(calls.len());
    let mut sites = Vec::with_capacity(calls.len());
    let calls = calls
        .into_iter()
        .map(|(mut call, one)| {
            call.arguments = walker.walk(one.arguments);
            spans.push(one.span);
            sites.push(one.site);
            call
        })
        .collect();
    walker.walk(item);
    let too_large =
        || (texts::project::internal("an item with too many tokens"), Span::call_site());
    let (table, originals) = walker.finish().ok_or_else(too_large)?;
    let originals = originals.at_sites(sites);
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let place = Place { package: variable("CARGO_PKG_NAME"), krate: variable("CARGO_CRATE_NAME") };
    Ok(Prepared { request: Request { form, table, calls, place }, originals, spans })
}

impl Prepared {
    fn finish(
        self,
        project: &Project,
        role: Role,
        engines: Engines<'_>,
        started: Instant,
    ) -> TokenStream {
        let Self { request, originals, spans } = &self;
        let tracks = role == Role::Own && request.has_room_behind();
        if request.calls.iter().all(Call::is_off) {
            // Nobody has to run, so nobody is needed who could.
            let mut out = self.item_alone(role);
            if tracks {
                out.extend(track::of_expansion(project, request, &Expansion::default()));
            }
            return out;
        }
        let place = spans.first().copied().unwrap_or_else(Span::call_site);
        let trace = trace::Trace::from_environment();
        let key = request.key();
        let prepared = started.elapsed();
        let outcome = find(project, request, &key, role, engines);
        let outcome = outcome.and_then(|(expansion, how)| {
            // Committed files are read like a guest's answer: nothing in them is known to be true.
            if how == RECORDED {
                check(request, &expansion).inspect_err(|_| {
                    let times = [prepared, started.elapsed() - prepared, Duration::ZERO];
                    trace.expansion(request, &key, place, how, &expansion, times);
                })?;
            }
            Ok((expansion, how))
        });
        let found = started.elapsed();
        let emitted = outcome.and_then(|(expansion, how)| {
            let out = if request.calls.iter().any(|call| !call.outside.files.is_empty()) {
                let mut here = expansion.clone();
                outside::put_folder(&mut here.output, &super::package());
                emit(&here, originals, how)?
            } else {
                emit(&expansion, originals, how)?
            };
            Ok((expansion, how, out))
        });
        match emitted {
            Ok((expansion, how, mut out)) => {
                let told = says_what_it_stands_on(&expansion);
                out = live::report(&told, originals, request, out);
                if tracks {
                    out.extend(track::of_expansion(project, request, &expansion));
                }
                let times = [prepared, found - prepared, started.elapsed() - found];
                trace.expansion(request, &key, place, how, &expansion, times);
                out
            }
            Err(failure) => {
                trace.failed(request, &key, place, &failure);
                let at = failure.call.and_then(|call| spans.get(call).copied()).unwrap_or(place);
                let mut out = self.item_alone(role);
                out.extend(live::report_failure(&failure, originals, at));
                if tracks {
                    out.extend(track::of_expansion(project, request, &Expansion::default()));
                }
                out
            }
        }
    }

    /// The user's item without helper attributes: what is emitted when a macro fails.
    fn item_alone(&self, role: Role) -> TokenStream {
        let Self { request, originals, .. } = self;
        if request.form != MacroKind::Attribute {
            return TokenStream::new();
        }
        let helpers: Vec<&str> =
            request.calls.iter().flat_map(|call| &call.helpers).map(String::as_str).collect();
        // What the lock does not name, because it is damaged, say, is a second error as well.
        let guess = item::has_fields(&request.table, request.item());
        let derived = item::is_derived(&request.table, request.item());
        let strip_cell = !helpers.is_empty() && !derived;
        let changes = match role {
            Role::Own => item::Changes { strip_cell, helpers, guess, ..item::Changes::default() },
            Role::Sandboxed => item::Changes::default(),
        };
        let rows = item::emit(&request.table, request.item(), &changes).unwrap_or_default();
        live::emit(&Output { rows, ..Output::default() }, originals)
    }
}

/// An error that a macro returns where it has asked may be about what was answered long ago: the first
/// one says so.
fn says_what_it_stands_on(expansion: &Expansion) -> Cow<'_, Expansion> {
    let error = expansion.diagnostics.iter().position(|one| one.level == Level::Error);
    let (Some(at), Some(answer)) = (error, expansion.answers.first()) else {
        return Cow::Borrowed(expansion);
    };
    let mut told = expansion.clone();
    let note = |help, message| Note { help, message };
    let record = format!(".cell/answers/{}/{}", answer.cell, answer.key);
    let cell = &answer.cell;
    told.diagnostics[at].notes.extend([
        note(false, format!("the macro was answered as is recorded in {record}")),
        note(true, format!("if the cell says something else by now: `cell sync {cell}`")),
    ]);
    Cow::Owned(told)
}

/// Where an expansion was found that is committed with the project.
const RECORDED: &str = "recorded";

/// The recorded expansion, else that of the first engine that has one, and who had it.
fn find(
    project: &Project,
    request: &Request,
    key: &Digest,
    role: Role,
    engines: Engines<'_>,
) -> Result<(Expansion, &'static str), Failure> {
    if let Some(found) = project.expansion(key)? {
        return Ok((found, RECORDED));
    }
    for engine in engines {
        if let Some(outcome) = engine.expand(project, request, key) {
            return Ok((outcome?, engine.name()));
        }
    }
    let mut places = vec![format!("looked for .cell/expansions/{key}")];
    places.extend(engines.iter().map(|engine| format!("the {} could not be used", engine.name())));
    Err(texts::project::no_engine(request, &places, role == Role::Sandboxed))
}

/// Engines check what they return. Should one be wrong all the same, rustc's constructors panic.
fn emit(
    expansion: &Expansion,
    originals: &Originals,
    how: &'static str,
) -> Result<TokenStream, Failure> {
    let emit = AssertUnwindSafe(|| live::emit(&expansion.output, originals));
    catch_unwind(emit).map_err(|_| texts::project::no_token_stream(how))
}

fn check(request: &Request, expansion: &Expansion) -> Result<(), Failure> {
    let Output { text, rows, spans } = &expansion.output;
    let whole = Part { kind: PartKind::Items as u8, rows: rows.len() as u32, name: String::new() };
    let raw = RawOutput {
        text: text.clone(),
        rows: rows.clone(),
        spans: spans.clone(),
        parts: vec![whole],
    };
    let most = request.calls.iter().map(|call| call.limits.rows).fold(0, u64::saturating_add);
    let most = most.saturating_add(request.table.rows.len() as u64);
    output::check_all(&request.table, request.item().start, &raw, most, request.calls.len())
        .map_err(|invalid| texts::project::unusable_expansion(request, &invalid.to_string()))
}
