//! Macro of the cell `telemetry`.
//!
//! ```text
//! /// Who wants to know, if anybody does.
//! pub static OBSERVER: OnceLock<fn(&'static str, bool)> = OnceLock::new();
//!
//! #[Telemetry::span]
//! fn checkout(cart: &Cart) -> Receipt { .. }
//! ```
//!
//! What it does not do: measure, print or send. It says when a function is entered and left, to a
//! function of the application's choice.
#![forbid(unsafe_code)]

mod span;

macro_guest_sdk::component!(span::span);
