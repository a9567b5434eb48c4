//! Expansions as files.

use super::*;
use crate::expansion::Output;
use crate::sealed::seal;
use crate::table::delimiter;
use proptest::prelude::*;

fn key() -> Digest {
    Digest::of(b"key")
}

fn token(kind: u8, sub: u8, span: u32, a: u32, b: u32) -> Token {
    Token { kind, sub, span, a, b }
}

pub(crate) fn example() -> Expansion {
    let text = "impltype\"a\nb\u{202e}\"".to_owned();
    let rows = vec![
        token(kind::RANGE, 0, 56, 4, 0),
        token(kind::IDENT, 0, 0, 0, 4),
        token(kind::IDENT, 1, 24, 4, 4),
        token(kind::LITERAL, 0, 1, 8, 8),
        token(kind::PUNCT, 1, 0, '=' as u32, 0),
        token(kind::PUNCT, 0, 0x8000_0000, '>' as u32, 0),
        token(kind::RESPAN, 0, 0x8000_0000, 32, 0),
        token(kind::RESPAN, 0, 0, 32, 0),
        token(kind::GROUP, delimiter::PARENTHESIS, 0, 3, 0),
        token(kind::GROUP, delimiter::BRACE, 17, 0, 0),
        token(kind::GROUP, delimiter::BRACKET, 0, 0, 0),
        token(kind::GROUP, delimiter::NONE, 7, 0, 0),
    ];
    Expansion {
        output: Output { text, rows, spans: vec![SpanOp { op: 1, a: 0, b: 16 }] },
        diagnostics: vec![Diagnostic {
            level: Level::Warning,
            message: "no\nkey\t!".into(),
            start: 20,
            end: 24,
            notes: vec![
                Note { help: true, message: "a\tb".into() },
                Note { help: false, message: String::new() },
            ],
            suggestions: vec![Suggestion {
                message: "m\tm".into(),
                start: 1,
                end: 2,
                replacement: "r\tr\\".into(),
            }],
        }],
        plan: vec![PlanEntry {
            cell: "ledger".into(),
            kind: "table".into(),
            name: "accounts".into(),
            body: "CREATE TABLE accounts (\n\tid INTEGER\n);".into(),
        }],
        artifacts: vec![Artifact {
            cell: "ledger".into(),
            name: "a.ts".into(),
            body: vec![0, 9, 10, 255, 92],
        }],
        answers: vec![AnswerUsed {
            cell: "search".into(),
            key: Digest::of(b"q"),
            digest: Digest::of(b"a"),
        }],
        attempts: vec![Attempt {
            cell: "clap_derive".into(),
            what: "file".into(),
            detail: "/etc\t\n\u{202e}".into(),
        }],
    }
}

fn text() -> String {
    encode(&key(), "a::b\n+ c::d", &example())
}

#[test]
fn reads_what_it_writes() {
    assert_eq!(decode(text().as_bytes(), &key()), Ok(example()));
    let empty = Expansion::default();
    assert_eq!(decode(encode(&key(), "", &empty).as_bytes(), &key()), Ok(empty));
}

#[test]
fn is_readable() {
    let text = text();
    for line in [
        "macros a::b\\n+ c::d",
        "warning 20 24 no\\nkey\\t!",
        "help a\\tb",
        "plan ledger\ttable\taccounts\tCREATE TABLE accounts (\\n\\tid INTEGER\\n);",
        "artifact ledger\ta.ts\t\\x00\\x09\\n\\xff\\\\",
        "span 1 0 16",
        "=56 4",
        "i impl",
        "r24 type",
        "l1 \"a\\nb\\u{202e}\"",
        "j =",
        "p2147483648 >",
        "$2147483648 32",
        "$ 32",
        "( 3",
        "{17 0",
        "[ 0",
        "n7 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} not in\n{text}");
    }
    assert!(text.chars().all(|ch| ch == '\n' || ch == '\t' || !ch.is_control()), "{text}");
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let text = text();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            assert!(decode(&bytes, &key()).is_err(), "bit {bit} of byte {at}");
        }
        assert!(decode(&text.as_bytes()[..at], &key()).is_err(), "cut at {at}");
    }
}

#[test]
fn is_about_one_key() {
    assert_eq!(decode(text().as_bytes(), &Digest::of(b"other")), Err(Damage::Line(2)));
    assert_eq!(forged(&format!("key {}\n", key()), ""), Err(Damage::NotSealed));
    assert_eq!(forged("tokens\n", ""), Err(Damage::Line(13)));
}

