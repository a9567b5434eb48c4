//! What a guest returns, and the check that every byte of it passes before anything is built.


/// What a run of output rows is for. The numbers are those of `part.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// Items after the user's item; the result of a function-like macro.
    Items = 0,
    /// Replaces the user's item.
    Item = 1,
    /// A field for the user's struct.
    Field = 2,
}

/// A run of top-level rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What for; a [`PartKind`] once checked.
    pub kind: u8,
    /// How many rows.
    pub rows: u32,
    /// The field's name.
    pub name: String,
}

/// Tokens as a guest returned them: nothing about them is known to be true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawOutput {
    /// Text of the rows.
    pub text: String,
    /// Rows.
    pub rows: Vec<Token>,
    /// Span operations.
    pub spans: Vec<SpanOp>,
    /// What the rows are for.
    pub parts: Vec<Part>,
}
