//! Single tokens: what is refused, and how they print.

use super::*;

/// The text of the panic of `make`, or `made: ` and what it made.
fn attempt<T: ToString>(make: impl FnOnce() -> T + std::panic::UnwindSafe) -> String {
    match std::panic::catch_unwind(|| make().to_string()) {
        Ok(made) => format!("made: {made}"),
        Err(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic.downcast::<&str>().expect("a text").to_string(),
        },
    }
}

#[test]
fn identifiers_are_checked_as_in_the_compiler() {
    for (text, expected) in [
        ("x1", "made: x1"),
        ("_", "made: _"),
        ("type", "made: type"),
        ("größe", "made: größe"),
        ("$crate", "made: $crate"),
        ("", "`\"\"` is not a valid identifier"),
        ("1x", "`\"1x\"` is not a valid identifier"),
        ("a b", "`\"a b\"` is not a valid identifier"),
        ("r#type", "`\"r#type\"` is not a valid identifier"),
        ("größe ", "`\"größe \"` is not a valid identifier"),
        ("/**/größe", "`\"/**/größe\"` is not a valid identifier"),
        ("größe größe", "`\"größe größe\"` is not a valid identifier"),
        ("€", "`\"€\"` is not a valid identifier"),
    ] {
        assert_eq!(attempt(|| Ident::new(text, Span::call_site())), expected);
    }
    for (text, expected) in [
        ("type", "made: r#type"),
        ("x", "made: r#x"),
        ("self", "`self` cannot be a raw identifier"),
        ("crate", "`crate` cannot be a raw identifier"),
        ("_", "`_` cannot be a raw identifier"),
        ("+", "`\"+\"` is not a valid identifier"),
    ] {
        assert_eq!(attempt(|| Ident::new_raw(text, Span::call_site())), expected);
    }
}

#[test]
fn punctuation_is_checked() {
    assert_eq!(attempt(|| Punct::new('\'', Spacing::Joint)), "made: '");
    assert_eq!(attempt(|| Punct::new('(', Spacing::Alone)), "unsupported character `'('`");
    assert_eq!(attempt(|| Punct::new('é', Spacing::Alone)), "unsupported character `'é'`");
}

