//! `cell-market-search`, as it is.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    cell_market_search::cli::main()
}
