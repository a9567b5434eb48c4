//! `macro-guest-sdk` under whose name the guests that ship with Cell are compiled for the machine
//! that tests run on, unchanged: [`component!`] gives a list of macros that can be run, instead of
//! a component.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::marker::PhantomData;

pub use macro_guest_sdk::*;

use macro_guest_sdk::support::{Define, Kind, Macro};
use macro_guest_sdk::testing::{Expanded, Harness, Planned};
use proc_macro2::TokenStream;

/// Makes `natively`, a list of the macros, where a component would be made.
#[macro_export]
macro_rules! component {
    ($($function:path),+ $(,)?) => {
        /// The macros of this crate, to be run natively.
        #[must_use]
        pub fn natively() -> ::std::vec::Vec<$crate::Native> {
            ::std::vec![$($crate::Native::of::<$function>()),+]
        }
    };
}

/// A macro, and how it is run.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// What it says of itself.
    pub info: Macro,
    expand: fn(&Harness, TokenStream, TokenStream) -> Expanded,
    plan: fn(&Harness, TokenStream, TokenStream) -> Planned,
}

/// What came of it, with the tokens that the macro was given: the places of all that it returned are
/// theirs.
#[derive(Clone, Debug)]
pub struct Ran {
    /// Its arguments.
    pub arguments: TokenStream,
    /// The item, or the input of a function-like macro.
    pub item: TokenStream,
    /// What it returned.
    pub expanded: Expanded,
    /// The errors that it returned in place of tokens: the last ones of `expanded`, with their places.
    pub errors: Vec<Diagnostic>,
}

impl Native {
    /// The macro that `#[cell_macro]` defines.
    #[must_use]
    pub fn of<M: Define>() -> Self {
        let expand = match M::MACRO.kind {
            Kind::Attribute => Harness::expand_attribute::<Watched<M>>,
            Kind::Derive => |harness: &Harness, _, item| harness.expand_derive::<Watched<M>>(item),
            Kind::Function => {
                |harness: &Harness, _, input| harness.expand_function::<Watched<M>>(input)
            }
        };
        Self { info: M::MACRO, expand, plan: Harness::plan::<M> }
    }

    /// Expands.
    ///
    /// # Panics
    /// As the macro does, or if it asks what the harness does not answer.
    #[must_use]
    pub fn expand(&self, harness: &Harness, arguments: TokenStream, item: TokenStream) -> Ran {
        SEEN.take();
        let expanded = (self.expand)(harness, arguments, item);
        let Seen { arguments, item, errors } = SEEN.take();
        Ran { arguments, item, expanded, errors }
    }

    /// What it tells the others, if it has a plan function.
    ///
    /// # Panics
    /// As [`expand`](Self::expand).
    #[must_use]
    pub fn plan(
        &self,
        harness: &Harness,
        arguments: TokenStream,
        item: TokenStream,
    ) -> Option<Planned> {
        self.info.plan.map(|_| (self.plan)(harness, arguments, item))
    }
}

#[derive(Default)]
struct Seen {
    arguments: TokenStream,
    item: TokenStream,
    errors: Vec<Diagnostic>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// A macro that is watched: what is told of an error by the harness is its text, and two tokens may
/// have the same.
struct Watched<M>(PhantomData<M>);

impl<M: Define> Define for Watched<M> {
    const MACRO: Macro = Macro {
        expand: |arguments, item, context| {
            SEEN.with_borrow_mut(|seen| {
                (seen.arguments, seen.item) = (arguments.clone(), item.clone());
            });
            let returned = (M::MACRO.expand)(arguments, item, context);
            if let Err(error) = &returned {
                SEEN.with_borrow_mut(|seen| seen.errors = error.diagnostics().to_vec());
            }
            returned
        },
        ..M::MACRO
    };
}
