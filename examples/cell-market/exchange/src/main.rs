//! A cell with an exchange.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    cell_market_exchange::cli::main()
}
