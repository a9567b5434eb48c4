//! Macros that ask a cell while cargo builds: what it says is recorded once, and is the same forever
//! after. Whatever is wrong with the cell, there is one error at the macro, in time, and nothing is
//! recorded.

mod actor;
mod asked;
mod branches;
mod commands;
mod compared;
mod copy;
mod damaged;
mod dependency;
mod editor;
mod exact;
mod faults;
mod killed;
mod peers;
mod place;
mod pruned;
mod published;
mod raced;
mod refused;
mod together;
mod tracked;
