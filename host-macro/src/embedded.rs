//! wasmtime inside rustc: slow to build, needs nothing else on the machine.

use std::path::PathBuf;
use std::sync::OnceLock;

use macro_bridge::digest::Digest;
use macro_bridge::expansion::Expansion;
use macro_bridge::failure::Failure;
use macro_bridge::host::Engine;
use macro_bridge::project::Project;
use macro_bridge::request::Request;
use macro_runtime::{CacheDir, Expansions, Notices, Options, Runtime};

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
        key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        static RUNTIME: OnceLock<Result<Ready, Failure>> = OnceLock::new();
        Some(match RUNTIME.get_or_init(start) {
            Ok(Ready { runtime, expansions }) => {
                let result = runtime.expand(request, project, project);
                if let (Some(expansions), Ok(expansion)) = (expansions, &result) {
                    expansions.save(key, expansion);
                }
                result
            }
            Err(failure) => Err(failure.clone()),
        })
    }
}

struct Ready {
    runtime: Runtime,
    /// Where others of this user find what was made here.
    expansions: Option<Expansions>,
}

fn start() -> Result<Ready, Failure> {
    let home = std::env::var_os("CELL_HOME").map(PathBuf::from);
    let notices = match std::env::var_os("CELL_LOG") {
        Some(_) => Notices::to(|notice| eprintln!("cell: {notice}")),
        None => Notices::default(),
    };
    let cache = CacheDir::of_user(home.as_deref());
    let expansions = cache.as_ref().map(|cache| Expansions::new(cache, notices.clone()));
    let runtime = Runtime::new(Options { cache, notices })?;
    Ok(Ready { runtime, expansions })
}
