//! Empty: cargo compiles what this depends on.
