//! The texts of all failures.

#[cfg(feature = "engine")]
pub mod engine;
pub mod numbers;
#[cfg(feature = "engine")]
pub mod output;
pub mod project;
