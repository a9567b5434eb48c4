//! How much one end of a connection takes, and how long it waits.

use std::time::Duration;

use cell_model::frame::MESSAGE_PAYLOAD;

/// Bounds of a connection, and of how many there are.
///
/// From them follows what a cell keeps for one connection at most, whatever the other side does:
/// `bytes` of calls that are at work, as much of those of which parts came, `unwritten` and one
/// `message` of answers, and a few KiB for each of `calls`; all but the message twice, since a buffer
/// that grows has room to spare. What handlers hold while they work is theirs. A client keeps no
/// more of answers than `bytes`, and of each stream the items that it asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that a cell has at the same time. Who comes then waits until others have left.
    pub connections: usize,
    /// Calls of a connection that are under way at the same time, with those that are still coming.
    pub calls: u32,
    /// Bytes of arguments of all calls that are under way.
    pub bytes: u32,
    /// Bytes of one payload.
    pub message: usize,
    /// Bytes that wait to be written before no more is read, no call begun, and no item taken.
    pub unwritten: usize,
    /// How long the other side may take for its hello.
    pub greeting: Duration,
    /// After so long without a word the client asks whether the cell is there.
    pub quiet: Duration,
    /// How long it may take to say so, and to read what is written.
    pub patience: Duration,
}

impl Default for Limits {
    /// 1,024 connections; 1,024 calls with 128 MiB, 64 MiB each; 8 MiB unwritten; 5 s, 15 s and 10 s.
    fn default() -> Self {
        Self {
            connections: 1024,
            calls: 1024,
            bytes: 128 << 20,
            message: MESSAGE_PAYLOAD,
            unwritten: 8 << 20,
            greeting: Duration::from_secs(5),
            quiet: Duration::from_secs(15),
            patience: Duration::from_secs(10),
        }
    }
}
