//! What `questions!` makes, compared with the encoding of cells, and used by macros.

mod asking;
mod cells;
mod wire;

macro_guest_sdk::questions! {
    bank = "tests/it/bank.schema",
    both = ["tests/it/all.schema", "tests/it/fractions.schema"],
}
