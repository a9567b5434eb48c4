//! `name = value` arguments of attributes.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Path, Token};

use crate::diagnostic::{Diagnostic, Error, Result};

/// The arguments of an attribute that are all written `name = value`, in their order. A value ends
/// where a comma stands in no parentheses, brackets or braces.
///
/// ```
/// use macro_guest_sdk::{Arguments, Expansion, Result, cell_macro};
/// use quote::quote;
///
/// /// Says how many seconds something lives.
/// #[cell_macro(attribute)]
/// fn lives(arguments: Arguments, item: syn::DeriveInput) -> Result<Expansion> {
///     let (name, mut seconds) = (&item.ident, 60u64);
///     let errors = arguments.read("seconds = ..", |argument, given| {
///         (argument == "seconds").then(|| {
///             let literal: syn::LitInt = Arguments::value(given, "a number")?;
///             seconds = literal.base10_parse()?;
///             Ok(())
///         })
///     });
///     errors.finish(Expansion::new().items(quote! { impl #name { const SECONDS: u64 = #seconds; } }))
/// }
/// # let harness = macro_guest_sdk::testing::Harness::new();
/// # let item = || quote!(struct S;);
/// # let code = harness.expand_attribute::<lives>(quote!(seconds = 5), item()).code();
/// # assert_eq!(code, "impl S { const SECONDS : u64 = 5u64 ; }");
/// # let told = harness.expand_attribute::<lives>(quote!(seconds = "5", minutes = 1), item()).errors();
/// # let expected = ["a number is expected here (at `\"5\"`)", "unknown argument `minutes` (at `minutes`)"];
/// # assert_eq!(told, expected);
/// ```
pub struct Arguments(Punctuated<Argument, Token![,]>);

struct Argument {
    name: Path,
    /// All up to the next comma: only who knows the name knows what has to be there.
    value: TokenStream,
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Path::parse_mod_style(input)?;
        let equals: Token![=] = input.parse()?;
        let mut value = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            value.extend([input.parse::<TokenTree>()?]);
        }
        if value.is_empty() {
            return Err(syn::Error::new_spanned(equals, "a value is expected after this"));
        }
        Ok(Self { name, value })
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Punctuated::parse_terminated(input).map(Self)
    }
}

impl Arguments {
    /// Gives each argument to `take`, which returns `None` if it does not know the name. `known` is what
    /// there is, for the help.
    ///
    /// All that is wrong is said at once.
    pub fn read(
        self,
        known: &str,
        mut take: impl FnMut(&Ident, TokenStream) -> Option<Result<()>>,
    ) -> Error {
        let mut errors = Error::none();
        let mut seen: Vec<Ident> = Vec::new();
        for argument in self.0 {
            let Some(name) = argument.name.get_ident() else {
                errors.combine(unknown(&argument.name, known));
                continue;
            };
            if seen.contains(name) {
                errors.combine(Error::new(name, format!("`{name}` is given twice")));
                continue;
            }
            seen.push(name.clone());
            match take(name, argument.value) {
                Some(Ok(())) => {}
                Some(Err(error)) => errors.combine(error),
                None => errors.combine(unknown(name, known)),
            }
        }
        errors
    }

    /// The value of an argument as a `T`; `expected` is what it is in words, such as `a number`.
    ///
    /// # Errors
    /// If it is something else.
    pub fn value<T: Parse>(value: TokenStream, expected: &str) -> Result<T> {
        syn::parse2(value.clone())
            .map_err(|_| Error::new(&value, format!("{expected} is expected here")))
    }
}

fn unknown(name: &impl ToTokens, known: &str) -> Diagnostic {
    let text = name.to_token_stream().to_string().replace(' ', "");
    Diagnostic::error(name, format!("unknown argument `{text}`"))
        .help(format!("there is only `{known}`"))
}
