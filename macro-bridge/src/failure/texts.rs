//! The texts of all failures.
