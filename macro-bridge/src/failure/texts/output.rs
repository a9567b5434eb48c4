//! Texts about what a macro returned or asked.

use super::live::NO_SESSION;
use super::project::{component_note, item_note, table_of};
use crate::digest::Digest;
use crate::failure::{Failure, Kind};
use crate::policy::Violation;
use crate::request::Request;

/// Two macros cannot both have their way.
#[must_use]
pub fn both_replace(request: &Request, one: usize, other: usize) -> Failure {
    let (a, b) = (request.calls[one].path(), request.calls[other].path());
    Failure::new(Kind::Conflict, format!("`{a}` and `{b}` both change the item itself"))
        .note(item_note(request))
        .help("use one of them on this item")
        .in_call(other)
}

/// Two macros add one field.
#[must_use]
pub fn same_field(request: &Request, one: usize, other: usize, name: &str) -> Failure {
    let (a, b) = (request.calls[one].path(), request.calls[other].path());
    let message = if one == other {
        format!("`{a}` adds the field `{name}` twice")
    } else {
        format!("`{a}` and `{b}` both add the field `{name}`")
    };
    Failure::new(Kind::Conflict, message)
        .note(item_note(request))
        .help("use one of them on this item")
        .in_call(other)
}

/// Two macros add one parameter.
#[must_use]
pub fn same_parameter(request: &Request, one: usize, other: usize, name: &str) -> Failure {
    let (a, b) = (request.calls[one].path(), request.calls[other].path());
    let message = if one == other {
        format!("`{a}` adds the parameter `{name}` twice")
    } else {
        format!("`{a}` and `{b}` both add the parameter `{name}`")
    };
    Failure::new(Kind::Conflict, message)
        .note(item_note(request))
        .help("use one of them on this item")
        .in_call(other)
}

/// The user's function has a parameter of this name.
#[must_use]
pub fn parameter_taken(request: &Request, call: usize, name: &str) -> Failure {
    let path = request.calls[call].path();
    let message = format!("`{path}` adds a parameter `{name}`, and there is one");
    Failure::new(Kind::ParameterTaken, message)
        .note(item_note(request))
        .help(format!(
            "give your own parameter `{name}` another name, or leave it out: the macro adds it"
        ))
        .in_call(call)
}

/// There is no function to add to, or to wrap. `what` is what the macro does, and what it needs.
#[must_use]
pub fn no_function(request: &Request, call: usize, what: &str) -> Failure {
    let path = request.calls[call].path();
    Failure::new(Kind::NoFunction, format!("`{path}` {what}"))
        .note(item_note(request))
        .help(format!("use `{path}` on a `fn` with `{{ .. }}`"))
        .in_call(call)
}

/// There are no fields to add to.
#[must_use]
pub fn no_fields(request: &Request, call: usize, name: &str) -> Failure {
    let path = request.calls[call].path();
    Failure::new(
        Kind::NoFields,
        format!("`{path}` adds a field `{name}`, which needs a struct with named fields"),
    )
    .note(item_note(request))
    .help(format!("use `{path}` on a `struct` with `{{ .. }}`"))
    .in_call(call)
}

/// How the note begins that says why: it depends on where the macro ran, as no other part does.
pub const NOT_ASKED: &str = "nobody was asked: ";

/// A question without a recorded answer. `why` says why nobody was asked.
#[must_use]
pub fn unrecorded(
    request: &Request,
    call: usize,
    cell: &str,
    function: &str,
    key: &Digest,
    why: &str,
) -> Failure {
    let path = request.calls[call].path();
    let failure = Failure::new(
        Kind::Unrecorded,
        format!("`{path}` asked `{cell}::{function}`, and no answer is recorded"),
    )
    .note(item_note(request))
    .note(format!("looked for .cell/answers/{cell}/{key}"))
    .note(format!("{NOT_ASKED}{why}"))
    .help("`cell sync` asks the cell and records the answer, which is then committed")
    .about(cell, function);
    // Whatever else is in the way, running cells are not what is missing.
    if why != NO_SESSION {
        return failure;
    }
    failure
        .help("`cell up` starts the project's cells, and as long as they run builds may ask them")
}

/// 03xx: more than the limits allow.
#[must_use]
pub fn output_too_large(
    request: &Request,
    call: usize,
    found: u64,
    limit: u64,
    unit: &str,
) -> Failure {
    let called = &request.calls[call];
    let message = format!("macro `{}` returned more than {limit} {unit}", called.path());
    let key = if unit == "tokens" { "rows" } else { "output" };
    of_macro(Kind::OutputTooLarge, message, request, call)
        .note(format!("at least {found} {unit}"))
        .help(format!(
            "raise `{key}` under {}, then run `cell lock`",
            table_of(&called.cell, "limits")
        ))
}

/// Tokens that are none.
#[must_use]
pub fn invalid_output(request: &Request, call: usize, reason: &str) -> Failure {
    let message = format!(
        "macro `{}` returned tokens that cannot be read: {reason}",
        request.calls[call].path()
    );
    of_macro(Kind::InvalidOutput, message, request, call)
        .help("this is a mistake in the macro: report it to its author")
}

/// A diagnostic, fact, plan entry or artifact that cannot be used.
#[must_use]
pub fn invalid_answer(request: &Request, call: usize, reason: &str) -> Failure {
    let message = format!("macro `{}` returned {reason}", request.calls[call].path());
    of_macro(Kind::InvalidAnswer, message, request, call)
        .help("this is a mistake in the macro: report it to its author")
}

/// Code that the policy forbids.
#[must_use]
pub fn denied_output(request: &Request, call: usize, found: &Violation) -> Failure {
    let called = &request.calls[call];
    let Violation { word, about, found, .. } = found;
    let message = format!("macro `{}` returned `{found}`, which is not allowed", called.path());
    of_macro(Kind::DeniedOutput, message, request, call)
        .note(format!("the project does not let cell `{}` emit {about}", called.cell))
        .help(format!(
            "if you trust it with that: `allow = [\"{word}\"]` under {}, then run `cell lock`",
            table_of(&called.cell, "output")
        ))
}

fn of_macro(kind: Kind, message: String, request: &Request, call: usize) -> Failure {
    Failure::new(kind, message)
        .note(item_note(request))
        .note(component_note(&request.calls[call]))
        .in_call(call)
}
