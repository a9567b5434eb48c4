//! Requests as files.

use super::super::strategy::{request, request_of};
use super::*;
use crate::sealed::seal;
use proptest::prelude::*;

fn example() -> Request {
    let mut request = request_of(
        &[("ledger::cache", "seconds = 5"), ("ledger::table", "")],
        "struct A { b : u8 }",
    );
    let question = || CallPermission { cell: "search".into(), function: "schema".into() };
    request.place = Place { package: "my shop\n\t\\".into(), krate: "shop".into() };
    request.calls[0].needs = vec!["ledger::table".into()];
    request.calls[0].granted = vec![question()];
    request.calls[1].asked = vec![question(), question()];
    request.calls[1].helpers = vec!["primary_key".into()];
    request.calls[0].outside = Outside {
        variables: vec![
            ("CARGO_PKG_*".into(), None),
            ("CARGO_PKG_NAME".into(), Some("my shop\n\t\\".into())),
            ("EMPTY".into(), Some(String::new())),
        ],
        files: vec![
            ("Cargo.toml".into(), Some(Content::new(b"[package]\n\t\xff\\".to_vec()))),
            ("empty".into(), Some(Content::new(Vec::new()))),
            ("none".into(), None),
        ],
    };
    request
}

#[test]
fn reads_what_it_writes() {
    let request = example();
    assert_eq!(decode(encode(&request).as_bytes()), Ok(request));
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let text = encode(&example());
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            assert!(decode(&bytes).is_err(), "bit {bit} of byte {at}");
        }
        assert!(decode(&text.as_bytes()[..at]).is_err(), "cut at {at}");
        assert!(decode(&text.as_bytes()[at..]).is_err() || at == 0, "begun at {at}");
    }
}

/// The example with `from` replaced by `to`, and a digest that fits.
fn forged(from: &str, to: &str) -> Result<Request, Damage> {
    let text = encode(&example());
    let body = &text[..text.rfind("sum ").unwrap()];
    assert!(body.contains(from), "{body}");
    decode(seal(body.replacen(from, to, 1)).as_bytes())
}

#[test]
fn a_sealed_file_may_still_be_wrong() {
    assert_eq!(forged("seconds", "seconds"), Ok(example()));
    assert_eq!(forged("call ledger cache", "call ../x cache"), Err(Damage::Line(4)));
    assert_eq!(
        forged("call ledger cache attribute", "call ledger cache  attribute"),
        Err(Damage::Line(4))
    );
    assert_eq!(forged("cache attribute", "cache sorcery"), Err(Damage::Line(4)));
    assert_eq!(forged("need ledger::table", "needs ledger::table"), Err(Damage::Line(6)));
    assert_eq!(forged("granted search::schema", "granted schema"), Err(Damage::Line(7)));
    assert_eq!(forged("variable EMPTY", "variable E MPTY"), Err(Damage::Line(10)));
    assert_eq!(forged("file none", "file ../none"), Err(Damage::Line(13)));
    assert_eq!(forged("file none", "file none\t\\q"), Err(Damage::Line(13)));
    assert_eq!(forged("helper primary_key", "helper "), Err(Damage::Line(16)));
    assert_eq!(forged("form attribute\n", ""), Err(Damage::NotSealed));
    assert_eq!(
        forged("form attribute\n", "form attribute\nform attribute\n"),
        Err(Damage::NotSealed)
    );
    assert_eq!(forged("place my shop", "table \nplace my shop"), Err(Damage::NotSealed));
    assert!(matches!(forged("cell-request 3", "cell-request 4"), Err(Damage::Format(_))));
    assert_eq!(decode(seal("cell-request 3\n".into()).as_bytes()), Err(Damage::NotSealed));
}

#[test]
fn arguments_are_runs_of_whole_tokens() {
    let mut request =
        request_of(&[("ledger::cache", "( 5 ) x"), ("ledger::table", "")], "struct A { b : u8 }");
    let rows = request.table.rows.len();
    let mut read = |first: std::ops::Range<usize>, second: std::ops::Range<usize>| {
        request.calls[0].arguments = first;
        request.calls[1].arguments = second;
        decode(encode(&request).as_bytes()).is_ok()
    };
    assert!(read(0..3, 3..3));
    assert!(read(0..0, 0..rows));
    assert!(!read(0..1, 1..1), "inside a group");
    assert!(!read(0..3, 3..rows - 1), "inside the item's group");
    assert!(!read(0..2, 3..3), "a gap");
    assert!(!read(1..3, 3..3), "not from the start");
    assert!(!read(0..3, 2..3), "overlapping");
    assert!(!read(0..3, 3..rows + 1), "behind the table");
    assert!(!read(0..3, 3..usize::MAX), "behind everything");
    #[expect(clippy::reversed_empty_ranges, reason = "this is what a file may say")]
    {
        assert!(!read(0..3, 3..0), "backwards");
    }
}

proptest! {
    #[test]
    fn any_request_reads_back(request in request()) {
        prop_assert_eq!(decode(encode(&request).as_bytes()), Ok(request));
    }
}
