//! `TokenStream`: a part of the input that nobody has looked into yet, or tokens that were made.

use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::str::FromStr;

use crate::table::input;
use crate::{Group, Ident, Literal, NotSend, Punct, Spacing, TokenTree, source};

/// A sequence of token trees.
#[derive(Clone, Default)]
pub struct TokenStream(Tokens);

#[derive(Clone)]
pub(crate) enum Tokens {
    /// Rows of the input, from the first up to the end, which lie between siblings.
    Input(u32, u32),
    Built(Rc<Vec<TokenTree>>),
}

impl Default for Tokens {
    fn default() -> Self {
        Self::Input(0, 0)
    }
}

impl TokenStream {
    /// No tokens.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Is there no token?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Tokens::Input(start, end) => start == end,
            Tokens::Built(trees) => trees.is_empty(),
        }
    }

    pub(crate) fn of_input(start: u32, end: u32) -> Self {
        Self(Tokens::Input(start, end))
    }

    /// Trees that are in order: none of them is a negative number.
    pub(crate) fn built(trees: Vec<TokenTree>) -> Self {
        Self(Tokens::Built(Rc::new(trees)))
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0
    }

    /// The trees, to add to; those of the input are read out first.
    fn trees(&mut self) -> &mut Vec<TokenTree> {
        if let Tokens::Input(..) = self.0 {
            self.0 = Tokens::Built(Rc::new(self.clone().into_iter().collect()));
        }
        match &mut self.0 {
            Tokens::Built(trees) => Rc::make_mut(trees),
            Tokens::Input(..) => unreachable!("replaced above"),
        }
    }
}

fn push(trees: &mut Vec<TokenTree>, tree: TokenTree) {
    if let TokenTree::Literal(literal) = &tree
        && let Some(positive) = literal.negated()
    {
        let mut minus = Punct::new('-', Spacing::Alone);
        minus.set_span(literal.span());
        trees.extend([TokenTree::Punct(minus), TokenTree::Literal(positive)]);
    } else {
        trees.push(tree);
    }
}

impl From<TokenTree> for TokenStream {
    fn from(tree: TokenTree) -> Self {
        std::iter::once(tree).collect()
    }
}

impl FromIterator<TokenTree> for TokenStream {
    fn from_iter<I: IntoIterator<Item = TokenTree>>(trees: I) -> Self {
        let trees = trees.into_iter();
        let mut built = Vec::with_capacity(trees.size_hint().0);
        trees.for_each(|tree| push(&mut built, tree));
        Self(Tokens::Built(Rc::new(built)))
    }
}

impl FromIterator<Self> for TokenStream {
    fn from_iter<I: IntoIterator<Item = Self>>(streams: I) -> Self {
        let mut all = Self::new();
        all.extend(streams);
        all
    }
}

impl Extend<TokenTree> for TokenStream {
    fn extend<I: IntoIterator<Item = TokenTree>>(&mut self, trees: I) {
        let trees = trees.into_iter();
        let built = self.trees();
        built.reserve(trees.size_hint().0);
        trees.for_each(|tree| push(built, tree));
    }
}

impl Extend<Self> for TokenStream {
    fn extend<I: IntoIterator<Item = Self>>(&mut self, streams: I) {
        for stream in streams {
            if self.is_empty() {
                *self = stream;
            } else if !stream.is_empty() {
                self.trees().extend(stream);
            }
        }
    }
}

macro_rules! extend_by {
    ($($kind:ident)*) => {$(
        impl Extend<$kind> for TokenStream {
            fn extend<I: IntoIterator<Item = $kind>>(&mut self, tokens: I) {
                self.extend(tokens.into_iter().map(TokenTree::$kind));
            }
        }
    )*};
}

extend_by!(Group Ident Literal Punct);

/// An iterator over the trees of a stream; it does not go into groups.
#[derive(Clone)]
pub struct IntoIter(Rest);

#[derive(Clone)]
enum Rest {
    Input(u32, u32),
    Built(Rc<Vec<TokenTree>>, usize),
    Own(std::vec::IntoIter<TokenTree>),
}

impl Iterator for IntoIter {
    type Item = TokenTree;

    fn next(&mut self) -> Option<TokenTree> {
        match &mut self.0 {
            Rest::Input(row, end) => {
                let current = *row;
                (current < *end).then(|| {
                    *row = input().next_sibling(current);
                    TokenTree::of_row(current)
                })
            }
            Rest::Built(trees, index) => {
                let tree = trees.get(*index)?.clone();
                *index += 1;
                Some(tree)
            }
            Rest::Own(trees) => trees.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            // How many siblings these rows are is not known without a walk.
            Rest::Input(row, end) => (usize::from(row < end), Some((end - row) as usize)),
            Rest::Built(trees, index) => (trees.len() - index, Some(trees.len() - index)),
            Rest::Own(trees) => trees.size_hint(),
        }
    }
}

impl IntoIterator for TokenStream {
    type Item = TokenTree;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter(match self.0 {
            Tokens::Input(start, end) => Rest::Input(start, end),
            Tokens::Built(trees) => match Rc::try_unwrap(trees) {
                Ok(own) => Rest::Own(own.into_iter()),
                Err(shared) => Rest::Built(shared, 0),
            },
        })
    }
}

/// Text that is not Rust tokens.
pub struct LexError(NotSend);

impl LexError {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl fmt::Display for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot parse string into token stream")
    }
}

impl fmt::Debug for LexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LexError")
    }
}

impl std::error::Error for LexError {}

impl FromStr for TokenStream {
    type Err = LexError;

    fn from_str(source: &str) -> Result<Self, LexError> {
        source::tokens(source).ok_or_else(LexError::new)
    }
}

impl fmt::Display for TokenStream {
    /// The spacing is that of `proc-macro2` outside a compiler, so that a macro which prints
    /// tokens into a string prints the same in its native unit tests.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut joint = true;
        for tree in self.clone() {
            if !joint {
                f.write_str(" ")?;
            }
            joint = matches!(&tree, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
            tree.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for TokenStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenStream ")?;
        f.debug_list().entries(self.clone()).finish()
    }
}
