//! The attributes at the head of an item, as far as a stack of macros needs them.

use proc_macro::{Delimiter, TokenStream, TokenTree};

/// An item split behind its outer attributes.
pub(super) struct Attributes {
    /// `#` and `[..]` of each.
    pub list: Vec<[TokenTree; 2]>,
    /// The item itself.
    pub rest: Vec<TokenTree>,
}

impl Attributes {
    pub(super) fn split(item: TokenStream) -> Self {
        let mut list = Vec::new();
        let mut tokens = item.into_iter().peekable();
        let mut rest = Vec::new();
        while let Some(TokenTree::Punct(punct)) = tokens.peek() {
            if punct.as_char() != '#' {
                break;
            }
            let Some(hash) = tokens.next() else { break };
            match tokens.next() {
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => {
                    list.push([hash, TokenTree::Group(group)]);
                }
                other => {
                    rest.push(hash);
                    rest.extend(other);
                    break;
                }
            }
        }
        rest.extend(tokens);
        Self { list, rest }
    }

    /// The path of attribute `index`, without spaces: `::cell::__gathered`.
    pub(super) fn path(&self, index: usize) -> String {
        let [_, TokenTree::Group(group)] = &self.list[index] else { return String::new() };
        let mut path = String::new();
        let mut inside = group.stream();
        // `#[$a]` with `$a:meta` arrives in a group of its own.
        while let Some(TokenTree::Group(meta)) = inside.clone().into_iter().next() {
            if meta.delimiter() != Delimiter::None {
                break;
            }
            inside = meta.stream();
        }
        for tree in inside {
            match tree {
                TokenTree::Ident(ident) => path.push_str(&ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == ':' => path.push(':'),
                _ => break,
            }
        }
        path
    }

    /// How many stand before the first derive.
    pub(super) fn before_derive(&self) -> usize {
        (0..self.list.len()).find(|index| self.path(*index) == "derive").unwrap_or(self.list.len())
    }

    pub(super) fn join(self) -> TokenStream {
        self.list.into_iter().flatten().chain(self.rest).collect()
    }
}

/// Attributes of the language that never become a macro call and may stay where they are while a
/// macro runs. `cfg` is not one: it must be decided before.
pub(super) fn is_inert(path: &str) -> bool {
    matches!(
        path,
        "doc"
            | "allow"
            | "warn"
            | "deny"
            | "forbid"
            | "expect"
            | "repr"
            | "must_use"
            | "non_exhaustive"
            | "inline"
            | "deprecated"
            | "cold"
            | "track_caller"
            | "automatically_derived"
            | "default"
    )
}
