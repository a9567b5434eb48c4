//! Run a macro in a native unit test, with a host that answers what the test says.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use proc_macro2::{Span, TokenStream, TokenTree};

use crate::context::{Context, Fact, Gathered, Known};
use crate::definition::{self, Define, Kind, Macro, wants};
use crate::diagnostic::{Diagnostic, Level};
use crate::expansion::{Artifact, PlanEntry};
use crate::wire::{self, Question};

mod asked;
mod edited;
mod golden;

pub use asked::Asked;
pub use golden::Golden;

/// A host for one macro, with the answers and the context that a test gives it.
///
/// ```
/// use macro_guest_sdk::{Error, cell_macro, testing::Harness};
/// use macro_guest_sdk::proc_macro2::TokenStream;
/// use quote::quote;
///
/// #[cell_macro(function)]
/// fn answer(input: syn::Ident) -> Result<TokenStream, Error> {
///     if input != "question" {
///         return Err(Error::new(&input, "this is no question"));
///     }
///     Ok(quote! { 42 })
/// }
///
/// let harness = Harness::new();
/// assert_eq!(harness.expand_function::<answer>(quote!(question)).code(), "42");
/// let expanded = harness.expand_function::<answer>(quote!(statement));
/// assert_eq!(expanded.errors(), ["this is no question (at `statement`)"]);
/// ```
///
/// Tokens are printed and read again on the way in, so that each has a place of its own, even if
/// `quote!` made them; invisible groups are lost. Natively `mixed_site` equals `call_site`.
#[derive(Clone, Debug, Default)]
pub struct Harness {
    answers: HashMap<Asked, Result<Vec<u8>, String>>,
    known: Known,
    facts: Vec<Fact>,
}

impl Harness {
    /// A host that knows nothing and answers nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a question of the macro.
    #[must_use]
    pub fn answer(
        mut self,
        cell: &str,
        function: &str,
        arguments: impl Into<Vec<u8>>,
        reply: impl Into<Vec<u8>>,
    ) -> Self {
        self.answers.insert(asked(cell, function, arguments), Ok(reply.into()));
        self
    }

    /// Answers a question that [`questions!`](crate::questions) made.
    #[must_use]
    pub fn answer_to<Q: Question>(mut self, arguments: Q::Arguments<'_>, reply: &Q::Reply) -> Self {
        self.answers.insert(Asked::of::<Q>(arguments), Ok(wire::write(reply)));
        self
    }

    /// Answers a question with an error of the cell.
    #[must_use]
    pub fn refuse(
        mut self,
        cell: &str,
        function: &str,
        arguments: impl Into<Vec<u8>>,
        error: &str,
    ) -> Self {
        self.answers.insert(asked(cell, function, arguments), Err(error.into()));
        self
    }

    /// Answers a question that [`questions!`](crate::questions) made with an error of the cell.
    #[must_use]
    pub fn refuse_to<Q: Question>(mut self, arguments: Q::Arguments<'_>, error: &str) -> Self {
        self.answers.insert(Asked::of::<Q>(arguments), Err(error.into()));
        self
    }

    /// Puts another macro on the item.
    #[must_use]
    pub fn gathered(mut self, cell: &str, name: &str) -> Self {
        self.known.gathered.push(Gathered { cell: cell.into(), name: name.into() });
        self
    }

    /// Lets another macro on the item say something; `source` is its `cell::name`.
    #[must_use]
    pub fn fact(mut self, source: &str, name: &str, value: &str) -> Self {
        self.facts.push(Fact { source: source.into(), ..Fact::new(name, value) });
        self
    }

    /// Sets the user's package and crate.
    #[must_use]
    pub fn package(mut self, package: &str, crate_name: &str) -> Self {
        (self.known.package, self.known.crate_name) = (package.into(), crate_name.into());
        self
    }

    /// Sets the profile.
    #[must_use]
    pub fn profile(mut self, profile: &str) -> Self {
        self.known.profile = profile.into();
        self
    }

    /// Runs an attribute.
    ///
    /// # Panics
    /// If the macro does, if it asks a question that the test does not answer, or if `M` is no
    /// attribute.
    #[must_use]
    pub fn expand_attribute<M: Define>(
        &self,
        arguments: TokenStream,
        item: TokenStream,
    ) -> Expanded {
        self.expand(const { &M::MACRO }, Kind::Attribute, arguments, item)
    }

    /// Runs a derive.
    ///
    /// # Panics
    /// As [`expand_attribute`](Self::expand_attribute).
    #[must_use]
    pub fn expand_derive<M: Define>(&self, item: TokenStream) -> Expanded {
        self.expand(const { &M::MACRO }, Kind::Derive, TokenStream::new(), item)
    }

