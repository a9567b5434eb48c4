//! What macros a crate has, read from its root after the compiler expanded it: so `cfg` has been
//! decided and a `macro_rules!` that makes entry points has made them.

use anyhow::{Result, anyhow, bail};
use macro_bridge::request::MacroKind;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::neutral::TOOL;

/// One macro of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How it is written.
    pub kind: MacroKind,
    /// By which name users call it.
    pub name: String,
    /// The function of the crate, which of a derive has another name.
    pub function: String,
    /// Helper attributes of a derive.
    pub helpers: Vec<String>,
    /// Its documentation, Markdown.
    pub doc: String,
    /// Is it shown in documentation?
    pub hidden: bool,
    /// `deprecated`, or `deprecated(..)`: what users are warned of.
    pub deprecated: Option<String>,
}

/// What the root of a crate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// The documentation of the crate.
    pub doc: String,
    /// Its macros, in order.
    pub macros: Vec<Entry>,
}

/// Reads what `rustc -Zunpretty=expanded` prints of a neutralised crate.
///
/// # Errors
/// If it is not what the compiler prints, or an entry point has a form that is not known.
pub fn read(expanded: &str) -> Result<Entries> {
    let tokens: TokenStream =
        expanded.parse().map_err(|error| anyhow!("the compiler printed no Rust: {error}"))?;
    let mut entries = Entries::default();
    let mut attributes: Vec<TokenStream> = Vec::new();
    let mut trees = tokens.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                let inner = matches!(trees.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '!');
                if inner {
                    trees.next();
                }
                let Some(TokenTree::Group(group)) = trees.next() else { continue };
                if !inner {
                    attributes.push(group.stream());
                } else if let Some(line) = doc(&group.stream()) {
                    push_line(&mut entries.doc, &line);
                }
            }
            TokenTree::Ident(word) if word == "fn" => {
                let Some(TokenTree::Ident(name)) = trees.next() else { continue };
                if let Some(entry) = entry(&name.to_string(), &attributes)? {
                    entries.macros.push(entry);
                }
                attributes.clear();
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => attributes.clear(),
            TokenTree::Punct(punct) if punct.as_char() == ';' => attributes.clear(),
            _ => {}
        }
    }
    Ok(entries)
}

fn entry(function: &str, attributes: &[TokenStream]) -> Result<Option<Entry>> {
    let Some((mark, arguments)) = attributes.iter().find_map(mark) else { return Ok(None) };
    let function = function.to_owned();
    let mut entry = Entry {
        kind: MacroKind::Function,
        name: plain(&function).to_owned(),
        function,
        helpers: Vec::new(),
        doc: String::new(),
        hidden: false,
        deprecated: None,
    };
    match mark.as_str() {
        "proc_macro" => {}
        "proc_macro_attribute" => entry.kind = MacroKind::Attribute,
        "proc_macro_derive" => {
            entry.kind = MacroKind::Derive;
            let unknown = || anyhow!("`{}` has a derive of an unknown form", entry.function);
            let arguments: Vec<TokenTree> =
                arguments.ok_or_else(unknown)?.stream().into_iter().collect();
            entry.name = match arguments.first() {
                Some(TokenTree::Ident(name)) => name.to_string(),
                _ => return Err(unknown()),
            };
            entry.helpers = match arguments.get(2..) {
                None | Some([]) => Vec::new(),
                Some([TokenTree::Ident(word), TokenTree::Group(list), ..])
                    if word == "attributes" =>
                {
                    words(list)
                }
                Some(_) => return Err(unknown()),
            };
        }
        other => bail!("`{}` is marked as `{other}`, which is not known", entry.function),
    }
    for attribute in attributes {
        if let Some(line) = doc(attribute) {
            push_line(&mut entry.doc, &line);
        }
        entry.hidden |= attribute.to_string().replace(' ', "") == "doc(hidden)";
        if matches!(attribute.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "deprecated")
        {
            entry.deprecated = Some(attribute.to_string());
        }
    }
    Ok(Some(entry))
}

/// `rustfmt :: proc_macro_derive (..)`: the last word, and what is in parentheses behind it.
fn mark(attribute: &TokenStream) -> Option<(String, Option<Group>)> {
    let mut trees = attribute.clone().into_iter();
    let is_ours = matches!(trees.next()?, TokenTree::Ident(tool) if tool == TOOL);
    let word = trees.find_map(|tree| match tree {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    });
    let word = word.filter(|word| is_ours && word.starts_with("proc_macro"))?;
    let arguments = match trees.next() {
        Some(TokenTree::Group(group)) => Some(group),
        _ => None,
    };
    Some((word, arguments))
}

