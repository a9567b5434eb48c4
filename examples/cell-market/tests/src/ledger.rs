//! `cell-market-ledger`, as it is.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    cell_market_ledger::cli::main()
}
