//! The part that works inside rustc: real token streams to tables and back.

mod emit;
mod report;
mod walk;

pub use emit::emit;
pub use report::{report, report_failure};
pub use walk::{Originals, Walker};
