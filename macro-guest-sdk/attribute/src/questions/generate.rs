//! From what a cell is asked to the types and functions that ask it.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::schema::{Asked, Content, Field, Method, Named, Type, Variant, parts};
use crate::arguments::plain;

/// Locals of ours must not be in the way of fields and arguments, which may be called `from` and `to`.
macro_rules! code {
    ($($tokens:tt)*) => {
        quote_spanned! { Span::mixed_site() => $($tokens)* }
    };
}

/// The module of a cell; rustc follows the files at `paths`.
///
/// ```text
/// pub(crate) mod ledger {
///     pub struct Table { pub columns: Vec<Column> }            // Read, Write
///     pub enum schema {}                                       // Question
///     pub fn schema(cx: &mut Context, table: &str) -> Result<Table, CallError> { .. }
/// }
/// ```
pub(super) fn module(name: &Ident, asked: &Asked, paths: &[String]) -> TokenStream {
    let cell = plain(name);
    let fractions = fractions(asked);
    let types = asked.types.iter().map(|(name, named)| {
        let is_exact = !fractions.contains(name.as_str());
        named_type(&ident(name), named, is_exact)
    });
    let questions = asked.methods.iter().map(|(name, method)| question(&cell, name, method));
    let doc = format!("What cell `{cell}` answers while an application compiles.");
    code! {
        #[doc = #doc]
        #[allow(dead_code, missing_docs, unreachable_pub, non_camel_case_types, clippy::all, clippy::pedantic)]
        pub(crate) mod #name {
            // A changed schema compiles this again.
            #(const _: &str = ::core::include_str!(#paths);)*

            #(#types)*
            #(#questions)*
        }
    }
}

