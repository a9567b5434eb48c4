//! The channel for macros: which component a cell publishes, its bytes, and answers to questions
//! that macros ask while a program compiles.
//!
//! A cell says only what it has: name, version, digest. What macros are in a component, the
//! component says itself (`describe`), whether the cell runs or not. A question is answered by the
//! cell that is asked; it is never passed on under the same name.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

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

/// Fetches a component piece by piece, and believes nothing that the cell says about it: what comes out
/// of [`Fetch::finish`] has the digest that was asked for.
#[derive(Clone, Debug)]
pub struct Fetch {
    digest: String,
    length: Option<u64>,
    bytes: Vec<u8>,
}

impl Fetch {
    /// Begins.
    ///
    /// # Errors
    /// [`Code::BadPayload`] if `digest` is no SHA-256 in lower-case hexadecimal.
    pub fn new(digest: &str) -> Result<Self, Fault> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if digest.len() != 64 || !digest.bytes().all(hex) {
            let text = "a component's digest is 64 digits of lower-case hexadecimal";
            return Err(Fault::new(Code::BadPayload, text));
        }
        Ok(Self { digest: digest.to_owned(), length: None, bytes: Vec::new() })
    }

    /// What to ask next; `None` when all is there.
    #[must_use]
    pub fn asks(&self) -> Option<Request> {
        let from = self.bytes.len() as u64;
        (self.length != Some(from))
            .then(|| Request::Component { digest: self.digest.clone(), from })
    }

    /// Takes the reply.
    ///
    /// # Errors
    /// [`Code::BadPayload`] for one that cannot be true, [`Code::TooLarge`] for a component of more
    /// than [`COMPONENT_BYTES`].
    pub fn take(&mut self, reply: Reply) -> Result<(), Fault> {
        let lie = |text: String| Fault::new(Code::BadPayload, text);
        let Reply::Piece { length, bytes } = reply else {
            return Err(lie("the cell was asked for a component and says something else".into()));
        };
        if length > COMPONENT_BYTES {
            let text = format!("the component has {length} bytes; {COMPONENT_BYTES} are allowed");
            return Err(Fault::new(Code::TooLarge, text));
        }
        if self.length.is_some_and(|known| known != length) {
            return Err(lie("the cell gives the component two lengths".into()));
        }
        let there = self.bytes.len() as u64;
        let piece = bytes.len() as u64;
        if piece == 0 || piece > PIECE || there + piece > length {
            let text = format!("the cell sends {piece} bytes at {there} of {length}");
            return Err(lie(text));
        }
        self.length = Some(length);
        self.bytes.extend_from_slice(&bytes);
        Ok(())
    }

    /// The component.
    ///
    /// # Errors
    /// [`Code::BadPayload`] if it is not the one that was asked for, or not all of it is there.
    pub fn finish(self) -> Result<Vec<u8>, Fault> {
        if self.asks().is_some() {
            return Err(Fault::new(Code::BadPayload, "parts of the component are missing"));
        }
        let found: String =
            Sha256::digest(&self.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if found != self.digest {
            let text = format!("the cell sends the component {found}, not {}", self.digest);
            return Err(Fault::new(Code::BadPayload, text));
        }
        Ok(self.bytes)
    }
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

    fn fetch(truth: &[u8]) -> Fetch {
        let digest: String = Sha256::digest(truth).iter().map(|it| format!("{it:02x}")).collect();
        Fetch::new(&digest).unwrap()
    }

    #[test]
    fn a_component_comes_in_pieces() {
        let truth: Vec<u8> = (0..PIECE * 2 + 7).map(|number| (number / 3) as u8).collect();
        let length = truth.len() as u64;
        let mut fetch = fetch(&truth);
        let mut asked = Vec::new();
        while let Some(Request::Component { from, .. }) = fetch.asks() {
            asked.push(from);
            let rest = &truth[from as usize..];
            let bytes = rest[..rest.len().min(PIECE as usize)].to_vec();
            fetch.take(Reply::Piece { length, bytes }).unwrap();
        }
        assert_eq!(asked, [0, PIECE, 2 * PIECE]);
        assert!(fetch.finish() == Ok(truth));
    }

    #[test]
    fn a_component_is_what_was_asked_for_or_a_fault() {
        let code = |length: u64, bytes: &[u8]| {
            let mut fetch = fetch(b"truth");
            let taken = fetch.take(Reply::Piece { length, bytes: bytes.to_vec() });
            taken.and_then(|()| fetch.finish()).map_err(|fault| fault.code)
        };
        assert_eq!(code(5, b"truth"), Ok(b"truth".to_vec()));
        assert_eq!(code(5, b"trutH"), Err(Code::BadPayload));
        assert_eq!(code(6, b"truth"), Err(Code::BadPayload));
        assert_eq!(code(4, b"truth"), Err(Code::BadPayload));
        assert_eq!(code(0, b""), Err(Code::BadPayload));
        assert_eq!(code(COMPONENT_BYTES + 1, b"truth"), Err(Code::TooLarge));
        assert_eq!(code(u64::MAX, b"truth"), Err(Code::TooLarge));
        let mut two = fetch(b"truth");
        two.take(Reply::Piece { length: 5, bytes: b"tru".to_vec() }).unwrap();
        assert!(two.clone().finish().is_err());
        let fault = two.take(Reply::Piece { length: 6, bytes: b"th".to_vec() }).unwrap_err();
        assert_eq!(fault.text, "the cell gives the component two lengths");
        for digest in ["", "ab", &"A".repeat(64), &"é".repeat(32), &"0".repeat(65)] {
            assert!(Fetch::new(digest).is_err(), "{digest}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_a_fault(bytes: Vec<u8>) {
            let _ = decode::<Request>(&bytes);
            let _ = decode::<Reply>(&bytes);
        }
    }
}