/// The text of `doc = ".."`.
fn doc(attribute: &TokenStream) -> Option<String> {
    let trees: Vec<TokenTree> = attribute.clone().into_iter().collect();
    match trees.as_slice() {
        [TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Literal(text)]
            if word == "doc" =>
        {
            unquoted(&text.to_string())
        }
        _ => None,
    }
}

/// The value of a string literal.
fn unquoted(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('r') {
        let raw = raw.trim_matches('#');
        return Some(raw.strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let mut out = String::new();
    let mut chars = literal.strip_prefix('"')?.strip_suffix('"')?.chars();
    while let Some(ch) = chars.next() {
        if ch != '\\' {
            out.push(ch);
            continue;
        }
        match chars.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '0' => out.push('\0'),
            'u' => {
                let number: String = chars
                    .by_ref()
                    .skip(1)
                    .take_while(|ch| *ch != '}')
                    .filter(|ch| *ch != '_')
                    .collect();
                out.push(char::from_u32(u32::from_str_radix(&number, 16).ok()?)?);
            }
            'x' => {
                let number: String = chars.by_ref().take(2).collect();
                out.push(char::from(u8::from_str_radix(&number, 16).ok()?));
            }
            '\n' => {
                let rest = chars.as_str().trim_start();
                chars = rest.chars();
            }
            other => out.push(other),
        }
    }
    Some(out)
}

fn push_line(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

fn words(list: &Group) -> Vec<String> {
    let trees = list.stream().into_iter();
    trees
        .filter_map(|tree| match tree {
            TokenTree::Ident(word) => Some(word.to_string()),
            _ => None,
        })
        .collect()
}

/// `r#type` is called `type`.
fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPANDED: &str = r##"#![feature(prelude_import)]
//! The crate.
#![doc = " Second line."]
extern crate std;
macro_rules! make { ($n:ident) => { #[rustfmt::proc_macro] pub fn $n() {} } }
mod inner { #[rustfmt::proc_macro] pub fn not_here() {} }
/// Derives it.
///
/// With \"quotes\".
#[rustfmt::proc_macro_derive(Thing, attributes(thing, other))]
pub fn derive_thing(input: TokenStream) -> TokenStream { run(input) }
#[doc(hidden)]
#[rustfmt::proc_macro_derive(Bare)]
pub fn bare(input: TokenStream) -> TokenStream { run(input) }
#[rustfmt::skip]
pub struct S;
#[deprecated(note = "use \"other\"")]
#[rustfmt::proc_macro_attribute]
pub fn wrap(a: TokenStream, b: TokenStream) -> TokenStream { b }
#[rustfmt::proc_macro]
pub fn r#try(input: TokenStream) -> TokenStream { input }
pub fn helper() {}
"##;

    #[test]
    fn entries_are_found_with_all_that_they_say() {
        let entries = read(EXPANDED).unwrap();
        assert_eq!(entries.doc, " The crate.\n Second line.");
        let short: Vec<_> = entries
            .macros
            .iter()
            .map(|e| {
                (e.kind.word(), e.name.as_str(), e.function.as_str(), e.helpers.len(), e.hidden)
            })
            .collect();
        let expected = [
            ("derive", "Thing", "derive_thing", 2, false),
            ("derive", "Bare", "bare", 0, true),
            ("attribute", "wrap", "wrap", 0, false),
            ("function", "try", "r#try", 0, false),
        ];
        assert_eq!(short, expected);
        let deprecated: Vec<_> =
            entries.macros.iter().filter_map(|it| it.deprecated.as_deref()).collect();
        assert_eq!(deprecated, [r#"deprecated (note = "use \"other\"")"#]);
        assert_eq!(entries.macros[0].doc, " Derives it.\n\n With \\\"quotes\\\".");
    }

    #[test]
    fn string_literals_are_read() {
        for (literal, value) in [
            (r#""a\"b\n\\""#, "a\"b\n\\"),
            ("r\"a\\b\"", "a\\b"),
            ("r#\"a\"b\"#", "a\"b"),
            (r#""\u{41}\x42""#, "AB"),
        ] {
            assert_eq!(unquoted(literal).as_deref(), Some(value), "{literal}");
        }
    }

    #[test]
    fn an_unknown_form_is_an_error() {
        assert!(read("#[rustfmt::proc_macro_derive] pub fn a() {}").is_err());
        assert!(read("#[rustfmt::proc_macro_bang] pub fn a() {}").is_err());
    }
}
