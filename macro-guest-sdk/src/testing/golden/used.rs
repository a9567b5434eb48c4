//! The use of a macro in a case, and the item as the host emits it again.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::definition::{Kind, Macro};
use crate::testing::Expanded;

/// One use of a macro.
pub(super) struct Used {
    pub(super) info: &'static Macro,
    pub(super) arguments: TokenStream,
    /// Without the attribute; or the input of a function-like macro.
    pub(super) item: TokenStream,
}

/// The only use of one of `macros`: `#[Ledger::table(..)]` or `#[derive(Ledger::Model)]` at the head of
/// an item, or `Ledger::query!(..)`. Only the last word of a path counts.
pub(super) fn find(tokens: &TokenStream, macros: &[&'static Macro]) -> Result<Used, String> {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let known = |name: &str, kind| {
        macros.iter().copied().find(|info| info.name == name && info.kind == kind)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let (Some(hash), Some(TokenTree::Group(group))) = (trees.get(at), trees.get(at + 1)) {
        if !is_punct(hash, '#') {
            break;
        }
        let (path, rest) = path(&group.stream());
        let last = path.last().map(String::as_str).unwrap_or_default();
        if let Some(info) = known(last, Kind::Attribute) {
            let item = [&trees[..at], &trees[at + 2..]].concat().into_iter().collect();
            found.push(Used { info, arguments: inside(&rest), item });
        }
        if path == ["derive"] {
            for part in inside(&rest).into_iter().collect::<Vec<_>>().split(|it| is_punct(it, ','))
            {
                let (path, _) = self::path(&part.iter().cloned().collect());
                let last = path.last().map(String::as_str).unwrap_or_default();
                if let Some(info) = known(last, Kind::Derive) {
                    let item = without_derives(&trees);
                    found.push(Used { info, arguments: TokenStream::new(), item });
                }
            }
        }
        at += 2;
    }
    let (path, rest) = path(tokens);
    if let (Some(last), Some([mark, TokenTree::Group(group), end @ ..])) =
        (path.last(), rest.get(..))
        && is_punct(mark, '!')
        && end.iter().all(|tree| is_punct(tree, ';'))
        && let Some(info) = known(last, Kind::Function)
    {
        found.push(Used { info, arguments: TokenStream::new(), item: group.stream() });
    }
    let count = found.len();
    match (found.pop(), count) {
        (Some(used), 1) => Ok(used),
        (None, _) => {
            let names: Vec<&str> = macros.iter().map(|info| info.name).collect();
            Err(format!("it begins with no use of one of the macros {}", names.join(", ")))
        }
        _ => Err(format!("it has {count} uses of macros, and a case has one")),
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
    without(trees, &|words, _| words == ["derive"], 0)
}

/// Tools whose attributes the compiler knows.
const TOOLS: [&str; 5] = ["rustfmt", "clippy", "diagnostic", "miri", "rust_analyzer"];
/// Helper attributes stand on the item, its fields and variants, and the fields of variants.
const DEPTH: u32 = 2;

/// The user's item with what an attribute macro changes about it, as the host emits it: also without
/// helper attributes.
///
/// # Panics
/// Where the host would refuse the change.
pub(super) fn composed(info: &Macro, expanded: &Expanded) -> TokenStream {
    if expanded.replaced {
        return expanded.item.clone().unwrap_or_default();
    }
    let trees: Vec<TokenTree> = expanded.edited().into_iter().collect();
    let derived = trees.windows(2).any(|pair| match pair {
        [hash, TokenTree::Group(group)] if is_punct(hash, '#') => {
            path(&group.stream()).0 == ["derive"]
        }
        _ => false,
    });
    let strips_cell = !info.helpers.is_empty() && !derived;
    let is_helper = |words: &[String], _: u32| match words {
        [only] => only == "cell" && strips_cell,
        [first, .., last] => {
            info.helpers.contains(&last.as_str()) && !TOOLS.contains(&first.as_str())
        }
        [] => false,
    };
    without(&trees, &is_helper, 0)
}

/// Without the attributes whose path is one of those.
fn without(
    trees: &[TokenTree],
    is_one: &dyn Fn(&[String], u32) -> bool,
    depth: u32,
) -> TokenStream {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        if let (true, Some(TokenTree::Group(group))) = (is_punct(tree, '#'), trees.get(at + 1))
            && group.delimiter() == Delimiter::Bracket
            && is_one(&path(&group.stream()).0, depth)
        {
            at += 2;
            continue;
        }
        out.push(match tree {
            TokenTree::Group(group) if depth < DEPTH => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                Group::new(group.delimiter(), without(&inside, is_one, depth + 1)).into()
            }
            other => other.clone(),
        });
        at += 1;
    }
    out.into_iter().collect()
}
