//! Spans: numbers that only the host can resolve, and the operations recorded on them.

use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
use std::path::PathBuf;

use crate::NotSend;
use crate::hash::{Hash, Index};
use crate::table::SpanOp;

const CALL_SITE: u32 = 0;
const MIXED_SITE: u32 = 1;
const FIRST_ROW: u32 = 16;
const FIRST_OPERATION: u32 = 0x8000_0000;
const RESOLVED_AT: u8 = 0;

/// Where a token came from and in which scope its name is looked up.
#[derive(Clone, Copy)]
pub struct Span {
    number: u32,
    not_send: NotSend,
}

impl Span {
    /// The macro call, and its scope.
    #[must_use]
    pub fn call_site() -> Self {
        Self::of(CALL_SITE)
    }

    /// The macro call; local variables and labels are looked up where the macro was defined.
    #[must_use]
    pub fn mixed_site() -> Self {
        Self::of(MIXED_SITE)
    }

    /// The place of this span with the scope of `other`.
    #[must_use]
    pub fn resolved_at(&self, other: Self) -> Self {
        Self::of(OPERATIONS.with_borrow_mut(|list| list.resolved_at(self.number, other.number)))
    }

    /// The place of `other` with the scope of this span.
    #[must_use]
    pub fn located_at(&self, other: Self) -> Self {
        // The same operation the other way round, as the compiler has it: one number for one span.
        other.resolved_at(*self)
    }

    /// `None`: a component does not see source text.
    #[must_use]
    pub fn source_text(&self) -> Option<String> {
        None
    }

    /// The span itself: a component does not see positions.
    #[must_use]
    pub fn start(&self) -> Self {
        *self
    }

    /// The span itself: a component does not see positions.
    #[must_use]
    pub fn end(&self) -> Self {
        *self
    }

    /// 1: a component does not see lines.
    #[must_use]
    pub fn line(&self) -> usize {
        1
    }

    /// 1, the first column: a component does not see columns.
    #[must_use]
    pub fn column(&self) -> usize {
        1
    }

    /// Empty: a component does not see paths.
    #[must_use]
    pub fn file(&self) -> String {
        String::new()
    }

    /// `None`: a component does not see paths.
    #[must_use]
    pub fn local_file(&self) -> Option<PathBuf> {
        None
    }

    pub(crate) fn of(number: u32) -> Self {
        Self { number, not_send: PhantomData }
    }

    pub(crate) fn of_row(row: u32) -> Self {
        Self::of(FIRST_ROW + 4 * row)
    }

    /// The span of a group's opening delimiter, if this is the span of a group of the input.
    pub(crate) fn open(self) -> Self {
        Self::of(self.number + 1)
    }

    pub(crate) fn close(self) -> Self {
        Self::of(self.number + 2)
    }

    pub(crate) fn number(self) -> u32 {
        self.number
    }

    /// The input row that this is the whole span of.
    pub(crate) fn row(self) -> Option<u32> {
        let offset = self.number.checked_sub(FIRST_ROW)?;
        (self.number < FIRST_OPERATION && offset.is_multiple_of(4)).then_some(offset / 4)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            CALL_SITE => f.write_str("call_site"),
            MIXED_SITE => f.write_str("mixed_site"),
            number if number >= FIRST_OPERATION => write!(f, "op{}", number - FIRST_OPERATION),
            number => {
                let offset = number - FIRST_ROW;
                write!(f, "#{}", offset / 4)?;
                f.write_str(["", ".open", ".close", ".?"][offset as usize % 4])
            }
        }
    }
}

/// The number of a span, for diagnostics.
#[must_use]
pub fn handle(span: Span) -> u32 {
    span.number
}

thread_local! {
    static OPERATIONS: RefCell<Operations> = RefCell::default();
}

pub(crate) fn forget_operations() {
    OPERATIONS.take();
}

/// Operations so far. Equal ones are one, so that spans can be compared by number.
#[derive(Default)]
struct Operations {
    list: Vec<SpanOp>,
    index: Index,
}

impl Operations {
    fn resolved_at(&mut self, a: u32, b: u32) -> u32 {
        if a == b {
            return a;
        }
        let operation = SpanOp { op: RESOLVED_AT, a, b };
        let hash = Hash::default().add(u64::from(a) << 32 | u64::from(b)).finish();
        let found = self.index.find(hash, |number| self.list[number] == operation);
        let number = found.unwrap_or_else(|| {
            self.index.push(hash);
            self.list.push(operation);
            self.list.len() - 1
        });
        FIRST_OPERATION + number as u32
    }
}

/// The operations that `spans` need, directly or not. They are numbered anew, and `spans` with
/// them.
pub(crate) fn keep_operations(spans: Vec<&mut u32>) -> Vec<SpanOp> {
    let index = |span: u32| span.checked_sub(FIRST_OPERATION).map(|index| index as usize);
    OPERATIONS.with_borrow(|operations| {
        let list = &operations.list;
        let mut needed = vec![false; list.len()];
        for used in spans.iter().filter_map(|span| index(**span)) {
            needed[used] = true;
        }
        // An operation refers only to earlier ones, so one pass from the back finds all.
        for (at, operation) in list.iter().enumerate().rev() {
            if needed[at] {
                let arguments = [operation.a, operation.b];
                arguments.into_iter().filter_map(index).for_each(|used| needed[used] = true);
            }
        }
        let mut kept = Vec::new();
        let mut renumbered = vec![0; list.len()];
        for (at, operation) in list.iter().enumerate().filter(|(at, _)| needed[*at]) {
            let new = |span| index(span).map_or(span, |old| renumbered[old]);
            let operation = SpanOp { a: new(operation.a), b: new(operation.b), ..*operation };
            renumbered[at] = FIRST_OPERATION + kept.len() as u32;
            kept.push(operation);
        }
        for span in spans {
            *span = index(*span).map_or(*span, |old| renumbered[old]);
        }
        kept
    })
}
