//! Macro of the cell `auth`.
//!
//! ```text
//! /// Who calls; the application's own type.
//! pub struct AuthContext { .. }
//!
//! impl AuthContext {
//!     pub fn require(&self, role: &str) -> Result<(), Denied> { .. }
//! }
//!
//! #[Auth::require(role = "admin")]
//! fn close(shop: u64) -> Result<(), Error> { .. }
//!
//! close(7, &session)?;
//! ```
//!
//! What it does not do: know who somebody is. It asks the application's own type, at the place where
//! it cannot be forgotten.
#![forbid(unsafe_code)]

mod require;

macro_guest_sdk::component!(require::require);
