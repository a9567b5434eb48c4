//! Token trees as rust-analyzer has them: each token with the place where it stands. Lexed from
//! source text, and back to text.

use anyhow::{Context as _, Result};
use proc_macro2::{TokenStream, TokenTree};

use crate::literal::Literal;

/// A place, as rust-analyzer names it: file, item in the file, first byte, end, hygiene context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub [u32; 5]);

/// The root context of edition 2024 in rust-analyzer's numbers: the highest number of a context,
/// minus the edition's.
const ROOT: u32 = !0 - 0x100 - 3;
/// Another context each: nothing that a user wrote is in them.
const CALL_SITE: u32 = 7;
const MIXED_SITE: u32 = 8;
/// File 1, of edition 2024: its number is in the upper bits.
const FILE: u32 = (3 << 23) | 1;
/// A struct of it. 0 would be what rust-analyzer made up to complete a line that is being typed.
const ITEM: u32 = 2 << 27;

impl Span {
    /// What `Span::call_site()` is in an expansion.
    pub const CALL: Self = Self([FILE, ITEM, 0, 0, CALL_SITE]);
    /// What `Span::mixed_site()` is in an expansion.
    pub const MIXED: Self = Self([FILE, ITEM, 0, 0, MIXED_SITE]);

    fn of(span: proc_macro2::Span) -> Self {
        let range = span.byte_range();
        let byte = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Self([FILE, ITEM, byte(range.start), byte(range.end), ROOT])
    }
}

/// What stands around a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// Nothing that can be seen.
    None,
    /// `( )`
    Parenthesis,
    /// `{ }`
    Brace,
    /// `[ ]`
    Bracket,
}

/// A token, or a group of them.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are those of `proc_macro`")]
pub enum Tree {
    Group { delimiter: Delimiter, open: Span, close: Span, content: Vec<Tree> },
    Ident { text: String, raw: bool, span: Span },
    Punct { char: char, joint: bool, span: Span },
    Literal { literal: Literal, span: Span },
}

impl Tree {
    /// Is it this identifier?
    #[must_use]
    pub fn is_ident(&self, name: &str) -> bool {
        matches!(self, Self::Ident { text, raw: false, .. } if text == name)
    }

    /// Is it this character?
    #[must_use]
    pub fn is_punct(&self, wanted: char) -> bool {
        matches!(self, Self::Punct { char, .. } if *char == wanted)
    }

    /// The content, if it is a group in these.
    #[must_use]
    pub fn group(&self, wanted: Delimiter) -> Option<&[Self]> {
        match self {
            Self::Group { delimiter, content, .. } if *delimiter == wanted => Some(content),
            _ => None,
        }
    }
}

/// The tokens of `source`, which stand where they stand in it.
///
/// # Errors
/// If it is not Rust tokens.
pub fn lex(source: &str) -> Result<Vec<Tree>> {
    let stream: TokenStream =
        source.parse().map_err(|error| anyhow::anyhow!("{error}: {source}"))?;
    stream.into_iter().map(read).collect()
}

fn read(tree: TokenTree) -> Result<Tree> {
    let span = Span::of(tree.span());
    Ok(match tree {
        TokenTree::Group(group) => {
            let mut content: Vec<Tree> =
                group.stream().into_iter().map(read).collect::<Result<_>>()?;
            if let Some(text) = doc_comment(&group) {
                // proc-macro2 escapes less than rustc and rust-analyzer do.
                content.pop();
                content.push(Tree::Literal { literal: Literal::text(&text), span });
            }
            let delimiter = match group.delimiter() {
                proc_macro2::Delimiter::Parenthesis => Delimiter::Parenthesis,
                proc_macro2::Delimiter::Brace => Delimiter::Brace,
                proc_macro2::Delimiter::Bracket => Delimiter::Bracket,
                proc_macro2::Delimiter::None => Delimiter::None,
            };
            let (open, close) = (Span::of(group.span_open()), Span::of(group.span_close()));
            Tree::Group { delimiter, open, close, content }
        }
        TokenTree::Ident(ident) => {
            let text = ident.to_string();
            match text.strip_prefix("r#") {
                Some(text) => Tree::Ident { text: text.to_owned(), raw: true, span },
                None => Tree::Ident { text, raw: false, span },
            }
        }
        TokenTree::Punct(punct) => {
            let joint = punct.spacing() == proc_macro2::Spacing::Joint;
            Tree::Punct { char: punct.as_char(), joint, span }
        }
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let literal =
                Literal::read(&text).with_context(|| format!("what literal is `{text}`?"))?;
            Tree::Literal { literal, span }
        }
    })
}

/// The text of the comment that this `[doc = ".."]` was in the source.
fn doc_comment(group: &proc_macro2::Group) -> Option<String> {
    let source = group.span().source_text()?;
    let line = ["///", "//!"].into_iter().find_map(|start| source.strip_prefix(start));
    let block = ["/**", "/*!"].into_iter().find_map(|start| source.strip_prefix(start));
    let block = block.and_then(|text| text.strip_suffix("*/"));
    line.or(block).map(str::to_owned)
}

/// The tokens as source text, which gives the same tokens when it is lexed again.
#[must_use]
pub fn text(trees: &[Tree]) -> String {
    let mut out = String::new();
    write(trees, &mut out);
    out
}

fn write(trees: &[Tree], out: &mut String) {
    let mut apart = false;
    for tree in trees {
        if std::mem::replace(&mut apart, true) {
            out.push(' ');
        }
        match tree {
            Tree::Group { delimiter, content, .. } => {
                let (open, close) = match delimiter {
                    Delimiter::None => ("", ""),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{ ", " }"),
                    Delimiter::Bracket => ("[", "]"),
                };
                out.push_str(open);
                write(content, out);
                out.push_str(close);
            }
            Tree::Ident { text, raw, .. } => {
                if *raw {
                    out.push_str("r#");
                }
                out.push_str(text);
            }
            Tree::Punct { char, joint, .. } => {
                out.push(*char);
                apart = !*joint;
            }
            Tree::Literal { literal, .. } => out.push_str(&literal.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of a recorded expansion depends on each of these.
    #[test]
    fn tokens_are_those_of_the_compiler() -> Result<()> {
        let trees = lex("/// it's \"so\"\nr#type <<= &'a b")?;
        assert_eq!(text(&trees), r#"# [doc = " it\'s \"so\""] r#type <<= &'a b"#);
        let Tree::Punct { joint: true, .. } = &trees[3] else { panic!("{:?}", trees[3]) };
        let hand_written = lex(r#"#[doc = "it's"]"#)?;
        assert_eq!(text(&hand_written), r#"# [doc = "it's"]"#);
        Ok(())
    }
}
