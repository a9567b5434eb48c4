//! Changes of several macros to one item.

use super::*;
use crate::failure::Kind;
use crate::output::MAX_NESTING;

fn three(item: &str) -> Request {
    request_of(&[("a::one", ""), ("b::two", ""), ("c::three", "")], item)
}

/// What becomes of an item with one macro on it.
fn one(item: &str, parts: &[(PartKind, &str, &str)]) -> String {
    run_text(&request_of(&[("a::one", "")], item), vec![made(parts)])
}

#[test]
fn attributes_stand_behind_the_users_own() {
    let add = |item: &str| one(item, &[(PartKind::Attribute, "", "# [ new ( 1 ) ]")]);
    assert_eq!(add("struct S ;"), "# [new (1)] struct S ;");
    assert_eq!(add("# [ a ] # [ b ] pub fn f ( ) { }"), "# [a] # [b] # [new (1)] pub fn f () {}");
    assert_eq!(add("impl S { # [ a ] fn f ( ) { } }"), "# [new (1)] impl S { # [a] fn f () {} }");
    assert_eq!(add("# [ a ]"), "# [a] # [new (1)]");
}

#[test]
fn equal_attributes_are_added_once() {
    let request = three("struct S ;");
    let check = |sources: [&str; 3], expected: &str| {
        assert_eq!(run_text(&request, sources.map(attribute).into()), expected);
    };
    check(["# [ a ]", "# [ a ]", "# [ a ]"], "# [a] struct S ;");
    check(
        ["# [ a ( b ) ]", "# [ a [ b ] ]", "# [ a ( c ) ]"],
        "# [a (b)] # [a [b]] # [a (c)] struct S ;",
    );
    check(["# [ a = 1 ]", "# [ a = 2 ]", "# [ a = 1 ]"], "# [a = 1] # [a = 2] struct S ;");
    check(["# [ a @ 1 ]", "# [ a @ 1 ]", "# [ a S ]"], "# [a S] # [a S] struct S ;");
}

#[test]
fn parameters_are_added_at_the_end() {
    let add = |item: &str| one(item, &[(PartKind::Parameter, "n", "n : & N")]);
    assert_eq!(add("fn f ( ) { }"), "fn f (n : & N ,) {}");
    assert_eq!(add("fn f ( & self ) ;"), "fn f (& self , n : & N ,) ;");
    assert_eq!(
        add("fn f < F : Fn ( u8 ) -> u8 > ( a : F , ) -> M < ( ) > { a ( 1 ) }"),
        "fn f < F : Fn (u8) -> u8 > (a : F , n : & N ,) -> M < () > { a (1) }"
    );
    assert_eq!(add("⟦ pub ⟧ fn f ( a : ⟦ T ⟧ ) { }"), "pub fn f (a : T , n : & N ,) {}");
    let request = three("fn f ( a : A ) { }");
    let answers = vec![parameter("x", "x : X"), items("struct S ;"), parameter("y", "mut y : Y")];
    assert_eq!(run_text(&request, answers), "fn f (a : A , x : X , mut y : Y ,) {} struct S ;");
}

#[test]
fn a_name_is_added_once_and_not_twice_in_a_function() {
    let both = vec![parameter("p", "p : A"), items(""), parameter("p", "p : B")];
    let failure = run(&three("fn f ( ) { }"), both).unwrap_err();
    assert_eq!((failure.kind, failure.call), (Kind::Conflict, Some(2)));
    assert_eq!(failure.message, "`a::one` and `c::three` both add the parameter `p`");
    for (list, taken) in [
        ("", false),
        ("p : A", true),
        ("mut p : A", true),
        ("& self , a : M < B , C > , p : A", true),
        ("( a , p ) : ( A , B )", true),
        ("S { p , .. } : S", true),
        ("S { p : a } : S", false),
        ("p :: S ( a ) : S", false),
        ("p ( a ) : S", false),
        ("a : p", false),
        ("a : M < p , p > , b : p", false),
        ("a : fn ( p ) -> M < A > , b : A", false),
        ("& 'p self", false),
        ("⟦ p ⟧ : A", true),
    ] {
        let item = format!("fn f ( {list} ) {{ }}");
        let answers = vec![items(""), parameter("p", "p : A"), items("")];
        match (run(&three(&item), answers), taken) {
            (Ok(_), false) => {}
            (Err(failure), true) => {
                assert_eq!((failure.kind, failure.call), (Kind::ParameterTaken, Some(1)), "{item}");
                assert_eq!(failure.message, "`b::two` adds a parameter `p`, and there is one");
            }
            (other, _) => panic!("{item}: {other:?}"),
        }
    }
}

