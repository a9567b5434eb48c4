//! How questions and answers travel: MessagePack, as a cell's clients write it.
//!
//! [`questions!`](crate::questions) makes types that implement [`Read`] and [`Write`], and a
//! [`Question`] for each method. Read this only to ask a question whose answer is no type of a
//! schema. It is small on purpose: what a component does not use of it is not in the component.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use macro_guest_sdk::wire;
//!
//! let bytes = wire::write(&BTreeMap::from([("table", "accounts")]));
//! let back: BTreeMap<String, String> = wire::read(&bytes)?;
//! assert_eq!(back["table"], "accounts");
//! let misfit = wire::read::<Vec<String>>(&bytes).unwrap_err();
//! assert_eq!(misfit.to_string(), "a list is expected, found a map");
//! # Ok::<(), wire::Misfit>(())
//! ```

mod read;
mod values;
mod write;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use read::Head;
pub use read::{Misfit, Read, Reader, or_default, read, required};
pub use write::{Write, Writer, write};

/// A question that a cell answers while an application compiles.
/// [`questions!`](crate::questions) makes a type for each, with the name of its function.
pub trait Question {
    /// The cell, as `calls(..)` and `cell.toml` name it.
    const CELL: &'static str;
    /// Its function.
    const FUNCTION: &'static str;
    /// What it takes, in order.
    type Arguments<'a>;
    /// What it gives.
    type Reply: Read + Write;

    /// Writes the arguments as the cell reads them: values by their names.
    fn write(arguments: &Self::Arguments<'_>, to: &mut Writer);
}
