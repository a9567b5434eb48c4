//! The body of a function that a macro puts something around.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::function::Function;

/// The body of the user's function, or what other macros already put around it, as a block: `{ .. }`.
///
/// [`Expansion::wrap_body`](crate::Expansion::wrap_body) gives it to a macro, which puts it into its
/// tokens, once. It is not the body's tokens: the host puts those there, as the user wrote them.
///
/// As a block it is part of the function: `return`, `?` and `.await` in it do what they did, also to
/// what stands around it. A statement behind it runs only if the body gets to its end. What has to run
/// in any case is the `drop` of a value that is made before, or stands behind [`Body::value`].
#[derive(Debug)]
pub struct Body(());

impl Body {
    pub(crate) const fn new() -> Self {
        Self(())
    }

    /// An expression whose value is what the function would have returned, however it does: at its
    /// end, by `return` or by `?`. So it can be looked at, kept, or changed.
    ///
    /// For that the body becomes a closure, or in an `async fn` an `async` block, which takes the
    /// parameters: code behind it must not use them. In a `const fn` neither can be called; put the
    /// body itself there.
    ///
    /// ```
    /// # use macro_guest_sdk::{Expansion, Function, NoArguments, cell_macro};
    /// # use quote::quote;
    /// /// Prints what the function returns.
    /// #[cell_macro(attribute)]
    /// fn logged(_nothing: NoArguments, function: Function) -> Expansion {
    ///     let name = function.name.to_string();
    ///     Expansion::new().wrap_body(|body| {
    ///         let value = body.value(&function);
    ///         quote! {
    ///             let value = #value;
    ///             println!("{} returned {:?}", #name, value);
    ///             value
    ///         }
    ///     })
    /// }
    /// # let harness = macro_guest_sdk::testing::Harness::new();
    /// # let item = quote!(fn f(a: &str) -> Option<char> { a.chars().next()?; None });
    /// # let edited = harness.expand_attribute::<logged>(quote!(), item).edited().to_string();
    /// # assert!(edited.starts_with("fn f (a : & str) -> Option < char > { let value = {"), "{edited}");
    /// # assert!(edited.contains("(|| -> Option < char > { ({ a . chars () . next () ? ; None }) })"));
    /// ```
    #[must_use]
    pub fn value(&self, function: &Function) -> TokenStream {
        // Mixed site: the names here are not in the way of the user's.
        let site = Span::mixed_site();
        if function.never_returns() {
            return quote!(#self);
        }
        let output = function.written_output();
        match (function.is_async, output) {
            // Nothing says what an `async` block yields; so the first thing that it might return does.
            (true, Some(output)) => quote_spanned! { site =>
                async move {
                    if let ::core::option::Option::Some(value) =
                        ::core::option::Option::None::<#output>
                    {
                        return value;
                    }
                    let value: #output = #self;
                    value
                }
                .await
            },
            (true, None) => quote_spanned! { site => async move #self.await },
            (false, output) => {
                let output = output.map(|output| quote_spanned! { site => -> #output });
                // A closure that is known to run once may give away what it captures.
                quote_spanned! { site => {
                    fn __cell_once<T>(body: impl ::core::ops::FnOnce() -> T) -> T {
                        body()
                    }
                    __cell_once(|| #output #self)
                }}
            }
        }
    }
}

impl ToTokens for Body {
    #[cfg(target_arch = "wasm32")]
    fn to_tokens(&self, tokens: &mut TokenStream) {
        extern crate proc_macro;
        let group = proc_macro::TokenTree::Group(proc_macro::cell::body());
        tokens.extend(TokenStream::from(proc_macro::TokenStream::from(group)));
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let name = proc_macro2::Ident::new(PLACE, Span::call_site());
        tokens.extend(quote!({ #name }));
    }
}

/// What stands in the block that stands for the body, in tests.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) const PLACE: &str = "__cell_body";
