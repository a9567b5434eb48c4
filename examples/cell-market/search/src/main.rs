//! A cell that finds rows by their words.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    cell_market_search::cli::main()
}
