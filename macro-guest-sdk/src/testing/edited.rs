//! The user's item with what a macro changes about it, as the host makes it.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::quote;

use super::Expanded;
use crate::body::PLACE;

/// # Panics
/// Where the host would refuse the change.
pub(super) fn edited(expanded: &Expanded) -> TokenStream {
    let item = expanded.item.clone().unwrap_or_default();
    let Expanded { attributes, fields, parameters, wrappers, .. } = expanded;
    let edits = attributes.len() + fields.len() + parameters.len() + wrappers.len();
    assert!(edits == 0 || !expanded.replaced, "the macro replaces the item and changes it");
    let mut trees: Vec<TokenTree> = item.into_iter().collect();
    if !attributes.is_empty() {
        let own = trees.chunks_exact(2).take_while(|pair| is_attribute(pair)).count() * 2;
        for attribute in attributes {
            let one: Vec<TokenTree> = attribute.clone().into_iter().collect();
            assert!(one.len() == 2 && is_attribute(&one), "`{attribute}` is not one attribute");
        }
        let all = attributes.iter().cloned().flatten();
        trees.splice(own..own, all);
    }
    let body = trees.len().checked_sub(1).filter(|at| is_group(&trees[*at], Delimiter::Brace));
    if !fields.is_empty() {
        let list = body.expect("fields are added to a struct with named fields");
        trees[list] = with_more(&trees[list], fields);
    }
    if !parameters.is_empty() {
        let list = parameter_list(&trees).expect("parameters are added to a function");
        trees[list] = with_more(&trees[list], parameters);
    }
    if !wrappers.is_empty() {
        assert!(parameter_list(&trees).is_some(), "the body of a function is wrapped");
        let body = body.expect("a body is wrapped that is there");
        let inside = Group::new(Delimiter::Parenthesis, trees[body].clone().into());
        let innermost = Group::new(Delimiter::Brace, TokenTree::from(inside).into()).into();
        let whole = wrappers.iter().rev().fold(innermost, |inner: TokenTree, wrapper| {
            let mut times = 0;
            let wrapped = replaced(wrapper.clone(), &inner, &mut times);
            assert!(times == 1, "what stands around a body holds it {times} times");
            Group::new(Delimiter::Brace, wrapped).into()
        });
        trees[body] = whole;
    }
    trees.into_iter().collect()
}

fn is_attribute(pair: &[TokenTree]) -> bool {
    matches!(pair, [TokenTree::Punct(hash), group]
        if hash.as_char() == '#' && is_group(group, Delimiter::Bracket))
}

fn is_group(tree: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(tree, TokenTree::Group(group) if group.delimiter() == delimiter)
}

/// The group and at its end the additions, each with a comma.
fn with_more(list: &TokenTree, added: &[(String, TokenStream)]) -> TokenTree {
    let TokenTree::Group(list) = list else { return list.clone() };
    let mut inside = list.stream();
    let last = inside.clone().into_iter().last();
    let ends = |tree: TokenTree| matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ',');
    if last.is_some_and(|last| !ends(last)) {
        inside.extend(quote!(,));
    }
    added.iter().for_each(|(_, tokens)| inside.extend(quote!(#tokens,)));
    Group::new(list.delimiter(), inside).into()
}

/// Where the parameters of a function are: the first `( )` behind its name that is in no `<..>`.
fn parameter_list(trees: &[TokenTree]) -> Option<usize> {
    let is_fn = |tree: &TokenTree| matches!(tree, TokenTree::Ident(word) if word == "fn");
    let from = trees.iter().position(is_fn)?;
    let (mut depth, mut arrow) = (0u32, false);
    for (at, tree) in trees.iter().enumerate().skip(from) {
        let before = std::mem::take(&mut arrow);
        match tree {
            TokenTree::Punct(punct) => match punct.as_char() {
                '<' => depth += 1,
                '>' if !before => depth = depth.saturating_sub(1),
                '-' => arrow = punct.spacing() == Spacing::Joint,
                _ => {}
            },
            tree if depth == 0 && is_group(tree, Delimiter::Parenthesis) => return Some(at),
            _ => {}
        }
    }
    None
}

/// The tokens with `body` in the place for it.
fn replaced(tokens: TokenStream, body: &TokenTree, times: &mut u32) -> TokenStream {
    let one = |tree: TokenTree| match tree {
        TokenTree::Group(group) if is_place(&group) => {
            *times += 1;
            body.clone()
        }
        TokenTree::Group(group) => {
            Group::new(group.delimiter(), replaced(group.stream(), body, times)).into()
        }
        other => other,
    };
    tokens.into_iter().map(one).collect()
}

fn is_place(group: &Group) -> bool {
    let mut inside = group.stream().into_iter();
    let is_name = |name: &Ident| name == PLACE;
    group.delimiter() == Delimiter::Brace
        && matches!(inside.next(), Some(TokenTree::Ident(name)) if is_name(&name))
        && inside.next().is_none()
}
