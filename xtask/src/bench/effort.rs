//! How often things are measured.

/// All rounds, or few: a quick run shows that everything works, and its figures say little.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    pub(super) quick: bool,
}

impl Effort {
    /// How often something is measured, and how often in a quick run.
    pub(super) fn of(self, all: usize, few: usize) -> usize {
        if self.quick { few } else { all }
    }
}
