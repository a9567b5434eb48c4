//! One file per command: reads, calls what is pure, writes, says what happened.

pub(crate) mod add;
pub(crate) mod build_macros;
pub(crate) mod cache;
pub(crate) mod cells;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod discover;
pub(crate) mod doctor;
pub(crate) mod expand;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod lock;
pub(crate) mod logs;
pub(crate) mod macro_server;
pub(crate) mod new;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod stop;
pub(crate) mod timings;
pub(crate) mod tree;
pub(crate) mod up;
pub(crate) mod vendor;
pub(crate) mod verify;
pub(crate) mod why;
