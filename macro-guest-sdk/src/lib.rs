//! Write macros that run as sandboxed WebAssembly components.
//!
//! A macro is an ordinary function on `proc-macro2`, `syn` and `quote` with one attribute; one line
//! at the end of the crate makes a component of all that it lists. `cell build-macros` compiles it.
//!
//! ```
//! use macro_guest_sdk::{Context, Expansion, Result, cell_macro};
//! use quote::quote;
//!
//! /// Adds a constant with the name of the table.
//! #[cell_macro(attribute)]
//! fn table(name: syn::LitStr, item: syn::DeriveInput, _cx: &mut Context) -> Result<Expansion> {
//!     let (ident, (head, types, tail)) = (&item.ident, item.generics.split_for_impl());
//!     let items = quote! { impl #head #ident #types #tail { pub const TABLE: &str = #name; } };
//!     Ok(Expansion::new().items(items).plan_entry("table", name.value(), ""))
//! }
//!
//! macro_guest_sdk::component!(table);
//! # fn main() {}
//! ```
//!
//! What it does not do: give a macro a clock, randomness, files, or the network. What a macro may
//! know is in [`Context`], and the only thing that it may ask is a cell that it names and that the
//! user grants: with types by what [`questions!`] makes of the cell's schema, with bytes by
//! [`Context::call_cell`].
//!
//! # Several macros on one item
//!
//! The host emits the user's item, and macros say what they add to it: items behind it, fields,
//! attributes, parameters, something around a function's body ([`Expansion`]). Whatever they are, they
//! go together with those of other macros, in an order that does not depend on how they are written.
//! Only one macro on an item may replace it. A macro that changes a function reads it as a
//! [`Function`].
//!
//! A macro may give items that use other macros: with the paths that the user would write,
//! `#[::cell::wasm(ledger::table)]` or `::cell::expand!(..)`. rustc expands those, as deep as its
//! `recursion_limit` allows.
//!
//! Read [`cell_macro`] first, then [`Expansion`], [`Diagnostic`], [`questions!`] and, for unit
//! tests, [`testing::Harness`].
//!
//! # Inside a component and outside
//!
//! In a component spans are numbers of the user's own tokens: an error is shown where the user
//! wrote them, and tokens that a macro gives back unchanged are the original ones. Lines, columns,
//! files and source text are not visible. In native unit tests `proc-macro2` stands on its
//! fallback, where `Span::mixed_site()` is the same as `Span::call_site()`: hygiene can be tested
//! only with the compiler.
#![deny(unsafe_code)]

extern crate self as macro_guest_sdk;

#[cfg(any(test, target_arch = "wasm32"))]
#[allow(unsafe_code, reason = "an allocator deals with memory that has no type yet")]
mod allocator;
#[cfg(feature = "syn")]
mod arguments;
#[doc(hidden)]
#[allow(unsafe_code, reason = "generated: how values cross the boundary of a component")]
pub mod bindings;
mod body;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod component;
mod context;
mod definition;
mod diagnostic;
mod expansion;
mod function;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod wire;

#[cfg(feature = "syn")]
pub use arguments::Arguments;
pub use body::Body;
pub use context::{CallError, Context, Fact, Gathered, ItemKind};
pub use definition::{FromTokens, NoArguments};
pub use diagnostic::{Diagnostic, Error, Level, Place, Result};
pub use expansion::{Artifact, Expansion, IntoExpansion, PlanEntry};
pub use function::{Function, Parameter};

/// Makes a macro of a function.
///
/// The first word says how it is used, and the parameters follow from it:
///
/// | written                                  | function                                    |
/// |------------------------------------------|---------------------------------------------|
/// | `attribute`: `#[Ledger::table(..)]`      | `fn(arguments, item)` or `fn(arguments, item, &mut Context)` |
/// | `derive`: `#[derive(Ledger::Model)]`     | `fn(item)` or `fn(item, &mut Context)`      |
/// | `function`: `Ledger::query!(..)`         | `fn(input)` or `fn(input, &mut Context)`    |
///
/// Arguments, item and input are of any type that `syn` can parse ([`FromTokens`]), the function
/// returns what [`IntoExpansion`] says. The doc comment of the function is that of the macro.
///
/// After the first word, in any order:
///
/// - `name = "Model"`: the name of the macro, if it is not that of the function.
/// - `needs(table, search::index)`: macros of this cell, or of others, that must stand on the same
///   item. They run before this one.
/// - `helpers(primary_key)`: attributes that the macro reads inside the item
///   (`#[Ledger::primary_key]`); the host removes them.
/// - `context(item_kind, gathered, package, profile)`: what the macro wants to know.
/// - `calls(search::schema)`: the questions that it asks, cell and function; see [`questions!`].
/// - `plan = table_facts`: a function with the same parameters that returns `Result<Vec<Fact>>`:
///   what the macro tells the other macros on the item, before any of them expands.
pub use macro_guest_sdk_attribute::cell_macro;

