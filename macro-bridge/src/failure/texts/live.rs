//! 02xx, 03xx, 06xx: texts about questions that go to running cells.
//!
//! Each names the question, the cell and what to do. Who asked is added where that is known
//! ([`asked_by`]).

use std::path::Path;
use std::time::Duration;

use super::project::{item_note, near};
use crate::answer::Question;
use crate::failure::{Failure, Fault, Kind};
use crate::request::Request;

/// Says which macro asked.
#[must_use]
pub fn asked_by(failure: Failure, request: &Request, call: usize) -> Failure {
    let path = request.calls[call].path();
    let note = format!("`{path}` asked it {}", item_note(request));
    let mut failure = failure;
    if failure.kind.fault() == Fault::Macro {
        failure.message = format!("macro `{path}`: {}", failure.message);
    }
    failure.notes.insert(0, note);
    failure.in_call(call)
}

/// `ledger::schema`
fn name(question: &Question) -> String {
    format!("{}::{}", question.cell, question.function)
}

/// Where the answer would be, or is: who asks again has one.
fn looked_for(question: &Question) -> String {
    format!("its answer is recorded as .cell/answers/{}/{}", question.cell, question.key())
}

/// Why nobody was asked: no session is open.
pub const NO_SESSION: &str = "no session lets the builds of this project ask cells";

fn failure(kind: Kind, question: &Question, message: String) -> Failure {
    Failure::new(kind, message).about(&question.cell, &question.function)
}

/// A failure that starts with what could not be asked.
fn not_asked(kind: Kind, question: &Question, why: &str) -> Failure {
    failure(kind, question, format!("`{}` could not be asked: {why}", name(question)))
        .note(looked_for(question))
}

/// The project does not know the cell's services.
#[must_use]
pub fn no_services(question: &Question) -> Failure {
    let cell = &question.cell;
    not_asked(
        Kind::UnknownQuestion,
        question,
        &format!("cell.toml names no services of a cell `{cell}`, and questions are typed by them"),
    )
    .help(format!("take them from the running cell with `cell add {cell}`"))
}

/// No service of the cell has such a question. `why` says what there is instead.
#[must_use]
pub fn no_such_question(question: &Question, why: &str, known: &[String]) -> Failure {
    let cell = &question.cell;
    let why = format!("by the schemas that cell.lock names, {why}");
    let failure = not_asked(Kind::UnknownQuestion, question, &why);
    let failure = match near(&question.function, known.iter().map(String::as_str)) {
        Some(other) => failure.note(format!("there is `{cell}::{other}`")),
        None => failure,
    };
    failure.help(format!(
        "if a newer release of the cell has it: start that one, then run `cell add {cell}`"
    ))
}

/// The question or its answer would contain what is secret. `what` says where.
#[must_use]
pub fn secret(question: &Question, what: &str) -> Failure {
    failure(
        Kind::SecretQuestion,
        question,
        format!("`{}` is not asked while a program compiles: {what}", name(question)),
    )
    .note("answers are recorded in files that are committed; secrets never are")
    .help(format!("ask `{}` when the program runs, not in a macro", name(question)))
}

/// The arguments are not those of the schema. `what` says which.
#[must_use]
pub fn bad_arguments(question: &Question, what: &str) -> Failure {
    failure(
        Kind::BadQuestion,
        question,
        format!("`{}` was asked with arguments that it does not take: {what}", name(question)),
    )
    .note(format!("`cell.lock` names the schema of `{}`", question.cell))
    .help(format!(
        "if the macro was made for another release of `{0}`, update both: `cell update`",
        question.cell
    ))
}

/// Nobody listens. `known` if that was found out some seconds ago.
#[must_use]
pub fn absent(question: &Question, known: bool) -> Failure {
    let cell = &question.cell;
    let when = if known { ", as was found just before" } else { "" };
    not_asked(Kind::CellAbsent, question, &format!("the cell `{cell}` does not run{when}"))
        .help(format!("start it, with `cell run {cell}` or `cell up`, and build again"))
}

/// Seconds that a build waits for cells in all.
const LONGEST: u64 = 30;

