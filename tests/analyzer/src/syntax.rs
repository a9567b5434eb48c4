//! As much syntax as is needed to find macros in tokens: items with their attributes, paths, calls,
//! and the one form of `macro_rules!` that stands in the module of a cell.

use crate::tree::{Delimiter, Tree};

/// An item at the head of some tokens.
pub(crate) struct Item<'a> {
    /// `#` and `[..]` of each outer attribute.
    pub attributes: Vec<&'a [Tree]>,
    pub body: &'a [Tree],
    /// What follows the item.
    pub rest: &'a [Tree],
}

impl<'a> Item<'a> {
    /// Splits the first item off. It ends with `;` or with braces.
    pub(crate) fn split(trees: &'a [Tree]) -> Self {
        let mut attributes = Vec::new();
        let mut at = 0;
        while let [hash, group, ..] = &trees[at..]
            && hash.is_punct('#')
            && group.group(Delimiter::Bracket).is_some()
        {
            attributes.push(&trees[at..at + 2]);
            at += 2;
        }
        let start = at;
        // `use a::{b};` and `const A: B = { .. };` go on behind their braces.
        let ends_with_braces = !head(&trees[start..])
            .is_some_and(|word| ["use", "const", "static", "type"].contains(&word));
        while let Some(tree) = trees.get(at) {
            at += 1;
            let braces = tree.group(Delimiter::Brace).is_some() && ends_with_braces;
            if tree.is_punct(';') || braces {
                break;
            }
        }
        // An inner attribute of the file is no item, and has no end.
        if let [hash, bang, group, ..] = &trees[start..]
            && hash.is_punct('#')
            && bang.is_punct('!')
            && group.group(Delimiter::Bracket).is_some()
        {
            at = start + 3;
        }
        Self { attributes, body: &trees[start..at], rest: &trees[at..] }
    }
}

/// The word that says what an item is. `const fn` is a function.
fn head(item: &[Tree]) -> Option<&str> {
    let mut words = item.iter().filter_map(|tree| match tree {
        Tree::Ident { text, raw: false, .. } => Some(text.as_str()),
        _ => None,
    });
    let first = words.find(|word| *word != "pub")?;
    match (first, words.next()) {
        ("const", Some("fn" | "unsafe" | "extern" | "async")) => Some("fn"),
        _ => Some(first),
    }
}

/// The path at the head of some tokens, without blanks and without `::` in front, and how many
/// tokens it has.
pub(crate) fn path(trees: &[Tree]) -> Option<(String, usize)> {
    let colons = |at: usize| {
        trees.get(at).is_some_and(|tree| tree.is_punct(':'))
            && trees.get(at + 1).is_some_and(|tree| tree.is_punct(':'))
    };
    let mut at = if colons(0) { 2 } else { 0 };
    let mut path = String::new();
    loop {
        let Some(Tree::Ident { text, .. }) = trees.get(at) else { return None };
        path.push_str(text);
        at += 1;
        if !(colons(at) && matches!(trees.get(at + 2), Some(Tree::Ident { .. }))) {
            return Some((path, at));
        }
        path.push_str("::");
        at += 2;
    }
}

/// A call `a::b!(..)` at the head of some tokens: its path, its input, how many tokens it has.
pub(crate) fn call(trees: &[Tree]) -> Option<(String, &[Tree], usize)> {
    let (path, length) = path(trees)?;
    match &trees[length..] {
        [bang, Tree::Group { content, .. }, ..] if bang.is_punct('!') => {
            Some((path, content, length + 2))
        }
        _ => None,
    }
}

/// The path of an attribute, and what is in its parentheses.
pub(crate) fn attribute(attribute: &[Tree]) -> Option<(String, Option<&[Tree]>)> {
    let content = attribute.get(1)?.group(Delimiter::Bracket)?;
    let (path, length) = path(content)?;
    let arguments = content.get(length).and_then(|tree| tree.group(Delimiter::Parenthesis));
    Some((path, arguments))
}

/// `($($input:tt)*) => { body }`: any input, put where the body says.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    body: Vec<Tree>,
}

impl Rules {
    /// From what is in the braces of `macro_rules!`.
    pub(crate) fn read(content: &[Tree]) -> Option<Self> {
        let body = content.iter().find_map(|tree| tree.group(Delimiter::Brace))?;
        Some(Self { body: body.to_vec() })
    }

    pub(crate) fn expand(&self, input: &[Tree]) -> Vec<Tree> {
        substitute(&self.body, input)
    }
}

/// Puts `input` where `$( .. )*` stands.
fn substitute(body: &[Tree], input: &[Tree]) -> Vec<Tree> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(tree) = body.get(at) {
        let repeated =
            body.get(at + 1).is_some_and(|next| next.group(Delimiter::Parenthesis).is_some());
        match tree {
            tree if tree.is_punct('$') && repeated => {
                out.extend_from_slice(input);
                at += 3;
                continue;
            }
            Tree::Group { delimiter, open, close, content } => out.push(Tree::Group {
                delimiter: *delimiter,
                open: *open,
                close: *close,
                content: substitute(content, input),
            }),
            tree => out.push(tree.clone()),
        }
        at += 1;
    }
    out
}

/// Some tokens, split at commas.
pub(crate) fn split_at_commas(trees: &[Tree]) -> impl Iterator<Item = &[Tree]> {
    trees.split(|tree| tree.is_punct(',')).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use anyhow::Result;

    use super::*;
    use crate::tree::{lex, text};

    #[test]
    fn items_are_split() -> Result<()> {
        let source = "#![forbid(x)] use a::{b, c}; #[a] #[b(1)] pub struct S { x: u8 } \
             const fn f() {} const A: B = { 1 }; m!(x); pub(crate) struct T; a::m! { x } fn g() {}";
        let trees = lex(source)?;
        let (mut rest, mut found) = (&trees[..], Vec::new());
        while !rest.is_empty() {
            let item = Item::split(rest);
            found.push((item.attributes.len(), text(item.body)));
            rest = item.rest;
        }
        let lengths: Vec<_> = found.iter().map(|(attributes, _)| *attributes).collect();
        assert_eq!(lengths, [0, 0, 2, 0, 0, 0, 0, 0, 0], "{found:?}");
        assert_eq!(found[2].1, "pub struct S { x : u8 }");
        Ok(())
    }

    #[test]
    fn rules_take_any_input() -> Result<()> {
        let content = lex("($($input:tt)*) => { ::cell::expand! { a::b($($input)*) } };")?;
        let made = Rules::read(&content).map(|rules| rules.expand(&lex("1, x").unwrap()));
        assert_eq!(
            made.map(|made| text(&made)),
            Some(text(&lex("::cell::expand! { a::b(1, x) }")?))
        );
        Ok(())
    }
}