/// Makes typed questions of the schemas that cells publish, as `cell schema ledger > ledger.schema`
/// writes them. The path is that from the folder of `Cargo.toml`; the name is the cell's, as
/// `calls(..)` and `cell.toml` have it. A cell with several services has a list of files.
///
/// ```text
/// macro_guest_sdk::questions! {
///     ledger = "ledger.schema",
///     market = ["schemas/orders.schema", "schemas/prices.schema"],
/// }
/// ```
///
/// For each cell there is a module with a function for each method that is marked `at compile time`,
/// and the types that these reach. A function takes `&mut Context` and the method's arguments, and
/// returns what the method does, in a `Result` with [`CallError`]: the cell refused the question, or
/// answered otherwise than its schema says. A bare `?` shows that at the macro call,
/// [`CallError::at`] at a token. Errors of the method itself are values:
///
/// ```
/// use macro_guest_sdk::testing::Harness;
/// use macro_guest_sdk::{Context, Error, Result, cell_macro};
/// use macro_guest_sdk::proc_macro2::TokenStream;
/// use quote::quote;
///
/// // tests/it/bank.schema:
/// //   method columns(table: string) -> result<list<Column>, NoSuchTable> at compile time
/// macro_guest_sdk::questions!(bank = "tests/it/bank.schema");
///
/// /// How many columns a table of the bank has.
/// #[cell_macro(function, calls(bank::columns))]
/// fn width(table: syn::LitStr, cx: &mut Context) -> Result<TokenStream> {
///     let columns = bank::columns(cx, &table.value())?;
///     let columns = columns.map_err(|bank::NoSuchTable { known }| {
///         Error::new(&table, format!("there is no such table, only {}", known.join(", ")))
///     })?;
///     let width = columns.len();
///     Ok(quote! { #width })
/// }
///
/// let column = bank::Column { name: "id".into(), ty: bank::ColumnType::Number { bits: 64 } };
/// let harness = Harness::new()
///     .answer_to::<bank::columns>(("accounts",), &Ok(vec![column]))
///     .answer_to::<bank::columns>(("a",), &Err(bank::NoSuchTable { known: vec!["b".into()] }));
/// assert_eq!(harness.expand_function::<width>(quote!("accounts")).code(), "1usize");
/// let expanded = harness.expand_function::<width>(quote!("a"));
/// assert_eq!(expanded.errors(), ["there is no such table, only b (at `\"a\"`)"]);
/// ```
///
/// Fields are owned, arguments are borrowed where that saves a copy. A field that may be missing has
/// its type's default then; where the schema does not say what that is, the field is an `Option`.
/// What a newer cell adds to a struct is skipped, and a variant that is not known is the one marked
/// `or default`, if there is one.
///
/// The encoding is [`wire`], and what a component does not use of it is not in it. rustc follows the
/// files: a changed schema compiles the guest again.
pub use macro_guest_sdk_attribute::questions;

pub use proc_macro2;
#[cfg(feature = "syn")]
pub use syn;

/// Makes a component of the macros that it lists: the functions with [`cell_macro`], by their
/// paths. It stands once, in the root of the crate.
///
/// A function that is not listed is not in the component; the compiler warns that it is never used.
///
/// ```compile_fail
/// # use macro_guest_sdk::{cell_macro, proc_macro2::TokenStream};
/// #[cell_macro(function)]
/// fn twice(input: TokenStream) -> TokenStream {
///     input
/// }
/// macro_guest_sdk::component!(twice, twice); // error: the same name
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! component {
    ($($function:path),+ $(,)?) => {
        const _: () = {
            static MACROS: &[$crate::support::Macro] =
                &[$(<$function as $crate::support::Define>::MACRO),+];
            const _: () = $crate::support::check_names(MACROS);

            #[cfg(target_arch = "wasm32")]
            $crate::__export!(MACROS);
        };
    };
}

/// What the two macros expand to; no part of the API.
#[doc(hidden)]
pub mod support {
    #[cfg(target_arch = "wasm32")]
    pub use crate::component;
    pub use crate::definition::{Define, Kind, Macro, check_names, read, wants};
    pub use wit_bindgen::rt as wit;

    /// The type of [`Macro::plan`](crate::definition::Macro) is written by its parts.
    pub type Facts = crate::Result<Vec<crate::Fact>>;
}
