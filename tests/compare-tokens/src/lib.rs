//! Compares two token streams inside a running rustc: kinds, texts, spacing, delimiters, nesting
//! and the `{:?}` of every span, which names bytes of a file and the hygiene context. And the macros
//! of the libraries that do so: [`host_macros`].
#![forbid(unsafe_code)]

extern crate proc_macro;

use std::collections::BTreeSet;

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// The `{:?}` of a group's spans: the whole, the opening and the closing delimiter.
pub type Ends = [String; 3];

/// How much of a group's span is compared. The span of the whole always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups<'a> {
    /// The opening and the closing delimiter too.
    Exact,
    /// The whole only: on stable, a group that a macro builds anew has one span for all three.
    Whole,
    /// As `Exact`, but where the first stream's group was built anew the second may have the user's
    /// own group, whose delimiters have spans of their own. These are the user's groups.
    Restored(&'a BTreeSet<Ends>),
}

/// What [`compare`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Tokens of the first stream, those in groups included; a group is one.
    pub tokens: usize,
    /// Groups where only the second has the spans of the delimiters.
    pub restored: usize,
    /// The first token in which the streams differ, and what stands there in each.
    pub difference: Option<String>,
}

/// A token without what is in it.
struct Token {
    text: String,
    /// The whole, the opening and the closing delimiter of a group.
    ends: Option<Ends>,
}

/// Compares two streams token by token.
#[must_use]
pub fn compare(first: TokenStream, second: TokenStream, groups: Groups<'_>) -> Compared {
    let (first, second) = (flatten(first), flatten(second));
    let mut compared = Compared { tokens: first.len(), ..Compared::default() };
    for at in 0..first.len().max(second.len()) {
        match (first.get(at), second.get(at)) {
            (Some(a), Some(b)) if a.text == b.text && a.ends == b.ends => {}
            (Some(a), Some(b)) if a.text == b.text && may_differ(a, b, groups) => {
                compared.restored += 1;
            }
            (a, b) => {
                let (a, b) = (describe(a), describe(b));
                compared.difference = Some(format!("token {at} differs\n  {a}\n  {b}"));
                break;
            }
        }
    }
    compared
}

/// May the delimiters of two groups have other spans?
fn may_differ(a: &Token, b: &Token, groups: Groups<'_>) -> bool {
    match (groups, &b.ends) {
        (Groups::Whole, _) => true,
        (Groups::Restored(users), Some(ends)) => a.is_anew() && users.contains(ends),
        _ => false,
    }
}

/// The spans of all groups in a stream.
#[must_use]
pub fn ends(stream: TokenStream) -> BTreeSet<Ends> {
    flatten(stream).into_iter().filter_map(|token| token.ends).collect()
}

/// The first token in which two streams differ; `None` if they do not.
#[must_use]
pub fn difference(first: TokenStream, second: TokenStream, groups: Groups<'_>) -> Option<String> {
    compare(first, second, groups).difference
}

impl Token {
    fn is_anew(&self) -> bool {
        self.ends.as_ref().is_some_and(|[whole, open, close]| whole == open && whole == close)
    }
}

fn describe(token: Option<&Token>) -> String {
    match token {
        None => "the end".to_owned(),
        Some(Token { text, ends: None }) => text.clone(),
        Some(Token { text, ends: Some([_, open, close]) }) => format!("{text} {open} {close}"),
    }
}

/// All tokens in the order of the source. It does not recurse: inputs may be deep.
fn flatten(stream: TokenStream) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut open = vec![stream.into_iter()];
    while let Some(level) = open.last_mut() {
        let Some(tree) = level.next() else {
            open.pop();
            continue;
        };
        let depth = open.len() - 1;
        let mut ends = None;
        let text = match &tree {
            TokenTree::Ident(t) => format!("{depth} ident {t} {:?}", t.span()),
            TokenTree::Punct(t) => {
                format!("{depth} punct {} {:?} {:?}", t.as_char(), t.spacing(), t.span())
            }
            TokenTree::Literal(t) => format!("{depth} literal {t} {:?}", t.span()),
            TokenTree::Group(t) => {
                ends =
                    Some([t.span(), t.span_open(), t.span_close()].map(|span| format!("{span:?}")));
                format!("{depth} group {:?} {:?}", t.delimiter(), t.span())
            }
        };
        tokens.push(Token { text, ends });
        if let TokenTree::Group(group) = tree {
            open.push(group.stream().into_iter());
        }
    }
    tokens
}

