//! How a macro ended, and how two ends compare.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use compare_tokens::{Compared, Ends, Groups, compare};
use proc_macro::{Group, Span, TokenStream, TokenTree};

/// The file to which each macro adds a line.
const REPORT: &str = "PUBLIC_MACROS_REPORT";

/// Which result to yield, this or any other for that of the component.
const EMIT: &str = "PUBLIC_MACROS_EMIT";
pub(crate) const NATIVE: &str = "native";

pub(crate) fn wanted() -> Option<&'static str> {
    let word = std::env::var(EMIT).ok()?;
    Some(if word == NATIVE { NATIVE } else { "component" })
}

pub(crate) enum Outcome {
    Tokens(TokenStream),
    /// The macro panicked, and what it said.
    Panic(String),
    /// Anything else, which no proc-macro does.
    Failed(String),
}

impl Outcome {
    /// What rustc gets; a panic becomes one.
    pub(crate) fn tokens(self) -> TokenStream {
        match self {
            Self::Tokens(tokens) => tokens,
            Self::Panic(text) | Self::Failed(text) => panic!("{text}"),
        }
    }
}

/// Runs the ordinary proc-macro.
pub(crate) fn of_native(run: impl FnOnce() -> TokenStream) -> Outcome {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(tokens) => Outcome::Tokens(tokens),
        Err(payload) => Outcome::Panic(match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => {
                payload.downcast_ref::<&str>().unwrap_or(&"a value that is no text").to_string()
            }
        }),
    }
}

/// Adds a line: line of the call, macro, how it ended, tokens, restored groups, why it is not the
/// same, what differs. `users` are the groups of the input.
pub(crate) fn record(
    name: &str,
    native: Outcome,
    ours: Outcome,
    users: &BTreeSet<Ends>,
    narrow: Option<&dyn Fn() -> Outcome>,
) {
    let ended = native.ended();
    let (mut compared, mut why) = (native.compare(&ours, users), String::new());
    if compared.difference.is_some() {
        if let Some((word, explained)) = explain(&native, &ours, users, narrow) {
            (compared, why) = (explained, word);
        }
    }
    let Compared { tokens, restored, difference } = compared;
    let difference = difference.unwrap_or_default().replace('\\', "\\\\").replace('\n', "\\n");
    let line = Span::call_site().line();
    let line = format!("{line}\t{name}\t{ended}\t{tokens}\t{restored}\t{why}\t{difference}\n");
    let file =
        std::env::var_os(REPORT).and_then(|path| File::options().append(true).open(path).ok());
    // Without the line the test misses an input, and says so.
    let _ = file.map(|mut file| file.write_all(line.as_bytes()));
}

/// Shows that a result is another for a reason that is known, and for no other.
///
/// - `width`: the crate iterates over a hash set, and what it hashes has lengths (`usize`) and
///   discriminants (`isize`), which have 32 bits in a component. The ordinary proc-macro that
///   hashes them with 32 bits yields what the component does.
/// - `blanks`: the crate prints tokens into a string. The compiler leaves out some of the blanks
///   that the guest side prints.
fn explain(
    native: &Outcome,
    ours: &Outcome,
    users: &BTreeSet<Ends>,
    narrow: Option<&dyn Fn() -> Outcome>,
) -> Option<(String, Compared)> {
    let (Outcome::Tokens(native), Outcome::Tokens(ours)) = (native, ours) else { return None };
    let narrow = match narrow.map(|narrow| narrow()) {
        Some(Outcome::Tokens(narrow)) => narrow,
        _ => native.clone(),
    };
    let plain = |tokens: &TokenStream| without_blanks(tokens.clone());
    let same = |a: TokenStream, b: TokenStream| {
        Some(compare(a, b, Groups::Restored(users)))
            .filter(|compared| compared.difference.is_none())
    };
    let width =
        |tokens: TokenStream| same(tokens, ours.clone()).map(|found| ("width".to_owned(), found));
    let blanks =
        |word: &str, tokens| same(plain(tokens), plain(ours)).map(|found| (word.to_owned(), found));
    width(narrow.clone())
        .or_else(|| blanks("blanks", native))
        .or_else(|| blanks("width blanks", &narrow))
}

/// The stream with no blanks in its string literals.
fn without_blanks(stream: TokenStream) -> TokenStream {
    let tree = |tree| match tree {
        TokenTree::Group(old) => {
            let mut group = Group::new(old.delimiter(), without_blanks(old.stream()));
            group.set_span(old.span());
            TokenTree::Group(group)
        }
        TokenTree::Literal(old) if old.to_string().starts_with('"') => {
            let text: String = old.to_string().split_whitespace().collect();
            let mut literal = text.parse().unwrap_or_else(|_| old.clone());
            literal.set_span(old.span());
            TokenTree::Literal(literal)
        }
        other => other,
    };
    stream.into_iter().map(tree).collect()
}

impl Outcome {
    fn ended(&self) -> &'static str {
        match self {
            Self::Tokens(tokens) if has_compile_error(tokens.clone()) => "error",
            Self::Tokens(_) => "tokens",
            _ => "panic",
        }
    }

    fn compare(&self, ours: &Self, users: &BTreeSet<Ends>) -> Compared {
        if let (Self::Tokens(native), Self::Tokens(ours)) = (self, ours) {
            let mut compared = compare(native.clone(), ours.clone(), Groups::Restored(users));
            if let Some(difference) = &mut compared.difference {
                *difference += &format!("\n{native}\n{ours}");
            }
            return compared;
        }
        let (native, ours) = (self.describe(), ours.describe());
        let difference = (native != ours).then(|| format!("{native}\n{ours}"));
        Compared { difference, ..Compared::default() }
    }

    fn describe(&self) -> String {
        match self {
            Self::Tokens(tokens) => format!("tokens {tokens}"),
            Self::Panic(text) => format!("panic {text}"),
            Self::Failed(text) => format!("failed {text}"),
        }
    }
}

fn has_compile_error(stream: TokenStream) -> bool {
    stream.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident.to_string() == "compile_error",
        TokenTree::Group(group) => has_compile_error(group.stream()),
        _ => false,
    })
}