fn question(cell: &str, name: &str, method: &Method) -> TokenStream {
    let function = ident(name);
    let Method { arguments, returns, line } = method;
    let doc = format!("Asks `{cell}::{line}`.");
    let keys: Vec<&String> = arguments.iter().map(|field| &field.name).collect();
    let names: Vec<Ident> = arguments.iter().map(|field| ident(&field.name)).collect();
    let of = |lifetime: &TokenStream| -> Vec<TokenStream> {
        arguments.iter().map(|field| borrowed(&field.ty, lifetime)).collect()
    };
    let (taken, kept) = (of(&TokenStream::new()), of(&code!('a)));
    let (returns, count) = (rust(returns), arguments.len());
    code! {
        #[doc = #doc]
        pub enum #function {}

        impl ::macro_guest_sdk::wire::Question for #function {
            const CELL: &'static str = #cell;
            const FUNCTION: &'static str = #name;
            type Arguments<'a> = (#(#kept,)*);
            type Reply = #returns;

            fn write((#(#names,)*): &Self::Arguments<'_>, to: &mut ::macro_guest_sdk::wire::Writer) {
                to.map(#count);
                #(to.field(#keys, #names);)*
            }
        }

        #[doc = #doc]
        ///
        /// # Errors
        /// If the cell refuses the question, or its answer is not of this type.
        pub fn #function(
            cx: &mut ::macro_guest_sdk::Context,
            #(#names: #taken,)*
        ) -> ::core::result::Result<#returns, ::macro_guest_sdk::CallError> {
            cx.ask::<#function>((#(#names,)*))
        }
    }
}

/// How a function takes an argument: borrowed where that saves a copy.
fn borrowed(ty: &Type, lifetime: &TokenStream) -> TokenStream {
    match ty {
        Type::Basic("string") => code!(&#lifetime str),
        Type::Basic("bytes") => code!(&#lifetime [u8]),
        Type::Basic(_) => rust(ty),
        Type::List(inside) => {
            let inside = rust(inside);
            code!(&#lifetime [#inside])
        }
        Type::Option(inside) => {
            let inside = borrowed(inside, lifetime);
            code!(::core::option::Option<#inside>)
        }
        other => {
            let other = rust(other);
            code!(&#lifetime #other)
        }
    }
}

fn named_type(name: &Ident, named: &Named, is_exact: bool) -> TokenStream {
    let traits = is_exact.then(|| code!(, Eq, Hash, PartialOrd, Ord));
    let (body, write, read) = match named {
        Named::Wrapper(inside) => {
            let inside = rust(inside);
            (
                code!(struct #name(pub #inside);),
                code!(::macro_guest_sdk::wire::Write::write(&self.0, to)),
                code!(::macro_guest_sdk::wire::Read::read(from).map(Self)),
            )
        }
        Named::Struct(fields) => {
            let Fields { names, types, write, read } = Fields::of(fields);
            (
                code!(struct #name { #(pub #names: #types,)* }),
                code!(let Self { #(#names),* } = self; #write),
                code!(#read ::core::result::Result::Ok(Self { #(#names),* })),
            )
        }
        Named::Enum(variants) => {
            let arms: Vec<Arms> = variants.iter().map(Arms::of).collect();
            let declared = arms.iter().map(|arms| &arms.declared);
            let (write, read) = (arms.iter().map(|arms| &arms.write), arms.iter().map(|a| &a.read));
            let unknown = unknown(variants);
            (
                code!(enum #name { #(#declared,)* }),
                // An enum without variants has no value.
                code!(match *self { #(#write)* }),
                code!(from.variant(|from, name, held| match name { #(#read)* #unknown })),
            )
        }
    };
    code! {
        #[derive(Clone, Debug, PartialEq #traits)]
        pub #body

        impl ::macro_guest_sdk::wire::Write for #name {
            #[allow(unused_variables)]
            fn write(&self, to: &mut ::macro_guest_sdk::wire::Writer) {
                #write
            }
        }

        impl ::macro_guest_sdk::wire::Read for #name {
            fn read(
                from: &mut ::macro_guest_sdk::wire::Reader<'_>,
            ) -> ::core::result::Result<Self, ::macro_guest_sdk::wire::Misfit> {
                #read
            }
        }
    }
}

/// Fields with names: of a struct or of a variant.
struct Fields {
    names: Vec<Ident>,
    types: Vec<TokenStream>,
    /// Writes the map; the fields are references of their names.
    write: TokenStream,
    /// Reads the map into locals of their names.
    read: TokenStream,
}

impl Fields {
    fn of(fields: &[Field]) -> Self {
        let names: Vec<Ident> = fields.iter().map(|field| ident(&field.name)).collect();
        let keys: Vec<&String> = fields.iter().map(|field| &field.name).collect();
        let types = fields.iter().map(|field| {
            let ty = rust(&field.ty);
            if is_omitted(field) { code!(::core::option::Option<#ty>) } else { ty }
        });
        let count = fields.iter().filter(|field| !is_omitted(field)).count();
        let more = fields.iter().zip(&names).filter(|(field, _)| is_omitted(field));
        let more = more.map(|(_, name)| code!(+ usize::from(#name.is_some())));
        let writes = fields.iter().zip(&names).map(|(field, name)| {
            let key = &field.name;
            if is_omitted(field) {
                return code!(if let ::core::option::Option::Some(value) = #name {
                    to.field(#key, value);
                });
            }
            code!(to.field(#key, #name);)
        });
        let ends = fields.iter().zip(&names).map(|(field, name)| {
            let key = &field.name;
            if is_omitted(field) {
                return code!();
            }
            if field.default {
                return code!(let #name = ::macro_guest_sdk::wire::or_default(#name););
            }
            code!(let #name = ::macro_guest_sdk::wire::required(#key, #name)?;)
        });
        let write = code!(to.map(#count #(#more)*); #(#writes)*);
        let read = code! {
            #(let mut #names = ::core::option::Option::None;)*
            from.fields(&mut |from, name| match name {
                #(#keys => from.field(&mut #names),)*
                _ => from.skip(),
            })?;
            #(#ends)*
        };
        Self { types: types.collect(), write, read, names }
    }
}

/// May it be missing, and what stands for it then is known to its author alone?
fn is_omitted(field: &Field) -> bool {
    fn has_default(ty: &Type) -> bool {
        match ty {
            Type::Basic(_) | Type::Option(_) | Type::List(_) | Type::Set(_) | Type::Map(..) => true,
            Type::Tuple(types) => types.iter().all(has_default),
            Type::Array(inside, length) => *length <= 32 && has_default(inside),
            Type::Named(_) | Type::Result(..) => false,
        }
    }
    field.default && !has_default(&field.ty)
}

/// A variant, and the arms that write and read it.
struct Arms {
    declared: TokenStream,
    write: TokenStream,
    read: TokenStream,
}

impl Arms {
    fn of(variant: &Variant) -> Self {
        let (key, name) = (&variant.name, ident(&variant.name));
        match &variant.content {
            Content::Unit => Self {
                declared: code!(#name),
                write: code!(Self::#name => to.text(#key),),
                read: code!(#key => from.unit(held).map(|()| Self::#name),),
            },
            Content::Tuple(types) => {
                let parts: Vec<Ident> =
                    (0..types.len()).map(|at| format_ident!("part_{at}")).collect();
                let types: Vec<TokenStream> = types.iter().map(rust).collect();
                let count = types.len();
                let (write, read) = match &parts[..] {
                    [part] => (
                        code!(::macro_guest_sdk::wire::Write::write(#part, to);),
                        code!(::macro_guest_sdk::wire::Read::read(from).map(Self::#name)),
                    ),
                    _ => {
                        let at = 0..count;
                        let write = code! {
                            to.list(#count);
                            #(::macro_guest_sdk::wire::Write::write(#parts, to);)*
                        };
                        let read = code!({
                            #(let mut #parts = ::core::option::Option::None;)*
                            from.list(&mut |from, at| match at {
                                #(#at => from.field(&mut #parts),)*
                                _ => from.skip(),
                            })?;
                            ::core::result::Result::Ok(Self::#name(
                                #(::macro_guest_sdk::wire::required("", #parts)?,)*
                            ))
                        });
                        (write, read)
                    }
                };
                Self {
                    declared: code!(#name(#(#types),*)),
                    write: code!(Self::#name(#(ref #parts),*) => { to.variant(#key); #write }),
                    read: code!(#key if held => #read,),
                }
            }
            Content::Struct(fields) => {
                let Fields { names, types, write, read } = Fields::of(fields);
                Self {
                    declared: code!(#name { #(#names: #types),* }),
                    write: code!(Self::#name { #(ref #names),* } => { to.variant(#key); #write }),
                    read: code! {
                        #key if held => {
                            #read
                            ::core::result::Result::Ok(Self::#name { #(#names),* })
                        }
                    },
                }
            }
        }
    }
}

/// The arm of the variants that are not known.
fn unknown(variants: &[Variant]) -> TokenStream {
    if let Some(other) = variants.iter().find(|variant| variant.default) {
        let other = ident(&other.name);
        return code!(_ => from.skip_held(held).map(|()| Self::#other),);
    }
    let known: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
    let text = format!("no variant as the schema has it; there are {}", known.join(", "));
    code!(_ => ::core::result::Result::Err(::macro_guest_sdk::wire::Misfit::new(#text)),)
}

/// The types that hold a fraction somewhere: those have no order and are no keys.
fn fractions(asked: &Asked) -> BTreeSet<&str> {
    fn holds(ty: &Type, known: &BTreeSet<&str>) -> bool {
        match ty {
            Type::Basic(word) => word.starts_with('f'),
            Type::Named(name) => known.contains(name.as_str()),
            Type::Option(one) | Type::List(one) | Type::Set(one) | Type::Array(one, _) => {
                holds(one, known)
            }
            Type::Map(one, two) | Type::Result(one, two) => holds(one, known) || holds(two, known),
            Type::Tuple(types) => types.iter().any(|ty| holds(ty, known)),
        }
    }
    let mut known = BTreeSet::new();
    loop {
        let before = known.len();
        for (name, named) in &asked.types {
            if parts(named).into_iter().any(|ty| holds(ty, &known)) {
                known.insert(name.as_str());
            }
        }
        if known.len() == before {
            return known;
        }
    }
}

/// The type of a value.
fn rust(ty: &Type) -> TokenStream {
    match ty {
        Type::Basic("unit") => code!(()),
        Type::Basic("string") => code!(::std::string::String),
        Type::Basic("bytes") => code!(::std::vec::Vec<u8>),
        Type::Basic(word) => {
            let name = Ident::new(word, Span::call_site());
            code!(::core::primitive::#name)
        }
        Type::Named(name) => {
            let name = ident(name);
            code!(#name)
        }
        Type::Option(inside) => {
            let inside = rust(inside);
            code!(::core::option::Option<#inside>)
        }
        Type::List(inside) => {
            let inside = rust(inside);
            code!(::std::vec::Vec<#inside>)
        }
        Type::Set(inside) => {
            let inside = rust(inside);
            code!(::std::collections::BTreeSet<#inside>)
        }
        Type::Map(key, value) => {
            let (key, value) = (rust(key), rust(value));
            code!(::std::collections::BTreeMap<#key, #value>)
        }
        Type::Result(value, error) => {
            let (value, error) = (rust(value), rust(error));
            code!(::core::result::Result<#value, #error>)
        }
        Type::Array(inside, length) => {
            let (inside, length) = (rust(inside), *length as usize);
            code!([#inside; #length])
        }
        Type::Tuple(types) => {
            let types = types.iter().map(rust);
            code!((#(#types),*))
        }
    }
}

/// A name as Rust can write it.
fn ident(name: &str) -> Ident {
    // Those that cannot be raw are no names of a schema.
    syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site()))
}
