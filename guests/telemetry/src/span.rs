//! `#[Telemetry::span]`: when a function is entered and left.

use macro_guest_sdk::{Arguments, Error, Expansion, Function, Result, cell_macro};
use proc_macro2::Span;
use quote::{quote, quote_spanned};
use syn::{ExprPath, LitStr};

/// Tells an observer when the function is entered, and when it is left: at its end, by `return`, by
/// `?`, by a panic, or, if it is `async`, by being dropped.
///
/// The observer is a `static` of the application, of type `OnceLock<fn(&'static str, bool)>`; it is
/// given the name of the span, and `true` on the way in. Without one in it, the function loads that
/// `static` and compares it with nothing, twice. With `profile.telemetry = "off"` it is as it was
/// written.
///
/// `name = "checkout"` says the name, which otherwise is that of the function; `to = path` says where
/// the observer is, `crate::OBSERVER` if nothing is said.
#[cell_macro(attribute)]
pub(crate) fn span(arguments: Arguments, function: Function) -> Result<Expansion> {
    let mut name = function.name.to_string().trim_start_matches("r#").to_owned();
    let mut observer = quote!(crate::OBSERVER);
    let mut errors = arguments.read("name = \"..\"` and `to = path", |argument, given| {
        let read = || -> Result<()> {
            if argument == "name" {
                name = Arguments::value::<LitStr>(given, "a string")?.value();
            } else {
                Arguments::value::<ExprPath>(given.clone(), "a path")?;
                observer = given;
            }
            Ok(())
        };
        ["name", "to"].iter().any(|known| argument == known).then(read)
    });
    if function.is_const {
        errors.combine(Error::new(&function.name, "a `const fn` has no time to be observed"));
    }
    // Mixed site: neither the guard nor what it is made of is in the way of the user's names.
    let site = Span::mixed_site();
    errors.finish(Expansion::new().wrap_body(|body| {
        quote_spanned! { site =>
            let _span = {
                struct Span(::core::option::Option<fn(&'static str, bool)>);
                impl ::core::ops::Drop for Span {
                    fn drop(&mut self) {
                        if let ::core::option::Option::Some(observe) = self.0 {
                            observe(#name, false);
                        }
                    }
                }
                let observer: &::std::sync::OnceLock<fn(&'static str, bool)> = &#observer;
                let observe = observer.get().copied();
                if let ::core::option::Option::Some(observe) = observe {
                    observe(#name, true);
                }
                Span(observe)
            };
            #body
        }
    }))
}

#[cfg(test)]
mod tests {
    use macro_guest_sdk::testing::{Expanded, Harness};
    use proc_macro2::TokenStream;

    use super::*;

    fn expand(arguments: TokenStream, item: TokenStream) -> Expanded {
        Harness::new().expand_attribute::<span>(arguments, item)
    }

    #[test]
    fn the_guard_stands_before_the_body() {
        let item = quote! { pub async fn check_out(&self) -> u8 { 1 } };
        let edited = expand(quote!(), item.clone()).without_errors().edited().to_string();
        let (head, tail) =
            ("pub async fn check_out (& self) -> u8 { let _span = {", "} ; { ({ 1 }) } }");
        assert!(edited.starts_with(head) && edited.ends_with(tail), "{edited}");
        assert!(edited.contains("\"check_out\" , true") && edited.contains("& crate :: OBSERVER"));
        let other = expand(quote!(name = "pay", to = shop::SEEN), item).without_errors();
        let edited = other.edited().to_string();
        assert!(edited.contains("\"pay\" , false") && edited.contains("& shop :: SEEN"));
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        let errors = |arguments, item| expand(arguments, item).errors();
        let item = || quote! { fn f() {} };
        let expected = ["a string is expected here (at `1`)", "unknown argument `a` (at `a`)"];
        assert_eq!(errors(quote!(name = 1, a = 2), item()), expected);
        assert_eq!(errors(quote!(to = 1 + 1), item()), ["a path is expected here (at `1 + 1`)"]);
        let constant = errors(quote!(), quote! { const fn f() {} });
        assert_eq!(constant, ["a `const fn` has no time to be observed (at `f`)"]);
        assert_eq!(
            errors(quote!(), quote! { struct S; }),
            ["a function is expected here (at `struct`)"]
        );
    }
}