#[test]
fn literals_print_as_in_the_compiler() {
    for (literal, expected) in [
        (
            Literal::string("a\"b'c\\\n\t\r\0\u{7f}é\u{301}\u{200b}"),
            r#""a\"b'c\\\n\t\r\0\u{7f}é\u{301}\u{200b}""#,
        ),
        (Literal::character('\''), r"'\''"),
        (Literal::character('"'), "'\"'"),
        (Literal::character('\0'), r"'\0'"),
        (Literal::byte_character(b'\''), r"b'\''"),
        (Literal::byte_character(b'"'), "b'\"'"),
        (Literal::byte_string(b"\0\x01'\"\\\n\xff"), r#"b"\0\x01'\"\\\n\xff""#),
        (Literal::c_string(c"a\xff\"'\x01\u{e9}"), r#"c"a\xff\"'\u{1}é""#),
        (Literal::u8_suffixed(7), "7u8"),
        (Literal::i128_unsuffixed(-7), "-7"),
        (Literal::f32_unsuffixed(1.0), "1.0"),
        (Literal::f32_suffixed(1.0), "1f32"),
        (Literal::f64_unsuffixed(-0.5), "-0.5"),
        (Literal::f64_suffixed(1e300), &format!("1{}f64", "0".repeat(300))),
    ] {
        assert_eq!(literal.to_string(), expected);
    }
    assert_eq!(attempt(|| Literal::f64_suffixed(f64::NAN)), "Invalid float literal NaN");
    assert_eq!(attempt(|| Literal::f32_unsuffixed(f32::INFINITY)), "Invalid float literal inf");
}

#[test]
fn literals_are_read() {
    for text in ["1u8", "-1.5e3", "'x'", "b\"\\xff\"", "r##\"a\"#b\"##", "c\"x\""] {
        assert_eq!(text.parse::<Literal>().expect(text).to_string(), text);
    }
    for text in ["", "x", "1 ", "1 2", "- 1", "-\"x\"", "/**/1"] {
        assert!(text.parse::<Literal>().is_err(), "{text:?}");
    }
}

#[test]
fn a_negative_literal_is_two_tokens_in_a_stream() {
    let mut literal = Literal::i32_suffixed(-5);
    literal.set_span(Span::mixed_site());
    let mut stream = TokenStream::from(TokenTree::from(literal));
    stream.extend([TokenTree::from(Literal::f64_unsuffixed(-0.5))]);
    stream.extend([Literal::i8_unsuffixed(-1)]);
    let encoded = encoded(&stream);
    assert_eq!(shape(&encoded), "- 5i32 - 0.5 - 1");
    assert_eq!(encoded.rows.iter().map(|r| r.span).collect::<Vec<_>>(), [1, 1, 0, 0, 0, 0]);
    assert!(encoded.rows.iter().all(|row| row.sub == 0), "the sign is not joint");
}

#[test]
fn text_is_lexed_at_the_call_site() {
    // The same text as the input has, and no token of it becomes a reference.
    let _item = input("a + r#type");
    let stream: TokenStream = "a + r#type".parse().expect("tokens");
    let encoded = encoded(&stream);
    assert_eq!(shape(&encoded), "a + type");
    assert_eq!(encoded.rows[2].sub, 1, "raw");
    assert!(encoded.rows.iter().all(|row| row.span == 0));
    assert!("(".parse::<TokenStream>().is_err());
    assert!("\"".parse::<TokenStream>().is_err());
}

#[test]
fn doc_comments_become_attributes() {
    let stream: TokenStream = "/// it's\nstruct S;".parse().expect("tokens");
    assert_eq!(stream.to_string(), "# [doc = \" it's\"] struct S ;");
}

#[test]
fn streams_print_with_one_space_between_tokens() {
    let stream = input("a+=b; { } {c} (d) [e] 'x' &'l m::<N>");
    assert_eq!(stream.to_string(), "a += b ; { } { c } (d) [e] 'x' &'l m ::< N >");
    let lexed: lex::TokenStream = "a+=b; { } {c} (d) [e] 'x' &'l m::<N>".parse().expect("tokens");
    assert_eq!(stream.to_string(), lexed.to_string(), "as proc-macro2 prints natively");
}

#[test]
fn debug_output_names_spans_by_row() {
    let trees: Vec<TokenTree> = input("(x)").into_iter().collect();
    let text = format!("{trees:?}");
    assert!(text.contains("span: #0"), "{text}");
    assert!(text.contains("Ident { ident: \"x\", span: #1 }"), "{text}");
    let spans =
        [Span::call_site(), Span::mixed_site(), trees[0].span().resolved_at(Span::mixed_site())];
    assert_eq!(format!("{spans:?}"), "[call_site, mixed_site, op0]");
}

#[test]
fn iterators_know_what_is_left() {
    let mut trees = input("a (b c) d").into_iter();
    assert_eq!(trees.size_hint(), (1, Some(5)));
    let copy = trees.clone();
    trees.by_ref().take(2).for_each(drop);
    assert_eq!(trees.next().expect("d").to_string(), "d");
    assert_eq!((trees.size_hint(), trees.next().is_none()), ((0, Some(0)), true));
    assert_eq!(copy.count(), 3);
    let built: TokenStream = "a b".parse().expect("tokens");
    let mut shared = built.clone().into_iter();
    assert_eq!((shared.size_hint(), shared.next().is_some()), ((2, Some(2)), true));
    assert_eq!((shared.size_hint(), built.into_iter().count()), ((1, Some(1)), 2));
}

#[test]
fn a_shared_stream_is_copied_before_it_is_extended() {
    let first: TokenStream = "a".parse().expect("tokens");
    let mut second = first.clone();
    second.extend([TokenStream::new(), first.clone()]);
    assert_eq!((first.to_string(), second.to_string()), ("a".into(), "a a".into()));
    assert!(TokenStream::default().is_empty() && !first.is_empty());
}

#[test]
fn a_body_is_one_row_of_its_own_wherever_it_went() {
    let _item = input("fn f ( ) { a }");
    let body = crate::cell::body();
    let taken_apart = Group::new(body.delimiter(), body.stream());
    let mut again = taken_apart.clone();
    again.set_span(body.span());
    let around = |group: Group| -> TokenStream {
        TokenTree::Group(Group::new(Delimiter::Brace, TokenTree::Group(group).into())).into()
    };
    let is_body = |row: &Row| *row == Row { kind: 6, sub: 0, span: 0, a: 0, b: 0 };
    for group in [body, again] {
        let Encoded { rows, .. } = encode(&[around(group)], &mut [], true);
        assert!(rows.len() == 2 && rows[0].a == 1 && is_body(&rows[1]), "{rows:?}");
    }
    let Encoded { rows, .. } = encode(&[around(taken_apart)], &mut [], true);
    assert!(!is_body(&rows[1]), "an empty block is one: {rows:?}");
}
