//! From a function to the function and its description.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ItemFn, Lit, Meta, ReturnType};

use crate::arguments::{Arguments, Kind, plain};
use crate::signature::Signature;

/// The function as it was, and beside it a type of the same name that describes the macro:
///
/// ```text
/// fn table(arguments: LitStr, item: ItemStruct) -> Expansion { .. }
///
/// enum table {}
///
/// impl ::macro_guest_sdk::support::Define for table {
///     const MACRO: Macro = Macro { name: "table", expand: |arguments, item, context| .., .. };
/// }
/// ```
///
/// The type stays in the crate even if the function is `pub`, so that one that `component!` does
/// not list is reported as never used.
pub(crate) fn expand(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let mut errors = Vec::new();
    let arguments = Arguments::read(arguments, &mut errors);
    let parsed: ItemFn = match syn::parse2(function.clone()) {
        Ok(parsed) => parsed,
        Err(_) => {
            let message = "`#[cell_macro]` stands on a function";
            let error = syn::Error::new_spanned(first_token(&function), message);
            errors.push(error);
            let errors = errors.iter().map(syn::Error::to_compile_error);
            return quote! { #function #(#errors)* };
        }
    };
    let kind = arguments.kind.unwrap_or(Kind::Attribute);
    // What is wrong with the parameters can be said only if the kind is known.
    let signature = match arguments.kind {
        Some(kind) => Signature::read(kind, &parsed, &mut errors),
        None => None,
    };
    let described = match signature {
        Some(signature) if errors.is_empty() => describe(kind, &arguments, &parsed, &signature),
        // The type is there all the same: one mistake, one error.
        _ => not_described(&parsed),
    };
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote! { #function #described #(#errors)* }
}

fn first_token(tokens: &TokenStream) -> TokenStream {
    tokens.clone().into_iter().take(1).collect()
}

fn describe(
    kind: Kind,
    arguments: &Arguments,
    function: &ItemFn,
    signature: &Signature,
) -> TokenStream {
    let Arguments { needs, helpers, context, calls, .. } = arguments;
    let calls =
        calls.iter().map(|(cell, function)| quote_spanned! { site() => (#cell, #function) });
    let ident = &function.sig.ident;
    let name = arguments.name.as_ref().map_or_else(|| plain(ident), syn::LitStr::value);
    let doc = doc(function);
    let variant = kind.variant();
    let expand = call(&quote! { #ident }, signature, &returned(function));
    let plan = match &arguments.plan {
        Some(path) => plan(&quote! { #path }, signature),
        None => quote_spanned! { site() => ::core::option::Option::None },
    };
    definition(
        function,
        &quote_spanned! { site() =>
            name: #name,
            kind: ::macro_guest_sdk::support::Kind::#variant,
            doc: #doc,
            helpers: &[#(#helpers),*],
            needs: &[#(#needs),*],
            context: #context,
            calls: &[#(#calls),*],
            expand: #expand,
            plan: #plan,
        },
    )
}

fn not_described(function: &ItemFn) -> TokenStream {
    definition(
        function,
        &quote_spanned! { site() =>
            name: "",
            kind: ::macro_guest_sdk::support::Kind::Attribute,
            doc: "",
            helpers: &[],
            needs: &[],
            context: 0,
            calls: &[],
            expand: |_, _, _| ::core::unreachable!(),
            plan: ::core::option::Option::None,
        },
    )
}

fn definition(function: &ItemFn, fields: &TokenStream) -> TokenStream {
    let ident = &function.sig.ident;
    // `component!` in the root of the crate names it, and tests of the package those that are public.
    let visibility = match &function.vis {
        public @ syn::Visibility::Public(_) => quote! { #public },
        _ => quote_spanned! { site() => pub(crate) },
    };
    quote_spanned! { site() =>
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility enum #ident {}

        impl ::macro_guest_sdk::support::Define for #ident {
            const MACRO: ::macro_guest_sdk::support::Macro =
                ::macro_guest_sdk::support::Macro { #fields };
        }
    }
}

/// A closure that reads the parameters and calls the function. Types are read with their own
/// spans: one that cannot be read is an error where it is written.
fn call(function: &TokenStream, signature: &Signature, output: &TokenStream) -> TokenStream {
    let parts = Parts::new(signature);
    let Parts { closure, read, given, values } = &parts;
    quote_spanned! { site() =>
        |#closure| {
            #read
            let (#(::core::option::Option::Some(#values),)*) = (#(#values,)*) else {
                return ::core::result::Result::Err(errors);
            };
            let answer = #function(#given);
            #output
        }
    }
}

/// Where what we add is resolved: a local of ours must not be in the way of the user's function.
fn site() -> Span {
    Span::mixed_site()
}

/// The same for a plan function. What cannot be read is told by `expand`, once.
fn plan(path: &TokenStream, signature: &Signature) -> TokenStream {
    let parts = Parts::new(signature);
    let Parts { closure, read, given, values } = &parts;
    quote_spanned! { site() =>
        ::core::option::Option::Some(|#closure| {
            #read
            let (#(::core::option::Option::Some(#values),)*) = (#(#values,)*) else {
                return ::core::result::Result::Ok(::std::vec::Vec::new());
            };
            let facts: ::macro_guest_sdk::support::Facts = #path(#given);
            facts
        })
    }
}

struct Parts {
    closure: TokenStream,
    read: TokenStream,
    given: TokenStream,
    values: Vec<Ident>,
}

impl Parts {
    fn new(signature: &Signature) -> Self {
        let local = |name: &str| Ident::new(name, Span::mixed_site());
        let [arguments, item, context] = ["arguments", "item", "context"].map(local);
        let read = |name: &Ident, ty: &syn::Type| {
            let read = quote_spanned! { ty.span().resolved_at(Span::mixed_site()) =>
                ::macro_guest_sdk::support::read::<#ty>
            };
            quote_spanned! { site() => let #name = #read(#name, &mut errors); }
        };
        let mut values = Vec::new();
        let mut reads = TokenStream::new();
        match &signature.arguments {
            Some(ty) => {
                reads.extend(read(&arguments, ty));
                values.push(arguments.clone());
            }
            None => reads.extend(quote_spanned! { site() => let _ = #arguments; }),
        }
        reads.extend(read(&item, &signature.item));
        values.push(item.clone());
        let given = if signature.context {
            quote_spanned! { site() => #(#values,)* #context }
        } else {
            reads.extend(quote_spanned! { site() => let _ = #context; });
            quote_spanned! { site() => #(#values,)* }
        };
        let read =
            quote_spanned! { site() => let mut errors = ::macro_guest_sdk::Error::none(); #reads };
        Self {
            closure: quote_spanned! { site() => #arguments, #item, #context },
            read,
            given,
            values,
        }
    }
}

/// The conversion of what the function returns, with the span of the type that it must have.
fn returned(function: &ItemFn) -> TokenStream {
    let span = match &function.sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => Span::call_site(),
    };
    let convert = quote_spanned! { span.resolved_at(Span::mixed_site()) =>
        ::macro_guest_sdk::IntoExpansion::into_expansion
    };
    quote_spanned! { site() => #convert(answer) }
}

/// The doc comment, one line each, without the space after the slashes.
fn doc(function: &ItemFn) -> String {
    let mut lines = Vec::new();
    for attribute in function.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            let text = text.value();
            lines.push(text.strip_prefix(' ').map(str::to_owned).unwrap_or(text));
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
