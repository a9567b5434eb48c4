//! Between the process with the engine and the one with the macros: messages of several parts.

use std::io::{Read, Result, Write};

/// Sends a message.
pub(crate) fn send(to: &mut impl Write, parts: &[&[u8]]) -> Result<()> {
    to.write_all(&(parts.len() as u32).to_le_bytes())?;
    for part in parts {
        to.write_all(&(part.len() as u32).to_le_bytes())?;
        to.write_all(part)?;
    }
    to.flush()
}

/// Receives one; `None` if the other is done.
pub(crate) fn receive(from: &mut impl Read) -> Result<Option<Vec<Vec<u8>>>> {
    let Some(count) = number(from)? else { return Ok(None) };
    let part = |_| {
        let length = number(from)?.ok_or(std::io::ErrorKind::UnexpectedEof)?;
        let mut bytes = vec![0; length as usize];
        from.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    (0..count).map(part).collect::<Result<_>>().map(Some)
}

fn number(from: &mut impl Read) -> Result<Option<u32>> {
    let mut bytes = [0; 4];
    match from.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(u32::from_le_bytes(bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
