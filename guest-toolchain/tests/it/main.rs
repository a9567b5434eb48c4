//! Guests compiled for real; needs a compiler for them (`cargo xtask setup`).

mod checkout;
mod kit;
mod reproducible;
