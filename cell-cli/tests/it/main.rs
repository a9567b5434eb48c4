//! The `cell` command as people start it.

mod authors;
mod command;
mod project;
mod reference;
mod traces;
mod vendoring;
mod words;
