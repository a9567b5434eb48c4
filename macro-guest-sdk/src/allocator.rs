//! The allocator of components.
//!
//! An instance lives for one call, on one thread, and most of what `syn` and `quote` do is making
//! small vectors and dropping them: in the general allocator of `std` that was a tenth of an
//! expansion. Here a block has one of a few sizes; freed blocks of a size are a list, from which
//! the next of that size is taken. Nothing is joined or split. The memory of a macro stays within
//! a small factor of what it holds at most, since every list is used up before memory grows.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::ptr::null_mut;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: Allocator<Wasm> = Allocator::new(Wasm);

/// Where memory comes from.
pub(crate) trait Source {
    /// The address of `bytes` new ones, behind what was given before if nobody else asked;
    /// `None` if there are none left.
    fn more(&self, bytes: usize) -> Option<usize>;
}

/// Pages of linear memory.
#[cfg(target_arch = "wasm32")]
struct Wasm;

#[cfg(target_arch = "wasm32")]
impl Source for Wasm {
    fn more(&self, bytes: usize) -> Option<usize> {
        const PAGE: usize = 64 << 10;
        let before = core::arch::wasm32::memory_grow(0, bytes.div_ceil(PAGE));
        (before != usize::MAX).then(|| before * PAGE)
    }
}

/// Bytes of the smallest block, and what every block is aligned to.
const UNIT: usize = 16;
/// Up to here sizes are multiples of `UNIT`; above there are four between two powers of two.
const FINE: usize = 256;
/// Lists: 16 fine ones, and four for each power of two up to half of the address space.
const LISTS: usize = FINE / UNIT + 4 * 23;
/// What a block can hold at most: half of what 32 bits can address.
const LARGEST: usize = 1 << 31;
/// Memory is asked for in steps of this, or of a quarter of what there is.
const STEP: usize = 128 << 10;

/// The list that blocks for `size` bytes are in, and how large they are.
fn class(size: usize) -> (usize, usize) {
    if size <= FINE {
        let units = size.div_ceil(UNIT).max(1);
        return (units - 1, units * UNIT);
    }
    // 2^log < size <= 2^(log + 1), in quarters of 2^log.
    let log = (size - 1).ilog2();
    let quarter = 1usize << (log - 2);
    let quarters = (size - 1) / quarter - 3;
    let list = FINE / UNIT + 4 * (log as usize - 8) + quarters - 1;
    (list, (4 + quarters) * quarter)
}

/// See the module.
pub(crate) struct Allocator<S> {
    state: UnsafeCell<State>,
    source: S,
}

struct State {
    /// The first free block of each size; its first word is the address of the next.
    free: [usize; LISTS],
    /// What was not given out yet.
    next: usize,
    end: usize,
    /// All that the source gave.
    total: usize,
}

// SAFETY: a component has one thread, and tests use one of their own in each.
unsafe impl<S> Sync for Allocator<S> {}

impl<S: Source> Allocator<S> {
    pub(crate) const fn new(source: S) -> Self {
        let state = State { free: [0; LISTS], next: 0, end: 0, total: 0 };
        Self { state: UnsafeCell::new(state), source }
    }

    /// A new block at the end of what is in use.
    #[cold]
    #[inline(never)]
    fn grow(&self, state: &mut State, size: usize) -> bool {
        let wanted = size.max(STEP).max(state.total / 4);
        // Near the limit, less than a step may still be there.
        let more = |bytes| self.source.more(bytes).map(|start| (start, bytes));
        let Some((start, bytes)) = more(wanted).or_else(|| more(size)) else { return false };
        let bytes = bytes.next_multiple_of(64 << 10);
        state.total += bytes;
        if start != state.end {
            state.next = start;
        }
        state.end = start + bytes;
        true
    }

    fn bump(&self, state: &mut State, size: usize) -> *mut u8 {
        if state.end - state.next < size && !self.grow(state, size) {
            return null_mut();
        }
        let block = state.next;
        state.next += size;
        block as *mut u8
    }
}

/// Larger alignments than a block has: rare, and for them a block has room to move in.
fn needed(layout: Layout) -> Option<usize> {
    let room = if layout.align() > UNIT { layout.align() } else { 0 };
    layout.size().checked_add(room).filter(|size| *size <= LARGEST)
}

// SAFETY: blocks do not overlap: each comes once from the source, and is in a list only while
// nobody has it. They are as large as their class says, which is at least what is asked.
unsafe impl<S: Source> GlobalAlloc for Allocator<S> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(size) = needed(layout) else { return null_mut() };
        let (list, size) = class(size);
        // SAFETY: there is one thread, and nothing that is called from here allocates.
        let state = unsafe { &mut *self.state.get() };
        let block = match state.free[list] {
            0 => self.bump(state, size),
            block => {
                // SAFETY: a free block, whose first word was written by `dealloc`.
                state.free[list] = unsafe { *(block as *const usize) };
                block as *mut u8
            }
        };
        if layout.align() <= UNIT {
            return block;
        }
        block.map_addr(|address| address.next_multiple_of(layout.align()))
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // One that was moved within its room is lost; nobody makes many of them.
        if layout.align() > UNIT {
            return;
        }
        let (list, _) = class(layout.size());
        // SAFETY: as in `alloc`.
        let state = unsafe { &mut *self.state.get() };
        // SAFETY: the caller gives up a block of at least one unit.
        unsafe { *block.cast::<usize>() = state.free[list] };
        state.free[list] = block as usize;
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        if layout.align() <= UNIT && new <= LARGEST {
            let ((_, old_size), (_, new_size)) = (class(layout.size()), class(new));
            if old_size == new_size {
                return block;
            }
            // SAFETY: as in `alloc`.
            let state = unsafe { &mut *self.state.get() };
            // The newest block grows where it is: a vector that is being filled.
            let last = block as usize + old_size == state.next;
            if last && block as usize + new_size <= state.end {
                state.next = block as usize + new_size;
                return block;
            }
        }
        // SAFETY: the caller promises that `new` fits the alignment.
        let larger = unsafe { self.alloc(Layout::from_size_align_unchecked(new, layout.align())) };
        if !larger.is_null() {
            // SAFETY: two different blocks, each at least as large as the smaller size.
            unsafe {
                larger.copy_from_nonoverlapping(block, new.min(layout.size()));
                self.dealloc(block, layout);
            }
        }
        larger
    }
}

#[cfg(test)]
mod tests;
