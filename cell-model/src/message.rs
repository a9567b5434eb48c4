//! How messages of our own channels are written: MessagePack with the names of fields, so that any
//! language can read them and a later release may add fields.

use std::io::Cursor;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::{Code, Fault};

/// A message as bytes.
///
/// # Errors
/// [`Code::BadPayload`] for what MessagePack cannot say, which no type of this crate is.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, Fault> {
    rmp_serde::to_vec_named(message)
        .map_err(|error| Fault::new(Code::BadPayload, error.to_string()))
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
const DEPTH: usize = 128;

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
