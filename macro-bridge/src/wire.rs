//! What rustc and the macro server say to each other: frames of bytes over a socket of this user.
//!
//! Both sides are of one release: the first frame of each names it, and who reads another name hangs
//! up. So there are no versions of single messages. Nothing that is read here is trusted: lengths
//! are bounded before memory is taken, and what cannot be read is an error, never a panic.

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;

use crate::asking::Asking;
use crate::failure::{Failure, Kind};
use crate::request::CallPermission;
use crate::sealed::{escape, unescape};

/// The first frame of both sides.
pub const HELLO: &str =
    concat!("cell-macro-server 6 ", env!("CARGO_PKG_VERSION"), " api ", "0.1.0");

/// Bytes of one frame: the largest request or expansion has 63 MiB of text (`Limits::bytes`).
pub const FRAME_BYTES: usize = 80 << 20;

/// Writes one frame: its length as four bytes, the least first, then the parts.
///
/// # Errors
/// Those of the stream, and `InvalidInput` for a frame that is too long.
pub fn write(stream: &mut impl Write, parts: &[&[u8]]) -> io::Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    if length > FRAME_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a frame of more than 80 MiB"));
    }
    let mut frame = Vec::with_capacity(length + 4);
    frame.extend((length as u32).to_le_bytes());
    parts.iter().for_each(|part| frame.extend_from_slice(part));
    stream.write_all(&frame)
}

/// Reads one frame.
///
/// # Errors
/// Those of the stream, and `InvalidData` for a length that no frame has.
pub fn read(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    read_patiently(stream, &mut || false)
}

/// Reads one frame from a stream with a time limit: whenever the limit passes, `wait` says whether
/// to wait once more.
///
/// # Errors
/// As [`read`].
pub fn read_patiently(
    stream: &mut impl Read,
    wait: &mut dyn FnMut() -> bool,
) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    fill(stream, &mut length, wait)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of more than 80 MiB"));
    }
    let mut frame = Vec::new();
    // Grows with what really arrives, not with what was announced.
    while frame.len() < length {
        let begin = frame.len();
        frame.resize(length.min(begin + PIECE), 0);
        fill(stream, &mut frame[begin..], wait)?;
    }
    Ok(frame)
}

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

fn fill(
    stream: &mut impl Read,
    mut rest: &mut [u8],
    wait: &mut dyn FnMut() -> bool,
) -> io::Result<()> {
    while !rest.is_empty() {
        match stream.read(rest) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => rest = &mut rest[count..],
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                // The limit of a socket, by either name.
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut if wait() => {}
                io::ErrorKind::WouldBlock => return Err(io::ErrorKind::TimedOut.into()),
                _ => return Err(error),
            },
        }
    }
    Ok(())
}

/// What the server is asked: to expand a request of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// May cells be asked what is not recorded, as far as the compiler knows?
    pub asking: Asking,
    /// The process that started the compiler, cargo mostly: what it has started is one build.
    pub build: u32,
    /// The project's folder, as the bytes of its path.
    pub root: &'a [u8],
    /// The request as [`crate::request::compact`] has it.
    pub request: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Writes it as a frame.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        let asking = [self.asking as u8];
        let build = self.build.to_le_bytes();
        let length = (self.root.len() as u32).to_le_bytes();
        write(stream, &[&asking, &build, &length, self.root, self.request])
    }

    /// Reads a frame. `None` if it is none of these.
    #[must_use]
    pub fn read(frame: &'a [u8]) -> Option<Self> {
        let (asking, rest) = frame.split_first()?;
        let asking = Asking::from_number(*asking)?;
        let (build, rest) = rest.split_first_chunk::<4>()?;
        let build = u32::from_le_bytes(*build);
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (root, request) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        Some(Self { asking, build, root, request })
    }
}

/// What the server says.
#[derive(Clone, Debug)]
pub enum Reply {
    /// An expansion as [`crate::expansion::compact`] has it.
    Expansion(Vec<u8>),
    /// The expansion ends with this, wherever it is made.
    Failure(Box<Failure>),
    /// It cannot say: another place is to be asked.
    Pass,
    /// Not yet: a component has to be compiled, and it asks how many threads may work for this
    /// compiler. Those stay taken until it has replied.
    Threads,
}

impl Reply {
    /// Writes it as a frame.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn write(&self, stream: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Expansion(file) => write(stream, &[b"E", file]),
            Self::Failure(failure) => write(stream, &[b"F", encode(failure).as_bytes()]),
            Self::Pass => write(stream, &[b"P"]),
            Self::Threads => write(stream, &[b"T"]),
        }
    }

    /// Reads a frame. `None` if it is none of these.
    #[must_use]
    pub fn read(mut frame: Vec<u8>) -> Option<Self> {
        match frame.first()? {
            b'E' => Some(Self::Expansion(frame.split_off(1))),
            b'F' => {
                let failure = decode(std::str::from_utf8(&frame[1..]).ok()?)?;
                Some(Self::Failure(Box::new(failure)))
            }
            b'P' if frame.len() == 1 => Some(Self::Pass),
            b'T' if frame.len() == 1 => Some(Self::Threads),
            _ => None,
        }
    }
}

/// Answers [`Reply::Threads`].
///
/// # Errors
/// Those of the stream.
pub fn write_threads(stream: &mut impl Write, threads: usize) -> io::Result<()> {
    write(stream, &[&[u8::try_from(threads).unwrap_or(u8::MAX)]])
}

/// The answer to [`Reply::Threads`].
///
/// # Errors
/// Those of the stream, and `InvalidData` for what is no such answer.
pub fn read_threads(stream: &mut impl Read) -> io::Result<NonZeroUsize> {
    let threads = match *read(stream)? {
        [threads] => NonZeroUsize::new(threads.into()),
        _ => None,
    };
    threads.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no number of threads"))
}

/// A failure as lines.
fn encode(failure: &Failure) -> String {
    let Failure { kind, message, notes, help, at, call, question, source } = failure;
    let mut out = format!("{}\n{}\n", kind.code(), escape(message));
    notes.iter().for_each(|note| out.push_str(&format!("note {}\n", escape(note))));
    help.iter().for_each(|help| out.push_str(&format!("help {}\n", escape(help))));
    at.iter().for_each(|(start, end)| out.push_str(&format!("at {start} {end}\n")));
    call.iter().for_each(|call| out.push_str(&format!("call {call}\n")));
    question.iter().for_each(|CallPermission { cell, function }| {
        out.push_str(&format!("question {}\t{}\n", escape(cell), escape(function)));
    });
    source.iter().for_each(|source| out.push_str(&format!("source {}\n", escape(source))));
    out
}

fn decode(text: &str) -> Option<Failure> {
    let mut lines = text.split_terminator('\n');
    let code = lines.next()?;
    let kind = Kind::ALL.iter().find(|kind| kind.code() == code)?;
    let mut failure = Failure::new(*kind, unescape(lines.next()?)?);
    for line in lines {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "note" => failure.notes.push(unescape(rest)?),
            "help" => failure.help.push(unescape(rest)?),
            "at" => {
                let (start, end) = rest.split_once(' ')?;
                failure.at = Some((start.parse().ok()?, end.parse().ok()?));
            }
            "call" => failure.call = Some(rest.parse().ok()?),
            "question" => {
                let (cell, function) = rest.split_once('\t')?;
                let (cell, function) = (unescape(cell)?, unescape(function)?);
                failure.question = Some(CallPermission { cell, function });
            }
            "source" => failure.source = Some(unescape(rest)?),
            _ => return None,
        }
    }
    Some(failure)
}

#[cfg(test)]
mod tests;
