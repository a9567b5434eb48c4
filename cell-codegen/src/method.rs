//! One handler, read from its signature.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{
    FnArg, GenericArgument, ImplItemFn, Pat, PathArguments, ReceiverKind, ReturnType, Safety, Type,
};

use crate::errors::Errors;
use crate::protein::text;

/// A method that clients can call.
pub(crate) struct Method {
    pub(crate) ident: Ident,
    /// As in the schema.
    pub(crate) name: String,
    pub(crate) arguments: Vec<(Ident, Type)>,
    /// The argument that takes the items of a stream, by its place, and the type of an item.
    pub(crate) items: Option<(usize, Type)>,
    /// What comes back; of a stream, an item.
    pub(crate) returns: Type,
    pub(crate) compile_time: bool,
    pub(crate) docs: Vec<syn::Attribute>,
}

impl Method {
    /// Reads a signature, and takes `#[compile_time]` away. All that is wrong is said at once.
    pub(crate) fn read(method: &mut ImplItemFn, errors: &mut Errors) -> Option<Self> {
        let mut own = Errors::default();
        let mut compile_time = false;
        method.attrs.retain(|attribute| {
            let marks = attribute.path().is_ident("compile_time");
            compile_time |= marks;
            !marks
        });
        let signature = &method.sig;
        if signature.asyncness.is_none() {
            let text = format!("handler `{}` must be async", signature.ident);
            own.at(signature.fn_token, text);
        }
        for (token, what) in [
            (signature.constness.map(|token| quote!(#token)), "const"),
            (unsafety(&signature.safety), "unsafe"),
            (signature.abi.as_ref().map(|token| quote!(#token)), "extern"),
            (signature.variadic.as_ref().map(|token| quote!(#token)), "variadic"),
        ] {
            if let Some(token) = token {
                own.at(token, format!("a handler is not {what}"));
            }
        }
        if let Some(parameter) = signature.generics.params.first() {
            own.at(parameter, "a handler has no generic parameters: clients have no such types");
        }
        let mut inputs = signature.inputs.iter();
        match inputs.next() {
            Some(FnArg::Receiver(receiver))
                if matches!(receiver.kind, ReceiverKind::Reference(_, _, None)) => {}
            Some(FnArg::Receiver(receiver)) => {
                own.at(receiver, "a handler takes `&self`: many calls share the service");
            }
            Some(FnArg::Typed(argument)) => {
                own.at(argument, "the first argument of a handler is `&self`");
                // It may be an argument all the same.
                inputs = signature.inputs.iter();
            }
            None => own.at(&signature.ident, "a handler takes `&self`"),
        }
        let (mut arguments, mut items) = (Vec::new(), None);
        for (index, input) in inputs.enumerate() {
            let FnArg::Typed(input) = input else { continue };
            let ident = match &*input.pat {
                Pat::Ident(found) if found.by_ref.is_none() && found.subpat.is_none() => {
                    found.ident.clone()
                }
                other => {
                    own.at(other, "an argument of a handler has a name: it is part of the schema");
                    continue;
                }
            };
            match &*input.ty {
                Type::Reference(reference) => {
                    own.at(
                        reference,
                        "a handler owns its arguments: they come from another process",
                    );
                }
                Type::ImplTrait(found) => {
                    own.at(found, "a handler's arguments have types of their own")
                }
                ty => match generic(ty, "Items") {
                    Some([item]) if items.is_none() => items = Some((index, item.clone())),
                    Some(_) => own.at(ty, "a handler has one stream of items"),
                    None => arguments.push((ident, ty.clone())),
                },
            }
        }
        let returned = match &signature.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => {
                match &**ty {
                    Type::ImplTrait(found) => {
                        own.at(found, "a handler returns a type with a name; for a stream it takes `Items<T>`");
                        return fail(own, errors);
                    }
                    Type::Reference(found) => {
                        own.at(
                            found,
                            "a handler returns what it gives away: it goes to another process",
                        );
                        return fail(own, errors);
                    }
                    ty => ty.clone(),
                }
            }
        };
        let returns = items.as_ref().map_or(returned, |(_, item)| item.clone());
        let found = own.into_vec();
        if !found.is_empty() {
            found.into_iter().for_each(|error| errors.push(error));
            return None;
        }
        let docs = method.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
        Some(Self {
            ident: signature.ident.clone(),
            name: text(&signature.ident),
            arguments,
            items,
            returns,
            compile_time,
            docs: docs.cloned().collect(),
        })
    }

    /// `Ok` and `Err` of what it returns, if that is a result.
    pub(crate) fn result(&self) -> Option<[&Type; 2]> {
        generic(&self.returns, "Result")
    }

    /// A name of a type that belongs to this method: one that no user has.
    pub(crate) fn type_named(&self, prefix: &str, suffix: &str) -> Ident {
        let parts = self.name.split('_').map(|part| {
            let mut letters = part.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().chain(letters).collect::<String>()
            })
        });
        Ident::new(&format!("{prefix}{}{suffix}", parts.collect::<String>()), Span::call_site())
    }
}

fn unsafety(safety: &Safety) -> Option<TokenStream> {
    match safety {
        Safety::Unsafe(token) => Some(quote!(#token)),
        _ => None,
    }
}

fn fail(own: Errors, errors: &mut Errors) -> Option<Method> {
    own.into_vec().into_iter().for_each(|error| errors.push(error));
    None
}

/// The parameters of a type whose path ends with `name<..>`.
fn generic<'a, const N: usize>(ty: &'a Type, name: &str) -> Option<[&'a Type; N]> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(parameters) = &last.arguments else { return None };
    let types: Vec<&Type> = parameters
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect();
    types.try_into().ok()
}

/// What a program does with a type that is sent. Derives are most of what generated code costs a
/// compiler: each side has those that it needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Written,
    Read,
    Both,
}

/// A type that is sent, with both encodings.
pub(crate) fn wire_type(krate: &TokenStream, way: Way, item: TokenStream) -> TokenStream {
    let private = quote!(#krate::__private);
    let serde = format!("{krate}::__private::serde").replace(' ', "");
    let written =
        (way != Way::Read).then(|| quote!(#private::rkyv::Serialize, #private::serde::Serialize,));
    let read = (way != Way::Written)
        .then(|| quote!(#private::rkyv::Deserialize, #private::serde::Deserialize,));
    quote! {
        #[derive(#private::rkyv::Archive, #written #read)]
        #[rkyv(crate = #private::rkyv, attr(allow(missing_docs)))]
        #[serde(crate = #serde)]
        #item
    }
}
