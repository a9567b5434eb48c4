//! wasmtime inside rustc: slow to build, needs nothing else on the machine.

use std::path::PathBuf;
use std::sync::OnceLock;

use macro_bridge::digest::Digest;
use macro_bridge::expansion::Expansion;
use macro_bridge::failure::Failure;
use macro_bridge::host::Engine;
use macro_bridge::project::Project;
use macro_bridge::request::Request;
use macro_runtime::{CacheDir, Notices, Options, Runtime};

/// The engine of this process. One serves all packages that rust-analyzer has open.
pub(crate) struct Embedded;

impl Engine for Embedded {
    fn name(&self) -> &'static str {
        "engine inside rustc"
    }

    fn expand(
        &self,
        project: &Project,
        request: &Request,
        _key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        static RUNTIME: OnceLock<Result<Runtime, Failure>> = OnceLock::new();
        Some(match RUNTIME.get_or_init(start) {
            Ok(runtime) => runtime.expand(request, project, project),
            Err(failure) => Err(failure.clone()),
        })
    }
}

fn start() -> Result<Runtime, Failure> {
    let home = std::env::var_os("CELL_HOME").map(PathBuf::from);
    let notices = match std::env::var_os("CELL_LOG") {
        Some(_) => Notices::to(|notice| eprintln!("cell: {notice}")),
        None => Notices::default(),
    };
    // Never signal handlers: this process is the compiler.
    Runtime::new(Options { cache: CacheDir::of_user(home.as_deref()), signals: false, notices })
}
