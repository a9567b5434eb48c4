//! A crate's root without its `#[proc_macro*]` attributes, which are an error outside a proc-macro
//! crate. Found as tokens: not in strings or comments, also inside `macro_rules!`.

use std::ops::Range;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The text without the attributes, and how many there were. Lines keep their numbers.
pub(crate) fn strip(text: &str) -> Result<(String, usize)> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow!("no Rust: {error}"))?;
    let mut found = Vec::new();
    find(tokens, &mut found);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for range in &found {
        out.push_str(&text[at..range.start]);
        out.extend(text[range.clone()].chars().filter(|ch| *ch == '\n'));
        at = range.end;
    }
    out.push_str(&text[at..]);
    // Proc-macro crates know `proc_macro` without saying so.
    if !text.lines().any(|line| line.trim() == "extern crate proc_macro;") {
        out.push_str("\nextern crate proc_macro;\n");
    }
    Ok((out, found.len()))
}

fn find(tokens: TokenStream, found: &mut Vec<Range<usize>>) {
    let mut hash = None;
    for tree in tokens {
        let here = tree.span().byte_range();
        let hash_before = hash.take();
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => hash = Some(here.start),
            TokenTree::Group(group) => {
                let first = group.stream().into_iter().next();
                let is_ours = group.delimiter() == Delimiter::Bracket
                    && first.is_some_and(|first| first.to_string().starts_with("proc_macro"));
                match hash_before {
                    Some(start) if is_ours => found.push(start..here.end),
                    _ => find(group.stream(), found),
                }
            }
            _ => {}
        }
    }
}

#[test]
fn attributes_go_and_lines_stay() {
    let text = "#[proc_macro_derive(A,\n attributes(b))]\npub fn a() { \"#[proc_macro]\"; }\n\
        macro_rules! m { () => { #[proc_macro_attribute] #[doc = \"x\"] fn f() {} } }\n\
        // #[proc_macro]\n";
    let (out, count) = strip(text).unwrap();
    let expected = "\n\npub fn a() { \"#[proc_macro]\"; }\n\
        macro_rules! m { () => {  #[doc = \"x\"] fn f() {} } }\n\
        // #[proc_macro]\n\nextern crate proc_macro;\n";
    assert_eq!((out.as_str(), count), (expected, 2));
}
