//! The `cell` command as people start it.

mod command;
mod project;
mod reference;
mod traces;
mod vendoring;
mod words;
