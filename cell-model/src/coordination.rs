//! The channel for macros: which component a cell publishes, its bytes, and answers to questions
//! that macros ask while a program compiles.
//!
//! A cell says only what it has: name, version, digest. What macros are in a component, the
//! component says itself (`describe`), whether the cell runs or not. A question is answered by the
//! cell that is asked; it is never passed on under the same name.

use serde::{Deserialize, Serialize};

use crate::fault::{Code, Fault};

/// The most cells that a question may go through: each that asks another one on its behalf is one.
pub const HOPS: u8 = 8;
/// The largest component that is transferred.
pub const COMPONENT_BYTES: u64 = 32 << 20;
/// Bytes of a component in one reply.
pub const PIECE: u64 = 1 << 20;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// What the cell publishes.
    Describe,
    /// Bytes of the component with this digest, which the client checks.
    Component {
        /// SHA-256, in lower-case hexadecimal.
        digest: String,
        /// The first byte.
        from: u64,
    },
    /// A question of a macro, or of another cell on behalf of one.
    Ask {
        /// The service that has the method.
        service: String,
        /// A method that its author marked `#[compile_time]`.
        method: String,
        /// The arguments, as MessagePack.
        #[serde(with = "bytes")]
        arguments: Vec<u8>,
        /// Cells that it went through.
        hops: u8,
    },
}

/// What the cell says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Request::Describe`].
    Description(Description),
    /// To [`Request::Component`].
    Piece {
        /// Bytes of the whole component.
        length: u64,
        /// Those from the first that was asked for, [`PIECE`] at most.
        #[serde(with = "bytes")]
        bytes: Vec<u8>,
    },
    /// To [`Request::Ask`]: the value as MessagePack.
    Answer(#[serde(with = "bytes")] Vec<u8>),
}

/// What a cell publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// The cell's name.
    pub name: String,
    /// The version of its program.
    pub version: String,
    /// The component with its macros, if it has any.
    #[serde(default)]
    pub component: Option<Component>,
    /// Methods that may be asked at compile time, as `Service::method`.
    #[serde(default)]
    pub questions: Vec<String>,
}

/// A component by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// SHA-256, in lower-case hexadecimal.
    pub digest: String,
    /// Its bytes.
    pub length: u64,
    /// The version of `cell:macros` that it was made for.
    pub api: String,
}

/// May a question that went through so many cells go on?
///
/// # Errors
/// [`Code::TooManyHops`].
pub fn next_hop(hops: u8) -> Result<u8, Fault> {
    if hops >= HOPS {
        let text = format!("the question went through {hops} cells; {HOPS} are allowed");
        return Err(Fault::new(Code::TooManyHops, text));
    }
    Ok(hops + 1)
}

/// Vectors of bytes as MessagePack's `bin`; serde would write a number for each byte.
mod bytes {
    use serde::de::{Deserializer, Error, SeqAccess, Visitor};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;

        impl<'a> Visitor<'a> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }

            /// As languages write it that have no type for bytes.
            fn visit_seq<A: SeqAccess<'a>>(self, mut list: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = list.next_element()? {
                    bytes.push(byte);
                }
                Ok(bytes)
            }
        }

        from.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{decode, encode};
    use proptest::prelude::*;

    #[test]
    fn messages_come_back() {
        let ask = Request::Ask {
            service: "Ledger".into(),
            method: "schema".into(),
            arguments: vec![0, 1, 255],
            hops: 1,
        };
        for request in [Request::Describe, Request::Component { digest: "ab".into(), from: 9 }, ask]
        {
            assert_eq!(decode(&encode(&request).unwrap()), Ok(request));
        }
        let component = Component { digest: "ab".into(), length: 3, api: "0.1.0".into() };
        let description = Description {
            name: "ledger".into(),
            version: "0.1.0".into(),
            component: Some(component),
            questions: vec!["Ledger::schema".into()],
        };
        let piece = Reply::Piece { length: 9, bytes: vec![0, 200] };
        for reply in [Reply::Description(description), piece, Reply::Answer(vec![192])] {
            assert_eq!(decode(&encode(&reply).unwrap()), Ok(reply));
        }
    }

    #[test]
    fn bytes_are_bytes() {
        let reply = encode(&Reply::Answer(vec![200; 300])).unwrap();
        assert!(reply.len() < 320, "{}", reply.len());
        let list = b"\x81\xa6answer\x92\x01\x02";
        assert_eq!(decode(list), Ok(Reply::Answer(vec![1, 2])));
    }

    #[test]
    fn questions_end() {
        let hops = std::iter::successors(Some(0), |hops| next_hop(*hops).ok());
        assert_eq!(hops.last(), Some(HOPS));
        assert_eq!(next_hop(u8::MAX).unwrap_err().code, Code::TooManyHops);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_a_fault(bytes: Vec<u8>) {
            let _ = decode::<Request>(&bytes);
            let _ = decode::<Reply>(&bytes);
        }
    }
}
