//! Linear memory that is used again by the next guest, zero as if it were new.
//!
//! Fresh memory costs a page fault for each page that a guest touches, and giving it back an
//! interrupt of the other processors: a fifth of a small expansion, measured. Here a guest gets
//! memory that an earlier one left behind, and what that one wrote is overwritten with zeros
//! *before* it is handed out. That happens when memory is taken, not when it is given back: most
//! rustc processes end before it is needed.
//!
//! It relies on bounds that are checked in code (`signals_based_traps(false)`): all of a reservation is
//! accessible, and what no guest has grown into costs nothing, since the system makes pages when
//! they are touched.

use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

/// Reservations that wait for a guest. One for each guest that is there at the same time is used: of a
/// stack of macros all are. A server with many threads gives the rest back.
const IDLE: usize = 8;

/// A page of zeros, to compare with: `memcmp` is quick in unoptimised builds too.
static ZEROS: [u8; PAGE] = [0; PAGE];
/// The step in which memory is looked at and cleared. What the system's pages are does not matter.
const PAGE: usize = 4 << 10;

/// The memories of one engine.
#[derive(Clone, Default)]
pub(crate) struct Memories(Arc<Mutex<Vec<Mapping>>>);

impl Memories {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Mapping>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A mapping of exactly this layout, all zero.
    fn take(&self, usable: usize, guard: usize) -> Result<Mapping, String> {
        let fits = |one: &Mapping| (one.usable, one.guard) == (usable, guard);
        let found = {
            let mut idle = self.idle();
            idle.iter().rposition(fits).map(|at| idle.swap_remove(at))
        };
        match found {
            Some(mut mapping) => {
                mapping.clear();
                Ok(mapping)
            }
            None => Mapping::new(usable, guard),
        }
    }

    fn give_back(&self, mapping: Mapping) {
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push(mapping);
        }
    }
}

// SAFETY: memory that is handed out belongs to one `Memory`, which keeps its mapping until it is
// dropped; it is zero (`take`), as large as it says, and followed by the guard that is asked for.
unsafe impl MemoryCreator for Memories {
    fn new_memory(
        &self,
        _ty: MemoryType,
        minimum: usize,
        _maximum: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let reserved = reserved.unwrap_or(0);
        let mut mapping = self.take(minimum.max(reserved), guard)?;
        mapping.used = mapping.used.max(minimum);
        Ok(Box::new(Memory { mapping: Some(mapping), size: minimum, reserved, home: self.clone() }))
    }
}

/// The memory of one guest.
struct Memory {
    /// There until it is dropped.
    mapping: Option<Mapping>,
    size: usize,
    reserved: usize,
    home: Memories,
}

// SAFETY: `as_ptr` is the start of `byte_capacity` bytes that can be read and written, at least
// `byte_size`, and moves only when `grow_to` has to; nothing else looks at them meanwhile.
unsafe impl LinearMemory for Memory {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.mapping.as_ref().map_or(0, |mapping| mapping.usable)
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        let lost = || wasmtime::Error::msg("a memory without its mapping");
        let mapping = self.mapping.as_mut().ok_or_else(lost)?;
        if size > mapping.usable {
            // In steps that keep copying cheap. Such a mapping is not kept afterwards.
            let usable = size.max(mapping.usable.saturating_mul(2)).next_multiple_of(PAGE);
            let larger = Mapping::new(usable, mapping.guard)
                .or_else(|_| Mapping::new(size.next_multiple_of(PAGE), mapping.guard));
            let mut larger = larger.map_err(wasmtime::Error::msg)?;
            larger.bytes_mut()[..self.size].copy_from_slice(&mapping.bytes()[..self.size]);
            let left = std::mem::replace(mapping, larger);
            if left.usable == self.reserved {
                self.home.give_back(left);
            }
        }
        mapping.used = mapping.used.max(size);
        self.size = size;
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.mapping.as_ref().map_or(std::ptr::null_mut(), |mapping| mapping.start.as_ptr())
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let standard = |mapping: &Mapping| mapping.usable == self.reserved;
        if let Some(mapping) = self.mapping.take().filter(standard) {
            self.home.give_back(mapping);
        }
    }
}

/// Pages of our own, and behind them some that cannot be accessed.
struct Mapping {
    start: NonNull<u8>,
    /// Bytes before the guard.
    usable: usize,
    guard: usize,
    /// Bytes from the start that a guest could reach. All others are as they came from the system.
    used: usize,
    /// Bytes from the start whose pages the system has entered.
    present: usize,
}

