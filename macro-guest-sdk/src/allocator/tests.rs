use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;

/// Memory of the machine, up to a limit, in one piece as in a component.
struct Piece {
    memory: RefCell<Vec<u128>>,
    given: RefCell<usize>,
}

impl Piece {
    fn of(bytes: usize) -> Self {
        Self { memory: RefCell::new(vec![0; bytes / 16]), given: RefCell::default() }
    }
}

impl Source for Piece {
    fn more(&self, bytes: usize) -> Option<usize> {
        let bytes = bytes.next_multiple_of(64 << 10);
        let (memory, mut given) = (self.memory.borrow_mut(), self.given.borrow_mut());
        let start = *given;
        (start + bytes <= memory.len() * 16).then(|| {
            *given += bytes;
            memory.as_ptr() as usize + start
        })
    }
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

#[test]
fn classes_have_room_for_their_sizes_and_lists_of_their_own() {
    let mut sizes = BTreeMap::new();
    let large = (9..31).flat_map(|log| [-1, 0, 1].map(|d| ((1i64 << log) + d) as usize));
    for size in (1..100_000).chain(large) {
        let (list, room) = class(size);
        assert!(room >= size && room % UNIT == 0, "{size} in {room}");
        assert!(room <= (size + size / 4 + UNIT), "{size} in {room}");
        assert!(list < LISTS, "{size} in list {list}");
        assert_eq!(*sizes.entry(list).or_insert(room), room, "{size}");
    }
}

/// Blocks in use, each full of a byte of its own: none may lose it to another.
#[test]
fn blocks_do_not_overlap_whatever_happens() {
    let allocator = Allocator::new(Piece::of(64 << 20));
    let mut blocks: Vec<(*mut u8, Layout, u8)> = Vec::new();
    let mut random = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % below
    };
    let holds = |block: *mut u8, size: usize, byte: u8| {
        // SAFETY: a block of this size, filled below.
        unsafe { std::slice::from_raw_parts(block, size) }.iter().all(|b| *b == byte)
    };
    for round in 0..50_000 {
        let most = next(15);
        let size = 1 + next(1 << most);
        let byte = round as u8;
        match next(5) {
            0 | 1 if blocks.len() < 500 => {
                let layout = layout(size, 1 << next(7));
                // SAFETY: the size is not 0, and the block is as large as it.
                let block = unsafe { allocator.alloc(layout) };
                assert!(!block.is_null());
                assert_eq!(block as usize % layout.align(), 0);
                // SAFETY: as above.
                unsafe { block.write_bytes(byte, size) };
                blocks.push((block, layout, byte));
            }
            2 if !blocks.is_empty() => {
                let (block, old, byte) = blocks.swap_remove(next(blocks.len()));
                let kept = old.size().min(size);
                // SAFETY: a block of ours with its layout.
                let moved = unsafe { allocator.realloc(block, old, size) };
                assert!(!moved.is_null() && holds(moved, kept, byte));
                // SAFETY: it has the new size.
                unsafe { moved.write_bytes(byte, size) };
                blocks.push((moved, layout(size, old.align()), byte));
            }
            _ if !blocks.is_empty() => {
                let (block, layout, byte) = blocks.swap_remove(next(blocks.len()));
                assert!(holds(block, layout.size(), byte));
                // SAFETY: a block of ours with its layout.
                unsafe { allocator.dealloc(block, layout) };
            }
            _ => {}
        }
    }
    assert!(blocks.iter().all(|(block, layout, byte)| holds(*block, layout.size(), *byte)));
}

#[test]
fn what_is_freed_is_used_again() {
    let allocator = Allocator::new(Piece::of(1 << 20));
    for round in 0..100_000usize {
        let layout = layout(1 + round % 3_000, 8);
        // SAFETY: the block is given back with its layout.
        unsafe {
            let block = allocator.alloc(layout);
            assert!(!block.is_null(), "round {round}");
            allocator.dealloc(block, layout);
        }
    }
}

#[test]
fn an_end_of_memory_is_said() {
    let allocator = Allocator::new(Piece::of(256 << 10));
    // SAFETY: sizes are not 0, and nothing is written.
    unsafe {
        assert!(allocator.alloc(layout(1 << 20, 8)).is_null());
        let last = allocator.alloc(layout(200 << 10, 8));
        assert!(!last.is_null());
        assert!(allocator.realloc(last, layout(200 << 10, 8), 1 << 20).is_null());
        assert!(allocator.alloc(layout(usize::MAX >> 1, 1)).is_null());
    }
}
