//! What can be written on the command line.

pub mod authors;
pub mod cells;
pub mod expand;
pub mod live;
pub mod new;
pub mod sandbox;
pub mod traced;
pub mod up;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Macros from sandboxed WebAssembly components: build, lock, record and check them.
#[derive(Debug, Parser)]
#[command(name = "cell", bin_name = "cell", version, propagate_version = true)]
#[command(arg_required_else_help = true, subcommand_required = true)]
#[command(after_help = "Errors have codes: `cell explain CELL0303` says what one means.")]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// `cell.toml` or `Cargo.toml` of the project, instead of looking upwards from here
    #[arg(long, global = true, value_name = "PATH")]
    pub manifest_path: Option<PathBuf>,
    /// Fail where `cell.lock` or a `Cargo.lock` would have to change
    #[arg(long, global = true)]
    pub locked: bool,
    /// Use no network
    #[arg(long, global = true, env = "CARGO_NET_OFFLINE")]
    #[arg(value_parser = clap::builder::FalseyValueParser::new(), action = ArgAction::SetTrue)]
    pub offline: bool,
    /// Say only what went wrong
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more; show what cargo says
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", env = "CARGO_TERM_COLOR", hide_env = true)]
    pub color: Option<Color>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// If the output is a terminal and `NO_COLOR` is not set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// The word that cargo takes too.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new cell, or a new macro
    New(new::New),
    /// Prepare a package for macros of cells
    Init(Init),
    /// Compile guest crates to components
    BuildMacros(BuildMacros),
    /// Run the tests of guests, and their golden cases in the sandbox too
    TestMacros(authors::TestMacros),
    /// Say what macros there are, and what they are given
    Macros(authors::Macros),
    /// Name a cell in `cell.toml`, and take what it publishes
    Add(cells::Add),
    /// Take what cells publish now, and show what that changes
    Update(cells::Update),
    /// Write `cell.lock`, `.cell/components` and `.cell/schemas` from `cell.toml`
    Lock(Lock),
    /// Record every expansion, so that a build needs nothing but cargo
    Vendor(Vendor),
    /// Expand everything again and compare it with what is recorded
    Verify(Verify),
    /// Show what macros were given and what they made of it
    Expand(expand::Expand),
    /// Expand once more what `cell expand --save` wrote, and compare
    Replay(expand::Replay),
    /// Write the files for other tools that macros return
    Artifacts(traced::Artifacts),
    /// Run proc-macro crates that exist already as components
    Sandbox(sandbox::Sandbox),
    /// Say what stands at a place, and where its expansion comes from
    Why(traced::Why),
    /// Show the project's cells, what they do, and what they may do
    Tree(traced::Tree),
    /// Show what macros cost in a build, and what was cached
    Timings(Timings),
    /// Look at this machine and this project, and say what to do
    Doctor(Doctor),
    /// Say what the code of an error means
    Explain(Explain),
    /// Look at, shrink or check what is kept for this user
    Cache(Cache),
    /// Expand macros for this user's compilers; they start it themselves
    MacroServer(MacroServer),
    /// Start the project's cells, and look after them
    Up(up::Up),
    /// Run `cargo build`, and let it ask the project's cells
    Build(live::Build),
    /// Run the project's cells in this terminal, and let builds ask them
    Dev(live::Dev),
    /// Say what is recorded and should not be, what is missing, and what cells say otherwise now
    Check(live::Check),
    /// Ask the cells again, show what is different, and record it
    Sync(live::Sync),
    /// Run one cell in this terminal
    Run(up::Run),
    /// Show what cells write
    Logs(up::Logs),
    /// Show how the project's cells are
    Status(up::Status),
    /// Show all cells of this user that run, and what they offer
    Discover(up::Discover),
    /// List the cells of this user that run
    Ls(cells::Ls),
    /// Show what a running cell is
    Inspect(cells::Inspect),
    /// Ask a running cell how it is
    Health(cells::Health),
    /// Print what a running cell counts
    Metrics(cells::Metrics),
    /// Print the schema that a running cell publishes
    Schema(cells::Schema),
    /// Let running cells finish what they do, and end
    Stop(up::Stop),
    /// Say what a change of a schema breaks
    Compare(cells::Compare),
    /// Look after the cells of a project, in the background
    #[command(hide = true)]
    Supervisor(up::Supervise),
    /// Hold the process group and the output of one cell
    #[command(hide = true)]
    Keep(up::Keep),
    /// Run a program that can write to few folders, read few, and reach no network
    #[command(hide = true)]
    Confined(sandbox::Confined),
    /// Write completions for a shell to stdout
    Completions(Completions),
    /// Write man pages
    Man(Man),
}

/// Options of `cell init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell init                                  in the folder of a package
  cell init --sdk-path ../cell/cell-sdk      depend on a checkout
  cell init --cell ledger=macros/ledger.wasm  with a first cell")]
