//! May this macro ask this question? Yes if it declared it and `cell.toml` grants it.

use macro_bridge::failure::{Failure, texts::engine as texts};
use macro_bridge::request::{Call, CallPermission};
use texts::Subject;

/// Decides. Compares exactly: no patterns, no prefixes, so the line in `cell.toml` is all there is
/// to read.
///
/// # Errors
/// `DeniedCall`, with the line that would grant it.
pub(crate) fn check(
    subject: &Subject,
    call: &Call,
    cell: &str,
    function: &str,
) -> Result<(), Failure> {
    let is_it = |one: &CallPermission| one.cell == cell && one.function == function;
    if !call.asked.iter().any(is_it) {
        return Err(texts::undeclared_call(subject, cell, function, &call.asked));
    }
    if !call.granted.iter().any(is_it) {
        return Err(texts::denied_call(subject, cell, function));
    }
    Ok(())
}
