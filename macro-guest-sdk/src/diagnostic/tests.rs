//! Places and messages.

use super::*;

fn texts(error: Error) -> Vec<(String, String)> {
    let text = |(start, end): (Span, Span)| {
        start.join(end).and_then(|span| span.source_text()).unwrap_or_default()
    };
    error.diagnostics.into_iter().map(|d| (text(d.place), d.message)).collect()
}

#[cfg(feature = "syn")]
#[test]
fn each_message_of_syn_keeps_its_first_and_last_token() {
    let ty: syn::Type = syn::parse_str("Vec<Option<u8>>").expect("a type");
    let ident: syn::Ident = syn::parse_str("name").expect("an identifier");
    let mut error = syn::Error::new_spanned(&ty, "first");
    error.combine(syn::Error::new(ident.span(), "second\nwith two lines"));
    error.combine(syn::Error::new(Span::call_site(), "third"));
    let found = texts(error.into());
    let expected =
        [("Vec<Option<u8>>", "first"), ("name", "second\nwith two lines"), ("", "third")];
    assert_eq!(found, expected.map(|(at, message)| (at.to_owned(), message.to_owned())));
}

#[test]
fn a_place_is_all_tokens_of_what_it_is_given() {
    let tokens: proc_macro2::TokenStream = "a b (c)".parse().expect("tokens");
    let empty = proc_macro2::TokenStream::new();
    let mut error = Error::none();
    error.combine(Diagnostic::warning(&tokens, "all"));
    error.combine(Diagnostic::error(&empty, "nowhere"));
    assert_eq!(texts(error), [("a b (c)".into(), "all".into()), (String::new(), "nowhere".into())]);
}

#[test]
fn warnings_alone_are_no_failure() {
    let mut messages = Error::none();
    assert_eq!(messages.clone().finish(1).expect("nothing is wrong"), 1);
    messages.combine(Diagnostic::warning(Span::call_site(), "odd"));
    assert_eq!(messages.clone().finish(2).expect("only a warning"), 2);
    messages.combine(Error::new(Span::call_site(), "wrong"));
    let error = messages.finish(3).expect_err("an error");
    assert_eq!(error.to_string(), "odd\nwrong");
}

#[test]
fn a_failure_without_an_error_gets_one() {
    let messages = |error: Error| {
        let diagnostics = error.into_diagnostics("table");
        diagnostics.into_iter().map(|d| (d.level, d.message)).collect::<Vec<_>>()
    };
    let silent = (Level::Error, "macro `table` failed and does not say why".to_owned());
    assert_eq!(messages(Error::none()), std::slice::from_ref(&silent));
    let warning = Diagnostic::warning(Span::call_site(), "odd");
    assert_eq!(messages(warning.into()), [(Level::Warning, "odd".into()), silent]);
    let error = Error::new(Span::call_site(), "wrong");
    assert_eq!(messages(error), [(Level::Error, "wrong".into())]);
}
