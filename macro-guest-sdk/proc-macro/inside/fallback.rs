//! What stands in for tokens outside a compiler, where there are none: types without a value.
//!
//! With them the compiler sees that only the other half of each of `proc-macro2`'s types is ever
//! there, and leaves the tags, the branches and the second lexer out of a component.

use core::ffi::CStr;
use core::fmt::{self, Debug, Display};
use core::ops::RangeBounds;
use core::str::FromStr;

use alloc::string::String;

use crate::imp;
use crate::{Delimiter, TokenTree};

/// Without effect: there is nothing to fall back on.
pub fn force() {}

/// Without effect, as `force` was.
pub fn unforce() {}

#[cold]
fn outside() -> ! {
    unreachable!("a component is always inside a compiler")
}

#[derive(Clone)]
pub(crate) enum TokenStream {}

#[derive(Clone)]
pub(crate) enum TokenTreeIter {}

#[derive(Clone, Copy)]
pub(crate) enum Span {}

#[derive(Clone)]
pub(crate) enum Group {}

#[derive(Clone)]
pub(crate) enum Ident {}

#[derive(Clone)]
pub(crate) enum Literal {}

/// One that says what the fallback's says.
pub(crate) struct LexError;

macro_rules! no_text {
    ($($type:ident)*) => {$(
        impl Display for $type {
            fn fmt(&self, _: &mut fmt::Formatter) -> fmt::Result {
                match *self {}
            }
        }

        impl Debug for $type {
            fn fmt(&self, _: &mut fmt::Formatter) -> fmt::Result {
                match *self {}
            }
        }
    )*};
}

no_text!(TokenStream Span Group Ident Literal);

impl LexError {
    pub(crate) fn span(&self) -> Span {
        outside()
    }

    pub(crate) fn call_site() -> Self {
        Self
    }
}

impl Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("cannot parse string into token stream")
    }
}

impl Debug for LexError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("LexError { span: Span }")
    }
}

impl TokenStream {
    pub(crate) fn new() -> Self {
        outside()
    }

    pub(crate) fn from_str_checked(_: &str) -> Result<Self, LexError> {
        outside()
    }

    pub(crate) fn is_empty(&self) -> bool {
        match *self {}
    }
}

impl From<TokenTree> for TokenStream {
    fn from(_: TokenTree) -> Self {
        outside()
    }
}

impl FromIterator<TokenTree> for TokenStream {
    fn from_iter<I: IntoIterator<Item = TokenTree>>(_: I) -> Self {
        outside()
    }
}

impl Extend<TokenTree> for TokenStream {
    fn extend<I: IntoIterator<Item = TokenTree>>(&mut self, _: I) {
        match *self {}
    }
}

impl Extend<Self> for TokenStream {
    fn extend<I: IntoIterator<Item = Self>>(&mut self, _: I) {
        match *self {}
    }
}

impl IntoIterator for TokenStream {
    type Item = TokenTree;
    type IntoIter = TokenTreeIter;

    fn into_iter(self) -> TokenTreeIter {
        match self {}
    }
}

impl Iterator for TokenTreeIter {
    type Item = TokenTree;

    fn next(&mut self) -> Option<TokenTree> {
        match *self {}
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match *self {}
    }
}

impl Span {
    pub(crate) fn call_site() -> Self {
        outside()
    }

    pub(crate) fn mixed_site() -> Self {
        outside()
    }

    pub(crate) fn resolved_at(&self, _: Self) -> Self {
        *self
    }

    pub(crate) fn located_at(&self, _: Self) -> Self {
        *self
    }

    pub(crate) fn join(&self, _: Self) -> Option<Self> {
        match *self {}
    }

    pub(crate) fn source_text(&self) -> Option<String> {
        match *self {}
    }

    pub(crate) fn first_byte(self) -> Self {
        self
    }

    pub(crate) fn last_byte(self) -> Self {
        self
    }
}

pub(crate) fn debug_span_field_if_nontrivial(_: &mut fmt::DebugStruct, span: Span) {
    match span {}
}

impl Group {
    pub(crate) fn new(_: Delimiter, stream: TokenStream) -> Self {
        match stream {}
    }

    pub(crate) fn delimiter(&self) -> Delimiter {
        match *self {}
    }

    pub(crate) fn stream(&self) -> TokenStream {
        match *self {}
    }

    pub(crate) fn span(&self) -> Span {
        match *self {}
    }

    pub(crate) fn span_open(&self) -> Span {
        match *self {}
    }

    pub(crate) fn span_close(&self) -> Span {
        match *self {}
    }

    pub(crate) fn set_span(&mut self, _: Span) {
        match *self {}
    }
}

impl Ident {
    pub(crate) fn new_checked(_: &str, span: Span) -> Self {
        match span {}
    }

    pub(crate) fn new_raw_checked(_: &str, span: Span) -> Self {
        match span {}
    }

    pub(crate) fn span(&self) -> Span {
        match *self {}
    }

    pub(crate) fn set_span(&mut self, _: Span) {
        match *self {}
    }
}

impl PartialEq for Ident {
    fn eq(&self, _: &Self) -> bool {
        match *self {}
    }
}

impl<T: ?Sized + AsRef<str>> PartialEq<T> for Ident {
    fn eq(&self, _: &T) -> bool {
        match *self {}
    }
}

macro_rules! no_literals {
    ($($name:ident $type:ty,)*) => {$(
        pub(crate) fn $name(_: $type) -> Self {
            outside()
        }
    )*};
}

impl Literal {
    no_literals! {
        u8_suffixed u8, u16_suffixed u16, u32_suffixed u32, u64_suffixed u64, u128_suffixed u128,
        i8_suffixed i8, i16_suffixed i16, i32_suffixed i32, i64_suffixed i64, i128_suffixed i128,
        usize_suffixed usize, isize_suffixed isize, f32_suffixed f32, f64_suffixed f64,
        u8_unsuffixed u8, u16_unsuffixed u16, u32_unsuffixed u32, u64_unsuffixed u64,
        u128_unsuffixed u128, i8_unsuffixed i8, i16_unsuffixed i16, i32_unsuffixed i32,
        i64_unsuffixed i64, i128_unsuffixed i128, usize_unsuffixed usize, isize_unsuffixed isize,
        f32_unsuffixed f32, f64_unsuffixed f64,
        string &str, character char, byte_character u8, byte_string &[u8], c_string &CStr,
    }

    pub(crate) fn from_str_checked(_: &str) -> Result<Self, LexError> {
        outside()
    }

    /// # Safety
    /// There is nothing to promise.
    pub(crate) unsafe fn from_str_unchecked(_: &str) -> Self {
        outside()
    }

    pub(crate) fn span(&self) -> Span {
        match *self {}
    }

    pub(crate) fn set_span(&mut self, _: Span) {
        match *self {}
    }

    pub(crate) fn subspan<R: RangeBounds<usize>>(&self, _: R) -> Option<Span> {
        match *self {}
    }
}

/// Reads source text with the compiler's `proc_macro`. Upstream asks its own lexer first, since
/// rustc's does not return from every mistake; the one of components does.
pub(crate) trait FromStr2: FromStr<Err = proc_macro::LexError> {
    fn from_str_checked(source: &str) -> Result<Self, imp::LexError> {
        Self::from_str(source).map_err(|_| imp::LexError::CompilerPanic)
    }

    fn from_str_unchecked(source: &str) -> Self {
        Self::from_str(source).unwrap()
    }
}

impl FromStr2 for proc_macro::TokenStream {}

impl FromStr2 for proc_macro::Literal {}
