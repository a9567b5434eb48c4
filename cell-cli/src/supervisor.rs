//! Looks after the cells of a project.
//!
//! Three kinds of processes: the *supervisor*, one for each project, in the background; for each cell
//! a *keeper*, which holds its output and its process group; and the cell. A supervisor that is killed
//! takes nobody with it: keepers go on, and the next supervisor finds them by their locks. What a
//! supervisor decides is in `core`, without processes or a clock; `actor` does it. The supervisor is a
//! cell itself (`service`), so commands ask it as anybody asks a cell.

pub(crate) mod actor;
pub(crate) mod client;
pub(crate) mod core;
pub(crate) mod follow;
pub(crate) mod keeper;
pub(crate) mod log;
pub(crate) mod place;
pub(crate) mod probe;
pub(crate) mod project;
pub(crate) mod record;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod timestamp;
