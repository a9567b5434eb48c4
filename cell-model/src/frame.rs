//! One message on a connection: 32 bytes of header, then its payload.
//!
//! ```text
//!  0  u32  bytes of the payload
//!  4  u8   kind        5  u8  channel      6  u8  format      7  u8  flags
//!  8  u64  id: the caller numbers its calls, from 1 on; 0 means the connection itself
//! 16  u64  request: microseconds until its deadline, counted from when it is read; 0 for none
//! 24  u32  request: method; fault: code; credit: how many more items; item: its number;
//!          a frame that goes on: its number within the message
//! 28  u32  0
//! ```
//!
//! All numbers have the least byte first. The header has a fixed size and the payload follows at a
//! multiple of 16, so that archived data can be read where it lies. Deadlines are spans, not times:
//! the clocks of two machines need not agree.

/// Bytes of the header.
pub const HEADER: usize = 32;
/// Payloads of one frame; a larger one goes in several ([`flags::MORE`]), so that others come in
/// between.
pub const FRAME_PAYLOAD: usize = 256 << 10;
/// The largest payload of one message.
pub const MESSAGE_PAYLOAD: usize = 64 << 20;

/// Bits of [`Header::flags`].
pub mod flags {
    /// The payload goes on in the next frame of the same id.
    pub const MORE: u8 = 1;
    /// The payload begins with a trace context: 32 bytes, see [`super::Trace`].
    pub const TRACE: u8 = 2;
    /// The frame goes on with a payload that began in another one.
    pub const REST: u8 = 4;
    /// All that are known; the others must be 0.
    pub const ALL: u8 = MORE | TRACE | REST;
}

/// What a frame does. The numbers are on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The first frame of both sides: see [`crate::hello`].
    Hello = 0,
    /// A call.
    Request = 1,
    /// A call that nothing comes back for.
    Fire = 2,
    /// The value of a call.
    Response = 3,
    /// Why a call has no value; with the id 0, why the connection ends.
    Fault = 4,
    /// One item of a stream.
    Item = 5,
    /// A stream has no more items.
    End = 6,
    /// The caller does not want an answer any more.
    Cancel = 7,
    /// The caller can take more items of a stream.
    Credit = 8,
    /// Is anybody there?
    Ping = 9,
    /// Yes.
    Pong = 10,
    /// This side will begin no more calls (client) or take none (server).
    Bye = 11,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Hello,
        Self::Request,
        Self::Fire,
        Self::Response,
        Self::Fault,
        Self::Item,
        Self::End,
        Self::Cancel,
        Self::Credit,
        Self::Ping,
        Self::Pong,
        Self::Bye,
    ];

    /// May its payload go on in further frames?
    #[must_use]
    pub fn may_be_long(self) -> bool {
        matches!(self, Self::Request | Self::Fire | Self::Response | Self::Item)
    }

    fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// How a payload is written. The numbers are on the wire and in [`crate::hello`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Nothing, or bytes that have no further meaning.
    Raw = 0,
    /// rkyv, between two sides of one schema.
    Rkyv = 1,
    /// MessagePack, with names: for other languages, and for other versions of a schema.
    MessagePack = 2,
}

impl Format {
    /// The format with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::Raw, Self::Rkyv, Self::MessagePack].get(usize::from(number)).copied()
    }
}

/// What a frame says before its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the payload.
    pub length: u32,
    /// What it does.
    pub kind: Kind,
    /// The number of its channel, which need not be a [`crate::Channel`].
    pub channel: u8,
    /// How the payload is written.
    pub format: Format,
    /// Bits of [`flags`].
    pub flags: u8,
    /// The call that it belongs to; 0 for the connection itself.
    pub id: u64,
    /// Microseconds that the caller waits; 0 if for ever.
    pub deadline: u64,
    /// Method, code or credit.
    pub argument: u32,
}

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoHeader {
    /// A kind that this version does not know.
    #[error("kind {0}")]
    Kind(u8),
    /// A format that this version does not know.
    #[error("format {0}")]
    Format(u8),
    /// Flags that this version does not know, or that the kind does not have.
    #[error("flags {0:#04x}")]
    Flags(u8),
    /// A length that no frame has.
    #[error("{0} bytes of payload")]
    Length(u32),
    /// What must be 0 is not.
    #[error("the last four bytes are not 0")]
    Rest,
}

