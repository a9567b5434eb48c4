//! Each guest has numbers of its own; the request's are used for what all of them return.

use super::*;
use crate::expansion::{Note, Suggestion};
use crate::failure::Kind;
use crate::output::strategy::{Draft, draft, resolve};
use crate::request::strategy::request;
use crate::request::{Allowed, Limits, Place, wants};
use crate::table::strategy as tables;
use proptest::prelude::*;

fn stack() -> Request {
    request_of(
        &[("a::one", "x = ( 1 )"), ("b::two", ""), ("c::three", "y")],
        "pub struct S { f : u8 }",
    )
}

#[test]
fn a_guest_sees_its_own_arguments_and_the_item() {
    let request = stack();
    let seen = |call: usize| {
        let Input { table, split } = input(&request, call);
        let split = split as usize;
        assert!(table.is_top_level(0..split));
        (table.render(0..split), table.render(split..table.rows.len()))
    };
    let item = "pub struct S { f : u8 }".to_owned();
    assert_eq!(seen(0), ("x = (1)".into(), item.clone()));
    assert_eq!(seen(1), (String::new(), item.clone()));
    assert_eq!(seen(2), ("y".into(), item));
}

#[test]
fn a_guest_is_told_what_it_asked_for() {
    let mut request = stack();
    request.place = Place { package: "p".into(), krate: "k".into() };
    request.calls.iter_mut().for_each(|call| call.profile = "f".into());
    let plain = Context::default();
    assert_eq!(context(&request, 0), plain);
    request.calls[0].wants = wants::ITEM_KIND;
    request.calls[1].wants = wants::GATHERED;
    request.calls[2].wants = wants::PACKAGE | wants::PROFILE;
    let kind = Context { item_kind: item::kind::STRUCT, ..plain.clone() };
    assert_eq!(context(&request, 0), kind);
    let others = [("a", "one"), ("c", "three")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(context(&request, 1), Context { gathered: others.to_vec(), ..plain.clone() });
    let place =
        Context { package: "p".into(), krate: "k".into(), profile: "f".into(), ..plain.clone() };
    assert_eq!(context(&request, 2), place);
    request.form = MacroKind::Function;
    assert_eq!(context(&request, 0), plain);
}

#[test]
fn operations_and_texts_of_later_guests_move() {
    let mut request = stack();
    // What they give is no item.
    request.calls.iter_mut().for_each(|call| call.allowed = Allowed(u32::MAX));
    let first = span::FIRST_OPERATION;
    let guest = |word: &str, row: u32| {
        let mut answer = items(&format!("{word} 7"));
        answer.output.spans = vec![
            SpanOp { op: op::RESOLVED_AT, a: span::of_row(row), b: span::MIXED_SITE },
            SpanOp { op: op::LOCATED_AT, a: first, b: span::CALL_SITE },
        ];
        answer.output.rows[0].span = first;
        answer.output.rows[1].span = first + 1;
        answer.diagnostics.push(Diagnostic {
            level: Level::Warning,
            message: word.into(),
            start: first + 1,
            end: span::of_row(row),
            notes: vec![Note { help: true, message: "n".into() }],
            suggestions: vec![Suggestion {
                message: "m".into(),
                start: first,
                end: span::MIXED_SITE,
                replacement: String::new(),
            }],
        });
        answer
    };
    let answers = vec![guest("one", 0), guest("two", 0), guest("three", 0)];
    let expansion = run(&request, answers).unwrap();
    assert_eq!(text_of(&request, &expansion), "pub struct S { f : u8 } one 7 two 7 three 7");
    let Output { text, rows, spans } = &expansion.output;
    let places = emulation::emit(&request.table, text, rows, spans).places;
    // The item first: seven rows as they were.
    let item = request.item().start as u32;
    assert_eq!(places[0], (span::of_row(item), span::of_row(item)));
    // Row 0 of guest 0 is its argument `x`, of guest 1 the item, of guest 2 its argument `y`.
    let handles = [span::of_row(0), span::of_row(item), span::of_row(item - 1)];
    for (guest, handle) in handles.into_iter().enumerate() {
        let [named, number] = [7 + 2 * guest, 8 + 2 * guest];
        // Each has a site of its own.
        let [call, mixed] =
            [span::CALL_SITE, span::MIXED_SITE].map(|site| span::of_site(guest, site));
        assert_eq!(places[named], (handle, mixed), "guest {guest}");
        assert_eq!(places[number], (call, mixed), "guest {guest}");
        let diagnostic = &expansion.diagnostics[guest];
        let first = first + 2 * guest as u32;
        assert_eq!((diagnostic.start, diagnostic.end), (first + 1, handle));
        let suggestion = &diagnostic.suggestions[0];
        assert_eq!((suggestion.start, suggestion.end), (first, mixed));
    }
}

#[test]
fn planned_diagnostics_move_and_facts_are_signed() {
    let mut request = stack();
    let diagnostic = |start: u32| Diagnostic {
        level: Level::Error,
        message: "m".into(),
        start,
        end: span::CALL_SITE,
        notes: vec![],
        suggestions: vec![],
    };
    let said = vec![("b".to_owned(), "2".to_owned()), ("a".to_owned(), "1".to_owned())];
    let (facts, diagnostics) =
        check_planned(&request, 2, said, vec![diagnostic(span::of_row(0))]).unwrap();
    let fact = |name: &str, value: &str| {
        let source = "c::three".into();
        Fact { source, name: name.into(), value: value.into() }
    };
    assert_eq!(facts, [fact("a", "1"), fact("b", "2")]);
    assert_eq!(diagnostics[0].start, span::of_row(request.item().start as u32 - 1));
    for start in [span::FIRST_OPERATION, span::of_row(99), 2] {
        let result = check_planned(&request, 2, vec![], vec![diagnostic(start)]);
        assert_eq!(refused(result).0, Kind::InvalidAnswer);
    }
    request.calls[2].limits.bytes = 1000;
    let said = vec![("a".to_owned(), "x".repeat(1000))];
    assert_eq!(refused(check_planned(&request, 2, said, vec![])).0, Kind::OutputTooLarge);
}

proptest! {
    #[test]
    fn a_translated_handle_means_the_same_token(
        mut request in request(),
        drafts in prop::collection::vec(draft(false), 3),
    ) {
        request.form = MacroKind::Attribute;
        for call in &mut request.calls {
            call.limits = Limits::default();
            call.allowed = Allowed(u32::MAX);
            call.helpers.clear();
        }
        let drafts: &[Draft] = &drafts;
        let (mut expected, mut places, mut checked) = (String::new(), Vec::new(), Vec::new());
        for (call, draft) in (0..request.calls.len()).zip(drafts) {
            let Input { table, split } = input(&request, call);
            let output = resolve(draft, &table, split as usize);
            let emitted = emulation::emit(&table, &output.text, &output.rows, &output.spans);
            expected.push_str(&emitted.table.render(0..emitted.table.rows.len()));
            // Where the guest's rows are in the request, the slow way.
            let arguments = request.calls[call].arguments.clone();
            let of_request: Vec<usize> = arguments.chain(request.item()).collect();
            let there = |number: u32| match span::row(number) {
                Some((row, part)) => span::of_row(of_request[row as usize] as u32) + part,
                None if request.calls.len() > 1 => span::of_site(call, number),
                None => number,
            };
            places.extend(emitted.places.iter().map(|(at, names)| (there(*at), there(*names))));
            let answer = GuestExpansion { output, ..Default::default() };
            checked.push(check(&request, call, answer).unwrap());
        }
        let expansion = compose(&request, vec![], checked, vec![]).unwrap();
        let Output { text, rows, spans } = &expansion.output;
        let emitted = emulation::emit(&request.table, text, rows, spans);
        let all = emitted.table.rows.len();
        let item = request.item().len();
        prop_assert!(tables::boundaries(&emitted.table).contains(&item));
        prop_assert_eq!(emitted.table.render(0..item), request.table.render(request.item()));
        prop_assert_eq!(&emitted.places[item..], places);
        let added = emitted.table.render(item..all);
        prop_assert_eq!(added.replace(' ', ""), expected.replace(' ', ""));
    }
}
