//! The use of a macro in a case.

use anyhow::{Result, bail};
use macro_bridge::request::MacroKind;
use macro_runtime::MacroInfo;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One use of a macro.
pub(super) struct Used<'a> {
    pub(super) info: &'a MacroInfo,
    pub(super) arguments: TokenStream,
    /// Without the attribute; or the input of a function-like macro.
    pub(super) item: TokenStream,
}

/// The only use of one of `macros`: `#[Ledger::table(..)]` or `#[derive(Ledger::Model)]` at the head of
/// an item, or `Ledger::query!(..)`. Only the last word of a path counts.
pub(super) fn find<'a>(tokens: &TokenStream, macros: &'a [MacroInfo]) -> Result<Used<'a>> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let known = |path: &[String], kind| {
        let last = path.last()?;
        macros.iter().find(|info| info.name == *last && info.kind == kind)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let (Some(hash), Some(TokenTree::Group(group))) = (trees.get(at), trees.get(at + 1)) {
        if !is_punct(hash, '#') {
            break;
        }
        let (path, rest) = path(&group.stream());
        if let Some(info) = known(&path, MacroKind::Attribute) {
            let item = [&trees[..at], &trees[at + 2..]].concat().into_iter().collect();
            found.push(Used { info, arguments: inside(&rest), item });
        }
        if path == ["derive"] {
            let list: Vec<TokenTree> = inside(&rest).into_iter().collect();
            for part in list.split(|tree| is_punct(tree, ',')) {
                let (path, _) = self::path(&part.iter().cloned().collect());
                if let Some(info) = known(&path, MacroKind::Derive) {
                    let item = without_derives(&trees);
                    found.push(Used { info, arguments: TokenStream::new(), item });
                }
            }
        }
        at += 2;
    }
    let (path, rest) = path(tokens);
    if let [mark, TokenTree::Group(group), end @ ..] = rest.as_slice()
        && is_punct(mark, '!')
        && end.iter().all(|tree| is_punct(tree, ';'))
        && let Some(info) = known(&path, MacroKind::Function)
    {
        found.push(Used { info, arguments: TokenStream::new(), item: group.stream() });
    }
    let count = found.len();
    match (found.pop(), count) {
        (Some(used), 1) => Ok(used),
        (None, _) => bail!("it begins with no use of a macro of the component"),
        _ => bail!("it has {count} uses of macros, and a case has one"),
    }
}

fn is_punct(tree: &TokenTree, ch: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ch)
}

/// The words of the path that `tokens` begin with, and what stands behind it.
fn path(tokens: &TokenStream) -> (Vec<String>, Vec<TokenTree>) {
    let mut words = Vec::new();
    let mut trees = tokens.clone().into_iter().peekable();
    while let Some(tree) = trees.peek() {
        match tree {
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            tree if is_punct(tree, ':') => {}
            _ => break,
        }
        trees.next();
    }
    (words, trees.collect())
}

/// What is in the parentheses behind a path.
fn inside(rest: &[TokenTree]) -> TokenStream {
    match rest {
        [TokenTree::Group(group)] if group.delimiter() != Delimiter::None => group.stream(),
        _ => TokenStream::new(),
    }
}

/// What a derive is given.
fn without_derives(trees: &[TokenTree]) -> TokenStream {
    let mut out = TokenStream::new();
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        if let (true, Some(TokenTree::Group(group))) = (is_punct(tree, '#'), trees.get(at + 1))
            && path(&group.stream()).0 == ["derive"]
        {
            at += 2;
            continue;
        }
        out.extend([tree.clone()]);
        at += 1;
    }
    out
}