    /// Runs a function-like macro.
    ///
    /// # Panics
    /// As [`expand_attribute`](Self::expand_attribute).
    #[must_use]
    pub fn expand_function<M: Define>(&self, input: TokenStream) -> Expanded {
        self.expand(const { &M::MACRO }, Kind::Function, TokenStream::new(), input)
    }

    /// Runs the plan function of a macro: what it tells the other macros on the item.
    ///
    /// # Panics
    /// If the function does, or if the macro has none.
    #[must_use]
    pub fn plan<M: Define>(&self, arguments: TokenStream, item: TokenStream) -> Planned {
        let info = const { &M::MACRO };
        assert!(info.plan.is_some(), "macro `{}` has no plan function", info.name);
        let (arguments, item) = (placed(arguments), placed(item));
        let log = Log::default();
        let mut context = self.context(info, &item, Vec::new(), &log);
        let (facts, diagnostics) = definition::plan(info, arguments, item, &mut context);
        let diagnostics = diagnostics.into_iter().map(Told::from).collect();
        Planned { facts, diagnostics, asked: log.take() }
    }

    fn expand(
        &self,
        info: &'static Macro,
        kind: Kind,
        arguments: TokenStream,
        item: TokenStream,
    ) -> Expanded {
        assert!(info.kind == kind, "macro `{}` is of kind {:?}", info.name, info.kind);
        let (arguments, item) = (placed(arguments), placed(item));
        let log = Log::default();
        let mut context = self.context(info, &item, self.facts.clone(), &log);
        let expansion = definition::expand(info, arguments, item.clone(), &mut context);
        Expanded {
            item: expansion.replacement.clone().or((kind != Kind::Function).then_some(item)),
            replaced: expansion.replacement.is_some(),
            items: expansion.items,
            fields: expansion.fields,
            attributes: expansion.attributes,
            parameters: expansion.parameters,
            wrappers: expansion.wrappers,
            plan: expansion.plan,
            artifacts: expansion.artifacts,
            diagnostics: expansion.diagnostics.into_iter().map(Told::from).collect(),
            asked: log.take(),
        }
    }

    /// What the macro asked for and nothing else, as the real host gives it.
    fn context(
        &self,
        info: &'static Macro,
        item: &TokenStream,
        facts: Vec<Fact>,
        log: &Log,
    ) -> Context {
        let mut known = Known::default();
        if info.context & wants::ITEM_KIND != 0 && info.kind != Kind::Function {
            known.item_kind = item_kind(item);
        }
        if info.context & wants::GATHERED != 0 {
            known.gathered = self.known.gathered.clone();
        }
        if info.context & wants::PACKAGE != 0 {
            known.package = self.known.package.clone();
            known.crate_name = self.known.crate_name.clone();
        }
        if info.context & wants::PROFILE != 0 {
            known.profile = self.known.profile.clone();
        }
        let (answers, log) = (self.answers.clone(), Rc::clone(log));
        let ask = move |cell: &str, function: &str, arguments: &[u8]| {
            let question = asked(cell, function, arguments);
            let answer = answers.get(&question).cloned();
            let answer = answer.unwrap_or_else(|| panic!("the test has no answer to {question}"));
            log.borrow_mut().push(question);
            answer
        };
        Context::new(info, known, facts, Box::new(ask))
    }
}

/// What was asked, in order.
type Log = Rc<RefCell<Vec<Asked>>>;

fn asked(cell: &str, function: &str, arguments: impl Into<Vec<u8>>) -> Asked {
    Asked { cell: cell.into(), function: function.into(), arguments: arguments.into() }
}

/// The same tokens, each with a place of its own.
fn placed(tokens: TokenStream) -> TokenStream {
    tokens.to_string().parse().expect("printed tokens can be read")
}

/// The number of the item's kind, found as the host finds it: by its keyword.
fn item_kind(item: &TokenStream) -> u8 {
    let mut trees = item.clone().into_iter().peekable();
    let mut number = 0;
    while let Some(tree) = trees.next() {
        let word = match tree {
            TokenTree::Ident(ident) => ident.to_string(),
            _ => continue,
        };
        number = match word.as_str() {
            "pub" | "unsafe" | "async" | "default" | "safe" => continue,
            "struct" => 1,
            "enum" => 2,
            "union" => 3,
            "fn" => 4,
            "impl" => 5,
            "trait" => 6,
            "mod" => 7,
            "const" | "extern" if next_is(&mut trees, &["fn", "unsafe", "async", "extern"]) => {
                continue;
            }
            "const" => 8,
            "static" => 9,
            "type" => 10,
            "use" => 11,
            "extern" => 12,
            _ => 13,
        };
        break;
    }
    number
}

