//! The `cell` command as people start it.

mod command;
mod project;
mod vendoring;
mod words;