#[test]
fn the_first_macro_is_outermost_around_a_body() {
    let request = three("async fn f ( ) -> A { b ? }");
    let answers =
        vec![wrap("one ( || @ body )"), wrap("let x = { @ body } ; x"), wrap("@ body . await")];
    assert_eq!(
        run_text(&request, answers),
        "async fn f () -> A { one (|| { let x = { { { ({ b ? }) } . await } } ; x }) }"
    );
    // One macro, twice.
    let parts = [(PartKind::Body, "", "a ; @ body"), (PartKind::Body, "", "b ; @ body")];
    assert_eq!(one("fn f ( ) { c }", &parts), "fn f () { a ; { b ; { ({ c }) } } }");
}

#[test]
fn a_wrapped_body_is_the_users_own() {
    let request = request_of(&[("a::one", "")], "fn f ( ) { a ( b ) }");
    let expansion = run(&request, vec![wrap("log ( ) ; @ body")]).unwrap();
    let last = expansion.output.rows.last().unwrap();
    let body = Token { kind: kind::RANGE, sub: 0, span: span::of_row(3), a: 1, b: 0 };
    assert_eq!(*last, body);
    let block = expansion.output.rows[1];
    assert_eq!((block.kind, block.span), (kind::GROUP, span::of_row(3)), "the user's braces");
    let around = expansion.output.rows[expansion.output.rows.len() - 2];
    assert_eq!(
        (around.kind, around.span, around.a),
        (kind::GROUP, span::CALL_SITE, 1),
        "parentheses"
    );
}

#[test]
fn helpers_leave_a_wrapped_function() {
    let mut request =
        request_of(&[("a::one", "")], "# [ L :: key ] fn f ( # [ L :: key ] a : A ) { b }");
    request.calls[0].helpers = vec!["key".into()];
    let answer = made(&[
        (PartKind::Parameter, "p", "p : P"),
        (PartKind::Body, "", "@ body"),
        (PartKind::Attribute, "", "# [ a ]"),
    ]);
    assert_eq!(run_text(&request, vec![answer]), "# [a] fn f (a : A , p : P ,) { { ({ b }) } }");
}

#[test]
fn only_functions_with_a_body_can_be_wrapped() {
    for item in ["struct S { }", "fn f ( ) ;", "impl S { fn f ( ) { } }", "m ! { }", "# [ a ]"] {
        let answers = vec![items(""), wrap("@ body"), wrap("@ body")];
        let failure = run(&three(item), answers).unwrap_err();
        assert_eq!((failure.kind, failure.call), (Kind::NoFunction, Some(1)), "{item}");
        let expected = "`b::two` wraps a body, which needs a function that has one";
        assert_eq!(failure.message, expected);
    }
    for item in ["struct S { }", "impl S { fn f ( ) { } }", "const F : fn ( ) = f ;"] {
        let answers = vec![items(""), items(""), parameter("p", "p : P")];
        let failure = run(&three(item), answers).unwrap_err();
        assert_eq!((failure.kind, failure.call), (Kind::NoFunction, Some(2)), "{item}");
    }
}

#[test]
fn who_replaces_an_item_changes_it_alone() {
    let others =
        [field("a", "a : A"), attribute("# [ a ]"), parameter("p", "p : P"), wrap("@ body")];
    for other in others {
        let answers = vec![other, items(""), replace("fn g ( ) { }")];
        let failure = run(&three("fn f ( ) { }"), answers).unwrap_err();
        assert_eq!((failure.kind, failure.call), (Kind::Conflict, Some(2)));
        assert_eq!(failure.message, "`a::one` and `c::three` both change the item itself");
    }
}

#[test]
fn macros_together_nest_no_deeper_than_one() {
    let deep = |levels: usize| {
        let source = format!("{} @ body {}", "( ".repeat(levels), ") ".repeat(levels));
        source.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let check = |levels: usize| {
        let answers = vec![wrap(&deep(levels)), items(""), wrap(&deep(levels))];
        run(&three("fn f ( ) { }"), answers).map(drop).map_err(|failure| failure.kind)
    };
    // Four groups of the host, and the levels of both.
    assert_eq!(check(MAX_NESTING / 2 - 2), Ok(()));
    assert_eq!(check(MAX_NESTING / 2 - 1), Err(Kind::InvalidOutput));
}

/// What does not say how things nest or stand in a list is independent of the order.
#[test]
fn changes_of_different_kinds_commute() {
    let request = request_of(&[("a::one", "")], "fn f ( ) { a }");
    let mut parts = [
        (PartKind::Attribute, "", "# [ a ]"),
        (PartKind::Parameter, "p", "p : P"),
        (PartKind::Body, "", "b ; @ body"),
        (PartKind::Items, "", "struct S ;"),
    ];
    let expected = "# [a] fn f (p : P ,) { b ; { ({ a }) } } struct S ;";
    for turn in 0..24 {
        // All orders of four, by swaps.
        parts.swap(turn % 3, turn % 3 + 1);
        assert_eq!(run_text(&request, vec![made(&parts)]), expected, "{parts:?}");
    }
}
