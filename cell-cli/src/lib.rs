//! The `cell` command as a library, so that tests can parse the commands that error texts name.
//!
//! Everything that people see is made here; what other programs want is in `macro-bridge`,
//! `macro-runtime` and `guest-toolchain`. Read [`arguments::Arguments`] first.
#![forbid(unsafe_code)]

pub mod arguments;
mod artifacts;
mod commands;
mod component;
mod connection;
mod engine;
mod files;
mod golden;
mod guests;
mod highlight;
mod live;
pub mod lock;
pub mod manifest;
mod project;
mod published;
mod render;
mod sandbox;
mod saved;
mod schemas;
mod shell;
mod show;
mod supervisor;
mod timings;
mod trace;
mod traced_check;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
use shell::Shell;

/// How a run ended. 101 is what a panic ends with and is never returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Done,
    /// Something is wrong with the project or the machine, and stderr says what.
    Failed,
    /// The command line itself is wrong. The parser ends with it too.
    Usage,
    /// A cell in this terminal ended so.
    OfCell(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::OfCell(code) => code,
        })
    }
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let shell = Shell::new(&arguments.global);
    match run(&arguments, &shell) {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Done.into(),
        Err(error) => {
            shell.error(&error);
            Exit::Failed.into()
        }
    }
}

fn run(arguments: &Arguments, shell: &Shell) -> anyhow::Result<Exit> {
    let global = &arguments.global;
    match &arguments.command {
        Command::New(options) => commands::new::run(options, global, shell),
        Command::Init(options) => commands::init::run(options, global, shell),
        Command::TestMacros(options) => commands::test_macros::run(options, global, shell),
        Command::Macros(options) => commands::macros::run(options, global, shell),
        Command::BuildMacros(options) => commands::build_macros::run(options, global, shell),
        Command::Add(options) => commands::add::run(options, global, shell),
        Command::Update(options) => commands::update::run(options, global, shell),
        Command::Lock(options) => commands::lock::run(options, global, shell),
        Command::Vendor(options) => commands::vendor::run(options, global, shell),
        Command::Verify(options) => commands::verify::run(options, global, shell),
        Command::Expand(options) => commands::expand::run(options, global, shell),
        Command::Replay(options) => commands::replay::run(options, shell),
        Command::Artifacts(options) => commands::artifacts::run(options, global, shell),
        Command::Sandbox(options) => commands::sandbox::run(options, global, shell),
        Command::Why(options) => commands::why::run(options, global, shell),
        Command::Tree(options) => commands::tree::run(options, global, shell),
        Command::Timings(options) => commands::timings::run(options, global, shell),
        Command::Doctor(options) => commands::doctor::run(options, global, shell),
        Command::Explain(options) => commands::explain::run(options, shell),
        Command::Cache(options) => commands::cache::run(options, shell),
        Command::MacroServer(options) => commands::macro_server::run(options, shell),
        Command::Up(options) => commands::up::run(options, global, shell),
        Command::Build(options) => commands::build::run(options, global, shell),
        Command::Dev(options) => commands::dev::run(options, global, shell),
        Command::Check(options) => commands::check::run(options, global, shell),
        Command::Sync(options) => commands::sync::run(options, global, shell),
        Command::Run(options) => commands::run::run(options, global, shell),
        Command::Logs(options) => commands::logs::run(options, global, shell),
        Command::Status(options) => commands::status::run(options, global, shell),
        Command::Discover(options) => commands::discover::run(options, shell),
        Command::Supervisor(options) => commands::up::supervise(options),
        Command::Keep(options) => supervisor::keeper::run(options),
        Command::Ls(options) => commands::cells::ls(options, shell),
        Command::Inspect(options) => commands::cells::inspect(options, shell),
        Command::Health(options) => commands::cells::health(options, shell),
        Command::Metrics(options) => commands::cells::metrics(options, shell),
        Command::Schema(options) => commands::cells::schema(options, shell),
        Command::Stop(options) => commands::stop::run(options, global, shell),
        Command::Compare(options) => commands::compare::run(options, shell),
        Command::Confined(options) => sandbox::confine::run(options, shell),
        Command::Completions(options) => commands::completions::run(options, shell),
        Command::Man(options) => commands::man::run(options, shell),
    }
}

/// The reader of our output has seen enough: `cell expand | head`.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
