//! What a crate's macros seem to need, read from its source: words that the output policy denies, in what
//! it quotes, and variables that it asks for by name. A proposal for people, never a grant by itself.

use std::collections::BTreeSet;
use std::fmt;

use macro_bridge::{outside, policy};
use proc_macro2::{TokenStream, TokenTree};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Words for `allow` in `cell.toml`.
    pub allow: BTreeSet<String>,
    /// Names of variables of the environment.
    pub variables: BTreeSet<String>,
    /// Does it ask for variables whose names are not in the source?
    pub some_variables: bool,
    /// Has it attribute macros? They hand back the user's item, with a body of theirs in an `unsafe fn`, say.
    pub attributes: bool,
    /// Parts of the standard library that reach outside: `fs`, `net`, `process`, `time`, `thread`.
    pub reaches: BTreeSet<String>,
}

impl Needs {
    /// Variables that it asks for and is not given without a grant.
    pub fn more_variables(&self) -> impl Iterator<Item = &str> {
        let given = |name: &str| {
            outside::OF_PACKAGE.iter().any(|one| match one.strip_suffix('*') {
                Some(beginning) => name.starts_with(beginning),
                None => name == *one,
            })
        };
        self.variables.iter().map(String::as_str).filter(move |name| !given(name))
    }

    /// Adds what one file of the crate's source shows. A file that is no Rust shows nothing.
    pub fn read(&mut self, text: &str) {
        if let Ok(tokens) = text.parse() {
            self.walk(tokens, false);
        }
    }

    fn walk(&mut self, tokens: TokenStream, quoted: bool) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        let word = |at: usize| match trees.get(at) {
            Some(TokenTree::Ident(word)) => word.to_string(),
            _ => String::new(),
        };
        let punct = |at: usize, ch: char| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ch);
        let path = |at: usize| punct(at, ':') && punct(at + 1, ':');
        for (at, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    if quoted {
                        self.quoted(&name, punct(at + 1, '!'));
                        continue;
                    }
                    let called = word(at + 3);
                    match name.as_str() {
                        "proc_macro_attribute" => self.attributes = true,
                        "env" if path(at + 1) && ["var", "var_os"].contains(&called.as_str()) => {
                            self.variable(trees.get(at + 4));
                        }
                        "fs" | "net" | "process" | "thread" if path(at + 1) => {
                            self.reaches.insert(name);
                        }
                        "Instant" | "SystemTime" if path(at + 1) && called == "now" => {
                            self.reaches.insert("time".to_owned());
                        }
                        _ => {}
                    }
                }
                TokenTree::Group(group) => {
                    let by = at.checked_sub(2).filter(|_| at > 1 && punct(at - 1, '!'));
                    let quotes = by.is_some_and(|by| is_quote(&word(by)));
                    self.walk(group.stream(), quoted || quotes);
                }
                _ => {}
            }
        }
    }

    /// `env::var(..)`: what stands in the parentheses.
    fn variable(&mut self, arguments: Option<&TokenTree>) {
        let first = match arguments {
            Some(TokenTree::Group(group)) => group.stream().into_iter().next(),
            _ => None,
        };
        let name = first.map(|first| first.to_string()).unwrap_or_default();
        match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
            Some(name) => {
                self.variables.insert(name.to_owned());
            }
            None => self.some_variables = true,
        }
    }

    /// A word in what a macro emits.
    fn quoted(&mut self, name: &str, called: bool) {
        let allow = match name {
            "unsafe" | "extern" => name,
            "global_asm" | "naked_asm" => "asm",
            "asm" if called => "asm",
            "no_mangle" | "export_name" | "link_section" | "link_name" | "global_allocator"
            | "panic_handler" => "linkage",
            "include_str" | "include_bytes" => "include",
            "include" if called => "include",
            "option_env" => "env",
            "env" if called => "env",
            _ => return,
        };
        debug_assert!(policy::bit(allow).is_some());
        self.allow.insert(allow.to_owned());
    }
}

/// In short, for a list: what it would have to be granted. Empty if that is nothing.
impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut part = |head: &str, words: Vec<&str>| {
            if !words.is_empty() {
                parts.push(format!("{head} {}", words.join(", ")));
            }
        };
        part("emits", self.allow.iter().map(String::as_str).collect());
        let more = self.some_variables.then_some("others by name");
        part("variables", self.more_variables().chain(more).collect());
        part("std", self.reaches.iter().map(String::as_str).collect());
        f.write_str(&parts.join("; "))
    }
}

/// Macros whose input is what is emitted.
fn is_quote(name: &str) -> bool {
    name.contains("quote")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_count_only_where_they_are_emitted() {
        let mut needs = Needs::default();
        needs.read(
            "unsafe fn a() { let env = 1; extern_crate(); }
            fn b() { quote! { extern crate x; env!(\"A\"); let include = 1; } }
            fn c() { parse_quote_spanned!(span=> { unsafe {} }) }",
        );
        let allow: Vec<_> = needs.allow.iter().map(String::as_str).collect();
        assert_eq!(allow, ["env", "extern", "unsafe"]);
    }

    #[test]
    fn what_reaches_outside_is_named() {
        let mut needs = Needs::default();
        needs.read(
            "fn a() { std::env::var(\"CARGO_PKG_NAME\"); env::var_os(NAME); std::fs::read(x);
            Instant::now(); net::TcpStream::connect(y); }",
        );
        assert_eq!(needs.variables.iter().collect::<Vec<_>>(), ["CARGO_PKG_NAME"]);
        assert!(needs.some_variables && !needs.attributes);
        // What is given to all need not be granted.
        assert_eq!(needs.to_string(), "variables others by name; std fs, net, time");
        assert_eq!(Needs::default().to_string(), "");
        assert_eq!(needs.reaches.iter().collect::<Vec<_>>(), ["fs", "net", "time"]);
        needs.read("not rust )");
        needs.read("#[proc_macro_attribute] pub fn a() {}");
        assert!(needs.attributes);
    }
}
