//! How messages of our own channels are written: MessagePack with the names of fields, so that any
//! language can read them and a later release may add fields.

use std::io::Cursor;

use rmp_serde::config::BytesMode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::{Code, Fault};

/// A message as bytes.
///
/// # Errors
/// [`Code::BadPayload`] for what MessagePack cannot say, which no type of this crate is.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::with_capacity(128);
    // What a schema calls `bytes` is a `Vec<u8>` in Rust, of which serde would write each number.
    let mut to = rmp_serde::Serializer::new(&mut bytes)
        .with_struct_map()
        .with_bytes(BytesMode::ForceIterables);
    message.serialize(&mut to).map_err(|error| Fault::new(Code::BadPayload, error.to_string()))?;
    Ok(bytes)
}

/// Reads [`encode`]'s bytes. Fields that are not known are skipped.
///
/// # Errors
/// [`Code::BadPayload`] if they are anything else, or something follows.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    let bad = |text: String| Fault::new(Code::BadPayload, text);
    let mut reader = rmp_serde::Deserializer::new(Cursor::new(bytes));
    reader.set_max_depth(DEPTH);
    let value = T::deserialize(&mut reader).map_err(|error| bad(error.to_string()))?;
    let rest = bytes.len() as u64 - reader.get_ref().position();
    if rest > 0 { Err(bad(format!("{rest} bytes behind the message"))) } else { Ok(value) }
}

/// How deep a message may nest.
pub(crate) const DEPTH: usize = 128;

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Old {
        name: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct New {
        name: String,
        #[serde(default)]
        more: u32,
    }

    #[test]
    fn fields_may_be_added() {
        let old = encode(&Old { name: "a".into() }).unwrap();
        assert_eq!(decode::<New>(&old), Ok(New { name: "a".into(), more: 0 }));
        let new = encode(&New { name: "a".into(), more: 7 }).unwrap();
        assert_eq!(decode::<Old>(&new), Ok(Old { name: "a".into() }));
    }

    #[test]
    fn bytes_are_bytes_and_read_from_either_form() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Id(u8);
        let long = vec![200u8; 300];
        let bytes = encode(&long).unwrap();
        assert_eq!((bytes[0], bytes.len()), (0xc5, 303), "bin 16");
        assert_eq!(decode(&bytes), Ok(long));
        // As languages write it that have no type for bytes.
        assert_eq!(decode(&[0x92, 7, 0xcc, 200]), Ok(vec![7u8, 200]));
        for list in [vec![], vec![7u8]] {
            assert_eq!(decode(&encode(&list).unwrap()), Ok(list));
        }
        // What only looks like bytes is a list.
        assert_eq!(encode(&vec![Id(7)]).unwrap(), [0x91, 7]);
        assert_eq!(encode(&vec![Some(7u8), None]).unwrap(), [0x92, 7, 0xc0]);
        assert_eq!(encode(&[7u8, 8]).unwrap(), [0x92, 7, 8]);
        let set = std::collections::BTreeSet::from([7u8]);
        assert_eq!(encode(&set).unwrap(), [0x91, 7]);
    }

    #[test]
    fn what_is_cut_or_longer_or_deep_is_refused() {
        let good = encode(&New { name: "a".into(), more: 7 }).unwrap();
        for at in 0..good.len() {
            assert_eq!(decode::<New>(&good[..at]).unwrap_err().code, Code::BadPayload);
        }
        let longer = [&good[..], &[0xc0]].concat();
        assert!(decode::<New>(&longer).unwrap_err().text.contains("1 bytes behind"));
        // Arrays of one element, each the next one's content; then a length that is a lie.
        assert!(decode::<New>(&[0x91; 100_000]).is_err());
        assert!(decode::<Vec<u64>>(&[0xdd, 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
