//! The host's macros with the embedded engine, as `host-macro` has them, and those that only tests
//! need. `tests/compare-macros` has the same over the guest side without WebAssembly.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::OnceLock;

use macro_bridge::digest::Digest;
use macro_bridge::expansion::Expansion;
use macro_bridge::failure::Failure;
use macro_bridge::host::Engine;
use macro_bridge::project::Project;
use macro_bridge::request::Request;
use macro_runtime::{CacheDir, Options, Runtime};

const ENGINES: &[&dyn Engine] = &[&Components];

struct Components;

impl Engine for Components {
    fn name(&self) -> &'static str {
        "component"
    }

    fn expand(
        &self,
        project: &Project,
        request: &Request,
        _key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        static RUNTIME: OnceLock<Result<Runtime, Failure>> = OnceLock::new();
        let runtime = RUNTIME.get_or_init(|| {
            let home = std::env::var_os("CELL_HOME").map(PathBuf::from);
            let cache = CacheDir::of_user(home.as_deref());
            Runtime::new(Options { cache, ..Options::default() })
        });
        Some(match runtime {
            Ok(runtime) => runtime.expand(request, project, project),
            Err(failure) => Err(failure.clone()),
        })
    }
}

compare_tokens::host_macros!(ENGINES);
