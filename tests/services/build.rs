//! A client of what the ledger published, `ledger.schema`, as `cell_remote!` will make it.

#![allow(clippy::print_stdout, reason = "cargo reads it")]

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=ledger.schema");
    let text = std::fs::read_to_string("ledger.schema").expect("a file");
    let schema = cell_model::schema::read(&text).expect("a schema");
    let code = cell_codegen::remote(&"::cell".parse().expect("a path"), &schema);
    let folder = std::env::var_os("OUT_DIR").expect("cargo's folder");
    std::fs::write(Path::new(&folder).join("ledger.rs"), code.to_string()).expect("a file");
}
