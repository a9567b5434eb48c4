//! Each way to make calls, as its users write it.

pub(crate) mod cell;
pub(crate) mod raw;
pub(crate) mod tarpc;
pub(crate) mod tonic;
