//! The attribute `#[cell_macro]`.
