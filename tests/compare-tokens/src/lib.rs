//! Compares two token streams inside a running rustc: kinds, texts, spacing, delimiters, nesting
//! and the `{:?}` of every span, which names bytes of a file and the hygiene context.
#![forbid(unsafe_code)]

extern crate proc_macro;

use std::collections::BTreeSet;

use proc_macro::{TokenStream, TokenTree};

/// The `{:?}` of a group's spans: the whole, the opening and the closing delimiter.
pub type Ends = [String; 3];

/// How much of a group's span is compared. The span of the whole always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups<'a> {
    /// The opening and the closing delimiter too.
    Exact,
    /// The whole only: on stable, a group that a macro builds anew has one span for all three.
    Whole,
    /// As `Exact`, but where the first stream's group was built anew the second may have the user's
    /// own group, whose delimiters have spans of their own. These are the user's groups.
    Restored(&'a BTreeSet<Ends>),
}

/// What [`compare`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Tokens of the first stream, those in groups included; a group is one.
    pub tokens: usize,
    /// Groups where only the second has the spans of the delimiters.
    pub restored: usize,
    /// The first token in which the streams differ, and what stands there in each.
    pub difference: Option<String>,
}

/// A token without what is in it.
struct Token {
    text: String,
    /// The whole, the opening and the closing delimiter of a group.
    ends: Option<Ends>,
}

/// Compares two streams token by token.
#[must_use]
pub fn compare(first: TokenStream, second: TokenStream, groups: Groups<'_>) -> Compared {
    let (first, second) = (flatten(first), flatten(second));
    let mut compared = Compared { tokens: first.len(), ..Compared::default() };
    for at in 0..first.len().max(second.len()) {
        match (first.get(at), second.get(at)) {
            (Some(a), Some(b)) if a.text == b.text && a.ends == b.ends => {}
            (Some(a), Some(b)) if a.text == b.text && may_differ(a, b, groups) => {
                compared.restored += 1;
            }
            (a, b) => {
                let (a, b) = (describe(a), describe(b));
                compared.difference = Some(format!("token {at} differs\n  {a}\n  {b}"));
                break;
            }
        }
    }
    compared
}

/// May the delimiters of two groups have other spans?
fn may_differ(a: &Token, b: &Token, groups: Groups<'_>) -> bool {
    match (groups, &b.ends) {
        (Groups::Whole, _) => true,
        (Groups::Restored(users), Some(ends)) => a.is_anew() && users.contains(ends),
        _ => false,
    }
}

/// The spans of all groups in a stream.
#[must_use]
pub fn ends(stream: TokenStream) -> BTreeSet<Ends> {
    flatten(stream).into_iter().filter_map(|token| token.ends).collect()
}

/// The first token in which two streams differ; `None` if they do not.
#[must_use]
pub fn difference(first: TokenStream, second: TokenStream, groups: Groups<'_>) -> Option<String> {
    compare(first, second, groups).difference
}

impl Token {
    fn is_anew(&self) -> bool {
        self.ends.as_ref().is_some_and(|[whole, open, close]| whole == open && whole == close)
    }
}

fn describe(token: Option<&Token>) -> String {
    match token {
        None => "the end".to_owned(),
        Some(Token { text, ends: None }) => text.clone(),
        Some(Token { text, ends: Some([_, open, close]) }) => format!("{text} {open} {close}"),
    }
}

/// All tokens in the order of the source. It does not recurse: inputs may be deep.
fn flatten(stream: TokenStream) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut open = vec![stream.into_iter()];
    while let Some(level) = open.last_mut() {
        let Some(tree) = level.next() else {
            open.pop();
            continue;
        };
        let depth = open.len() - 1;
        let mut ends = None;
        let text = match &tree {
            TokenTree::Ident(t) => format!("{depth} ident {t} {:?}", t.span()),
            TokenTree::Punct(t) => {
                format!("{depth} punct {} {:?} {:?}", t.as_char(), t.spacing(), t.span())
            }
            TokenTree::Literal(t) => format!("{depth} literal {t} {:?}", t.span()),
            TokenTree::Group(t) => {
                ends =
                    Some([t.span(), t.span_open(), t.span_close()].map(|span| format!("{span:?}")));
                format!("{depth} group {:?} {:?}", t.delimiter(), t.span())
            }
        };
        tokens.push(Token { text, ends });
        if let TokenTree::Group(group) = tree {
            open.push(group.stream().into_iter());
        }
    }
    tokens
}
