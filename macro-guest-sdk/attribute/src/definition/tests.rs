//! What is refused, and on which token; what is described.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;

use super::*;

/// The messages that `#[cell_macro(arguments)] function` gives, with the source text they are at.
fn errors(arguments: &str, function: &str) -> Vec<String> {
    let parse = |text: &str| text.parse::<TokenStream>().expect(text);
    let output: syn::File = syn::parse2(expand(parse(arguments), parse(function))).expect("items");
    let mut errors = Vec::new();
    for item in &output.items {
        let syn::Item::Macro(call) = item else { continue };
        let path = call.mac.path.to_token_stream().to_string();
        assert_eq!(path, ":: core :: compile_error");
        let message: syn::LitStr = call.mac.parse_body().expect("a text");
        let (start, end) = ends(call.to_token_stream());
        let at = start.join(end).unwrap_or(start).source_text().unwrap_or_default();
        errors.push(format!("{} (at `{at}`)", message.value()));
    }
    errors
}

fn ends(tokens: TokenStream) -> (Span, Span) {
    let mut trees =
        tokens.into_iter().filter(|t| !matches!(t, TokenTree::Punct(p) if p.as_char() == ';'));
    let first = trees.next().expect("a token").span();
    (first, trees.last().map_or(first, |last| last.span()))
}

const GOOD: &str = "fn table(a: A, i: I, cx: &mut Context) -> Expansion { todo() }";

#[test]
fn good_functions_have_no_errors() {
    for (arguments, function) in [
        ("attribute", GOOD),
        ("attribute", "pub fn f(A(a): A, i: I) -> R { x }"),
        ("derive", "fn f(i: I) -> R { x }"),
        ("derive, name = \"Model\",", "fn f(i: I, _: &mut sdk::Context) -> R { x }"),
        ("function, calls(a::b), context(package)", "fn f(i: I) -> R { x }"),
    ] {
        assert_eq!(errors(arguments, function), [""; 0], "{arguments}: {function}");
    }
}

#[test]
fn arguments_are_checked() {
    const NO_KIND: &str = "say first how the macro is used: `attribute`, `derive` or `function`";
    const KNOWN: &str = "is unknown here; there are `name = \"..\"`, `plan = ..`, `needs(..)`, \
                         `helpers(..)`, `context(..)` and `calls(..)`";
    for (arguments, expected) in [
        ("", vec![format!("{NO_KIND} (at ``)")]),
        ("decorator", vec![format!("{NO_KIND} (at `decorator`)")]),
        ("name = \"x\"", vec![format!("{NO_KIND} (at ``)")]),
        (
            "attribute, derive",
            vec!["the kind of the macro comes first, and once (at `derive`)".into()],
        ),
        (
            "attribute, name = \"a b\", colour = 1, size(2)",
            vec![
                "the name of a macro is an identifier (at `\"a b\"`)".into(),
                format!("`colour` {KNOWN} (at `colour`)"),
                "expected identifier (at `2`)".into(),
            ],
        ),
        (
            "attribute, needs(a), needs(a::b::c)",
            vec![
                "`needs` is given twice (at `needs`)".into(),
                "a macro is `name`, or `cell::name` if another cell has it (at `a::b::c`)".into(),
            ],
        ),
        (
            "attribute, calls(search, a::b), context(weather), helpers(a::b, Vec<u8>)",
            vec![
                "a question is `cell::function` (at `search`)".into(),
                "the context has `item_kind`, `gathered`, `package`, `profile` (at `weather`)"
                    .into(),
                "a helper attribute is one identifier (at `a::b`)".into(),
                "a plain path is expected (at `Vec<u8>`)".into(),
            ],
        ),
    ] {
        assert_eq!(errors(arguments, GOOD), expected, "{arguments}");
    }
    assert_eq!(
        errors("function, helpers(key)", "fn f(i: I) -> R { x }"),
        ["a function-like macro has no helper attributes (at `helpers`)"]
    );
}

#[test]
fn all_that_is_wrong_with_a_signature_is_said_at_once() {
    let function = "const async unsafe extern \"C\" fn f<T>(self, a: &A, cx: &mut C, i: I) { x }";
    assert_eq!(
        errors("attribute", function),
        [
            "a macro function cannot be `const` (at `const`)",
            "a macro function cannot be `async`: nothing happens while it waits (at `async`)",
            "a macro function cannot be `unsafe` (at `unsafe`)",
            "a macro function has no ABI of its own (at `extern \"C\"`)",
            "a macro function cannot be generic (at `T`)",
            "a macro function returns `Expansion`, `TokenStream`, or a `Result` of one of them (at `f`)",
            "a macro function has no `self` (at `self`)",
            "parameters are taken by value; only the context is `&mut Context` (at `&A`)",
            "the context is the last parameter (at `&mut C`)",
            "an attribute is `fn(arguments, item)` or `fn(arguments, item, &mut Context)` \
         (at `self, a: &A, cx: &mut C, i: I`)",
        ]
    );
}

#[test]
fn the_number_of_parameters_follows_from_the_kind() {
    let check = |kind: &str, function: &str, at: &str| {
        let errors = errors(kind, function);
        assert_eq!(errors.len(), 1, "{kind} {function}: {errors:?}");
        assert!(errors[0].ends_with(&format!("(at `{at}`)")), "{}", errors[0]);
    };
    check("attribute", "fn f(i: I) -> R { x }", "i: I");
    check("attribute", "fn f(i: I, cx: &mut Context) -> R { x }", "i: I, cx: &mut Context");
    check("derive", "fn f(a: A, i: I) -> R { x }", "a: A, i: I");
    check("function", "fn f() -> R { x }", "()");
}

#[test]
fn something_else_than_a_function_is_given_back_with_an_error() {
    let output = expand("attribute".parse().expect("tokens"), "struct S;".parse().expect("tokens"));
    assert!(output.to_string().starts_with("struct S ;"), "{output}");
    assert_eq!(
        errors("attribute", "struct S;"),
        ["`#[cell_macro]` stands on a function (at `struct`)"]
    );
}

#[test]
fn a_mistake_leaves_function_and_type_in_place() {
    let output =
        expand("attribute".parse().expect("tokens"), "fn f() -> R { x }".parse().expect("tokens"));
    let text = output.to_string();
    assert!(text.starts_with("fn f () -> R { x }"), "{text}");
    assert!(text.contains("enum f { }"), "{text}");
}

#[test]
fn the_description_has_what_was_declared() {
    let arguments = "attribute, name = \"Cache\", needs(table, search::index), helpers(key, r#type), \
                     context(gathered, profile), calls(search::schema), plan = a::facts";
    let function =
        "/// Caches.\n///\n///  Indented.\n#[doc(hidden)] fn cache(a: A, i: I) -> R { x }";
    let output = expand(arguments.parse().expect("tokens"), function.parse().expect("tokens"));
    let text = output.to_string();
    for part in [
        "name : \"Cache\"",
        "support :: Kind :: Attribute",
        "doc : \"Caches.\\n\\n Indented.\"",
        "helpers : & [\"key\" , \"type\"]",
        "needs : & [\"table\" , \"search::index\"]",
        "context : 10u32",
        "calls : & [(\"search\" , \"schema\")]",
        "= a :: facts (arguments , item ,)",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}