pub struct Init {
    /// Depend on the `cell-sdk` in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "sdk_version")]
    pub sdk_path: Option<PathBuf>,
    /// Depend on this version of `cell-sdk` [default: that of this command]
    #[arg(long, value_name = "VERSION")]
    pub sdk_version: Option<String>,
    /// Name a first cell and its component
    #[arg(long = "cell", value_name = "NAME=COMPONENT")]
    pub cells: Vec<String>,
}

/// Options of `cell build-macros`.
#[derive(Debug, Args)]
#[command(after_help = "\
Guests are packages with `crate-type = [\"cdylib\"]` and `[package.metadata.cell]` in the workspace
of `guests/Cargo.toml` (or `Cargo.toml`, if there is no such folder). Their components and the record
of what they were built from are written to `components/` beside that manifest.

Examples:
  cell build-macros                     all guests
  cell build-macros -p ledger           one guest
  cell build-macros --check             is each component the one of its sources? builds nothing
  cell build-macros --rustc /usr/bin/rustc")]
pub struct BuildMacros {
    /// Only these guests
    #[arg(long = "package", short, value_name = "NAME")]
    pub packages: Vec<String>,
    /// Build nothing; fail if a component is not the one of its sources
    #[arg(long)]
    pub check: bool,
    /// The compiler to use instead of the one that would be found
    #[arg(long, value_name = "PATH", env = "CELL_GUEST_RUSTC")]
    pub rustc: Option<PathBuf>,
    /// Where to write components and record [default: `components` beside the manifest]
    #[arg(long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
    /// Where cargo builds
    #[arg(long, value_name = "DIR")]
    pub target_dir: Option<PathBuf>,
}

