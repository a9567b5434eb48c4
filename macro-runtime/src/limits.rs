//! Every bound of loading and running a component, with its unit and its reason.
//!
//! Bounds of one expansion that a project can change ([`Limits`]) come with the request; those
//! here are for everyone.

use macro_bridge::request::Limits;
use wasmtime::ResourceLimiter;

/// Bytes of a component. A guest with `syn` twice and five derives is 1.9 MB.
pub const COMPONENT_BYTES: u64 = 32 << 20;
/// Core functions in all modules of a component together. `syn` with all features has 2,000.
pub const FUNCTIONS: u64 = 100_000;
/// Bytes of one core function. Register allocation is worse than linear in this.
pub const FUNCTION_BYTES: u64 = 512 << 10;
/// Locals of one core function, parameters included.
pub const LOCALS: u64 = 10_000;
/// Locals times blocks of one core function: what building SSA form may have to look at.
pub const LOCALS_TIMES_BLOCKS: u64 = 20_000_000;
/// Blocks within blocks.
pub const BLOCK_NESTING: u64 = 1_000;
/// Types, imports, exports, aliases and canonical functions, core and component together.
pub const DECLARATIONS: u64 = 200_000;
/// Components and modules in one another: `wit-component` makes two levels.
pub const NESTING: u64 = 4;
/// Core modules and components in one component: `wit-component` makes five.
pub const MODULES: u64 = 64;
/// Instances that a component makes of the modules and components in it. Only the outermost
/// component may make instances of components, so that they cannot double at every level.
pub const MADE_INSTANCES: u64 = 64;

/// Bytes of native stack that a guest may use. Fixed: how deep a guest may recurse must not
/// depend on who expands it.
pub const GUEST_STACK: usize = 512 << 10;
/// Frames of a guest that are looked at when it traps.
pub(crate) const FRAMES: usize = 64;
/// Bytes of stack of the thread on which components are compiled and run: the guest's, and the
/// rest for the compiler, which needs most of it where the host is built without optimisation.
pub const THREAD_STACK: usize = 8 << 20;

/// Fuel for `describe`.
pub const DESCRIBE: Limits =
    Limits { fuel: 200_000_000, memory: 64 << 20, rows: 0, bytes: 4 << 20 };

/// Questions in one call of a guest. Each may cost the host a file, which fuel does not see.
pub const QUESTIONS: u32 = 10_000;
/// Bytes of all questions in one call of a guest. Copying them costs no fuel.
pub const QUESTION_BYTES: u64 = 16 << 20;
/// Bytes of all answers in one call of a guest: each is kept until it ends.
pub const ANSWER_BYTES: u64 = 64 << 20;
/// Times that one call of a guest may ask for what is outside of it.
pub const LOOKS: u32 = 100_000;
/// Panics that a guest may report in one call; it should trap after the first.
pub const PANICS: u32 = 8;
/// Bytes of a panic's text that are kept.
pub const PANIC_TEXT: usize = 8 << 10;

/// Bytes that a guest may hand over in one piece, as the host counts them: its own size of each
/// record. Without it a small memory could name the same bytes a million times.
pub(crate) fn taken(limits: &Limits) -> u64 {
    /// A row of tokens, and a span operation for it.
    const ROW: u64 = 16 + 12;
    /// Records around the texts.
    const RECORDS: u64 = 1 << 20;
    limits.rows.saturating_mul(ROW).saturating_add(limits.bytes).saturating_add(RECORDS)
}

/// Core instances of one store.
const INSTANCES: usize = 64;
/// Memories of one store.
const MEMORIES: usize = 16;
/// Tables of one store.
const TABLES: usize = 64;
/// Entries in all tables of one store: 8 bytes of host memory each.
const TABLE_ENTRIES: usize = 1_000_000;

/// What 32 bits can address. A memory that declares no maximum has this one.
const ADDRESSABLE: usize = 1 << 32;

/// What a guest asked for and was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Bytes of linear memory, in all.
    Memory(u64),
    /// Entries of tables, in all.
    TableEntries,
    /// The machine itself had none left.
    ByMachine,
}

/// The limiter of one store. Counts all memories of the store together.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory: usize,
    limit: usize,
    entries: usize,
    /// The last refusal: what a trap that follows is really about.
    pub(crate) refused: Option<Refused>,
}

impl Limiter {
    pub(crate) fn new(limits: &Limits) -> Self {
        let limit = usize::try_from(limits.memory).unwrap_or(usize::MAX);
        Self { memory: 0, limit, entries: 0, refused: None }
    }

    /// Bytes of linear memory that the guest has.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|own| own < ADDRESSABLE && desired > own) {
            // The bound that it set itself: nothing of ours to report.
            return Ok(false);
        }
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.limit {
            self.refused = Some(Refused::Memory(total as u64));
            return Ok(false);
        }
        self.memory = total;
        Ok(true)
    }

    /// Growth that the limits allow and the machine does not. A guest that saw this as `-1` could
    /// answer differently on a small machine, so it ends the expansion instead.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.refused = Some(Refused::ByMachine);
        Err(error)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self.entries.saturating_add(desired.saturating_sub(current));
        if total > TABLE_ENTRIES {
            self.refused = Some(Refused::TableEntries);
            return Ok(false);
        }
        self.entries = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}
