//! What a nightly compiler can be told: each thing at its own tokens.

use proc_macro::{Diagnostic, Level, Span};

use super::{Place, Told};
use crate::expansion;
use crate::failure::Failure;

/// Says it. Suggestions become help at their tokens: the compiler takes no others from a macro.
pub(super) fn tell(told: &Told<'_>) {
    let level = match told.diagnostic.level {
        expansion::Level::Error => Level::Error,
        expansion::Level::Warning => Level::Warning,
        expansion::Level::Note => Level::Note,
        expansion::Level::Help => Level::Help,
    };
    let said = &told.diagnostic;
    let mut out = Diagnostic::spanned(whole(told.place()), level, said.message.as_str());
    for note in &said.notes {
        let text = note.message.as_str();
        out = if note.help { out.help(text) } else { out.note(text) };
    }
    for line in told.about {
        let (at, text) = (whole(told.place_of(line)), line.message.as_str());
        let help = line.level == expansion::Level::Help;
        out = if help { out.span_help(at, text) } else { out.span_note(at, text) };
    }
    for suggestion in &said.suggestions {
        let at = (told.spans.get(suggestion.start), told.spans.get(suggestion.end));
        let text = format!("{}: `{}`", suggestion.message, suggestion.replacement);
        out = out.span_help(whole(at), text);
    }
    out.emit();
}

/// Says that, and what there is to know and to do.
pub(super) fn tell_failure(failure: &Failure, place: Place) {
    let text = failure.to_string();
    let mut message = String::new();
    let mut lines: Vec<(bool, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("note: "), line.strip_prefix("help: "), lines.last_mut()) {
            (Some(note), ..) => lines.push((false, note.to_owned())),
            (_, Some(help), _) => lines.push((true, help.to_owned())),
            (.., Some((_, last))) => last.push_str(&format!("\n{line}")),
            (.., None) if message.is_empty() => message.push_str(line),
            (.., None) => message.push_str(&format!("\n{line}")),
        }
    }
    let mut out = Diagnostic::spanned(whole(place), Level::Error, message);
    for (help, text) in lines {
        out = if help { out.help(text) } else { out.note(text) };
    }
    out.emit();
}

/// From the first to the last token, or both where they are not in one file.
fn whole((start, end): Place) -> Vec<Span> {
    match start.join(end) {
        Some(whole) => vec![whole],
        None => vec![start, end],
    }
}
