//! The one wasmtime configuration.

use std::num::NonZeroUsize;

use macro_bridge::failure::{Failure, texts};
use wasmtime::{Config, Engine, OptLevel, RegallocAlgorithm, WasmBacktraceDetails};

use crate::limits;

/// Builds the engine, the same in every process: code that one of them compiled serves all others.
pub(crate) fn engine() -> Result<Engine, Failure> {
    Engine::new(&config()).map_err(|e| {
        texts::engine::internal("the WebAssembly engine does not start", &format!("{e:?}"))
    })
}

fn config() -> Config {
    let mut config = Config::new();

    // Same in, same out, on every machine.
    // Fuel counts instructions, so where a guest is stopped does not depend on the clock; epochs do.
    config.consume_fuel(true);
    // The bits of a NaN are the processor's choice otherwise.
    config.cranelift_nan_canonicalization(true);
    // Its results differ between processors by design.
    config.wasm_relaxed_simd(false);
    // How deep a guest may recurse, whoever runs it. `limits::THREAD_STACK` has room for it.
    config.max_wasm_stack(limits::GUEST_STACK);

    // What no macro needs is not reachable. Threads, GC, exceptions, stack switching and component
    // concurrency are not compiled in either: wasmtime's features are chosen in Cargo.toml.
    config.concurrency_support(false);
    config.wasm_memory64(false);
    config.wasm_multi_memory(false);
    config.wasm_tail_call(false);
    config.wasm_custom_page_sizes(false);
    config.wasm_wide_arithmetic(false);

    // Handlers of signals are process-wide, and rustc's stay its own. Bounds are checked in code
    // instead: about a tenth slower, measured on whole expansions. In a process of ours handlers
    // would do, but there they cost more than they give, since memory that relies on guards is not
    // used again (`memory`): twice the time of a small expansion. wasmtime turns Cranelift's Spectre
    // mitigations of heap and tables off with them, which consist of loads from address 0: a guest
    // is in a process that holds nothing but code which is being compiled.
    config.signals_based_traps(false);

    // rustc may run under `ulimit -v`, and many rustc at once: wasmtime's 4 GiB reservation for
    // each memory would fail there. Memories begin small and move when they grow, in steps that
    // keep copying cheap: fuel does not see it.
    config.memory_reservation(16 << 20);
    config.memory_reservation_for_growth(16 << 20);
    config.memory_may_move(true);
    config.memory_guard_size(64 << 10);
    config.guard_before_linear_memory(false);
    // Initial memory is copied, not mapped: a memfd for each component costs more than 100 kB of
    // memcpy, and mapping needs reservations.
    config.memory_init_cow(false);
    // Memories are used again, cleared.
    #[cfg(unix)]
    config.with_host_memory(std::sync::Arc::new(crate::memory::Memories::default()));

    // A trap names the function it was in. The name section is enough for that; line tables would
    // be read by a parser that we need not trust, and wasmtime asks the environment by default.
    config.wasm_backtrace_max_frames(NonZeroUsize::new(limits::FRAMES));
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // Only for the system's unwinder, which never walks through a guest: wasmtime catches panics of
    // host functions at the boundary. Registering it is slow and process-wide.
    config.native_unwind_info(false);

    // Fixed, not chosen by profile: compiled code of debug and release builds is shared, and an
    // expansion costs the same everywhere. Compiling is once per component and machine.
    config.cranelift_opt_level(OptLevel::Speed);
    config.cranelift_regalloc_algorithm(RegallocAlgorithm::Backtracking);
    config
}
