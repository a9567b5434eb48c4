//! `cell sandbox`: proc-macro crates that exist already, as components.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Options of `cell sandbox`.
#[derive(Debug, Args)]
#[command(after_help = "\
A proc-macro crate has the rights of the compiler, and is compiled on every machine. Sandboxed, its macros
run as a component: without files, network, environment and clock, within limits, the same everywhere.
`add` compiles the source that `Cargo.lock` names, and puts a crate of the same name in its place that
only passes tokens on; `remove` gives back what was there before, byte for byte.

Examples:
  cell sandbox                            the proc-macro crates of this workspace
  cell sandbox add serde_derive           shows what it will change, and asks
  cell sandbox add --all --yes            all that can be
  cell sandbox check                      in CI
  cell sandbox remove serde_derive")]
pub struct Sandbox {
    /// What to do [default: list]
    #[command(subcommand)]
    pub action: Option<SandboxAction>,
}

/// What can be done with proc-macro crates.
#[derive(Debug, Subcommand)]
pub enum SandboxAction {
    /// List the proc-macro crates in cargo's graph, and how each runs
    #[command(after_help = "\
Behind how a crate runs stands what it may do; of one that runs natively and need not, what it would have to be
granted, as its source looks: words that its macros emit and the output policy denies, variables, parts of `std`
that the sandbox has not without a grant.

Examples:
  cell sandbox list
  cell sandbox list --json")]
    List(SandboxList),
    /// Make components of crates, and put crates of ours in their place
    #[command(after_help = "\
Each crate is compiled for WebAssembly from the source that `Cargo.lock` names, with the features that this
workspace uses. `[patch]` in `Cargo.toml` then brings in a crate of the same name, version and
features without its code and dependencies. What its macros may emit and see is in `cell.toml`, under
`[sandbox.<crate>]`; what was replaced stays in `cell.lock`. Commit `Cargo.toml`, `Cargo.lock`,
`cell.toml`, `cell.lock` and `.cell/`. Compilers then need `cell` in their `PATH`, or what `cell vendor`
records.

Examples:
  cell sandbox add serde_derive thiserror-impl
  cell sandbox add --all
  cell sandbox add --all --yes            asks nothing")]
    Add(SandboxAdd),
    /// Let crates run natively again: everything is as it was before
    #[command(after_help = "\
Examples:
  cell sandbox remove serde_derive
  cell sandbox remove --all")]
    Remove(SandboxRemove),
    /// Take newer versions of sandboxed crates, as `cargo update` would
    #[command(after_help = "\
Examples:
  cell sandbox update
  cell sandbox update serde_derive")]
    Update(SandboxUpdate),
    /// Say whether everything is as `add` left it, and fits what cargo wants now
    #[command(after_help = "\
Examples:
  cell sandbox check
  cell sandbox check --deny-native        fails if a crate that could be sandboxed is not
  cell sandbox check --rebuild            compiles everything again, and compares the components")]
    Check(SandboxCheck),
    /// Say how a crate runs and why, what it seems to need, and what it may do
    #[command(after_help = "\
Examples:
  cell sandbox why clap_derive")]
    Why(SandboxWhy),
    /// Write, for a security team, what runs where, from what source, and with which rights
    #[command(after_help = "\
As JSON: each proc-macro crate in cargo's graph with its version, source and checksum, how it runs and why; of
those that are sandboxed the component's digest, who compiled it, what build scripts were kept from meanwhile,
what the component can ask for, what it is granted and may emit, how often its macros are called, and what they
tried and were refused. Then all sources that components were compiled of.

Examples:
  cell sandbox report > macros.json
  cell sandbox report --no-calls         compiles nothing")]
    Report(SandboxReport),
}

/// Options of `cell sandbox list`.
#[derive(Debug, Default, Args)]
pub struct SandboxList {
    /// For programs
    #[arg(long)]
    pub json: bool,
}

/// Options of `cell sandbox add`.
#[derive(Debug, Args)]
pub struct SandboxAdd {
    /// Names of crates; `name@version` if there are several versions
    #[arg(value_name = "CRATE", required_unless_present = "all")]
    pub crates: Vec<String>,
    /// All that can be sandboxed
    #[arg(long, conflicts_with = "crates")]
    pub all: bool,
    /// What how to do it is shared with `update`
    #[command(flatten)]
    pub how: SandboxHow,
}

/// How crates are built and written.
#[derive(Clone, Debug, Default, Args)]
pub struct SandboxHow {
    /// Show what will change, and do not ask
    #[arg(long, short)]
    pub yes: bool,
    /// Depend on the checkout with this `cell-sdk`, instead of on published versions
    #[arg(long, value_name = "DIR", env = "CELL_SDK_PATH")]
    pub sdk_path: Option<PathBuf>,
    /// The compiler for components, instead of the one that would be found
    #[arg(long, value_name = "PATH", env = "CELL_GUEST_RUSTC")]
    pub rustc: Option<PathBuf>,
}

/// Options of `cell sandbox remove`.
#[derive(Debug, Args)]
pub struct SandboxRemove {
    /// Names of crates; `name@version` if there are several versions
    #[arg(value_name = "CRATE", required_unless_present = "all")]
    pub crates: Vec<String>,
    /// All of them
    #[arg(long, conflicts_with = "crates")]
    pub all: bool,
}

/// Options of `cell sandbox update`.
#[derive(Debug, Args)]
pub struct SandboxUpdate {
    /// Names of crates; `name@version` if there are several versions [default: all that are sandboxed]
    #[arg(value_name = "CRATE")]
    pub crates: Vec<String>,
    /// As for `add`
    #[command(flatten)]
    pub how: SandboxHow,
}

/// Options of `cell sandbox check`.
#[derive(Debug, Args)]
pub struct SandboxCheck {
    /// Fail if a crate runs natively that could be sandboxed
    #[arg(long)]
    pub deny_native: bool,
    /// Compile the components again, and compare them with those that are there
    #[arg(long)]
    pub rebuild: bool,
    /// As for `add`
    #[command(flatten)]
    pub how: SandboxHow,
}

/// Options of `cell sandbox why`.
#[derive(Debug, Args)]
pub struct SandboxWhy {
    /// The name of a crate
    #[arg(value_name = "CRATE")]
    pub name: String,
}

/// Options of `cell sandbox report`.
#[derive(Debug, Args)]
pub struct SandboxReport {
    /// Do not compile: leave out how often macros are called, and what they tried
    #[arg(long)]
    pub no_calls: bool,
}

/// Options of `cell confined`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell confined                          says what this system can hold
  cell confined --write target -- cargo build")]
pub struct Confined {
    /// May be read
    #[arg(long, value_name = "PATH")]
    pub read: Vec<PathBuf>,
    /// May be written
    #[arg(long, value_name = "PATH")]
    pub write: Vec<PathBuf>,
    /// The program, with its arguments; without one, says what holds here
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<OsString>,
}
