//! Stacks: several macros on one item see each other and run once, in an order of their own.
//!
//! Each of our attributes adds itself to a trailing `#[::cell::__gathered(..)]`, in front of any
//! derive, and leaves. rustc resolves every name, `cfg_attr` included, so by the time that
//! attribute runs all others have added themselves.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use super::attributes::{Attributes, is_inert};
use super::invocation::{Invocation, Parsed};
use super::{Engines, expand, fail};
use crate::failure::texts;
use crate::request::MacroKind;

const GATHERED: &str = "__gathered";

/// An attribute of ours has been reached: remember it, or run it if it is the only one.
pub(super) fn add(parsed: Parsed, item: TokenStream, engines: Engines<'_>) -> TokenStream {
    let mut attributes = Attributes::split(item.clone());
    let before = attributes.before_derive();
    let marker = (0..before).find(|index| {
        let path = attributes.path(*index);
        path.rsplit("::").next() == Some(GATHERED)
    });
    let entries = parsed.invocations.iter().map(entry);
    match marker {
        Some(index) => append(&mut attributes, index, entries),
        None => {
            if (0..before).all(|index| is_inert(&attributes.path(index))) {
                return expand::run(
                    MacroKind::Attribute,
                    parsed.invocations,
                    // As rustc gave it: taken apart, it would not be the same stream.
                    item,
                    engines,
                );
            }
            let path = parsed.krate.clone().unwrap_or_else(|| path(&["cell"]));
            attributes.list.insert(before, make(path, entries));
        }
    }
    attributes.join()
}

/// `#[::cell::__gathered(..)]` has been reached: nothing before it is left.
#[must_use]
pub fn gathered(arguments: TokenStream, item: TokenStream, engines: Engines<'_>) -> TokenStream {
    let read: Option<Vec<Invocation>> = arguments.into_iter().map(read).collect();
    match read {
        Some(invocations) if !invocations.is_empty() => {
            expand::run(MacroKind::Attribute, invocations, item, engines)
        }
        _ => fail(&texts::project::gathered_by_hand(), Span::call_site(), item),
    }
}

/// `("attribute" "ledger" "table" (arguments))`. The words carry the spans of call, cell and name.
fn entry(invocation: &Invocation) -> TokenTree {
    let text = |text: &str, span: Span| {
        let mut literal = Literal::string(text);
        literal.set_span(span);
        TokenTree::Literal(literal)
    };
    let arguments = Group::new(Delimiter::Parenthesis, invocation.arguments.clone());
    let tokens = [
        text(invocation.kind.word(), invocation.site),
        text(&invocation.cell, invocation.cell_span),
        text(&invocation.name, invocation.span),
        TokenTree::Group(arguments),
    ];
    TokenTree::Group(Group::new(Delimiter::Parenthesis, tokens.into_iter().collect()))
}

fn read(entry: TokenTree) -> Option<Invocation> {
    let TokenTree::Group(group) = entry else { return None };
    let mut tokens = group.stream().into_iter();
    let mut word = || match tokens.next()? {
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let text = text.strip_prefix('"')?.strip_suffix('"')?;
            Some((text.to_owned(), literal.span()))
        }
        _ => None,
    };
    let (kind, site) = word()?;
    let kind = MacroKind::from_word(&kind)?;
    let (cell, cell_span) = word()?;
    let (name, span) = word()?;
    match tokens.next()? {
        TokenTree::Group(arguments) => {
            let arguments = arguments.stream();
            Some(Invocation { kind, cell, name, cell_span, span, site, arguments })
        }
        _ => None,
    }
}

fn make(path: Vec<TokenTree>, entries: impl Iterator<Item = TokenTree>) -> [TokenTree; 2] {
    let mut content = path;
    content.push(TokenTree::Punct(Punct::new(':', Spacing::Joint)));
    content.push(TokenTree::Punct(Punct::new(':', Spacing::Alone)));
    content.push(TokenTree::Ident(Ident::new(GATHERED, Span::call_site())));
    content.push(TokenTree::Group(Group::new(Delimiter::Parenthesis, entries.collect())));
    let group = Group::new(Delimiter::Bracket, content.into_iter().collect());
    [TokenTree::Punct(Punct::new('#', Spacing::Alone)), TokenTree::Group(group)]
}

/// Adds entries to the marker at `index`.
fn append(attributes: &mut Attributes, index: usize, entries: impl Iterator<Item = TokenTree>) {
    let TokenTree::Group(marker) = &attributes.list[index][1] else { return };
    let mut content: Vec<TokenTree> = marker.stream().into_iter().collect();
    if let Some(TokenTree::Group(list)) = content.pop() {
        let all = list.stream().into_iter().chain(entries).collect();
        content.push(TokenTree::Group(Group::new(Delimiter::Parenthesis, all)));
    }
    let group = Group::new(Delimiter::Bracket, content.into_iter().collect());
    attributes.list[index][1] = TokenTree::Group(group);
}

/// `::a::b`
pub(super) fn path(segments: &[&str]) -> Vec<TokenTree> {
    let mut out = Vec::new();
    for segment in segments {
        out.push(TokenTree::Punct(Punct::new(':', Spacing::Joint)));
        out.push(TokenTree::Punct(Punct::new(':', Spacing::Alone)));
        out.push(TokenTree::Ident(Ident::new(segment, Span::call_site())));
    }
    out
}
