//! Numbers for tests that are the same everywhere, and what they do to bytes.

/// xorshift64*.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(super) fn index(&mut self, end: usize) -> usize {
        self.below(end as u64) as usize
    }

    pub(super) fn is(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Numbers of all sizes, small ones and the edges often.
    pub(super) fn number(&mut self) -> u64 {
        match self.below(4) {
            0 | 1 => self.below(8),
            2 => (u64::MAX >> self.below(64)).wrapping_add(self.below(3)),
            _ => self.next(),
        }
    }

    /// Flips bits, cuts, repeats, moves, or puts in other bytes.
    pub(super) fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let (at, to) = (self.index(bytes.len() + 1), self.index(bytes.len() + 1));
            let (at, to) = (at.min(to), at.max(to));
            match self.below(6) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = [0, 0xff, 0x7f, 0x80][self.index(4)],
                2 => drop(bytes.drain(at..to)),
                3 => bytes.extend_from_within(at..to),
                4 => bytes.truncate(at),
                _ => {
                    let other: Vec<u8> = (0..self.below(20)).map(|_| self.next() as u8).collect();
                    bytes.splice(at..at, other);
                }
            }
        }
    }
}