impl Header {
    /// A header without deadline, flags and argument.
    #[must_use]
    pub fn new(kind: Kind, channel: u8, id: u64) -> Self {
        let format = Format::Raw;
        Self { length: 0, kind, channel, format, flags: 0, id, deadline: 0, argument: 0 }
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER] {
        let Self { length, kind, channel, format, flags, id, deadline, argument } = *self;
        let mut out = [0; HEADER];
        out[..4].copy_from_slice(&length.to_le_bytes());
        out[4..8].copy_from_slice(&[kind as u8, channel, format as u8, flags]);
        out[8..16].copy_from_slice(&id.to_le_bytes());
        out[16..24].copy_from_slice(&deadline.to_le_bytes());
        out[24..28].copy_from_slice(&argument.to_le_bytes());
        out
    }

    /// Reads a header. Nothing follows from a header alone: what it says may still make no sense
    /// where it stands.
    ///
    /// # Errors
    /// [`NoHeader`]: then it is not known where the next frame begins.
    pub fn decode(bytes: &[u8; HEADER]) -> Result<Self, NoHeader> {
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let double = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let kind = Kind::from_number(bytes[4]).ok_or(NoHeader::Kind(bytes[4]))?;
        let format = Format::from_number(bytes[6]).ok_or(NoHeader::Format(bytes[6]))?;
        let flags = bytes[7];
        let long = flags & (flags::MORE | flags::REST) != 0;
        if flags & !flags::ALL != 0 || (long && !kind.may_be_long()) {
            return Err(NoHeader::Flags(flags));
        }
        let length = word(0);
        if length as usize > FRAME_PAYLOAD {
            return Err(NoHeader::Length(length));
        }
        if word(28) != 0 {
            return Err(NoHeader::Rest);
        }
        let (channel, id, deadline, argument) = (bytes[5], double(8), double(16), word(24));
        Ok(Self { length, kind, channel, format, flags, id, deadline, argument })
    }
}

/// Which request of which trace this is part of: W3C's `traceparent`, in binary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trace {
    /// The trace; never 0.
    pub trace: u128,
    /// The caller's span; never 0.
    pub span: u64,
    /// Bit 0: it is recorded.
    pub flags: u8,
}

impl Trace {
    /// Bytes on the wire: trace (16), span (8), flags (1), 7 times 0.
    pub const BYTES: usize = 32;

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        out[..16].copy_from_slice(&self.trace.to_be_bytes());
        out[16..24].copy_from_slice(&self.span.to_be_bytes());
        out[24] = self.flags;
        out
    }

    /// Reads [`Trace::encode`]'s bytes; `None` for one that W3C calls invalid.
    #[must_use]
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let (trace, rest) = bytes.split_first_chunk::<16>()?;
        let (span, rest) = rest.split_first_chunk::<8>()?;
        let (trace, span) = (u128::from_be_bytes(*trace), u64::from_be_bytes(*span));
        (trace != 0 && span != 0).then_some(Self { trace, span, flags: rest[0] })
    }

    /// As in the header `traceparent`: `00-<trace>-<span>-<flags>`.
    #[must_use]
    pub fn parent(&self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }

    /// Reads the header `traceparent`, of any version, as W3C has it.
    #[must_use]
    pub fn from_parent(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |length: usize| {
            let part = parts.next()?;
            let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            (part.len() == length && part.bytes().all(hex)).then_some(part)
        };
        let version = part(2)?;
        let (trace, span, flags) = (part(32)?, part(16)?, part(2)?);
        let trace = u128::from_str_radix(trace, 16).ok()?;
        let span = u64::from_str_radix(span, 16).ok()?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        let ends = version != "00" || parts.next().is_none();
        (version != "ff" && ends && trace != 0 && span != 0).then_some(Self { trace, span, flags })
    }
}

#[cfg(test)]
mod tests;
