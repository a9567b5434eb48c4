//! A macro as the attribute describes it, and how it is run.

use proc_macro2::TokenStream;

use crate::context::{Context, Fact};
use crate::diagnostic::{Diagnostic, Error, Result};
use crate::expansion::Expansion;

/// How a macro is written. The numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `#[Ledger::table]`
    Attribute = 0,
    /// `#[derive(Ledger::Model)]`
    Derive = 1,
    /// `Ledger::query!()`
    Function = 2,
}

/// Bits of the context that a macro asks for. The numbers are those of the contract.
pub mod wants {
    /// What the macro stands on.
    pub const ITEM_KIND: u32 = 1;
    /// The other macros on the item.
    pub const GATHERED: u32 = 2;
    /// Package and crate name.
    pub const PACKAGE: u32 = 4;
    /// The profile.
    pub const PROFILE: u32 = 8;
}

type Run<T> = fn(TokenStream, TokenStream, &mut Context) -> Result<T>;

/// Everything about one macro. Made by `#[cell_macro]`.
#[derive(Clone, Copy, Debug)]
pub struct Macro {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub kind: Kind,
    /// The doc comment of the function.
    pub doc: &'static str,
    /// Helper attributes.
    pub helpers: &'static [&'static str],
    /// Macros that must stand on the same item.
    pub needs: &'static [&'static str],
    /// Bits of [`wants`].
    pub context: u32,
    /// Questions: cell and function.
    pub calls: &'static [(&'static str, &'static str)],
    /// Arguments and item to expansion.
    pub expand: Run<Expansion>,
    /// Arguments and item to facts.
    pub plan: Option<Run<Vec<Fact>>>,
}

/// The type that `#[cell_macro]` puts beside a function, under the same name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a macro of this component",
    note = "put `#[cell_macro(..)]` on the function"
)]
pub trait Define {
    /// The macro.
    const MACRO: Macro;
}

/// Something that the arguments, the item or the input of a macro can be read as: with the feature
/// `syn` everything that `syn` can parse, without it a [`TokenStream`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from tokens",
    label = "not readable",
    note = "use a type that implements `syn::parse::Parse`, or `proc_macro2::TokenStream`"
)]
pub trait FromTokens: Sized {
    /// Reads all of `tokens`.
    ///
    /// # Errors
    /// If they are something else, or too many.
    fn from_tokens(tokens: TokenStream) -> Result<Self>;
}

#[cfg(feature = "syn")]
impl<T: syn::parse::Parse> FromTokens for T {
    fn from_tokens(tokens: TokenStream) -> Result<Self> {
        Ok(syn::parse2(tokens)?)
    }
}

#[cfg(not(feature = "syn"))]
impl FromTokens for TokenStream {
    fn from_tokens(tokens: TokenStream) -> Result<Self> {
        Ok(tokens)
    }
}

/// The arguments of an attribute that takes none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoArguments;

const NO_ARGUMENTS: &str = "this macro takes no arguments";

#[cfg(feature = "syn")]
impl syn::parse::Parse for NoArguments {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self);
        }
        let rest: TokenStream = input.parse()?;
        Err(syn::Error::new_spanned(rest, NO_ARGUMENTS))
    }
}

#[cfg(not(feature = "syn"))]
impl FromTokens for NoArguments {
    fn from_tokens(tokens: TokenStream) -> Result<Self> {
        if tokens.is_empty() { Ok(Self) } else { Err(Error::new(&tokens, NO_ARGUMENTS)) }
    }
}

/// Reads `tokens`; notes what is wrong and goes on, so that bad arguments do not hide a bad item.
pub fn read<T: FromTokens>(tokens: TokenStream, errors: &mut Error) -> Option<T> {
    T::from_tokens(tokens).map_err(|error| errors.combine(error)).ok()
}

/// Compiles only if no two macros have one name.
pub const fn check_names(macros: &[Macro]) {
    let mut first = 0;
    while first < macros.len() {
        let mut second = first + 1;
        while second < macros.len() {
            assert!(
                !equal(macros[first].name.as_bytes(), macros[second].name.as_bytes()),
                "two macros of this component have the same name"
            );
            second += 1;
        }
        first += 1;
    }
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// Runs a macro and gathers all that it tells the user.
pub(crate) fn expand(
    info: &Macro,
    arguments: TokenStream,
    item: TokenStream,
    context: &mut Context,
) -> Expansion {
    let mut expansion = match (info.expand)(arguments, item, context) {
        Ok(expansion) => expansion,
        Err(error) => {
            Expansion { diagnostics: error.into_diagnostics(info.name), ..Expansion::default() }
        }
    };
    assert!(
        info.kind == Kind::Attribute || !expansion.changes_item(),
        "macro `{}` changes the item, and only an attribute can",
        info.name,
    );
    expansion.diagnostics.splice(0..0, context.reported.drain(..));
    expansion
}

/// Runs the plan function of a macro, if it has one.
pub(crate) fn plan(
    info: &Macro,
    arguments: TokenStream,
    item: TokenStream,
    context: &mut Context,
) -> (Vec<Fact>, Vec<Diagnostic>) {
    let Some(plan) = info.plan else {
        return Default::default();
    };
    let (facts, errors) = match plan(arguments, item, context) {
        Ok(facts) => (facts, Vec::new()),
        Err(error) => (Vec::new(), error.into_diagnostics(info.name)),
    };
    let mut diagnostics = std::mem::take(&mut context.reported);
    diagnostics.extend(errors);
    (facts, diagnostics)
}

#[cfg(test)]
mod tests;
