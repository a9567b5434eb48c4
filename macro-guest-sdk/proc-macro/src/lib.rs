//! The `proc_macro` of macro components.
//!
//! Inside a component there is no compiler, so the compiler's `proc_macro` cannot be there either.
//! This crate has the same stable API over numbers: tokens come from a table that the host sent,
//! a span is a number that only the host can resolve. Guests are compiled with
//! `--extern proc_macro=<this crate>`, and then `proc-macro2`, `syn`, `quote` and whole macro
//! crates run unmodified.
//!
//! What it does not have: anything unstable in the compiler's crate, and anything that tells a
//! macro where it is. Lines, columns, files and source text are constants.
//!
//! The hidden module [`cell`] is how the SDK puts an input in and takes an output out.
#![forbid(unsafe_code)]

mod encode;
mod group;
mod hash;
mod ident;
mod literal;
mod punct;
mod source;
mod span;
mod stream;
mod table;
mod text;
mod tree;
mod xid;

pub use group::{Delimiter, Group};
pub use ident::Ident;
pub use literal::Literal;
pub use punct::{Punct, Spacing};
pub use span::Span;
pub use stream::{LexError, TokenStream};
pub use tree::TokenTree;

/// Iterators over a [`TokenStream`].
pub mod token_stream {
    pub use crate::stream::IntoIter;
}

/// Between this crate and the SDK; no part of the API of `proc_macro`.
#[doc(hidden)]
pub mod cell {
    pub use crate::encode::{Encoded, body, encode};
    pub use crate::span::handle;
    pub use crate::table::{Row, SpanOp, begin};
}

/// Is there a compiler to talk to? Always: a component runs only as a macro.
#[must_use]
pub fn is_available() -> bool {
    true
}

/// Tokens belong to one expansion on one thread; the compiler's are neither `Send` nor `Sync`,
/// and a macro that compiles here must compile there.
type NotSend = std::marker::PhantomData<std::rc::Rc<()>>;

#[cfg(test)]
mod tests;
