//! Compares two token streams inside a running rustc: kinds, texts, spacing, delimiters, nesting
//! and the `{:?}` of every span, which names bytes of a file and the hygiene context.
use std::fmt::Write as _;

use proc_macro::{TokenStream, TokenTree};

/// How much of a group's span is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    /// The whole, the opening and the closing delimiter.
    Exact,
    /// The whole only: on stable, a group that a macro builds anew has one span for all three.
    Whole,
}

/// One line a token, two levels of detail for groups.
pub(crate) fn dump(stream: TokenStream, groups: Groups) -> String {
    let mut out = String::new();
    write(&mut out, stream, groups, 0);
    out
}

fn write(out: &mut String, stream: TokenStream, groups: Groups, depth: usize) {
    for tree in stream {
        let _ = match &tree {
            TokenTree::Ident(t) => writeln!(out, "{depth} ident {t} {:?}", t.span()),
            TokenTree::Punct(t) => {
                writeln!(out, "{depth} punct {} {:?} {:?}", t.as_char(), t.spacing(), t.span())
            }
            TokenTree::Literal(t) => writeln!(out, "{depth} literal {t} {:?}", t.span()),
            TokenTree::Group(t) => {
                let _ = write!(out, "{depth} group {:?} {:?}", t.delimiter(), t.span());
                if groups == Groups::Exact {
                    let _ = write!(out, " {:?} {:?}", t.span_open(), t.span_close());
                }
                writeln!(out)
            }
        };
        if let TokenTree::Group(group) = tree {
            write(out, group.stream(), groups, depth + 1);
        }
    }
}

/// The first lines in which two streams differ; `None` if they do not.
pub(crate) fn difference(a: TokenStream, b: TokenStream, groups: Groups) -> Option<String> {
    let (a, b) = (dump(a, groups), dump(b, groups));
    if a == b {
        return None;
    }
    let mut lines = a.lines().zip(b.lines()).enumerate();
    let (at, left, right) = match lines.find(|(_, (left, right))| left != right) {
        Some((at, (left, right))) => (at, left, right),
        None => {
            let at = a.lines().count().min(b.lines().count());
            let end = "the end";
            (at, a.lines().nth(at).unwrap_or(end), b.lines().nth(at).unwrap_or(end))
        }
    };
    Some(format!("token {at} differs\n  {left}\n  {right}"))
}
