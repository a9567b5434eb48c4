//! How much a macro may say: a user reads some errors and not a million, and a terminal or an
//! editor stops under them.

use super::{Diagnostic, Level, Note};
use crate::failure::texts::numbers::thousands;

/// Diagnostics of one expansion that are shown.
pub const DIAGNOSTICS: usize = 100;
/// Notes and suggestions of one diagnostic that are shown.
pub const LINES: usize = 100;
/// Bytes of one text in them that are shown.
pub const TEXT: usize = 16 << 10;

/// The first of each, errors before warnings, and how many more there were. What is within bounds,
/// or was bounded before, stays as it is. What belongs to a diagnostic goes where that goes.
#[must_use]
pub fn bounded(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let all = diagnostics.iter().filter(|one| !one.level.belongs()).count();
    if all > DIAGNOSTICS || diagnostics.len() > all {
        // A warning must not take the place of the error that ends the build.
        let errors = diagnostics.iter().filter(|one| one.level == Level::Error).count();
        let mut room = [errors.min(DIAGNOSTICS), DIAGNOSTICS.saturating_sub(errors)];
        // How many may follow the one before.
        let mut lines = 0;
        diagnostics.retain(|one| {
            let room = match one.level {
                Level::Error => &mut room[0],
                Level::Warning => &mut room[1],
                Level::Note | Level::Help => &mut lines,
            };
            let kept = *room > 0;
            *room = room.saturating_sub(1);
            if !one.level.belongs() {
                lines = if kept { LINES } else { 0 };
            }
            kept
        });
    }
    diagnostics.iter_mut().for_each(bound);
    // Where it is shown in any case: an error, if there is one.
    let last = diagnostics.iter().rposition(|one| one.level == Level::Error);
    let last = last.or(diagnostics.iter().rposition(|one| !one.level.belongs()));
    if let (Some(last), true) = (last, all > DIAGNOSTICS) {
        diagnostics[last].notes.push(more(all - DIAGNOSTICS, "errors and warnings"));
    }
    diagnostics
}

fn bound(one: &mut Diagnostic) {
    cut(&mut one.message);
    let all = one.notes.len() + one.suggestions.len();
    // Two more: what `more` may have added when this was bounded before.
    if all > LINES + 2 {
        one.suggestions.truncate(LINES);
        one.notes.truncate(LINES - one.suggestions.len());
        one.notes.push(more(all - LINES, "notes and suggestions"));
    }
    one.notes.iter_mut().for_each(|note| cut(&mut note.message));
    for suggestion in &mut one.suggestions {
        cut(&mut suggestion.message);
        cut(&mut suggestion.replacement);
    }
}

fn more(count: usize, what: &str) -> Note {
    Note { help: false, message: format!("and {} more {what}", thousands(count as u64)) }
}

fn cut(text: &mut String) {
    const MARK: &str = " ..";
    if text.len() > TEXT {
        text.truncate(text.floor_char_boundary(TEXT - MARK.len()));
        text.push_str(MARK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expansion::Suggestion;

    fn diagnostic(level: Level, message: &str) -> Diagnostic {
        Diagnostic {
            level,
            message: message.to_owned(),
            start: 0,
            end: 0,
            notes: Vec::new(),
            suggestions: Vec::new(),
        }
    }

    fn many(level: Level, count: usize) -> Vec<Diagnostic> {
        (0..count).map(|n| diagnostic(level, &n.to_string())).collect()
    }

    /// Bounds the list, twice, which must be the same as once.
    fn check(list: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let once = bounded(list);
        assert_eq!(bounded(once.clone()), once);
        once
    }

    #[test]
    fn what_is_within_bounds_stays() {
        let list = [many(Level::Warning, 50), many(Level::Error, 50)].concat();
        assert_eq!(check(list.clone()), list);
        assert_eq!(check(Vec::new()), []);
    }

    #[test]
    fn a_flood_is_counted() {
        let list = check(many(Level::Error, 1_000_100));
        assert_eq!(list.len(), DIAGNOSTICS);
        assert_eq!((list[0].message.as_str(), list[99].message.as_str()), ("0", "99"));
        assert_eq!(list[99].notes[0].message, "and 1,000,000 more errors and warnings");
        assert!(list[..99].iter().all(|one| one.notes.is_empty()));
    }

    #[test]
    fn warnings_do_not_hide_an_error() {
        let error = diagnostic(Level::Error, "the error");
        let mut list = many(Level::Warning, 300);
        list.push(error);
        let list = check(list);
        assert_eq!((list.len(), list[98].message.as_str()), (DIAGNOSTICS, "98"));
        assert_eq!((list[99].level, list[99].message.as_str()), (Level::Error, "the error"));
        assert_eq!(list[99].notes[0].message, "and 201 more errors and warnings");
        let list = check([many(Level::Error, 120), many(Level::Warning, 5)].concat());
        assert!(list.iter().all(|one| one.level == Level::Error));
    }

    #[test]
    fn what_belongs_to_an_error_goes_with_it() {
        let with = |level, count| [many(level, 1), many(Level::Note, count)].concat();
        let list = [with(Level::Warning, 2), with(Level::Error, 3)].concat();
        assert_eq!(check(list.clone()), list);
        let list = check([with(Level::Error, 101), many(Level::Help, 4)].concat());
        assert_eq!(list.len(), 101);
        let list = check([many(Level::Error, 100), with(Level::Warning, 3)].concat());
        assert_eq!(list.len(), 100);
        assert_eq!(list[99].notes[0].message, "and 1 more errors and warnings");
        assert_eq!(check(many(Level::Note, 2)), []);
    }

    #[test]
    fn lines_and_texts_are_bounded_too() {
        let mut one = diagnostic(Level::Error, &"é".repeat(TEXT));
        one.notes = vec![Note { help: true, message: "x".repeat(TEXT + 1) }; 500];
        let message = String::new();
        one.suggestions =
            vec![Suggestion { message, start: 0, end: 0, replacement: "y".into() }; 7];
        let list = check(vec![one; 101]);
        let last = &list[99];
        assert!(last.message.len() <= TEXT && last.message.ends_with("é .."));
        assert_eq!((last.suggestions.len(), last.notes.len()), (7, 95));
        assert_eq!(last.notes[0].message.len(), TEXT);
        assert_eq!(last.notes[93].message, "and 407 more notes and suggestions");
        assert_eq!(last.notes[94].message, "and 1 more errors and warnings");
    }
}
