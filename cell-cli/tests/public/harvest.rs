//! Inputs that people wrote: items in the tests of the public crates, and in the sources of what
//! this workspace depends on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::crates::Crates;
use crate::scratch;
use crate::source::{Derive, Source};
use crate::workspace::this_error;

/// Everything with fields or variants in thiserror's tests.
pub(crate) fn thiserror(crates: &Crates) -> Result<Source> {
    let mut source = Source::default();
    for item in items_below(&crates.folder("thiserror")?.join("tests"))? {
        if item.kind == Kind::Data && item.derives.iter().any(|name| name == "Error") {
            source.derive(&[&this_error()], &item.text);
        }
    }
    Ok(source)
}

/// Everything in derive_more's tests, under the derives that stand there.
pub(crate) fn derive_more(crates: &Crates, derives: &[Derive]) -> Result<Source> {
    let mut source = Source::default();
    for item in items_below(&crates.folder("derive_more")?.join("tests"))? {
        let named = |derive: &&Derive| item.derives.contains(&derive.name);
        let derives: Vec<_> = derives.iter().filter(named).collect();
        if item.kind == Kind::Data && !derives.is_empty() {
            source.derive(&derives, &item.text);
        }
    }
    Ok(source)
}

/// Traits and impls in async-trait's tests.
pub(crate) fn async_trait(crates: &Crates) -> Result<Source> {
    let mut source = Source::default();
    for item in items_below(&crates.folder("async-trait")?.join("tests"))? {
        if let (Kind::Methods, Some(arguments)) = (item.kind, &item.async_trait) {
            source.async_trait(arguments, &item.text);
        }
    }
    Ok(source)
}

/// Items of our dependencies: each under a few derives in turn, or under `async_trait`.
pub(crate) fn dependencies(crates: &Crates, derives: &[Derive]) -> Result<Source> {
    const PACKAGES: [&str; 5] =
        ["clap_builder", "wasm-encoder", "cranelift-codegen", "syn", "toml_edit"];
    const MOST: usize = 120;
    const EACH: usize = 5;
    let mut source = Source::default();
    let mut at = 0;
    for folder in PACKAGES.iter().map(|name| unpacked(crates, name)).collect::<Result<Vec<_>>>()? {
        let items = items_below(&folder.join("src"))?;
        for item in items.iter().filter(|item| item.kind == Kind::Data).take(MOST) {
            let some: Vec<_> = derives.iter().cycle().skip(at).take(EACH).collect();
            at = (at + EACH) % derives.len();
            source.derive(&some, &item.text);
        }
        for item in items.iter().filter(|item| item.kind == Kind::Methods).take(MOST) {
            source.async_trait("", &item.text);
        }
    }
    Ok(source)
}

/// Where cargo unpacked a package of our `Cargo.lock`: beside the public crates.
fn unpacked(crates: &Crates, name: &str) -> Result<PathBuf> {
    let registry = crates.folder("thiserror")?.parent().context("no registry")?;
    let lock = fs::read_to_string(scratch::repository().join("Cargo.lock"))?;
    let (_, rest) = lock
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .with_context(|| format!("we no longer depend on {name}"))?;
    let version = rest.split('"').next().unwrap_or_default();
    Ok(registry.join(format!("{name}-{version}")))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `struct`, `enum`, `union`
    Data,
    /// `trait`, `impl`
    Methods,
}

/// An item as it is written, without what would run other macros or hide it.
#[derive(Debug, PartialEq, Eq)]
struct Item {
    kind: Kind,
    text: String,
    /// Last segments of the paths in its derives.
    derives: Vec<String>,
    /// Arguments of its `async_trait`, with parentheses.
    async_trait: Option<String>,
}

/// Attributes that stay on items: those of the language, and the helpers of the public crates.
const KEPT: [&str; 5] = ["doc", "repr", "non_exhaustive", "must_use", "deprecated"];
const NOT_KEPT: [&str; 9] = [
    "derive",
    "cfg",
    "cfg_attr",
    "async_trait",
    "test",
    "allow",
    "expect",
    "rustversion",
    "track_caller",
];

fn items_below(folder: &Path) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for file in scratch::files(folder)? {
        if file.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(folder.join(file))?;
            if let Ok(tokens) = text.parse::<TokenStream>() {
                find(&text, tokens, &mut items);
            }
        }
    }
    Ok(items)
}

