//! Macros that services publish, run in a sandbox while your crate compiles.
//!
//! A *cell* is a service. The macros it publishes are in a WebAssembly component: it can compute,
//! it cannot read files, open sockets, see the environment or the clock. Which components a project
//! uses, by digest, stands in its `cell.lock`; what they expanded to is recorded in `.cell/`, so a
//! build needs neither the cell, nor a network, nor a WebAssembly toolchain.
//!
#![doc = concat!("```ignore\n", include_str!("../examples/aliased.rs"), "```")]
//!
//! # Spellings
//!
//! | what | with an alias | without |
//! |---|---|---|
//! | attribute | `#[Ledger::table(..)]` | `#[cell::wasm(ledger::table(..))]` |
//! | derive | `#[derive(Ledger::Model)]` | `#[cell::wasm_derive(ledger::Model)]` |
//! | function-like | `Ledger::query!(..)` | `cell::expand!(ledger::query(..))` |
//!
//! Several attributes on one item see each other and run in an order of their own, whatever the
//! order in which they are written. A `#[derive(..)]` written *above* them has already run.
//!
//! # Where macros may stand
//!
//! Wherever stable Rust lets any proc-macro stand: attributes on items of every kind, also in functions, and
//! on members of `impl`, `trait` and `extern` blocks; function-like macros in the place of items, members,
//! statements, expressions, patterns and types; derives on structs, enums and unions, with `#[cell(..)]`
//! inside. On `let`, expressions, fields, variants, parameters, arms and `mod elsewhere;` the compiler
//! itself refuses an attribute and says so: no macro of ours is asked.
//!
//! # Features
//!
//! - `macros`: the macros below, thin: expansions come from `.cell/`. Builds in about two seconds.
//! - `embedded`: runs components inside rustc when an expansion is not recorded. Costs a build of
//!   wasmtime.
//!
//! - `services`: typed services, their cells and clients, on tokio. Begun: a cell is reached by its
//!   name on this machine, over a unix socket.
//! - `nightly`: what macros say is shown with all its places, by the compiler's own diagnostics. Only a
//!   nightly compiler has them.
//!
//! The first two are on by default, so that a machine with only cargo works. Libraries should depend
//! on this crate with `default-features = false, features = ["macros"]`.
//!
//! # Services
//!
#![cfg_attr(feature = "services", doc = concat!("```ignore\n", include_str!("../examples/services.rs"), "```"))]
#![cfg_attr(not(feature = "services"), doc = "Behind the feature `services`.")]
//!
//! `Ledger::default().serve("ledger").await` is a whole program; a `Builder` makes cells that are more:
//!
//! | of a `Builder` | what it is for |
//! |---|---|
//! | `with(service)` | services, several in one cell |
//! | `with_later(future)`, `ready_after(future)` | takes the name first, and calls when the futures are done; calls of clients wait, streams end with a fault |
//! | `health()` | a handle by which services say what they lack: `cell health` shows it |
//! | `metrics(\|registry\| ..)` | metrics of your own beside those that each cell has |
//! | `macros(component)` | publishes the component with the cell's macros |
//! | `also_on(listener)` | other listeners beside the socket of its name, such as memory |
//! | `limits`, `patience`, `deadline`, `in_folder` | how much it takes, how long, and where it is |
//! | `configured(config)` | the same from the environment, where code says nothing: see `CellConfig` |
//! | `serve()` | is this cell until SIGTERM, Ctrl-C or `cell stop`, and lets calls end |
//! | `start()` | a cell within a program, which stops it |
//!
//! Each call has a span of the crate `tracing`, with its cell, service, method and outcome, and its place
//! in a W3C trace. That goes on by itself into the calls that a handler makes; `trace::begin` and
//! `Caller::traced` start one. All clients of a service share a connection.
//!
//! # What this crate does not do
//!
//! It does not run the code that macros emit in a sandbox: that becomes part of your program.
//! `SECURITY.md` says what is checked about it.
// Examples are files of their own, compiled and run by tests: what is in a document's code block
// cannot be recorded by `cell vendor`, which compiles what `cargo check --all-targets` does.
#![forbid(unsafe_code)]
// Macros alone need no `std`, and crates without it may use them.
#![cfg_attr(not(feature = "services"), no_std)]

/// Runs an attribute macro of a cell: `#[cell::wasm(ledger::table(name = "accounts"))]`.
///
/// The item is emitted again with what the macro adds; if the macro fails, the item stands alone
/// beside the error. `crate = path` after the macro names this crate where it was renamed:
/// `#[cell::wasm(ledger::table, crate = my::cell)]`.
///
#[doc = concat!("```ignore\n", include_str!("../examples/spelled_out.rs"), "```")]
///
/// # Errors
/// A compile error on the token at fault, with a code that `cell explain` knows.
#[cfg(feature = "macros")]
pub use host_macro::wasm;

/// Runs derives of cells: `#[cell::wasm_derive(ledger::Model)]`, several with commas.
///
/// The same as `#[derive(Ledger::Model)]` behind [`cell_remote!`], for crates that do not want the
/// module.
#[cfg(feature = "macros")]
pub use host_macro::wasm_derive;

/// Runs a function-like macro of a cell: `cell::expand!(ledger::query("select .."))`.
#[cfg(feature = "macros")]
pub use host_macro::expand;

/// Declares a module with the macros of a cell: `cell::cell_remote!(Ledger = "ledger");`.
///
/// The module is `pub(crate)`: the numbers behind its macros are those of this project's
/// `cell.lock`. Write it once, at the root of the crate. It also makes cargo rebuild the crate when
/// `cell.lock` changes.
#[cfg(feature = "macros")]
pub use host_macro::cell_remote;

