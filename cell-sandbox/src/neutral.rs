//! A crate's root without being one of a proc-macro crate.
//!
//! `#[proc_macro_derive(..)]` is an error anywhere else, so each such attribute becomes one of a tool
//! that rustc knows and that does nothing: `#[rustfmt::proc_macro_derive(..)]`. It survives the
//! expansion of a `macro_rules!` that makes the entry points, and so says afterwards what they are
//! ([`crate::entries`]). No line moves.
//!
//! `#[proc_macro_error]` looks for those attributes beside it, and has words of its own for functions
//! without them.

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The tool whose attribute stands in for `proc_macro*`.
pub(crate) const TOOL: &str = "rustfmt";

/// The attributes that make an entry point.
pub(crate) const MARKS: [&str; 3] = ["proc_macro", "proc_macro_attribute", "proc_macro_derive"];

/// An attribute of `proc-macro-error` and its successors, and what it has to be told beside a function that
/// is not marked as an entry point, to make the same of it.
const ERRORS: (&str, &str) = ("proc_macro_error", "allow_not_macro, assert_unwind_safe");

/// The text with other attributes, and how many there were that make an entry point.
///
/// # Errors
/// If it is no Rust.
pub fn neutralised(text: &str) -> Result<(String, usize)> {
    // A byte order mark and a `#!` line are no tokens, and places are counted without them.
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let shebang = text[start..].starts_with("#!") && !text[start..].starts_with("#![");
    let start = match text[start..].find('\n').filter(|_| shebang) {
        Some(line) => start + line,
        None => start,
    };
    let tokens: TokenStream =
        text[start..].parse().map_err(|error| anyhow!("it is no Rust source: {error}"))?;
    let mut places = Vec::new();
    find(tokens, false, &mut places);
    let mut out = String::with_capacity(text.len() + places.len() * (TOOL.len() + 2));
    let (mut at, mut marks) = (0, 0);
    for (place, more) in &places {
        out.push_str(&text[at..start + place]);
        match more {
            More::Tool => {
                out.push_str(TOOL);
                out.push_str("::");
                marks += 1;
            }
            More::Arguments => out.push_str(&format!("({})", ERRORS.1)),
            More::Argument => out.push_str(ERRORS.1),
            More::Another => out.push_str(&format!(", {}", ERRORS.1)),
        }
        at = start + place;
    }
    out.push_str(&text[at..]);
    Ok((out, marks))
}

/// What is written at a place.
enum More {
    /// The tool, before the name of a mark.
    Tool,
    /// Arguments in parentheses, arguments, or arguments behind others.
    Arguments,
    Argument,
    Another,
}

/// Where something is written, in order. `attribute`: are these the tokens of an attribute?
fn find(tokens: TokenStream, attribute: bool, places: &mut Vec<(usize, More)>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        let before = |offset: usize| at.checked_sub(offset).map(|at| &trees[at]);
        match tree {
            // The first word of an attribute, or behind the condition of a `cfg_attr`.
            TokenTree::Ident(ident) if attribute => {
                let starts =
                    at == 0 || matches!(before(1), Some(TokenTree::Punct(p)) if p.as_char() == ',');
                let path =
                    matches!(trees.get(at + 1), Some(TokenTree::Punct(p)) if p.as_char() == ':');
                if starts && !path && MARKS.iter().any(|mark| ident == mark) {
                    places.push((ident.span().byte_range().start, More::Tool));
                }
                let ends =
                    starts || matches!(before(1), Some(TokenTree::Punct(p)) if p.as_char() == ':');
                if ends && !path && ident == ERRORS.0 {
                    places.push(match trees.get(at + 1) {
                        Some(TokenTree::Group(list)) => {
                            let close = list.span_close().byte_range().start;
                            match list.stream().into_iter().last() {
                                None => (close, More::Argument),
                                Some(TokenTree::Punct(p)) if p.as_char() == ',' => {
                                    (close, More::Argument)
                                }
                                Some(_) => (close, More::Another),
                            }
                        }
                        _ => (ident.span().byte_range().end, More::Arguments),
                    });
                }
            }
            TokenTree::Group(group) => {
                let hash = |offset| matches!(before(offset), Some(TokenTree::Punct(p)) if p.as_char() == '#');
                let is_attribute = group.delimiter() == Delimiter::Bracket && hash(1);
                let conditional = attribute
                    && at == 1
                    && matches!(before(1), Some(TokenTree::Ident(i)) if i == "cfg_attr");
                // The arguments of another attribute are none of ours.
                if !attribute || conditional {
                    find(group.stream(), is_attribute || conditional, places);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_get_a_tool_and_lines_stay() {
        let text = "#[proc_macro_derive(A,\n attributes(proc_macro))]\npub fn a() { \"#[proc_macro]\"; }\n\
            macro_rules! m { ($n:ident) => { #[proc_macro_attribute] #[doc = \"x\"] fn $n() {} } }\n\
            #[cfg_attr(feature = \"x\", proc_macro, inline)] fn b() {}\n\
            // #[proc_macro]\n#[other::proc_macro] #[doc(proc_macro)] fn c(proc_macro: u8) {}\n";
        let (out, count) = neutralised(text).unwrap();
        let expected = text
            .replace("#[proc_macro_derive", "#[rustfmt::proc_macro_derive")
            .replace("#[proc_macro_attribute", "#[rustfmt::proc_macro_attribute")
            .replace(", proc_macro,", ", rustfmt::proc_macro,");
        assert_eq!((out.as_str(), count), (expected.as_str(), 3));
    }

    #[test]
    fn an_attribute_that_looks_for_marks_is_told_that_there_are_none() {
        let words = "allow_not_macro, assert_unwind_safe";
        for (before, after) in [
            ("proc_macro_error", "proc_macro_error(W)"),
            ("proc_macro_error2::proc_macro_error", "proc_macro_error2::proc_macro_error(W)"),
            ("::proc_macro_error::proc_macro_error", "::proc_macro_error::proc_macro_error(W)"),
            ("proc_macro_error()", "proc_macro_error(W)"),
            ("proc_macro_error(proc_macro_hack)", "proc_macro_error(proc_macro_hack, W)"),
            ("proc_macro_error(proc_macro_hack,)", "proc_macro_error(proc_macro_hack,W)"),
            ("cfg_attr(all(), proc_macro_error)", "cfg_attr(all(), proc_macro_error(W))"),
            ("doc(proc_macro_error)", "doc(proc_macro_error)"),
        ] {
            let text = format!("#[{before}]\n#[proc_macro]\nfn a() {{ proc_macro_error::x() }}\n");
            let expected = text.replacen(before, &after.replace('W', words), 1);
            let expected = expected.replace("#[proc_macro]", "#[rustfmt::proc_macro]");
            assert_eq!(neutralised(&text).unwrap(), (expected, 1));
        }
    }

    #[test]
    fn what_stands_before_tokens_stays() {
        for before in
            ["", "\u{feff}", "#!/usr/bin/env x\n", "\u{feff}#!x\n", "#![allow(x)]\n", "// ü\n"]
        {
            let (out, count) =
                neutralised(&format!("{before}#[proc_macro]\nfn a() {{}}\n")).unwrap();
            let expected = format!("{before}#[rustfmt::proc_macro]\nfn a() {{}}\n");
            assert_eq!((out, count), (expected, 1), "{before:?}");
        }
        assert!(neutralised("fn (").is_err());
    }
}
