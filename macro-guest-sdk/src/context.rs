//! What a macro may know and ask.

use std::fmt;

use proc_macro2::Span;

use crate::definition::{Macro, wants};
use crate::diagnostic::{Diagnostic, Error};
use crate::wire::{self, Question, Writer};

/// What the macro stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "they are Rust's own words")]
pub enum ItemKind {
    Struct,
    Enum,
    Union,
    Fn,
    Impl,
    Trait,
    Mod,
    Const,
    Static,
    TypeAlias,
    Use,
    ExternBlock,
    Macro,
    /// Not known, or a kind that this version of the SDK does not know.
    Unknown,
}

impl ItemKind {
    /// In the order of their numbers in `wit/macros.wit`, from 1.
    const ALL: [Self; 13] = [
        Self::Struct,
        Self::Enum,
        Self::Union,
        Self::Fn,
        Self::Impl,
        Self::Trait,
        Self::Mod,
        Self::Const,
        Self::Static,
        Self::TypeAlias,
        Self::Use,
        Self::ExternBlock,
        Self::Macro,
    ];

    pub(crate) fn from_number(number: u8) -> Self {
        let index = usize::from(number).wrapping_sub(1);
        Self::ALL.get(index).copied().unwrap_or(Self::Unknown)
    }
}

/// Another macro on the same item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// The cell that publishes it.
    pub cell: String,
    /// Its name.
    pub name: String,
}

/// Something that a macro tells the other macros on the same item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// `cell::name` of the macro that says it; empty until the host has seen it.
    pub source: String,
    /// What it is about.
    pub name: String,
    /// What it says.
    pub value: String,
}

impl Fact {
    /// A fact to be returned by a plan function.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { source: String::new(), name: name.into(), value: value.into() }
    }
}

/// A question without an answer: the cell refused it, or said something that is not what its schema
/// promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    /// The cell.
    pub cell: String,
    /// Its function.
    pub function: String,
    /// The cell's own words, or what is wrong with its answer.
    pub message: String,
    /// Did it answer, with bytes that are no value of its schema?
    pub misread: bool,
}

impl CallError {
    /// The error at a token: a bare `?` puts it at the macro call.
    pub fn at(&self, place: impl crate::Place) -> Diagnostic {
        let error = Diagnostic::error(place, self.to_string());
        if !self.misread {
            return error;
        }
        let Self { cell, .. } = self;
        error.help(format!("build the macro with the schema of today: `cell schema {cell}`"))
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cell, function, message, misread } = self;
        if *misread {
            return write!(
                f,
                "cell `{cell}` answered `{function}` otherwise than its schema says: {message}"
            );
        }
        write!(f, "cell `{cell}` refused `{function}`: {message}")
    }
}

impl std::error::Error for CallError {}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        error.at(Span::call_site()).into()
    }
}

/// Asks a function of a cell; the error is the cell's own.
pub(crate) type Ask = Box<dyn FnMut(&str, &str, &[u8]) -> Result<Vec<u8>, String>>;

/// What is known about the place of the call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub(crate) item_kind: u8,
    pub(crate) gathered: Vec<Gathered>,
    pub(crate) package: String,
    pub(crate) crate_name: String,
    pub(crate) profile: String,
}

/// What a macro knows of where it stands, what the other macros say, and a way to ask cells.
///
/// A macro sees only the parts that its `context(..)` lists: all of them are part of the key that
/// an expansion is found by, so what is not needed should not be there.
pub struct Context {
    info: &'static Macro,
    known: Known,
    facts: Vec<Fact>,
    ask: Ask,
    pub(crate) reported: Vec<Diagnostic>,
}

impl Context {
    pub(crate) fn new(info: &'static Macro, known: Known, facts: Vec<Fact>, ask: Ask) -> Self {
        Self { info, known, facts, ask, reported: Vec::new() }
    }

    /// What the macro stands on.
    ///
    /// # Panics
    /// If the macro does not declare `context(item_kind)`.
    #[must_use]
    pub fn item_kind(&self) -> ItemKind {
        self.require(wants::ITEM_KIND, "item_kind");
        ItemKind::from_number(self.known.item_kind)
    }

    /// The other macros on the item.
    ///
    /// # Panics
    /// If the macro does not declare `context(gathered)`.
    #[must_use]
    pub fn gathered(&self) -> &[Gathered] {
        self.require(wants::GATHERED, "gathered");
        &self.known.gathered
    }

    /// The name of the user's package.
    ///
    /// # Panics
    /// If the macro does not declare `context(package)`.
    #[must_use]
    pub fn package(&self) -> &str {
        self.require(wants::PACKAGE, "package");
        &self.known.package
    }

    /// The name of the user's crate.
    ///
    /// # Panics
    /// If the macro does not declare `context(package)`, which has both names.
    #[must_use]
    pub fn crate_name(&self) -> &str {
        self.require(wants::PACKAGE, "package");
        &self.known.crate_name
    }

    /// The profile of the user's `cell.toml` that is in force.
    ///
    /// # Panics
    /// If the macro does not declare `context(profile)`.
    #[must_use]
    pub fn profile(&self) -> &str {
        self.require(wants::PROFILE, "profile");
        &self.known.profile
    }

    /// What the other macros on the item say, in the order of their names. Empty in a plan
    /// function.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Asks a function of a cell. The answer is recorded: the same build gives the same answer
    /// with no cell running.
    ///
    /// A question that is not declared, not granted or not answered ends the expansion with the
    /// host's error, and this function does not return.
    ///
    /// # Errors
    /// The cell's own.
    ///
    /// # Panics
    /// If the macro does not declare `calls(cell::function)`.
    pub fn call_cell(
        &mut self,
        cell: &str,
        function: &str,
        arguments: &[u8],
    ) -> Result<Vec<u8>, CallError> {
        assert!(
            self.info.calls.contains(&(cell, function)),
            "macro `{}` asks `{cell}::{function}` and does not declare `calls({cell}::{function})`",
            self.info.name,
        );
        (self.ask)(cell, function, arguments).map_err(|message| CallError {
            cell: cell.into(),
            function: function.into(),
            message,
            misread: false,
        })
    }

    /// Asks a question with its types, as [`call_cell`](Self::call_cell) does with bytes. The
    /// functions that [`questions!`](crate::questions) makes call this.
    ///
    /// # Errors
    /// The cell's own, or that its answer is not what the schema says.
    ///
    /// # Panics
    /// If the macro does not declare `calls(cell::function)`.
    pub fn ask<Q: Question>(&mut self, arguments: Q::Arguments<'_>) -> Result<Q::Reply, CallError> {
        let mut question = Writer::default();
        Q::write(&arguments, &mut question);
        let answer = self.call_cell(Q::CELL, Q::FUNCTION, &question.into_bytes())?;
        wire::read(&answer).map_err(|misfit| CallError {
            cell: Q::CELL.into(),
            function: Q::FUNCTION.into(),
            message: misfit.to_string(),
            misread: true,
        })
    }

    /// Tells the user something and goes on. Unlike the messages of a returned [`Error`], it is
    /// told whatever the macro returns.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.reported.push(diagnostic);
    }

    /// Silence here would be an empty list or name that looks like an answer.
    fn require(&self, part: u32, word: &str) {
        assert!(
            self.info.context & part != 0,
            "macro `{}` reads `{word}` and does not declare `context({word})`",
            self.info.name,
        );
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("macro", &self.info.name)
            .field("known", &self.known)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}
