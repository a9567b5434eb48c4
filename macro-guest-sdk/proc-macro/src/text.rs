//! The texts of tokens: each that a macro makes is kept once, so that tokens are copied, compared and
//! encoded by its number.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasherDefault;
use std::ops::Deref;

use crate::hash::Quick;

/// The text of a token: a part of the input, or one that was kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    text: &'static str,
    /// From 1 on, for the life of the instance; 0 for a part of the input that nobody kept.
    number: u32,
}

#[derive(Clone, Copy)]
struct Kept {
    text: Text,
    /// Did it pass `is_ident`?
    ident: bool,
}

thread_local! {
    static KEPT: RefCell<HashMap<&'static str, Kept, BuildHasherDefault<Quick>>> =
        RefCell::default();
}

impl Text {
    /// A part of the input.
    pub(crate) fn of_input(text: &'static str) -> Self {
        Self { text, number: 0 }
    }

    /// The text of an identifier, if `check` says that it is one; asked once for each text.
    pub(crate) fn of_ident(text: &str, check: impl FnOnce(&str) -> bool) -> Option<Self> {
        let kept = KEPT.with_borrow(|all| all.get(text).copied());
        if let Some(kept) = kept.filter(|kept| kept.ident) {
            return Some(kept.text);
        }
        check(text).then(|| {
            let kept = Kept { text: Self::from(text), ident: true };
            KEPT.with_borrow_mut(|all| all.insert(kept.text.text, kept));
            kept.text
        })
    }

    /// The number of this text among those that are kept, from 1 on.
    pub(crate) fn number(self) -> u32 {
        if self.number == 0 { Self::from(self.text).number } else { self.number }
    }

    fn keep(text: &str) -> Self {
        KEPT.with_borrow_mut(|all| {
            if let Some(kept) = all.get(text) {
                return kept.text;
            }
            // Leaked on purpose: an instance lives for one expansion.
            let text: &'static str = Box::leak(Box::from(text));
            let text = Self { text, number: all.len() as u32 + 1 };
            all.insert(text.text, Kept { text, ident: false });
            text
        })
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::keep(text)
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::keep(&text)
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
