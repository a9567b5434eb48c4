//! How a journal lies in its file: bytes in, records out.
//!
//! A line of text that says what it is, then the records, each with a head of 12 bytes:
//!
//! ```text
//! cell-market-journal 1 ledger 1\n
//! length u32 | sum of the length u32 | sum of the payload u32 | payload
//! ```
//!
//! Numbers are little endian, sums CRC-32. A record's number goes into both sums, so that one that
//! is in another's place is found. The length has a sum of its own: else a length that went bad would
//! look like a record that was not written to its end, and what stands behind it would be cut off.

/// The first words of a file. The number is that of this format.
const MAGIC: &str = "cell-market-journal 1 ";
/// Bytes before a record's payload.
pub const HEAD: usize = 12;
/// Bytes of the longest payload.
pub const LONGEST: usize = 1 << 20;

/// Why a file is not read. Nothing of it is used then, and nothing is written to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Another file, or another version of this format.
    #[error("it does not begin with `{MAGIC}`")]
    NotAJournal,
    /// A journal of something else, or a version of its records that this program does not read.
    #[error("it is a journal of `{found}`, and `{expected}` was expected")]
    OtherKind {
        /// What the file says.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// A record is not what was written.
    #[error(
        "record {record}, {offset} bytes into the file, is not what was written: {part} and sum differ"
    )]
    Record {
        /// Counted from 0.
        record: u64,
        /// Where it begins.
        offset: u64,
        /// What does not fit its sum.
        part: &'static str,
    },
}

/// What is in a file.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The payloads, in the order in which they were written.
    pub records: Vec<&'a [u8]>,
    /// Where the last whole record ends. What is behind it was not written to its end. 0 if that is
    /// the first line.
    pub end: usize,
}

/// The first line of a file with records of this kind.
#[must_use]
pub fn header(kind: &str) -> Vec<u8> {
    format!("{MAGIC}{kind}\n").into_bytes()
}

/// A record, ready to be written.
#[must_use]
pub fn record(number: u64, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut bytes = Vec::with_capacity(HEAD + payload.len());
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&sum(number, &length).to_le_bytes());
    bytes.extend_from_slice(&sum(number, payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Reads a file.
///
/// # Errors
/// If it is something else, or a record was changed. A record that was not written to its end is no
/// error, nor are zeros at the end, which a system that lost power may leave.
pub fn decode<'a>(bytes: &'a [u8], kind: &str) -> Result<Decoded<'a>, Damage> {
    let first = header(kind);
    if first.starts_with(bytes) && bytes.len() < first.len() {
        return Ok(Decoded { records: Vec::new(), end: 0 });
    }
    if !bytes.starts_with(&first) {
        let line = bytes.strip_prefix(MAGIC.as_bytes()).ok_or(Damage::NotAJournal)?;
        let line = line.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
        let found = String::from_utf8_lossy(&line[..line.len().min(80)]).escape_debug().to_string();
        return Err(Damage::OtherKind { found, expected: kind.to_owned() });
    }
    let (mut records, mut end) = (Vec::new(), first.len());
    while let Some(payload) = next(&bytes[end..], records.len() as u64, end)? {
        end += HEAD + payload.len();
        records.push(payload);
    }
    Ok(Decoded { records, end })
}

/// The payload of the record that `rest` begins with; `None` if there is no whole one.
fn next(rest: &[u8], record: u64, offset: usize) -> Result<Option<&[u8]>, Damage> {
    let Some((head, behind)) = rest.split_at_checked(HEAD) else {
        return Ok(None);
    };
    let part = |from: usize| [head[from], head[from + 1], head[from + 2], head[from + 3]];
    let damage = |part| Damage::Record { record, offset: offset as u64, part };
    let length = part(0);
    let bytes = u32::from_le_bytes(length) as usize;
    if u32::from_le_bytes(part(4)) != sum(record, &length) || bytes == 0 || bytes > LONGEST {
        let nothing = rest.iter().all(|byte| *byte == 0);
        return if nothing { Ok(None) } else { Err(damage("length")) };
    }
    let Some(payload) = behind.get(..bytes) else {
        return Ok(None);
    };
    if u32::from_le_bytes(part(8)) != sum(record, payload) {
        return Err(damage("payload"));
    }
    Ok(Some(payload))
}