/// Nothing came in time.
#[must_use]
pub fn silent(question: &Question, patience: Duration, known: bool) -> Failure {
    let cell = &question.cell;
    let more = (patience.as_secs() * 2).clamp(10, LONGEST);
    let millis = patience.as_millis();
    let why = match known {
        false => format!("the cell `{cell}` did not answer within {millis} ms"),
        true => format!("the cell `{cell}` did not answer just before, and was not asked again"),
    };
    let failure =
        failure(Kind::CellSilent, question, format!("`{}` has no answer: {why}", name(question)))
            .note(looked_for(question))
            .help(format!("`cell health {cell}` and `cell logs {cell}` show how it is"));
    if patience.as_secs() >= LONGEST {
        return failure;
    }
    failure.help(format!(
        "if it is only slow, write `live = {{ within = \"{more} s\" }}` under `[cells.{cell}]` in cell.toml, then run `cell lock`"
    ))
}

/// All cells together took longer than one build waits.
#[must_use]
pub fn build_waited(question: &Question, limit: Duration) -> Failure {
    let limit = limit.as_secs();
    not_asked(
        Kind::CellSilent,
        question,
        &format!("this build has waited for cells for {limit} s, as long as any build does"),
    )
    .help("`cell sync` asks all questions at the same time, and has no such limit")
}

/// The connection ended, or made no sense. `how` is what was seen.
#[must_use]
pub fn broken(question: &Question, how: &str, known: bool) -> Failure {
    let cell = &question.cell;
    let when = if known { "just before, " } else { "" };
    failure(
        Kind::CellBroken,
        question,
        format!(
            "`{}` has no answer: {when}the connection to the cell `{cell}` failed: {how}",
            name(question)
        ),
    )
    .note(looked_for(question))
    .help(format!("`cell status` and `cell logs {cell}` show how it is; when it runs, build again"))
}

/// The cell says no. `fault` is what it says.
#[must_use]
pub fn refused(question: &Question, fault: &str) -> Failure {
    let cell = &question.cell;
    failure(
        Kind::CellRefused,
        question,
        format!("the cell `{cell}` did not answer `{}`: {fault}", name(question)),
    )
    .note(looked_for(question))
    .help(format!("`cell health {cell}` and `cell logs {cell}` show how it is"))
}

/// The answer does not fit. `what` says where.
#[must_use]
pub fn wrong_reply(question: &Question, what: &str) -> Failure {
    let cell = &question.cell;
    failure(
        Kind::WrongReply,
        question,
        format!(
            "`{cell}` answered `{}` with what its schema does not have: {what}",
            name(question)
        ),
    )
    .note("nothing was recorded")
    .help(format!("this is a mistake in `{cell}`: `cell inspect {cell}` shows which release runs"))
}

/// The answer is larger than what is recorded.
#[must_use]
pub fn reply_too_large(question: &Question, limit: u64) -> Failure {
    let limit = super::numbers::size(limit);
    let cell = &question.cell;
    failure(
        Kind::WrongReply,
        question,
        format!("the answer of the cell `{cell}` to `{}` is larger than {limit}", name(question)),
    )
    .note("nothing was recorded")
    .help("macros should ask for less at a time: tell the macro's author")
}

/// The running cell is another one than the project knows. `what` says how they differ.
#[must_use]
pub fn other_schema(question: &Question, what: &str) -> Failure {
    let cell = &question.cell;
    not_asked(
        Kind::OtherSchema,
        question,
        &format!("the cell `{cell}` that runs is not as `cell.lock` says: {what}"),
    )
    .help(format!("if that is the cell you want, take its schema with `cell add {cell}`"))
}

/// The socket or the process behind it is somebody else's.
#[must_use]
pub fn foreign(question: &Question, what: &str) -> Failure {
    let cell = &question.cell;
    not_asked(
        Kind::ForeignCell,
        question,
        &format!("who listens as the cell `{cell}` is not this user's: {what}"),
    )
    .help("`cell doctor` shows the folder of this user's cells")
}

/// The answer is there and could not be written.
#[must_use]
pub fn not_kept(question: &Question, path: &Path, reason: &str) -> Failure {
    failure(
        Kind::NotKept,
        question,
        format!(
            "`{}` was answered, and the answer could not be recorded: {reason}",
            name(question)
        ),
    )
    .note(format!("it would be {}", path.display()))
    .note("an answer that is not recorded is not used: the next build would have no such one")
    .help("make room, or the folder writable, and build again")
}