// SAFETY: the pages belong to this value alone, wherever it is.
unsafe impl Send for Mapping {}
// SAFETY: reading them takes `&self`, writing `&mut self`.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(usable: usize, guard: usize) -> Result<Self, String> {
        let length = usable.checked_add(guard).filter(|length| *length > 0).ok_or("no size")?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the system chooses the place, so nothing else is there.
        let start =
            unsafe { mmap_anonymous(std::ptr::null_mut(), length, access, MapFlags::PRIVATE) };
        let start = start.map_err(|e| e.to_string())?;
        let start = NonNull::new(start.cast::<u8>()).ok_or("memory at address 0")?;
        let mapping = Self { start, usable, guard, used: 0, present: 0 };
        if guard > 0 {
            // SAFETY: the last `guard` bytes of the mapping, which nobody has seen yet.
            let closed = unsafe {
                let guard_start = mapping.start.as_ptr().add(usable).cast();
                mprotect(guard_start, guard, rustix::mm::MprotectFlags::empty())
            };
            closed.map_err(|e| e.to_string())?;
        }
        Ok(mapping)
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: `usable` bytes of this mapping, initialised by the system, without a writer.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.usable) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` is the only way to them.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.usable) }
    }

    /// Makes everything zero that a guest can have written. Pages that it did not touch are looked
    /// at and left alone, so that they go on costing nothing.
    fn clear(&mut self) {
        let used = self.used.next_multiple_of(PAGE).min(self.usable);
        self.present();
        for page in self.bytes_mut()[..used].chunks_mut(PAGE) {
            if *page != ZEROS[..page.len()] {
                page.copy_from_slice(&ZEROS[..page.len()]);
            }
        }
        self.used = 0;
    }

    /// Lets the system enter all pages that are about to be read at once, instead of one by one.
    /// Those that nobody wrote to are the system's one page of zeros.
    fn present(&mut self) {
        #[cfg(target_os = "linux")]
        if let Some(new) = self.used.checked_sub(self.present).filter(|new| *new > 0) {
            let read = rustix::mm::Advice::LinuxPopulateRead;
            // SAFETY: these bytes are in the mapping, and no content changes. Where the advice is
            // not known, reading makes the pages.
            let _ = unsafe {
                let from = self.start.as_ptr().add(self.present);
                rustix::mm::madvise(from.cast(), new, read)
            };
        }
        self.present = self.present.max(self.used);
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped; whoever had a pointer to it is gone.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.usable + self.guard) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESERVED: usize = 1 << 20;
    const GUARD: usize = 64 << 10;

    fn memory(home: &Memories, minimum: usize) -> Box<dyn LinearMemory> {
        let ty = MemoryType::new(1, None);
        home.new_memory(ty, minimum, None, Some(RESERVED), GUARD).unwrap()
    }

    /// What a guest with this memory can see.
    fn seen(memory: &mut Box<dyn LinearMemory>) -> &mut [u8] {
        // SAFETY: the tests look at one memory at a time, and it is as large as it says.
        unsafe { std::slice::from_raw_parts_mut(memory.as_ptr(), memory.byte_size()) }
    }

    #[test]
    fn memory_is_used_again_and_holds_nothing_of_the_guest_before() {
        let home = Memories::default();
        let mut first = memory(&home, 128 << 10);
        let place = first.as_ptr() as usize;
        first.grow_to(RESERVED - 1).unwrap();
        seen(&mut first).fill(0xa5);
        drop(first);
        let mut second = memory(&home, 64 << 10);
        assert_eq!(second.as_ptr() as usize, place);
        assert_eq!((second.byte_size(), second.byte_capacity()), (64 << 10, RESERVED));
        second.grow_to(RESERVED).unwrap();
        assert!(seen(&mut second).iter().all(|byte| *byte == 0));
        // A smaller use in between must not hide what the larger one wrote.
        seen(&mut second)[RESERVED - 1] = 7;
        drop(second);
        drop(memory(&home, 4 << 10));
        let mut third = memory(&home, 4 << 10);
        third.grow_to(RESERVED).unwrap();
        assert!(seen(&mut third).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn two_at_a_time_have_different_memories() {
        let home = Memories::default();
        drop(memory(&home, 4 << 10));
        let (mut one, mut other) = (memory(&home, 4 << 10), memory(&home, 4 << 10));
        assert_ne!(one.as_ptr(), other.as_ptr());
        seen(&mut one).fill(1);
        assert!(seen(&mut other).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn growing_beyond_the_reservation_moves_and_is_not_kept() {
        let home = Memories::default();
        let mut one = memory(&home, 8 << 10);
        seen(&mut one).fill(3);
        one.grow_to(2 * RESERVED).unwrap();
        one.grow_to(5 * RESERVED).unwrap();
        let bytes = seen(&mut one);
        assert!(bytes[..8 << 10].iter().all(|byte| *byte == 3));
        assert!(bytes[8 << 10..].iter().all(|byte| *byte == 0));
        assert_eq!(home.idle().len(), 1);
        drop(one);
        assert_eq!(home.idle().len(), 1);
        assert!(seen(&mut memory(&home, 16 << 10)).iter().all(|byte| *byte == 0));
    }

    #[test]
    fn only_a_few_are_kept() {
        let home = Memories::default();
        let many: Vec<_> = (0..2 * IDLE).map(|_| memory(&home, 4 << 10)).collect();
        drop(many);
        assert_eq!(home.idle().len(), IDLE);
    }
}
