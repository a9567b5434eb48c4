//! `cell sandbox`: proc-macro crates that exist already, as components.

mod add;
mod check;
mod edit;
mod remove;
mod report;
mod update;

use anyhow::Result;

use crate::Exit;
use crate::arguments::Global;
use crate::arguments::sandbox::{Sandbox, SandboxAction, SandboxList};
use crate::shell::Shell;

pub(crate) fn run(options: &Sandbox, global: &Global, shell: &Shell) -> Result<Exit> {
    match &options.action {
        None => report::list(&SandboxList::default(), global, shell),
        Some(SandboxAction::List(options)) => report::list(options, global, shell),
        Some(SandboxAction::Add(options)) => add::run(options, global, shell),
        Some(SandboxAction::Remove(options)) => remove::run(options, global, shell),
        Some(SandboxAction::Update(options)) => update::run(options, global, shell),
        Some(SandboxAction::Check(options)) => check::run(options, global, shell),
        Some(SandboxAction::Why(options)) => report::why(options, global, shell),
        Some(SandboxAction::Report(options)) => report::report(options, global, shell),
    }
}
