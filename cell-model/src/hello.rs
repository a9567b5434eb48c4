//! The first frame of both sides: who speaks, and in what.
//!
//! ```text
//!  0  "CELL"
//!  4  u16   version of the protocol
//!  6  u16   formats, a bit for each number of `Format`; in a reply the chosen one alone
//!  8  u32   bytes that this side takes before it has answered: all calls together
//! 12  u32   calls that this side takes at the same time
//! 16  32    hash of the service's schema; 0 if it has none, or does not matter
//! 48  u8    bytes of the name
//! 49  ..    the service that is asked for; in a reply the one that answers
//! ```
//!
//! Fixed, so that a client in any language can write it by hand.

use crate::fault::{Code, Fault};
use crate::frame::Format;
use crate::schema::{NAME, SchemaHash};

/// The version of the protocol.
pub const VERSION: u16 = 1;
const MAGIC: [u8; 4] = *b"CELL";
const FIXED: usize = 49;

/// A set of formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Formats(u16);

impl Formats {
    /// Both encodings.
    pub const ALL: Self = Self(1 << Format::Rkyv as u16 | 1 << Format::MessagePack as u16);

    /// Only one.
    #[must_use]
    pub fn only(format: Format) -> Self {
        Self(1 << format as u16)
    }

    /// Is it one of them?
    #[must_use]
    pub fn has(self, format: Format) -> bool {
        self.0 & 1 << format as u16 != 0
    }

    /// What a server chooses from what a client offers: rkyv only if both have the same schema,
    /// since its layout is that of the types.
    #[must_use]
    pub fn choose(self, offered: Self, same_schema: bool) -> Option<Format> {
        let both = Self(self.0 & offered.0);
        if same_schema && both.has(Format::Rkyv) {
            return Some(Format::Rkyv);
        }
        both.has(Format::MessagePack).then_some(Format::MessagePack)
    }
}

/// What one side says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The formats that it can write and read.
    pub formats: Formats,
    /// Bytes that it takes before it has answered.
    pub bytes: u32,
    /// Calls that it takes at the same time.
    pub calls: u32,
    /// Its schema.
    pub schema: SchemaHash,
    /// The service.
    pub service: String,
}

impl Hello {
    /// Its bytes. A name that is too long is cut; [`crate::schema`] has none.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let Self { formats, bytes, calls, schema, service } = self;
        let name = &service.as_bytes()[..service.len().min(NAME)];
        let mut out = Vec::with_capacity(FIXED + name.len());
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&formats.0.to_le_bytes());
        out.extend_from_slice(&bytes.to_le_bytes());
        out.extend_from_slice(&calls.to_le_bytes());
        out.extend_from_slice(schema.as_bytes());
        out.push(name.len() as u8);
        out.extend_from_slice(name);
        out
    }

    /// Reads [`Hello::encode`]'s bytes. What a later minor version adds behind the name is skipped.
    ///
    /// # Errors
    /// [`Code::BadFrame`] for what is no hello, [`Code::OldVersion`] for one of another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let bad = |what: &str| Fault::new(Code::BadFrame, format!("no hello: {what}"));
        let fixed = bytes.first_chunk::<FIXED>().ok_or_else(|| bad("it is too short"))?;
        if fixed[..4] != MAGIC {
            return Err(bad("it does not begin with CELL"));
        }
        let short = |at: usize| u16::from_le_bytes([fixed[at], fixed[at + 1]]);
        let word = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        let version = short(4);
        if version != VERSION {
            let text = format!("this side speaks version {VERSION}, the other {version}");
            return Err(Fault::new(Code::OldVersion, text));
        }
        let mut schema = [0; 32];
        schema.copy_from_slice(&fixed[16..48]);
        let end = FIXED + usize::from(fixed[48]);
        let name = bytes.get(FIXED..end).ok_or_else(|| bad("its name is cut off"))?;
        let service = std::str::from_utf8(name).map_err(|_| bad("its name is not UTF-8"))?;
        Ok(Self {
            formats: Formats(short(6)),
            bytes: word(8),
            calls: word(12),
            schema: SchemaHash::from_bytes(schema),
            service: service.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example() -> Hello {
        Hello {
            formats: Formats::ALL,
            bytes: 0x0403_0201,
            calls: 0x0807_0605,
            schema: SchemaHash::from_bytes([7; 32]),
            service: "Ledger".to_owned(),
        }
    }

    #[test]
    fn the_bytes_of_a_hello() {
        let bytes = example().encode();
        assert_eq!(bytes[..16], [b'C', b'E', b'L', b'L', 1, 0, 6, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!((&bytes[16..48], &bytes[48..]), (&[7; 32][..], &b"\x06Ledger"[..]));
        assert_eq!(Hello::decode(&bytes), Ok(example()));
        let later = [&bytes[..], b"what comes later"].concat();
        assert_eq!(Hello::decode(&later), Ok(example()));
    }

    #[test]
    fn other_versions_and_other_protocols_are_told_apart() {
        let code = |bytes: &[u8]| Hello::decode(bytes).map_err(|fault| fault.code);
        let mut bytes = example().encode();
        assert_eq!(code(&bytes[..48]), Err(Code::BadFrame));
        assert_eq!(code(&bytes[..50]), Err(Code::BadFrame));
        assert_eq!(
            code(b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: none\r\n"),
            Err(Code::BadFrame)
        );
        bytes[5] = 2;
        assert_eq!(code(&bytes), Err(Code::OldVersion));
        bytes = example().encode();
        bytes[50] = 0xff;
        assert_eq!(code(&bytes), Err(Code::BadFrame));
    }

    #[test]
    fn archived_data_is_for_equal_schemas_only() {
        let (all, pack) = (Formats::ALL, Formats::only(Format::MessagePack));
        assert_eq!(all.choose(all, true), Some(Format::Rkyv));
        assert_eq!(all.choose(all, false), Some(Format::MessagePack));
        assert_eq!(all.choose(pack, true), Some(Format::MessagePack));
        assert_eq!(all.choose(Formats::only(Format::Rkyv), false), None);
        assert_eq!(pack.choose(Formats::default(), true), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_hello_or_a_fault(bytes: Vec<u8>, name in "\\PC{0,40}") {
            let _ = Hello::decode(&bytes);
            let hello = Hello { service: name, ..example() };
            prop_assert_eq!(Hello::decode(&hello.encode()), Ok(hello.clone()));
            let _ = Hello::decode(&[&hello.encode()[..49], &bytes].concat());
        }
    }
}
