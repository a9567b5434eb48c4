//! `#[Auth::require]`: who may call a function.

use macro_guest_sdk::{Arguments, Diagnostic, Expansion, Function, Result, cell_macro};
use proc_macro2::Span;
use quote::{quote, quote_spanned};
use syn::{LitStr, Type};

/// Lets a function be called only by those who have a role.
///
/// Adds the parameter `auth: &AuthContext` behind the others, and `auth.require("role")?` in front of
/// all else: `role = "admin"` says which. The function returns a `Result`, or what else `?` can leave
/// with what `require` returns. The body may use `auth`.
///
/// The type is the application's own, with a method `require(&self, &str) -> Result<(), E>`.
/// `context = path::to::Type` says which it is, `crate::AuthContext` if nothing is said.
#[cell_macro(attribute)]
pub(crate) fn require(arguments: Arguments, function: Function) -> Result<Expansion> {
    let mut role = None;
    let mut context = quote!(crate::AuthContext);
    let mut errors = arguments.read("role = \"..\"` and `context = Type", |argument, given| {
        let read = || -> Result<()> {
            if argument == "role" {
                let literal: LitStr = Arguments::value(given, "a string")?;
                if literal.value().trim().is_empty() {
                    return Err(Diagnostic::error(&literal, "a role has a name").into());
                }
                role = Some(literal);
            } else {
                Arguments::value::<Type>(given.clone(), "a type")?;
                context = given;
            }
            Ok(())
        };
        ["role", "context"].iter().any(|known| argument == known).then(read)
    });
    if role.is_none() && errors.diagnostics().is_empty() {
        let missing = Diagnostic::error(Span::call_site(), "which role?");
        errors.combine(missing.help("say it: `require(role = \"admin\")`"));
    }
    if function.output.is_none() {
        let text = "a function that lets only some in has to return a `Result`";
        errors.combine(Diagnostic::error(&function.name, text));
    }
    // Where the role is written, so that a type without `require` is an error there.
    let place = role.as_ref().map_or_else(Span::call_site, LitStr::span);
    let check = quote_spanned! { place => auth.require(#role)?; };
    errors.finish(
        Expansion::new()
            .parameter("auth", quote!(auth: &#context))
            .wrap_body(|body| quote! { #check #body }),
    )
}

#[cfg(test)]
mod tests {
    use macro_guest_sdk::testing::{Expanded, Harness};
    use proc_macro2::TokenStream;

    use super::*;

    fn expand(arguments: TokenStream, item: TokenStream) -> Expanded {
        Harness::new().expand_attribute::<require>(arguments, item)
    }

    #[test]
    fn a_parameter_is_added_and_asked() {
        let item = || quote! { async fn close(&self, shop: u64) -> Result<(), E> { Ok(()) } };
        let edited = expand(quote!(role = "admin"), item()).without_errors().edited().to_string();
        let expected = quote! {
            async fn close(&self, shop: u64, auth: &crate::AuthContext,) -> Result<(), E> {
                auth.require("admin")?;
                { ({ Ok(()) }) }
            }
        };
        assert_eq!(edited, expected.to_string());
        let other = expand(quote!(role = "r", context = a::Session), item()).without_errors();
        assert_eq!(other.parameters[0].1.to_string(), "auth : & a :: Session");
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        let errors = |arguments, item| expand(arguments, item).errors();
        let item = || quote! { fn f() -> Result<(), E> { g() } };
        assert_eq!(errors(quote!(), item()), ["which role?"]);
        assert_eq!(errors(quote!(role = " "), item()), ["a role has a name (at `\" \"`)"]);
        assert_eq!(
            errors(quote!(role = "a", context = 1), item()),
            ["a type is expected here (at `1`)"]
        );
        let text = "a function that lets only some in has to return a `Result` (at `f`)";
        assert_eq!(errors(quote!(role = "a"), quote! { fn f() {} }), [text]);
    }
}
