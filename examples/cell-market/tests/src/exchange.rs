//! `cell-market-exchange`, as it is.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    cell_market_exchange::cli::main()
}
