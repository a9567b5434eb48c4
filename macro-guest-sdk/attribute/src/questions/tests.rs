//! What is refused, and on which token.

use std::path::Path;

use quote::ToTokens;
use syn::spanned::Spanned;

use super::*;

const GOOD: &str =
    "cell-schema 1\nservice A\nmethod a(of: B) -> B at compile time\n\ntype B = u8\n";

/// The errors, each with the text that it is at. Files are called by what is in them.
fn errors(input: &str) -> Vec<String> {
    let read = |name: &str| {
        let (first, more) = name.split_once(' ').unwrap_or((name, ""));
        let text = match first {
            "absent" => return Err("cannot read `absent`".to_owned()),
            "good" => GOOD.to_owned(),
            "none" => GOOD.replace(" at compile time", ""),
            "with" => format!("cell-schema 1\nservice A\n{more}\n"),
            other => other.to_owned(),
        };
        Ok((Path::new("/guest").join(name), text))
    };
    let output: syn::File = syn::parse2(expand(input.parse().expect(input), read)).expect("items");
    let errors = output.items.iter().filter_map(|item| {
        let syn::Item::Macro(call) = item else { return None };
        let message: LitStr = call.mac.parse_body().expect("a text");
        let at = call.mac.path.span().source_text().unwrap_or_default();
        Some(format!("{} (at `{at}`)", message.value()))
    });
    errors.collect()
}

#[test]
fn good_files_have_no_errors() {
    assert_eq!(errors("ledger = \"good\""), [""; 0]);
    assert_eq!(errors("ledger = \"good\", r#type = [\"good\", \"none\"],"), [""; 0]);
}

#[test]
fn rustc_follows_the_files() {
    let read = |name: &str| Ok((Path::new("/guest").join(name), GOOD.to_owned()));
    let tokens = expand("a = \"b/c.schema\"".parse().expect("tokens"), read);
    let text = tokens.into_token_stream().to_string();
    assert!(text.contains(":: core :: include_str ! (\"/guest/b/c.schema\")"), "{text}");
}

#[test]
fn what_is_wrong_is_said_at_the_file() {
    let no_schema = |why: &str| format!("no schema that can be used: {why}");
    for (input, expected) in [
        ("a = \"absent\"", "cannot read `absent` (at `\"absent\"`)".to_owned()),
        ("a = \"x\"", no_schema("its first line is not `cell-schema 1` (at `\"x\"`)")),
        ("a = \"none\"", "cell `a` answers no question: none of its methods is marked".to_owned()),
        ("a = []", "a cell has a schema at least (at `a`)".to_owned()),
        ("a = [\"good\", \"good\"]", no_schema("another service of the cell has a method `a`")),
        ("a = \"with method b() -> stream u8 at compile time\"", no_schema("line 3: `b` gives a")),
        ("a = \"with method b() -> B at compile time\"", no_schema("it has no type `B`")),
        (
            "a = \"with method b() -> b at compile time\n\ntype b = u8\"",
            no_schema("a method and a type are called `b`"),
        ),
        (
            "a = \"with method b() -> B at compile time\n\nstruct B\n  c: u8 secret\"",
            no_schema("line 6: ` secret` is not known here"),
        ),
        (
            "a = \"with method b() -> list<B> at compile time\n\nsecret struct B\n  c: u8\"",
            no_schema("`B` is secret, and what macros are told is recorded in files"),
        ),
        (
            "a = \"with method b() -> array<u8, x> at compile time\"",
            no_schema("line 3: an array without a length"),
        ),
        (
            "a = [\"good\", \"with method b() -> B at compile time\n\ntype B = u16\"]",
            no_schema("another service of the cell has another type `B`"),
        ),
    ] {
        let errors = errors(input);
        assert!(errors.len() == 1 && errors[0].contains(&expected), "{input}: {errors:?}");
    }
    let both = errors("a = \"absent\", b = \"good\", c = \"x\"");
    assert_eq!(both.len(), 2, "one of each cell: {both:?}");
}
