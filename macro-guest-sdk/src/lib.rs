//! What authors of Cell macros depend on.
