//! Tries to get past the policy, and ways that do get past it, as data: unit tests hold them against
//! the check, and `tests/policy` lets rustc have them, with the check and without.

use crate::output::PartKind;

// With paths, since `tests` and `tests/compare-macros` have this file by its path.
#[path = "corpus/holes.rs"]
mod holes;
#[path = "corpus/tries_foreign.rs"]
mod tries_foreign;
#[path = "corpus/tries_linkage.rs"]
mod tries_linkage;
#[path = "corpus/tries_macros.rs"]
mod tries_macros;
#[path = "corpus/tries_unsafe.rs"]
mod tries_unsafe;

/// What a guest emits about an item of the user, and what comes of it.
#[derive(Clone, Copy)]
pub(crate) struct Emission {
    /// A name that no other has: of the macro, of its module, of a test.
    pub(crate) name: &'static str,
    /// What the trick is; of a hole its title in `SECURITY.md`.
    pub(crate) trick: &'static str,
    /// The user's item; without one the macro is called like a function, without arguments.
    pub(crate) item: &'static str,
    /// What the user wrote around it, which stands in the place of `HERE`.
    pub(crate) around: &'static str,
    /// What the macro gives, as `output::source` reads it; `~` stands before the token that is to be
    /// refused.
    pub(crate) parts: &'static [(PartKind, &'static str)],
    /// The words that would allow it: all of them are needed, and the first is asked for first.
    pub(crate) words: &'static [&'static str],
    /// What the error shows of it.
    pub(crate) found: &'static str,
    /// True in a program that has it, if it does what it was meant to do; empty if it can stand in no
    /// program of tests.
    pub(crate) proof: &'static str,
}

/// What most have in common.
const PLAIN: Emission = Emission {
    name: "",
    trick: "",
    item: "pub struct User;",
    around: "HERE",
    parts: &[],
    words: &[],
    found: "",
    proof: "",
};

/// Everything that must be refused.
pub(crate) fn tries() -> impl Iterator<Item = &'static Emission> {
    [
        tries_unsafe::ALL,
        tries_foreign::ALL,
        tries_linkage::ALL,
        tries_macros::FILES,
        tries_macros::MODULES,
    ]
    .into_iter()
    .flatten()
}

/// Everything that is known to pass, in the order of `SECURITY.md`.
pub(crate) fn holes() -> impl Iterator<Item = &'static Emission> {
    holes::ALL.iter()
}

/// What is refused when a guest gives it, and passes in a record; the last in `SECURITY.md`.
pub(crate) const RECORDED: Emission = holes::RECORDED;
