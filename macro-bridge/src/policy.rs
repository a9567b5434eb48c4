//! The output policy: what tokens made by a guest may not contain unless `cell.toml` allows it.
//!
//! It is a tripwire, not a wall. A macro that wants harm can still call any function the crate can
//! call, or hand a name to a `macro_rules!` of its own making; `SECURITY.md` lists what is known
//! to pass. What it stops is the plain case: a macro that quietly starts to emit `unsafe`, to read
//! files at compile time, or to export symbols.
//!
//! Groups that come back by reference are the user's own text and may hold anything. A *single*
//! token by reference proves nothing (a guest may put the user's `unsafe` anywhere), so it counts
//! as the guest's. One exception keeps attribute macros usable: the head of the user's own item,
//! see `own_head`. What a macro puts around a function's body is its own, and the body inside is the
//! user's.
//!
//! Groups without delimiters hide nothing: rustc's parser looks through them, and so does this.

#[cfg(feature = "engine")]
mod check;

#[cfg(feature = "engine")]
pub use check::{Violation, check, is_complete};

use crate::request::Allowed;

#[cfg(test)]
mod corpus;

/// The words of `allow` in `cell.toml`. The order is that of the bits in [`Allowed`].
const WORDS: [&str; 7] = ["unsafe", "extern", "asm", "linkage", "include", "env", "path"];

/// All words, in the order of their bits.
pub fn all_words() -> impl Iterator<Item = &'static str> {
    WORDS.into_iter()
}

/// Is there something that a macro with this may not emit?
#[must_use]
pub fn is_limited(allowed: Allowed) -> bool {
    let all = (1 << WORDS.len()) - 1;
    allowed.0 & all != all
}

/// The bit of a word of `allow`.
#[must_use]
pub fn bit(word: &str) -> Option<u32> {
    WORDS.iter().position(|one| *one == word).map(|index| 1 << index)
}

/// The words of a set.
pub fn words(allowed: Allowed) -> impl Iterator<Item = &'static str> {
    (0u32..).zip(WORDS).filter(move |(bit, _)| allowed.0 & (1 << bit) != 0).map(|(_, word)| word)
}