/// Options of `cell lock`.
#[derive(Debug, Args)]
#[command(after_help = "\
Reads `cell.toml`:
  profile = \"default\"                   what macros see as the profile
  [cells.ledger]
  path = \"macros/ledger.wasm\"           its macros' component, from the folder of `cell.toml`
  schemas = [\"ledger.schema\"]          what its services can be asked; or
  from = \"running\"                     as `cell add` took it from the cell
  alias = \"Ledger\"                      a name for `cell_remote!`
  [cells.ledger.grants]
  calls = [\"search::schema\"]            questions that its macros may ask
  env = [\"MY_VAR\"]                     variables, and
  files = [\"Cargo.toml\"]               files of a package, that it sees if it is made of an
                                        ordinary proc-macro crate
  [cells.ledger.output]
  allow = [\"unsafe\", \"extern\"]        what its tokens may contain; also asm, linkage, include,
                                        env, path
  [cells.ledger.limits]                 of one expansion
  fuel = 2_000_000_000
  memory = \"256 MiB\"
  rows = 4_000_000
  output = \"64 MiB\"

Examples:
  cell lock              write `cell.lock`, `.cell/components` and `.cell/schemas`
  cell lock --check      fail if they would change, as in CI")]
pub struct Lock {
    /// Write nothing; fail if something would change
    #[arg(long)]
    pub check: bool,
}

/// Which part of a project is looked at, in the words of `cargo check`.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What to compile")]
pub struct Selection {
    /// Only these packages [default: all of the workspace]
    #[arg(long = "package", short, value_name = "SPEC")]
    pub packages: Vec<String>,
    /// Only the library
    #[arg(long)]
    pub lib: bool,
    /// Only this program
    #[arg(long = "bin", value_name = "NAME")]
    pub bins: Vec<String>,
    /// With these features
    #[arg(long, value_name = "FEATURES")]
    pub features: Vec<String>,
    /// With all features
    #[arg(long)]
    pub all_features: bool,
    /// Without default features
    #[arg(long)]
    pub no_default_features: bool,
    /// For this target
    #[arg(long, value_name = "TRIPLE")]
    pub target: Option<String>,
}

/// Options of `cell vendor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Runs `cargo check` in a target directory of its own until no expansion is missing.

Expansions and answers that nothing uses are removed if everything was compiled: all packages with all
their features, under the project's own profile. Otherwise they are kept, and it says so: with
`CELL_PROFILE=ui` what that profile uses is recorded beside the rest. What no run here
can see, such as code for another target (`cfg(windows)`) or for when a feature is off, keeps them only
with `--no-prune`.

Examples:
  cell vendor                    record all expansions, remove those that nothing uses
  cell vendor --all-features     the same where packages have features that are off by default
  cell vendor -p app             only what one package uses; removes nothing")]
pub struct Vendor {
    /// Keep recorded expansions and components that nothing uses
    #[arg(long)]
    pub no_prune: bool,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
A committed expansion is code that no reviewer reads. This runs every macro again and compares bytes;
it also checks `cell.lock` against `cell.toml` and the digest of every file in `.cell`.

Examples:
  cell verify                    in CI
  cell verify --all-features")]
pub struct Verify {
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell timings`.
#[derive(Debug, Args)]
#[command(long_about = "Show what macros cost in a build, and what was cached

Compiles the project's packages again, in a target directory of its own, with the same `cargo check` \
as `cell vendor`, and shows each macro with its calls, where their expansions came from, and the time \
that was spent in Cell: `walk` from the compiler's tokens to the key of the expansion, `find` until \
there is an expansion, `emit` until it is the compiler's tokens.")]
#[command(after_help = "\
Examples:
  cell timings
  cell timings --svg timings.svg   and a picture of it
  cell timings --lib -p shop")]
pub struct Timings {
    /// Also draw it
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// What to compile.
    #[command(flatten)]
    pub selection: Selection,
}

/// Options of `cell doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell doctor                    fails if something has to be done")]
pub struct Doctor {
    /// The compiler for guests to look at instead of searching
    #[arg(long, value_name = "PATH", env = "CELL_GUEST_RUSTC")]
    pub rustc: Option<PathBuf>,
}

/// Options of `cell cache`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell cache stats               how much there is
  cell cache gc --keep 64        remove what was not used for longest
  cell cache verify              read all of it")]
pub struct Cache {
    /// What to do with it.
    #[command(subcommand)]
    pub action: CacheAction,
}

/// What can be done with the cache.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum CacheAction {
    /// Say where it is and how much is in it
    #[command(after_help = "Examples:\n  cell cache stats")]
    Stats,
    /// Remove the expansions that were not used for longest
    #[command(after_help = "\
Answers that are recorded in a project are no cache: `cell sync` and `cell vendor` remove those that
nothing uses.

Examples:
  cell cache gc --keep 64")]
    Gc {
        /// Shrink it if it is larger than so many MiB
        #[arg(long, value_name = "MIB")]
        keep: Option<u64>,
    },
    /// Read every expansion and remove the damaged ones; fails if there was one
    #[command(after_help = "Examples:\n  cell cache verify")]
    Verify,
}

/// Options of `cell macro-server`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell macro-server                            in the background, as a compiler starts it
  cell macro-server --foreground --idle 3600   where it can be seen")]
pub struct MacroServer {
    /// Stay in this terminal
    #[arg(long)]
    pub foreground: bool,
    /// End when nobody asked for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, env = "CELL_SERVER_IDLE")]
    pub idle: u64,
    /// End when more MiB of memory are in use
    #[arg(long, value_name = "MIB", default_value_t = 1024, env = "CELL_SERVER_MEMORY")]
    pub memory: u64,
    /// Expansions at the same time, instead of as many as there are cores
    #[arg(long, short, value_name = "N", env = "CELL_SERVER_JOBS")]
    pub jobs: Option<usize>,
    /// Is in the background already
    #[arg(long, hide = true, conflicts_with = "foreground")]
    pub detached: bool,
}

/// Options of `cell explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell explain CELL0303
  cell explain                   lists all codes")]
pub struct Explain {
    /// The code, with or without `CELL`
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Options of `cell completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cell completions bash > ~/.local/share/bash-completion/completions/cell")]
pub struct Completions {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// Options of `cell man`.
#[derive(Debug, Args)]
#[command(after_help = "\
One page for each command: `cell.1`, `cell-expand.1`, `cell-new-macro.1`.

Examples:
  cell man target/man            then `man -l target/man/cell-expand.1`
  cell man ~/.local/share/man/man1")]
pub struct Man {
    /// The folder that they are written to
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_working_example() {
        let whole = Arguments::command();
        let below = whole.get_subcommands().flat_map(clap::Command::get_subcommands);
        for command in whole.get_subcommands().chain(below) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let (_, examples) = help.split_once("Examples:\n").unwrap_or_default();
            assert!(!examples.is_empty(), "`{}` has no examples", command.get_name());
            for line in examples.lines() {
                // The comment stands behind two spaces.
                let line = line.trim().split("  ").next().unwrap_or("").split(" > ").next();
                let words = line.unwrap_or("").split_whitespace();
                let parsed = Arguments::try_parse_from(words.clone());
                assert!(parsed.is_ok(), "{:?}: {}", words.collect::<Vec<_>>(), parsed.unwrap_err());
            }
        }
    }

    #[test]
    fn a_wrong_word_gets_a_suggestion() {
        let error = Arguments::try_parse_from(["cell", "vendro"]).unwrap_err().to_string();
        assert!(error.contains("vendor"), "{error}");
        let error = Arguments::try_parse_from(["cell", "lock", "--chekc"]).unwrap_err();
        assert!(error.to_string().contains("--check") && error.exit_code() == 2, "{error}");
    }
}
