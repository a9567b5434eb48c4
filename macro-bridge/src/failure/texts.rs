//! The texts of all failures.

#[cfg(feature = "engine")]
pub mod engine;
#[cfg(feature = "engine")]
pub mod live;
pub mod numbers;
#[cfg(feature = "engine")]
pub mod output;
pub mod project;