/// The example with `from` replaced by `to`, and a digest that fits.
fn forged(from: &str, to: &str) -> Result<Expansion, Damage> {
    let text = text();
    let body = &text[..text.rfind("sum ").unwrap()];
    assert!(body.contains(from), "{body}");
    decode(seal(body.replacen(from, to, 1)).as_bytes(), &key())
}

#[test]
fn a_sealed_file_may_still_be_wrong() {
    let (fact, token) = (|from: &str, to: &str| forged(from, to), |to: &str| forged("=56 4", to));
    assert_eq!(fact("key", "key"), Ok(example()));
    for (from, to) in [
        ("answer search", "answer ../search"),
        ("answer search", "answer search x"),
        ("answer search", "answer"),
        ("warning 20", "warning -1"),
        ("warning 20 24 ", "warning 20 "),
        ("warning", "Warning"),
        ("suggest 1 2 ", "suggest 1 "),
        ("m\\tm\t", "m\\tm\t\t"),
        ("plan ledger\t", "plan ledger\t\t"),
        ("plan ledger\t", "plan "),
        ("artifact ledger\t", "artifact "),
        ("\\xff", "\\xfg"),
        ("span 1 0 16", "span 1 0 16 4"),
        ("span 1 0 16", "span 256 0 16"),
        ("span 1 0 16", "span 1 0 4294967296"),
        ("span 1 0 16", ""),
    ] {
        assert!(matches!(fact(from, to), Err(Damage::Line(_))), "{from} -> {to}");
    }
    for line in [
        "",
        "=56",
        "x 1",
        "= ",
        "i",
        "é a",
        "(-1 2",
        "(1 -2",
        "p ab",
        "p ",
        "l \\q",
        "=4294967296 1",
        "( 4294967296",
    ] {
        assert!(matches!(token(line), Err(Damage::Line(_))), "{line:?}");
    }
    assert!(matches!(forged("cell-expansion 2", "cell-expansion 3"), Err(Damage::Format(_))));
    assert!(decode(seal("cell-expansion 2\nnote x\ntokens\n".into()).as_bytes(), &key()).is_err());
}

prop_compose! {
    fn any_diagnostic()(
        level in 0usize..4, message: String, start: u32, end: u32,
        notes in prop::collection::vec(any::<(bool, String)>(), 0..3),
        suggestions in prop::collection::vec(any::<(String, u32, u32, String)>(), 0..3),
    ) -> Diagnostic {
        let notes = notes.into_iter().map(|(help, message)| Note { help, message }).collect();
        let suggestions = suggestions.into_iter().map(|(message, start, end, replacement)| {
            Suggestion { message, start, end, replacement }
        });
        let level = [Level::Error, Level::Warning, Level::Note, Level::Help][level];
        Diagnostic { level, message, start, end, notes, suggestions: suggestions.collect() }
    }
}

prop_compose! {
    /// Any expansion with tokens that could be one.
    pub(crate) fn any_expansion()(
        (_, _, raw) in crate::output::strategy::valid(),
        diagnostics in prop::collection::vec(any_diagnostic(), 0..3),
        plan in prop::collection::vec(any::<(String, String, String, String)>(), 0..3),
        artifacts in prop::collection::vec(any::<(String, String, Vec<u8>)>(), 0..3),
        attempts in prop::collection::vec(any::<(String, String, String)>(), 0..3),
        answers in prop::collection::vec(("[a-zé_-]{0,3}", any::<[u8; 32]>(), any::<[u8; 32]>()), 0..3),
    ) -> Expansion {
        let plan = plan.into_iter().map(|(cell, kind, name, body)| PlanEntry { cell, kind, name, body });
        let attempts = attempts.into_iter().map(|(cell, what, detail)| Attempt { cell, what, detail });
        let artifacts = artifacts.into_iter().map(|(cell, name, body)| Artifact { cell, name, body });
        let answers = answers.into_iter().map(|(cell, key, digest)| AnswerUsed {
            cell: format!("c{cell}"),
            key: Digest::from_bytes(key),
            digest: Digest::from_bytes(digest),
        });
        // Bodies are in their places by then.
        let mut rows = raw.rows;
        rows.iter_mut().filter(|row| row.kind == kind::BODY).for_each(|row| row.kind = kind::GROUP);
        Expansion {
            output: Output { text: raw.text, rows, spans: raw.spans },
            diagnostics,
            plan: plan.collect(),
            artifacts: artifacts.collect(),
            answers: answers.collect(),
            attempts: attempts.collect(),
        }
    }
}

proptest! {
    #[test]
    fn any_expansion_reads_back(expansion in any_expansion(), title: String) {
        let text = encode(&key(), &title, &expansion);
        prop_assert_eq!(decode(text.as_bytes(), &key()), Ok(expansion));
    }
}