type Trees = std::iter::Peekable<proc_macro2::token_stream::IntoIter>;

/// Is one of `words` next, after the name of an ABI if there is one?
fn next_is(trees: &mut Trees, words: &[&str]) -> bool {
    trees.next_if(|tree| matches!(tree, TokenTree::Literal(_)));
    matches!(trees.peek(), Some(TokenTree::Ident(ident)) if words.iter().any(|word| ident == word))
}

/// What came of an expansion.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// The user's item, or what the macro put in its place; `None` for a function-like macro.
    pub item: Option<TokenStream>,
    /// Did the macro put something in the place of the item?
    pub replaced: bool,
    /// The items that the macro adds, or the result of a function-like macro.
    pub items: TokenStream,
    /// Fields that the macro adds, with their names.
    pub fields: Vec<(String, TokenStream)>,
    /// Attributes that the macro adds, each one `#[..]`.
    pub attributes: Vec<TokenStream>,
    /// Parameters that the macro adds, with their names.
    pub parameters: Vec<(String, TokenStream)>,
    /// What the macro puts around the body; [`edited`](Self::edited) shows it in its place.
    pub(crate) wrappers: Vec<TokenStream>,
    /// What should exist when the program runs.
    pub plan: Vec<PlanEntry>,
    /// Files for other tools.
    pub artifacts: Vec<Artifact>,
    /// What the user is told.
    pub diagnostics: Vec<Told>,
    /// What the macro asked cells, in order.
    pub asked: Vec<Asked>,
}

impl Expanded {
    /// The items as text, tokens separated by one space.
    #[must_use]
    pub fn code(&self) -> String {
        self.items.to_string()
    }

    /// The user's item with all that the macro changes about it, as the host makes it. Only helper
    /// attributes are still there.
    ///
    /// # Panics
    /// Where the host would refuse the change.
    #[must_use]
    pub fn edited(&self) -> TokenStream {
        edited::edited(self)
    }

    /// The errors, each as `message (at `tokens`)`.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        texts(&self.diagnostics, Level::Error)
    }

    /// The warnings, each as `message (at `tokens`)`.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        texts(&self.diagnostics, Level::Warning)
    }

    /// The same, if there was no error.
    ///
    /// # Panics
    /// With the texts of the errors.
    #[must_use]
    pub fn without_errors(self) -> Self {
        let errors = self.errors();
        assert!(errors.is_empty(), "the macro reported: {}", errors.join("; "));
        self
    }
}

/// What came of a plan function.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What the macro tells the others.
    pub facts: Vec<Fact>,
    /// What the user is told.
    pub diagnostics: Vec<Told>,
    /// What the macro asked cells, in order.
    pub asked: Vec<Asked>,
}

fn texts(diagnostics: &[Told], level: Level) -> Vec<String> {
    let text = |told: &Told| match told.at.as_str() {
        "" => told.message.clone(),
        at => format!("{} (at `{at}`)", told.message),
    };
    diagnostics.iter().filter(|told| told.level == level).map(text).collect()
}

/// A diagnostic as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// How bad it is.
    pub level: Level,
    /// Its first line.
    pub message: String,
    /// The tokens that it is about; empty if it is about the whole call.
    pub at: String,
    /// Its lines, each with `note: ` or `help: `.
    pub lines: Vec<String>,
    /// For each suggestion: the tokens, the message, the new text.
    pub suggestions: Vec<(String, String, String)>,
}

impl From<Diagnostic> for Told {
    fn from(diagnostic: Diagnostic) -> Self {
        let line = |note: crate::diagnostic::Note| {
            let word = if note.help { "help" } else { "note" };
            match note.place.map(text_at).as_deref() {
                None | Some("") => format!("{word}: {}", note.message),
                Some(at) => format!("{word}: {} (at `{at}`)", note.message),
            }
        };
        let suggestion =
            |s: crate::diagnostic::Suggestion| (text_at(s.place), s.message, s.replacement);
        Self {
            level: diagnostic.level,
            message: diagnostic.message,
            at: text_at(diagnostic.place),
            lines: diagnostic.notes.into_iter().map(line).collect(),
            suggestions: diagnostic.suggestions.into_iter().map(suggestion).collect(),
        }
    }
}

fn text_at((start, end): (Span, Span)) -> String {
    start.join(end).unwrap_or(start).source_text().unwrap_or_default()
}

#[cfg(all(test, feature = "syn"))]
mod tests;