/// All items on a level, and in the groups on it that are no item's.
fn find(text: &str, tokens: TokenStream, items: &mut Vec<Item>) {
    let trees: Vec<_> = tokens.into_iter().collect();
    let mut at = 0;
    let mut may_begin = true;
    while let Some(tree) = trees.get(at) {
        if may_begin && let Some((item, next)) = read(text, &trees, at) {
            items.extend(item);
            at = next;
            continue;
        }
        may_begin = match tree {
            TokenTree::Group(group) => {
                find(text, group.stream(), items);
                group.delimiter() == Delimiter::Brace
            }
            TokenTree::Punct(punct) => punct.as_char() == ';',
            _ => false,
        };
        at += 1;
    }
}

/// The item that begins at `at`, if one does, and the index behind it. One that rustc or `syn` would
/// not read is passed over.
fn read(text: &str, trees: &[TokenTree], at: usize) -> Option<(Option<Item>, usize)> {
    let part = |range: &[TokenTree]| {
        let (first, last) = (range.first()?, range.last()?);
        text.get(first.span().byte_range().start..last.span().byte_range().end)
    };
    let mut found =
        Item { kind: Kind::Data, text: String::new(), derives: Vec::new(), async_trait: None };
    let mut head = at;
    while let [TokenTree::Punct(hash), TokenTree::Group(group), ..] = &trees[head..]
        && hash.as_char() == '#'
        && group.delimiter() == Delimiter::Bracket
    {
        let inside: Vec<_> = group.stream().into_iter().collect();
        let name = inside.first()?.to_string();
        if name == "derive" {
            found.derives.extend(derives(group.stream()));
        } else if name == "async_trait" {
            // `async_trait`, `async_trait(?Send)`, `async_trait::async_trait`
            let last = inside.last().filter(|last| matches!(last, TokenTree::Group(_)));
            found.async_trait = Some(last.map(ToString::to_string).unwrap_or_default());
        }
        if KEPT.contains(&&*name)
            || !(NOT_KEPT.contains(&&*name) || inside.len() == 1 || is_path(&inside))
        {
            found.text.push_str(part(&trees[head..head + 2])?);
            found.text.push('\n');
        }
        head += 2;
    }
    let mut word = head;
    while let Some(tree) = trees.get(word) {
        let text = tree.to_string();
        match tree {
            TokenTree::Ident(_) if ["struct", "enum", "union"].contains(&&*text) => break,
            TokenTree::Ident(_) if ["trait", "impl"].contains(&&*text) => {
                found.kind = Kind::Methods;
                break;
            }
            TokenTree::Ident(_) if ["pub", "unsafe", "auto"].contains(&&*text) => word += 1,
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Parenthesis && word > head =>
            {
                word += 1
            }
            _ => return None,
        }
    }
    let ends = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    let next = word + 1 + trees.get(word + 1..)?.iter().position(ends)? + 1;
    found.text.push_str(part(&trees[head..next])?);
    let readable = !found.text.contains('$') && syn::parse_str::<syn::Item>(&found.text).is_ok();
    Some((readable.then_some(found), next))
}

/// `a::b`: no helper attribute is written so.
fn is_path(inside: &[TokenTree]) -> bool {
    matches!(inside.get(1), Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

fn derives(attribute: TokenStream) -> Vec<String> {
    let Some(TokenTree::Group(list)) = attribute.into_iter().nth(1) else { return Vec::new() };
    let mut names = Vec::new();
    let mut last = None;
    for tree in list.stream() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == ',' => names.extend(last.take()),
            other => last = Some(other.to_string()),
        }
    }
    names.extend(last);
    names
}

#[test]
fn items_are_found_with_what_stands_on_them() {
    let text = "fn f() -> impl X { #[derive(a::Debug, Add)] #[add(x)] #[cfg(y)] pub(crate) struct A<T>(T) \
        where T: B; }\n#[async_trait(?Send)] impl A for B { fn f() {} }\nmacro_rules! m { () => { struct $a; } }";
    let mut items = Vec::new();
    find(text, text.parse().unwrap(), &mut items);
    assert_eq!(items.len(), 2, "{items:#?}");
    assert_eq!(items[0].derives, ["Debug", "Add"]);
    assert_eq!(items[0].text, "#[add(x)]\npub(crate) struct A<T>(T) where T: B;");
    assert_eq!(items[1].async_trait.as_deref(), Some("(? Send)"));
}
