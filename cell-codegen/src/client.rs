//! The typed client of a service.

use cell_model::schema::method_number;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::method::{Method, Way, wire_type};

/// Where a client has its schema from.
pub(crate) enum Calls<'a> {
    /// The service itself, whose type is at hand.
    Service,
    /// What a cell published.
    Text {
        /// The cell's name.
        cell: &'a str,
        /// The canonical text.
        text: String,
    },
}

/// `LedgerClient` with a method for each of the service's.
pub(crate) fn client(
    krate: &TokenStream,
    service: &Ident,
    methods: &[Method],
    calls: Calls<'_>,
) -> TokenStream {
    let (schema, more) = match calls {
        Calls::Service => (quote!(<#service as #krate::Service>::schema()), TokenStream::new()),
        Calls::Text { cell, text } => {
            let docs = format!("The cell `{cell}` on this machine: see [`Self::of`].");
            let more = quote! {
                /// What the service published when this was made.
                pub const SCHEMA: &'static str = #text;

                #[doc = #docs]
                ///
                /// # Errors
                /// If this user has no folder for sockets.
                pub fn connect() -> ::std::result::Result<Self, #krate::Fault> {
                    Self::of(#cell)
                }
            };
            (quote!(#krate::__private::published(Self::SCHEMA)?), more)
        }
    };
    let name = format_ident!("{service}Client", span = service.span());
    let docs = format!("Calls a cell that serves `{service}`.");
    let methods = methods.iter().map(|method| call(krate, method));
    quote! {
        #[doc = #docs]
        #[derive(Clone)]
        #[allow(dead_code)]
        pub struct #name(#krate::Caller);

        #[allow(dead_code, clippy::all, clippy::pedantic)]
        impl #name {
            #more

            /// The cell of this name on this machine. It is connected to with the first call, and
            /// again whenever the connection is lost.
            ///
            /// # Errors
            /// If this user has no folder for sockets.
            pub fn of(cell: &str) -> ::std::result::Result<Self, #krate::Fault> {
                #krate::Caller::of(cell, &#schema).map(Self)
            }

            /// The same calls through another caller.
            #[must_use]
            pub fn with(caller: #krate::Caller) -> Self {
                Self(caller)
            }

            #(#methods)*
        }
    }
}

fn call(krate: &TokenStream, method: &Method) -> TokenStream {
    let Method { ident, name, arguments, items, returns, docs, .. } = method;
    let number = method_number(name);
    let parameters = arguments.iter().map(|(name, ty)| quote!(#name: #ty));
    let fields = arguments.iter().map(|(name, ty)| quote!(#name: #ty));
    let names = arguments.iter().map(|(name, _)| name);
    let takes = wire_type(krate, Way::Written, quote!(struct __Takes { #(#fields,)* }));
    let returned = wire_type(krate, Way::Read, quote!(struct __Returns(#returns);));
    let begin = quote! {
        #takes
        #returned
        let __arguments = __Takes { #(#names,)* };
        let __encode = |format| #krate::__private::encode(format, &__arguments);
        let __decode = |format, bytes: &[u8]| -> ::std::result::Result<_, #krate::Fault> {
            let __Returns(value) = #krate::__private::decode(format, bytes)?;
            ::std::result::Result::Ok(value)
        };
    };
    if items.is_some() {
        return quote! {
            #(#docs)*
            pub async fn #ident(
                &self, #(#parameters),*
            ) -> ::std::result::Result<#krate::ItemsOf<#returns>, #krate::Fault> {
                #begin
                self.0.stream(#number, __encode, __decode).await
            }
        };
    }
    match method.result() {
        Some([value, error]) => quote! {
            #(#docs)*
            pub async fn #ident(
                &self, #(#parameters),*
            ) -> ::std::result::Result<#value, #krate::CallError<#error>> {
                #begin
                match self.0.call(#number, __encode, __decode).await {
                    ::std::result::Result::Ok(outcome) => {
                        let outcome: ::std::result::Result<#value, #error> = outcome;
                        outcome.map_err(#krate::CallError::Remote)
                    }
                    ::std::result::Result::Err(fault) => {
                        ::std::result::Result::Err(#krate::CallError::Fault(fault))
                    }
                }
            }
        },
        None => quote! {
            #(#docs)*
            pub async fn #ident(
                &self, #(#parameters),*
            ) -> ::std::result::Result<#returns, #krate::Fault> {
                #begin
                self.0.call(#number, __encode, __decode).await
            }
        },
    }
}
