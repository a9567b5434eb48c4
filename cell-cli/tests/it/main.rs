//! The `cell` command as people start it.

mod command;
mod project;
mod traces;
mod vendoring;
mod words;
