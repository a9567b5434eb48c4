//! An expansion as bytes that are read quickly: what the macro server replies, and what the user's
//! expansion cache keeps. Nobody reads these in a diff, and hosts that are not optimised read them
//! for each macro call: rows of sixteen bytes take an eighth of the time of one line for each token.
//!
//! ```text
//! u32     bytes of the facts
//! u32     bytes of the text
//! ..      facts: answers, diagnostics, plan .., the lines that the file of an expansion has
//! ..      text of the rows
//! 16 * n  rows: kind, sub, 0, 0, then span, a, b of four bytes each
//! ```
//!
//! Numbers have the least byte first. An entry of the cache is this, between a first line with the
//! key of 32 bytes, and a sum of eight bytes.

use super::{Expansion, file};
use crate::digest::Digest;
use crate::sealed::{self, Damage};
use crate::table::Token;

const FORMAT: &[u8] = b"cell-cached-expansion 1\n";
const SUM: usize = 8;
const KEY: usize = 32;

/// Writes the bytes behind `out`.
pub fn encode(out: &mut Vec<u8>, expansion: &Expansion) {
    let mut facts = String::new();
    file::encode_facts(&mut facts, expansion);
    let (text, rows) = (&expansion.output.text, &expansion.output.rows);
    out.reserve(8 + facts.len() + text.len() + rows.len() * 16);
    out.extend_from_slice(&(facts.len() as u32).to_le_bytes());
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(facts.as_bytes());
    out.extend_from_slice(text.as_bytes());
    for Token { kind, sub, span, a, b } in rows {
        let low = u64::from(*kind) | u64::from(*sub) << 8 | u64::from(*span) << 32;
        out.extend_from_slice(&low.to_le_bytes());
        out.extend_from_slice(&(u64::from(*a) | u64::from(*b) << 32).to_le_bytes());
    }
}

/// Reads [`encode`]'s bytes. The tokens are not checked. `None` if the bytes are anything else.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Expansion> {
    let (facts, rest) = bytes.split_first_chunk::<4>()?;
    let (text, rest) = rest.split_first_chunk::<4>()?;
    let (facts, rest) = rest.split_at_checked(u32::from_le_bytes(*facts) as usize)?;
    let (text, rows) = rest.split_at_checked(u32::from_le_bytes(*text) as usize)?;
    let mut expansion = Expansion::default();
    for line in std::str::from_utf8(facts).ok()?.split_terminator('\n') {
        file::decode_fact(&mut expansion, line)?;
    }
    expansion.output.text = std::str::from_utf8(text).ok()?.to_owned();
    let (words, []) = rows.as_chunks::<8>() else { return None };
    let all = &mut expansion.output.rows;
    all.reserve(words.len() / 2);
    // No iterators, and one shift for each field: nothing here is inlined in most hosts.
    let mut at = 0;
    while at + 1 < words.len() {
        let (low, high) = (u64::from_le_bytes(words[at]), u64::from_le_bytes(words[at + 1]));
        all.push(Token {
            kind: low as u8,
            sub: (low >> 8) as u8,
            span: (low >> 32) as u32,
            a: high as u32,
            b: (high >> 32) as u32,
        });
        at += 2;
    }
    (at == words.len()).then_some(expansion)
}

/// Writes an entry of the cache.
#[must_use]
pub fn entry(key: &Digest, expansion: &Expansion) -> Vec<u8> {
    let mut out = FORMAT.to_vec();
    out.extend_from_slice(key.as_bytes());
    encode(&mut out, expansion);
    let sum = sealed::sum(&out);
    out.extend_from_slice(&sum.to_le_bytes());
    out
}

/// Reads an entry of the cache.
///
/// # Errors
/// [`Damage`], also if it is about another key than `key`.
pub fn read_entry(bytes: &[u8], key: &Digest) -> Result<Expansion, Damage> {
    let (body, sum) = bytes.split_last_chunk::<SUM>().ok_or(Damage::NotSealed)?;
    let rest = body.strip_prefix(FORMAT).ok_or_else(|| {
        let first = body.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
        Damage::Format(first.iter().take(60).map(|byte| char::from(*byte)).collect())
    })?;
    if sealed::sum(body).to_le_bytes() != *sum {
        return Err(Damage::Digest);
    }
    let (named, rest) = rest.split_first_chunk::<KEY>().ok_or(Damage::NotSealed)?;
    if named != key.as_bytes() {
        return Err(Damage::NotSealed);
    }
    decode(rest).ok_or(Damage::NotSealed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expansion::file::tests::{any_expansion, example};
    use proptest::prelude::*;

    fn key() -> Digest {
        Digest::of(b"key")
    }

    #[test]
    fn every_flipped_bit_and_every_cut_of_an_entry_is_found() {
        let good = entry(&key(), &example());
        assert_eq!(read_entry(&good, &key()), Ok(example()));
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bytes = good.clone();
                bytes[at] ^= 1 << bit;
                assert!(read_entry(&bytes, &key()).is_err(), "bit {bit} of byte {at}");
            }
            assert!(read_entry(&good[..at], &key()).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn an_entry_is_about_one_key_and_of_one_format() {
        let good = entry(&key(), &example());
        assert_eq!(read_entry(&good, &Digest::of(b"other")), Err(Damage::NotSealed));
        let record = file::encode(&key(), "a::b", &example());
        let found = read_entry(record.as_bytes(), &key());
        assert_eq!(found, Err(Damage::Format("cell-expansion 2".into())));
    }

    #[test]
    fn what_is_cut_or_too_long_is_not_read() {
        let mut bytes = Vec::new();
        encode(&mut bytes, &example());
        assert_eq!(decode(&bytes), Some(example()));
        for at in 0..bytes.len() {
            // Rows have no end of their own: the frame or the sum around them has it.
            let rows = (bytes.len() - at).is_multiple_of(16) && decode(&bytes[..at]).is_some();
            assert!(rows || decode(&bytes[..at]).is_none(), "cut at {at}");
        }
        bytes.push(0);
        assert_eq!(decode(&bytes), None);
    }

    proptest! {
        #[test]
        fn any_expansion_reads_back(expansion in any_expansion()) {
            prop_assert_eq!(read_entry(&entry(&key(), &expansion), &key()), Ok(expansion));
        }

        #[test]
        fn anything_can_be_read(bytes: Vec<u8>, lengths in any::<(u8, u8)>()) {
            let _ = decode(&bytes);
            let _ = read_entry(&bytes, &key());
            let head = [lengths.0, 0, 0, 0, lengths.1, 0, 0, 0];
            let _ = decode(&[&head[..], &bytes].concat());
        }
    }
}
