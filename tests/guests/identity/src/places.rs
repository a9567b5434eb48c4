//! Diagnostics on chosen tokens.
//!
//! The arguments are one or two paths, such as `1 0 2` or `0, 2`: the first number counts the
//! tokens of the item, the next those in the group that is found there. `o` and `c` at the end mean
//! the group's opening and closing delimiter.

use macro_guest_sdk::{Diagnostic, Error, Expansion, Result, cell_macro};
use proc_macro2::{Span, TokenStream, TokenTree};

/// An error from the token at the first path to that at the second.
#[cell_macro(attribute)]
pub(crate) fn error_at(paths: TokenStream, item: TokenStream) -> Result<Expansion> {
    let place = place(paths, &item)?;
    Err(Diagnostic::error(place, "an error was asked for here")
        .note("a fact")
        .help("a thing to do")
        .suggest(place, "write something else", "something_else")
        .into())
}

/// An error at the first path with a note and help at the second, and a warning at both.
#[cell_macro(attribute)]
pub(crate) fn told_at(paths: TokenStream, item: TokenStream) -> Result<Expansion> {
    let (first, last) = place(paths, &item)?;
    let error = Diagnostic::error(first, "an error was asked for here")
        .note("a fact")
        .note_at(last, "a fact there")
        .help("a thing to do")
        .help_at((first, last), "a thing to do from here to there")
        .suggest(last, "write something else", "something_else");
    let warning = Diagnostic::warning((first, last), "a warning was asked for here")
        .note_at(first, "the first is here");
    Ok(Expansion::new().warn(error).warn(warning))
}

/// The same as a warning.
#[cell_macro(attribute)]
pub(crate) fn warning_at(paths: TokenStream, item: TokenStream) -> Result<Expansion> {
    let place = place(paths, &item)?;
    let warning = Diagnostic::warning(place, "a warning was asked for here").note("a fact");
    Ok(Expansion::new().warn(warning))
}

/// Gives its input, with a warning at its first token.
#[cell_macro(function)]
pub(crate) fn warned(input: TokenStream) -> Expansion {
    let first = input.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
    let warning = Diagnostic::warning(first, "a warning was asked for here").help("do nothing");
    Expansion::new().items(input).warn(warning)
}

/// Adds a constant `TOKEN` of a wrong type whose value has the span of the token: the compiler's
/// own error shows where it came out.
#[cell_macro(attribute)]
pub(crate) fn token_at(paths: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let (span, _) = place(paths, &item)?;
    Ok(quote::quote_spanned! { span => const TOKEN: () = 1u8; })
}

fn place(paths: TokenStream, item: &TokenStream) -> Result<(Span, Span)> {
    let mut paths = split(paths).into_iter();
    let start = find(paths.next().unwrap_or_default(), item)?;
    let end = paths.next().map_or(Ok(start), |path| find(path, item))?;
    Ok((start, end))
}

fn split(paths: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut split = vec![Vec::new()];
    for tree in paths {
        match &tree {
            TokenTree::Punct(punct) if punct.as_char() == ',' => split.push(Vec::new()),
            _ => split.last_mut().expect("never empty").push(tree),
        }
    }
    split
}

fn find(path: Vec<TokenTree>, item: &TokenStream) -> Result<Span> {
    let mut inside = item.clone();
    let mut found: Option<TokenTree> = None;
    for step in path {
        let text = step.to_string();
        let group = match &found {
            Some(TokenTree::Group(group)) => Some(group),
            _ => None,
        };
        match (text.as_str(), group) {
            ("o", Some(group)) => return Ok(group.span_open()),
            ("c", Some(group)) => return Ok(group.span_close()),
            _ => {}
        }
        if let Some(group) = group {
            inside = group.stream();
        }
        let index = text.parse().map_err(|_| Error::new(step.span(), "this is no number"))?;
        found = inside.clone().into_iter().nth(index);
        if found.is_none() {
            return Err(Error::new(step.span(), "there are not so many tokens"));
        }
    }
    found.map(|tree| tree.span()).ok_or_else(|| Error::new(Span::call_site(), "an empty path"))
}
