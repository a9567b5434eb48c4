//! What a runtime does with good, broken and hostile components.

mod cache;
mod crimes;
mod expand;
mod guest;
mod kill;
mod load;
mod processes;
mod store;
