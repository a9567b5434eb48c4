//! `TokenTree`.

use std::fmt;

use crate::table::{input, kind};
use crate::text::Text;
use crate::{Group, Ident, Literal, Punct, Spacing, Span};

/// One token, or a group with all that is in it.
#[derive(Clone)]
pub enum TokenTree {
    /// Tokens between delimiters.
    Group(Group),
    /// An identifier.
    Ident(Ident),
    /// One punctuation character.
    Punct(Punct),
    /// A literal.
    Literal(Literal),
}

impl TokenTree {
    /// The span of the whole tree.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Group(group) => group.span(),
            Self::Ident(ident) => ident.span(),
            Self::Punct(punct) => punct.span(),
            Self::Literal(literal) => literal.span(),
        }
    }

    /// Sets the span of this token. Of a group: of its delimiters, not of what is in it.
    pub fn set_span(&mut self, span: Span) {
        match self {
            Self::Group(group) => group.set_span(span),
            Self::Ident(ident) => ident.set_span(span),
            Self::Punct(punct) => punct.set_span(span),
            Self::Literal(literal) => literal.set_span(span),
        }
    }

    /// The token in a row of the input.
    pub(crate) fn of_row(row: u32) -> Self {
        let input = input();
        let token = input.row(row);
        let span = Span::of_row(row);
        match token.kind {
            kind::IDENT => {
                let text = input.text_of(token);
                Self::Ident(Ident::of_row(Text::of_input(text), token.sub == 1, span, row))
            }
            kind::PUNCT => {
                let ch = char::from_u32(token.a).unwrap_or('?');
                let spacing = if token.sub == 1 { Spacing::Joint } else { Spacing::Alone };
                Self::Punct(Punct::of_row(ch, spacing, span))
            }
            kind::LITERAL => {
                Self::Literal(Literal::of_text(Text::of_input(input.text_of(token)), span))
            }
            kind::GROUP => Self::Group(Group::of_row(row)),
            _ => Self::Ident(Ident::unknown(span, row)),
        }
    }
}

impl From<Group> for TokenTree {
    fn from(group: Group) -> Self {
        Self::Group(group)
    }
}

impl From<Ident> for TokenTree {
    fn from(ident: Ident) -> Self {
        Self::Ident(ident)
    }
}

impl From<Punct> for TokenTree {
    fn from(punct: Punct) -> Self {
        Self::Punct(punct)
    }
}

impl From<Literal> for TokenTree {
    fn from(literal: Literal) -> Self {
        Self::Literal(literal)
    }
}

impl fmt::Display for TokenTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => group.fmt(f),
            Self::Ident(ident) => ident.fmt(f),
            Self::Punct(punct) => punct.fmt(f),
            Self::Literal(literal) => literal.fmt(f),
        }
    }
}

impl fmt::Debug for TokenTree {
    /// The name of the variant is that of the type inside, so there is no second layer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(group) => group.fmt(f),
            Self::Ident(ident) => ident.fmt(f),
            Self::Punct(punct) => punct.fmt(f),
            Self::Literal(literal) => literal.fmt(f),
        }
    }
}
