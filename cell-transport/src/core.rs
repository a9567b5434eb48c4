//! The protocol without sockets and clocks: bytes and a time go in, bytes and events come out.
//!
//! [`Client`] and [`Server`] are the two ends of one connection. Whoever drives them reads from a
//! socket into `receive`, writes what `transmit` gives, calls `tick` when `wake` says so, and acts
//! on events. So the very code that runs in cells runs in the simulation, where time and network are
//! random numbers.
//!
//! What holds whatever the other side and the network do:
//!
//! - A call ends once: with its value, a fault, or its deadline. Late and repeated replies are
//!   dropped; a reply reaches the call with its number and no other.
//! - A handler sees a call at most once.
//! - Memory is bounded by [`Limits`], not by what the other side announces or does not read.
//! - Nothing panics.

mod assembly;
mod client;
mod limits;
mod outbox;
mod reader;
mod server;

pub use client::{Client, ClientEvent, Outgoing};
pub use limits::Limits;
pub use server::{Incoming, Refused, Server, ServerEvent};

use std::collections::VecDeque;
use std::time::Duration;

/// A moment: how long after one that does not matter, the same for all calls of one end.
pub type Time = Duration;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod random;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

/// Gives back what a burst took: most connections are idle most of the time.
pub(crate) fn give_back<T>(queue: &mut VecDeque<T>) {
    if queue.is_empty() && queue.capacity() > 64 {
        *queue = VecDeque::new();
    }
}

/// Items of a stream that may be under way before the reader has asked for more.
pub const STREAM_WINDOW: u32 = 32;