fn sum(number: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&number.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn file(payloads: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = header("test 1");
        for (number, payload) in payloads.iter().enumerate() {
            bytes.extend(record(number as u64, payload));
        }
        bytes
    }

    fn payloads() -> impl Strategy<Value = Vec<Vec<u8>>> {
        vec(vec(any::<u8>(), 1..40), 0..12)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(payloads in payloads()) {
            let bytes = file(&payloads);
            let decoded = decode(&bytes, "test 1").expect("it is whole");
            prop_assert_eq!(decoded.end, bytes.len());
            prop_assert_eq!(decoded.records, payloads);
        }

        #[test]
        fn of_a_file_cut_anywhere_whole_records_are_read(payloads in payloads(), cut: prop::sample::Index) {
            let bytes = file(&payloads);
            let cut = cut.index(bytes.len() + 1);
            let decoded = decode(&bytes[..cut], "test 1").expect("a cut is no damage");
            let whole = |count: usize| file(&payloads[..count]).len() <= cut;
            let count = (0..=payloads.len()).rev().find(|count| whole(*count));
            prop_assert_eq!(&decoded.records, &payloads[..count.unwrap_or(0)]);
            prop_assert_eq!(decoded.end, count.map_or(0, |count| file(&payloads[..count]).len()));
        }

        #[test]
        fn a_byte_that_is_another_is_found(
            payloads in payloads(), place: prop::sample::Index, flip in 1..=u8::MAX,
        ) {
            let mut bytes = file(&payloads);
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
            prop_assert!(decode(&bytes, "test 1").is_err(), "byte {}", place);
        }

        #[test]
        fn after_a_cut_and_a_flip_there_is_an_error_or_a_beginning(
            payloads in payloads(), cut: prop::sample::Index, place: prop::sample::Index, flip in 1..=u8::MAX,
        ) {
            let mut bytes = file(&payloads);
            bytes.truncate(1 + cut.index(bytes.len()));
            let place = place.index(bytes.len());
            bytes[place] ^= flip;
            if let Ok(decoded) = decode(&bytes, "test 1") {
                prop_assert!(payloads.starts_with(&decoded.records.iter().map(|r| r.to_vec()).collect::<Vec<_>>()));
            }
        }

        #[test]
        fn any_bytes_are_a_journal_or_an_error(bytes in vec(any::<u8>(), 0..200), whole: bool) {
            let mut all = if whole { header("test 1") } else { Vec::new() };
            all.extend(bytes);
            if let Ok(decoded) = decode(&all, "test 1") {
                prop_assert!(decoded.end <= all.len());
            }
        }
    }

    #[test]
    fn zeros_at_the_end_are_nothing() {
        let payloads = [b"one".to_vec(), b"two".to_vec()];
        let (mut bytes, length) = (file(&payloads), file(&payloads).len());
        bytes.extend([0; 100]);
        let decoded = decode(&bytes, "test 1").expect("zeros are no damage");
        assert_eq!((decoded.records.len(), decoded.end), (2, length));
        bytes.push(1);
        assert!(decode(&bytes, "test 1").is_err());
    }

    #[test]
    fn records_in_each_other_s_place_are_found() {
        let mut bytes = header("test 1");
        bytes.extend(record(1, b"b"));
        let offset = header("test 1").len() as u64;
        let damage = Damage::Record { record: 0, offset, part: "length" };
        assert_eq!(decode(&bytes, "test 1"), Err(damage));
    }

    #[test]
    fn other_files_are_refused() {
        assert_eq!(decode(b"something else", "test 1"), Err(Damage::NotAJournal));
        let other = header("ledger 2");
        let (found, expected) = ("ledger 2".to_owned(), "test 1".to_owned());
        assert_eq!(decode(&other, "test 1"), Err(Damage::OtherKind { found, expected }));
        assert_eq!(decode(b"", "test 1"), Ok(Decoded { records: vec![], end: 0 }));
    }
}
