//! The texts of tokens: each that a macro makes is kept once, so that tokens are copied, compared and
//! encoded by its number.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;

use crate::hash::{Hash, Index};

/// The text of a token: a part of the input, or one that was kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    text: &'static str,
    /// From 1 on, for the life of the instance; 0 for a part of the input that nobody kept.
    number: u32,
}

/// All that were kept; the first has number 1.
#[derive(Default)]
struct Kept {
    index: Index,
    texts: Vec<&'static str>,
    /// Did it pass the check of identifiers?
    idents: Vec<bool>,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

impl Kept {
    fn keep(&mut self, text: &str) -> usize {
        let hash = Hash::of_text(text);
        let found = self.index.find(hash, |number| self.texts[number] == text);
        found.unwrap_or_else(|| {
            self.index.push(hash);
            // Leaked on purpose: an instance lives for one expansion.
            self.texts.push(Box::leak(Box::from(text)));
            self.idents.push(false);
            self.texts.len() - 1
        })
    }

    fn text(&self, index: usize) -> Text {
        Text { text: self.texts[index], number: index as u32 + 1 }
    }
}

impl Text {
    /// A part of the input.
    pub(crate) fn of_input(text: &'static str) -> Self {
        Self { text, number: 0 }
    }

    /// The text of an identifier, if `check` says that it is one; asked once for each text.
    pub(crate) fn of_ident(text: &str, check: fn(&str) -> bool) -> Option<Self> {
        KEPT.with_borrow_mut(|kept| {
            let index = kept.keep(text);
            if !kept.idents[index] {
                kept.idents[index] = check(text);
            }
            kept.idents[index].then(|| kept.text(index))
        })
    }

    /// The number of this text among those that are kept, from 1 on.
    pub(crate) fn number(self) -> u32 {
        if self.number == 0 { Self::from(self.text).number } else { self.number }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        KEPT.with_borrow_mut(|kept| {
            let index = kept.keep(text);
            kept.text(index)
        })
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}
