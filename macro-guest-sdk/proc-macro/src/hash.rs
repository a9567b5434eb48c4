//! Things that are numbered, found again by a hash. Nobody chooses them to collide: a macro that
//! does so slows down itself. `std`'s map is a twentieth of a small component.

/// Multiplies and rotates, a word at a time.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hash(u64);

/// An odd number whose bits look random.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Hash {
    pub(crate) fn add(self, word: u64) -> Self {
        Self((self.0.rotate_left(5) ^ word).wrapping_mul(FACTOR))
    }

    pub(crate) fn of_text(text: &str) -> u32 {
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        let mut hash = Self::default();
        for word in words {
            hash = hash.add(u64::from_le_bytes(*word));
        }
        let mut last = 0;
        for byte in rest {
            last = last << 8 | u64::from(*byte);
        }
        hash.add(last ^ ((text.len() as u64) << 56)).finish()
    }

    /// Slots are chosen by the lowest bits, which the highest decide.
    pub(crate) fn finish(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// The numbers of a list that grows, by the hashes of what is in it. The list is elsewhere.
#[derive(Default)]
pub(crate) struct Index {
    /// One more than a number, or 0. As many as a power of two, at most three quarters in use.
    slots: Vec<u32>,
    /// By number.
    hashes: Vec<u32>,
}

impl Index {
    /// The first with this hash that `is` what is looked for.
    pub(crate) fn find(&self, hash: u32, is: impl Fn(usize) -> bool) -> Option<usize> {
        let mut at = hash as usize;
        loop {
            let mask = self.slots.len().checked_sub(1)?;
            let number = self.slots[at & mask].checked_sub(1)? as usize;
            if self.hashes[number] == hash && is(number) {
                return Some(number);
            }
            at += 1;
        }
    }

    /// Another one, with the next number.
    pub(crate) fn push(&mut self, hash: u32) {
        self.hashes.push(hash);
        let count = self.hashes.len();
        let first = if 4 * count > 3 * self.slots.len() {
            self.slots = vec![0; (2 * self.slots.len()).max(64)];
            0
        } else {
            count - 1
        };
        let mask = self.slots.len() - 1;
        for number in first..count {
            let mut at = self.hashes[number] as usize & mask;
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = number as u32 + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Hash, Index};

    #[test]
    fn what_was_pushed_is_found_whatever_its_hash() {
        // All in one slot, in few, and as they are.
        for mask in [0, 7, u32::MAX] {
            let texts: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
            let mut index = Index::default();
            for (number, text) in texts.iter().enumerate() {
                let hash = Hash::of_text(text) & mask;
                assert_eq!(index.find(hash, |at| texts[at] == *text), None);
                index.push(hash);
                assert_eq!(index.find(hash, |at| texts[at] == *text), Some(number));
            }
            for (number, text) in texts.iter().enumerate() {
                let found = index.find(Hash::of_text(text) & mask, |at| texts[at] == *text);
                assert_eq!(found, Some(number));
            }
        }
    }

    #[test]
    fn texts_that_differ_in_one_place_differ_in_their_hashes() {
        let texts = ["", "a", "b", "ab", "ba", "\0", "\0\0", "12345678", "123456780", "123456789"];
        let hashes: std::collections::BTreeSet<_> =
            texts.iter().map(|text| Hash::of_text(text)).collect();
        assert_eq!(hashes.len(), texts.len());
    }
}
