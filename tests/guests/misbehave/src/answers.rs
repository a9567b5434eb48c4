//! Crimes of an answer as a whole: too large, or its parts are wrong.

use macro_guest_sdk::bindings::cell::macros::types::{
    Artifact, Diagnostic, Note, Part, PlanEntry, Suggestion,
};
use macro_guest_sdk::bindings::exports::cell::macros::expander::{Expansion, Input};

use crate::{Crime, answer, empty, ident, row};

pub(crate) const CRIMES: &[Crime] = &[
    ("error", "an honest error, from the first row of the input to the last", error),
    ("huge_text", "100 MiB of text in one literal", huge_text),
    ("huge_rows", "five million rows", huge_rows),
    ("huge_plan", "a plan entry of 100 MiB", huge_plan),
    ("huge_artifact", "an artifact of 100 MiB", huge_artifact),
    ("huge_message", "an error of 100 MiB", huge_message),
    ("many_errors", "half a million different errors", many_errors),
    ("deep", "a hundred thousand groups in one another", deep),
    ("parts_missing", "no part for its rows", |_| parts(&[])),
    ("parts_short", "parts that cover one row of three", |_| parts(&[(0, 1, "")])),
    ("parts_long", "parts that cover four rows of three", |_| parts(&[(0, 4, "")])),
    ("parts_overflow", "parts whose sum overflows", |_| parts(&[(0, u32::MAX, ""), (0, 4, "")])),
    ("parts_inside", "a part that ends inside a group", |_| parts(&[(0, 1, ""), (0, 2, "")])),
    ("part_unknown", "a part of kind 9", |_| parts(&[(9, 3, "")])),
    ("part_twice", "two replacements of the item", |_| parts(&[(1, 2, ""), (1, 1, "")])),
    ("field_unnamed", "a field without a name", |_| parts(&[(2, 3, "")])),
    ("field_odd", "a field whose name is no identifier", |_| parts(&[(2, 3, "a: u8, b")])),
    ("level_unknown", "a diagnostic of level 7", |_| diagnostic(|d| d.level = 7)),
    ("note_unknown", "a note of kind 7", |_| diagnostic(|d| d.notes[0].kind = 7)),
    ("artifact_path", "an artifact named `../../.bashrc`", |_| artifact("../../.bashrc")),
    ("artifact_absolute", "an artifact named `/tmp/x`", |_| artifact("/tmp/x")),
    ("artifact_source", "an artifact that is Rust", |_| artifact("lib.rs")),
    ("artifact_twice", "two artifacts of one name", artifact_twice),
    ("plan_unnamed", "a plan entry without kind and name", |_| plan("", "", "")),
    ("plan_control", "a plan entry with control characters", |_| {
        plan("table\n", "a\u{1b}[2Jb", "create\0")
    }),
    ("plan_twice", "two plan entries of one kind and name that differ", plan_twice),
];

const BIG: usize = 100 << 20;

fn error(input: Input) -> Expansion {
    let first = input.tokens.get(input.split as usize).map_or(0, |row| row.span);
    let last = input.tokens.last().map_or(0, |row| row.span);
    let note = |kind, message: &str| Note { kind, message: message.into() };
    let suggestion = Suggestion {
        message: "try the other one".into(),
        start: first,
        end: first,
        replacement: "enum".into(),
    };
    let mut expansion = empty();
    expansion.diagnostics.push(Diagnostic {
        level: 0,
        message: "this is not what I wanted".into(),
        start: first,
        end: last,
        notes: vec![note(0, "a fact"), note(1, "a thing to do")],
        suggestions: vec![suggestion],
    });
    expansion
}

fn huge_text(_: Input) -> Expansion {
    let mut text = "x".repeat(BIG);
    text.replace_range(0..1, "\"");
    text.replace_range(BIG - 1.., "\"");
    let literal = row(2, 0, 0, BIG as u32);
    answer(text, vec![literal])
}

fn huge_rows(_: Input) -> Expansion {
    answer(String::new(), vec![row(1, 0, u32::from(b';'), 0); 5_000_000])
}

fn huge_plan(_: Input) -> Expansion {
    plan("table", "big", &"x".repeat(BIG))
}

fn huge_artifact(_: Input) -> Expansion {
    let mut expansion = empty();
    expansion.artifacts.push(Artifact { name: "big.bin".into(), body: vec![0; BIG] });
    expansion
}

fn huge_message(_: Input) -> Expansion {
    diagnostic(|d| d.message = "x".repeat(BIG))
}

fn many_errors(_: Input) -> Expansion {
    let mut expansion = diagnostic(|d| d.notes.clear());
    let one = expansion.diagnostics.remove(0);
    // rustc itself leaves out what it has just said.
    let numbered = |n| Diagnostic { message: format!("wrong {n}"), ..one.clone() };
    expansion.diagnostics = (0..500_000).map(numbered).collect();
    expansion
}

fn deep(_: Input) -> Expansion {
    let groups = 100_000;
    answer(String::new(), (0..groups).rev().map(|inside| row(3, 1, inside, 0)).collect())
}

/// Three rows, a group with an identifier in it and an identifier, in wrong parts.
fn parts(parts: &[(u8, u32, &str)]) -> Expansion {
    let text = "name";
    let mut expansion = answer(text.into(), vec![row(3, 1, 1, 0), ident(text), ident(text)]);
    let part = |(kind, rows, name): &(u8, u32, &str)| Part {
        kind: *kind,
        rows: *rows,
        name: (*name).into(),
    };
    expansion.output.parts = parts.iter().map(part).collect();
    expansion
}

fn diagnostic(change: impl Fn(&mut Diagnostic)) -> Expansion {
    let mut diagnostic = Diagnostic {
        level: 0,
        message: "wrong".into(),
        start: 0,
        end: 0,
        notes: vec![Note { kind: 0, message: "a fact".into() }],
        suggestions: Vec::new(),
    };
    change(&mut diagnostic);
    let mut expansion = empty();
    expansion.diagnostics.push(diagnostic);
    expansion
}

fn artifact(name: &str) -> Expansion {
    let mut expansion = empty();
    expansion.artifacts.push(Artifact { name: name.into(), body: b"fn f() {}".to_vec() });
    expansion
}

fn artifact_twice(_: Input) -> Expansion {
    let mut expansion = artifact("a.txt");
    expansion.artifacts.push(Artifact { name: "a.txt".into(), body: b"other".to_vec() });
    expansion
}

fn plan(kind: &str, name: &str, body: &str) -> Expansion {
    let mut expansion = empty();
    expansion.plan.push(PlanEntry { kind: kind.into(), name: name.into(), body: body.into() });
    expansion
}

fn plan_twice(_: Input) -> Expansion {
    let mut expansion = plan("table", "accounts", "create table accounts (a int)");
    expansion.plan.push(PlanEntry {
        body: "create table accounts (b int)".into(),
        ..expansion.plan[0].clone()
    });
    expansion
}