/// Makes cargo rebuild the crate when `cell.lock` changes: `cell::track!();`.
///
/// Needed once in a crate that uses macros only on members of `impl` blocks, on functions, or in
/// expressions, and does not use [`cell_remote!`]: where no item may stand, a macro cannot do it.
#[cfg(feature = "macros")]
pub use host_macro::track;

#[cfg(feature = "macros")]
#[doc(hidden)]
pub use host_macro::__gathered;

/// Marks a type that can be sent: `#[cell::protein]` on a struct or enum.
///
/// It derives rkyv's and serde's traits and implements [`Protein`]. If a derive below it has `Ord`, the
/// type can be the key of a map. `#[protein(default)]` on a field lets others leave it out; on a variant
/// without content it stands for variants that a reader does not know.
///
/// `#[cell::protein(secret)]` marks what no macro may be told, as a password: a cell whose
/// `#[compile_time]` methods take or return it, however deep in other types, does not start. Its clients
/// made by [`cell_remote!`] do not print it.
#[cfg(feature = "services")]
pub use host_macro::protein;

/// Marks the struct of a service: `#[cell::service]`.
#[cfg(feature = "services")]
pub use host_macro::service;

/// Makes the methods of an `impl` block callable: `#[cell::handler]`.
///
/// Each is `async`, takes `&self` and arguments that it owns, and returns a [`Protein`]. One that
/// takes [`Items<T>`](Items) sends a stream. `#[compile_time]` lets macros ask it. A service `Ledger`
/// gets a client `LedgerClient`.
#[cfg(feature = "services")]
pub use host_macro::handler;

#[cfg(feature = "services")]
pub use cell_service::{
    Builder, CallError, Caller, CellConfig, Code, ConfigError, Fault, HealthReporter, Items,
    ItemsOf, Limits, NoComponent, Protein, Running, Runtime, Serve, Service, fetch_component,
    prometheus_client, schema, trace, transport,
};

#[cfg(feature = "services")]
#[doc(hidden)]
pub use cell_service::__private;

macro_rules! slots {
    ($($attribute:ident $derive:ident $function:ident)*) => {
        $(
            #[cfg(feature = "macros")]
            #[doc(hidden)]
            pub use host_macro::{$attribute, $derive, $function};
        )*
    };
}

slots! {
    __attr_0 __derive_0 __fn_0
    __attr_1 __derive_1 __fn_1
    __attr_2 __derive_2 __fn_2
    __attr_3 __derive_3 __fn_3
    __attr_4 __derive_4 __fn_4
    __attr_5 __derive_5 __fn_5
    __attr_6 __derive_6 __fn_6
    __attr_7 __derive_7 __fn_7
    __attr_8 __derive_8 __fn_8
    __attr_9 __derive_9 __fn_9
    __attr_10 __derive_10 __fn_10
    __attr_11 __derive_11 __fn_11
    __attr_12 __derive_12 __fn_12
    __attr_13 __derive_13 __fn_13
    __attr_14 __derive_14 __fn_14
    __attr_15 __derive_15 __fn_15
    __attr_16 __derive_16 __fn_16
    __attr_17 __derive_17 __fn_17
    __attr_18 __derive_18 __fn_18
    __attr_19 __derive_19 __fn_19
    __attr_20 __derive_20 __fn_20
    __attr_21 __derive_21 __fn_21
    __attr_22 __derive_22 __fn_22
    __attr_23 __derive_23 __fn_23
    __attr_24 __derive_24 __fn_24
    __attr_25 __derive_25 __fn_25
    __attr_26 __derive_26 __fn_26
    __attr_27 __derive_27 __fn_27
    __attr_28 __derive_28 __fn_28
    __attr_29 __derive_29 __fn_29
    __attr_30 __derive_30 __fn_30
    __attr_31 __derive_31 __fn_31
    __attr_32 __derive_32 __fn_32
    __attr_33 __derive_33 __fn_33
    __attr_34 __derive_34 __fn_34
    __attr_35 __derive_35 __fn_35
    __attr_36 __derive_36 __fn_36
    __attr_37 __derive_37 __fn_37
    __attr_38 __derive_38 __fn_38
    __attr_39 __derive_39 __fn_39
    __attr_40 __derive_40 __fn_40
    __attr_41 __derive_41 __fn_41
    __attr_42 __derive_42 __fn_42
    __attr_43 __derive_43 __fn_43
    __attr_44 __derive_44 __fn_44
    __attr_45 __derive_45 __fn_45
    __attr_46 __derive_46 __fn_46
    __attr_47 __derive_47 __fn_47
    __attr_48 __derive_48 __fn_48
    __attr_49 __derive_49 __fn_49
    __attr_50 __derive_50 __fn_50
    __attr_51 __derive_51 __fn_51
    __attr_52 __derive_52 __fn_52
    __attr_53 __derive_53 __fn_53
    __attr_54 __derive_54 __fn_54
    __attr_55 __derive_55 __fn_55
    __attr_56 __derive_56 __fn_56
    __attr_57 __derive_57 __fn_57
    __attr_58 __derive_58 __fn_58
    __attr_59 __derive_59 __fn_59
    __attr_60 __derive_60 __fn_60
    __attr_61 __derive_61 __fn_61
    __attr_62 __derive_62 __fn_62
    __attr_63 __derive_63 __fn_63
}
