//! The texts of all failures.

pub mod engine;
pub mod project;