/// The macros of a test library, as `host-macro` has them and with two that only tests need, over
/// engines of its own: `host_macros!(ENGINES)` in the root of a proc-macro crate that depends on
/// `macro-bridge`.
///
/// `compare!` sends its input through the identities, as `cell::expand!` would, and says where the
/// result differs from the input. `opaque` is the native identity that never looks at its item.
#[macro_export]
macro_rules! host_macros {
    ($engines:expr) => {
        /// Both ways: groups by reference, and everything rebuilt. And as a whole in a new group.
        #[proc_macro]
        pub fn compare(input: ::proc_macro::TokenStream) -> ::proc_macro::TokenStream {
            let mut errors = $crate::compare_printed(input.clone(), in_group(input.clone()));
            errors.extend($crate::compare_ways(input, |call| {
                ::macro_bridge::host::function(call, $engines)
            }));
            errors
        }

        /// `{ input }`, as a guest says it that hands on what it was given.
        fn in_group(input: ::proc_macro::TokenStream) -> ::proc_macro::TokenStream {
            use ::macro_bridge::table::{Token, delimiter, kind, span};
            let mut walker = ::macro_bridge::live::Walker::default();
            walker.walk(input);
            let (table, originals) = walker.finish().unwrap_or_default();
            let count = table.siblings(0..table.rows.len()).count() as u32;
            let rows = ::std::vec![
                Token { kind: kind::GROUP, sub: delimiter::BRACE, a: 1, ..Token::default() },
                Token { kind: kind::RANGE, span: span::of_row(0), a: count, ..Token::default() },
            ];
            let output =
                ::macro_bridge::expansion::Output { rows, ..::core::default::Default::default() };
            ::macro_bridge::live::emit(&output, &originals)
        }

        /// `cell::wasm`.
        #[proc_macro_attribute]
        pub fn wasm(
            arguments: ::proc_macro::TokenStream,
            item: ::proc_macro::TokenStream,
        ) -> ::proc_macro::TokenStream {
            let kind = ::macro_bridge::request::MacroKind::Attribute;
            ::macro_bridge::host::attribute(kind, arguments, item, $engines)
        }

        /// `cell::expand!`.
        #[proc_macro]
        pub fn expand(input: ::proc_macro::TokenStream) -> ::proc_macro::TokenStream {
            ::macro_bridge::host::function(input, $engines)
        }

        /// What the host's attributes expand to.
        #[doc(hidden)]
        #[proc_macro_attribute]
        pub fn __gathered(
            arguments: ::proc_macro::TokenStream,
            item: ::proc_macro::TokenStream,
        ) -> ::proc_macro::TokenStream {
            ::macro_bridge::host::gathered(arguments, item, $engines)
        }

        /// The identity that does not look.
        #[proc_macro_attribute]
        pub fn opaque(
            _arguments: ::proc_macro::TokenStream,
            item: ::proc_macro::TokenStream,
        ) -> ::proc_macro::TokenStream {
            item
        }
    };
}

/// What `stringify!` would say must be the same, which knows what stood together in the source.
#[doc(hidden)]
pub fn compare_printed(input: TokenStream, made: TokenStream) -> TokenStream {
    let group = TokenTree::Group(Group::new(Delimiter::Brace, input));
    let (native, made) = (TokenStream::from(group).to_string(), made.to_string());
    if native == made { TokenStream::new() } else { error(&format!("{native}\n{made}")) }
}

fn error(text: &str) -> TokenStream {
    format!("::core::compile_error! {{ {text:?} }}").parse().unwrap_or_default()
}

/// The body of `compare!`: what differs, as errors. `expand` expands the call of a macro.
#[doc(hidden)]
pub fn compare_ways(
    input: TokenStream,
    expand: impl Fn(TokenStream) -> TokenStream,
) -> TokenStream {
    let ways = [
        ("identity_function", Groups::Exact),
        // A group that is built anew has one span for the whole and both its ends.
        ("identity_function_rebuilt", Groups::Whole),
    ];
    let mut errors = TokenStream::new();
    for (name, groups) in ways {
        let Ok(mut call) = format!("identity::{name}").parse::<TokenStream>() else { continue };
        call.extend([TokenTree::Group(Group::new(Delimiter::Brace, input.clone()))]);
        if let Some(text) = difference(input.clone(), expand(call), groups) {
            errors.extend(error(&format!("{name}: {text}")));
        }
    }
    errors
}
