//! How macros are run.

use proc_macro2::Span;
use quote::quote;

use super::*;
use crate::testing::Harness;

struct Bare;

impl Define for Bare {
    const MACRO: Macro = Macro {
        name: "bare",
        kind: Kind::Derive,
        doc: "",
        helpers: &[],
        needs: &[],
        context: 0,
        calls: &[],
        expand: |_, item, context| {
            context.report(Diagnostic::warning(Span::call_site(), "reported"));
            match item.to_string().as_str() {
                "silent" => Err(Error::none()),
                "error" => Err(Error::new(&item, "failed")),
                "field" => Ok(Expansion::new().field("x", quote!(x: u8))),
                _ => Ok(Expansion::new()
                    .items(item)
                    .warn(Diagnostic::warning(Span::call_site(), "own"))),
            }
        },
        plan: Some(|_, _, context| {
            context.report(Diagnostic::warning(Span::call_site(), "reported"));
            Ok(vec![Fact::new("name", "value")])
        }),
    };
}

#[test]
fn reports_come_before_what_is_returned() {
    let expanded = Harness::new().expand_derive::<Bare>(quote!(fine));
    assert_eq!(expanded.warnings(), ["reported", "own"]);
    assert_eq!(expanded.code(), "fine");
    let expanded = Harness::new().expand_derive::<Bare>(quote!(error));
    assert_eq!(
        (expanded.warnings(), expanded.errors()),
        (vec!["reported".into()], vec!["failed (at `error`)".into()])
    );
    let expanded = Harness::new().expand_derive::<Bare>(quote!(silent));
    assert_eq!(expanded.errors(), ["macro `bare` failed and does not say why"]);
}

#[test]
fn only_an_attribute_may_change_the_item() {
    let run = || Harness::new().expand_derive::<Bare>(quote!(field));
    let panic = std::panic::catch_unwind(run).expect_err("a panic");
    let text = panic.downcast::<String>().expect("a text");
    assert_eq!(*text, "macro `bare` changes the item, and only an attribute can");
}

#[test]
fn facts_come_with_the_reports() {
    let planned = Harness::new().plan::<Bare>(quote!(), quote!(item));
    assert_eq!(planned.facts, [Fact::new("name", "value")]);
    assert_eq!(planned.diagnostics[0].message, "reported");
}

#[test]
fn equal_names_are_found() {
    let named = |name| Macro { name, ..Bare::MACRO };
    check_names(&[named("a"), named("ab"), named("")]);
    let check = || check_names(&[named("a"), named("b"), named("a")]);
    assert!(std::panic::catch_unwind(check).is_err());
}
