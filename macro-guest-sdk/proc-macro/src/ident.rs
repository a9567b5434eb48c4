//! `Ident`.

use std::fmt;

use crate::text::Text;
use crate::{Span, source};

/// An identifier, a keyword, `_`, or `$crate`.
#[derive(Clone)]
pub struct Ident {
    text: Text,
    raw: bool,
    span: Span,
    /// The row that text alone cannot stand for: which crate a `$crate` means is known only to the
    /// host, and so is what a token of an unknown kind is.
    origin: Option<u32>,
}

impl Ident {
    /// An identifier or keyword.
    ///
    /// # Panics
    /// If it is neither. A raw identifier is made by [`Ident::new_raw`].
    #[must_use]
    pub fn new(string: &str, span: Span) -> Self {
        Self { text: text_of(string), raw: false, span, origin: None }
    }

    /// A raw identifier; `string` without `r#`.
    ///
    /// # Panics
    /// If it is no identifier, or one that cannot be raw.
    #[must_use]
    pub fn new_raw(string: &str, span: Span) -> Self {
        let text = text_of(string);
        let never_raw = matches!(string, "_" | "super" | "self" | "Self" | "crate" | "$crate");
        assert!(!never_raw, "`{string}` cannot be a raw identifier");
        Self { text, raw: true, span, origin: None }
    }

    /// Its span.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Sets its span, and so the scope in which it is looked up.
    pub fn set_span(&mut self, span: Span) {
        self.span = span;
    }

    /// One that was read, so it needs no check.
    pub(crate) fn of_source(text: &str, raw: bool) -> Self {
        Self { text: Text::from(text), raw, span: Span::call_site(), origin: None }
    }

    pub(crate) fn of_row(text: Text, raw: bool, span: Span, row: u32) -> Self {
        let origin = (&*text == "$crate").then_some(row);
        Self { text, raw, span, origin }
    }

    /// A token of a kind that this version does not know: it can only be passed on.
    pub(crate) fn unknown(span: Span, row: u32) -> Self {
        Self { text: Text::of_input("_"), raw: false, span, origin: Some(row) }
    }

    pub(crate) fn text(&self) -> Text {
        self.text
    }

    pub(crate) fn is_raw(&self) -> bool {
        self.raw
    }

    pub(crate) fn origin(&self) -> Option<u32> {
        self.origin
    }
}

fn text_of(string: &str) -> Text {
    let text = Text::of_ident(string, is_ident);
    text.unwrap_or_else(|| panic!("`{string:?}` is not a valid identifier"))
}

fn is_ident(text: &str) -> bool {
    text == "$crate" || source::is_ident(text)
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.raw {
            f.write_str("r#")?;
        }
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ident").field("ident", &self.to_string()).field("span", &self.span).finish()
    }
}
