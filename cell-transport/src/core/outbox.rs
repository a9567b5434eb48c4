//! What waits to be written: short frames of the protocol first, then the calls in turns, so that a
//! long payload holds up nobody.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use cell_model::frame::{FRAME_PAYLOAD, HEADER, Header, Kind, Trace, flags};

use super::give_back;

/// Messages in order of their turns.
#[derive(Default)]
pub(super) struct Outbox {
    control: VecDeque<(Header, Vec<u8>)>,
    /// The first message of each call: the one that is being written.
    turns: VecDeque<Pending>,
    /// Its further ones, which is none but for streams. They wait, so that items stay in order, and
    /// the frames of each together.
    behind: HashMap<u64, VecDeque<Pending>>,
    bytes: usize,
    /// A pong waits.
    pong: bool,
}

struct Pending {
    header: Header,
    trace: Option<Trace>,
    payload: Vec<u8>,
    /// Bytes of the payload that were written.
    at: usize,
    frames: u32,
}

impl Outbox {
    /// A frame of the protocol, before all calls.
    pub(super) fn control(&mut self, header: Header, payload: Vec<u8>) {
        self.bytes += HEADER + payload.len();
        self.control.push_back((header, payload));
    }

    /// Says that this side is there. Once, however often it was asked: who asks without reading
    /// shall not fill the memory.
    pub(super) fn pong(&mut self) {
        if !std::mem::replace(&mut self.pong, true) {
            self.control(Header::new(Kind::Pong, 0, 0), Vec::new());
        }
    }

    /// A message of the call `header.id`, behind its others.
    pub(super) fn message(&mut self, header: Header, trace: Option<Trace>, payload: Vec<u8>) {
        self.bytes += HEADER + payload.len();
        let pending = Pending { header, trace, payload, at: 0, frames: 0 };
        match self.behind.entry(header.id) {
            Entry::Vacant(none) => {
                none.insert(VecDeque::new());
                self.turns.push_back(pending);
            }
            Entry::Occupied(mut others) => others.get_mut().push_back(pending),
        }
    }

    /// Gives up what was not yet written of a call. Says whether the other side may have some of it.
    pub(super) fn forget(&mut self, id: u64) -> bool {
        let Some(behind) = self.behind.remove(&id) else { return true };
        self.bytes -= behind.iter().map(Pending::bytes).sum::<usize>();
        let mut begun = true;
        if let Some(at) = self.turns.iter().position(|one| one.header.id == id)
            && let Some(first) = self.turns.remove(at)
        {
            self.bytes -= first.bytes();
            begun = first.frames > 0;
        }
        begun
    }

    /// Bytes that wait, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Asserts that its counts are right, and says how many bytes it takes.
    #[cfg(test)]
    pub(super) fn check(&self) -> usize {
        let messages = || self.turns.iter().chain(self.behind.values().flatten());
        let control = || self.control.iter().map(|(_, payload)| payload);
        let frames = control().map(|payload| HEADER + payload.len()).sum::<usize>();
        assert_eq!(self.bytes, frames + messages().map(Pending::bytes).sum::<usize>());
        let mut turns: Vec<u64> = self.turns.iter().map(|first| first.header.id).collect();
        let mut calls: Vec<u64> = self.behind.keys().copied().collect();
        turns.sort_unstable();
        calls.sort_unstable();
        assert_eq!(turns, calls, "each call has one turn");
        let payloads = messages().map(|one| &one.payload).chain(control());
        payloads.map(Vec::capacity).sum::<usize>()
            + (messages().count() + calls.len()) * size_of::<Pending>()
            + self.control.len() * size_of::<(Header, Vec<u8>)>()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.control.is_empty() && self.turns.is_empty()
    }

    /// Adds whole frames to `out` until it has `most` bytes or more.
    pub(super) fn transmit(&mut self, out: &mut Vec<u8>, most: usize) {
        while out.len() < most {
            if let Some((mut header, payload)) = self.control.pop_front() {
                self.bytes -= HEADER + payload.len();
                self.pong &= header.kind != Kind::Pong;
                header.length = payload.len() as u32;
                out.extend_from_slice(&header.encode());
                out.extend_from_slice(&payload);
                continue;
            }
            let Some(mut pending) = self.turns.pop_front() else { break };
            self.bytes -= pending.bytes();
            pending.transmit(out);
            if pending.at < pending.payload.len() {
                self.bytes += pending.bytes();
                self.turns.push_back(pending);
            } else if let Entry::Occupied(mut behind) = self.behind.entry(pending.header.id) {
                match behind.get_mut().pop_front() {
                    Some(next) => self.turns.push_back(next),
                    None => drop(behind.remove()),
                }
            }
        }
        give_back(&mut self.control);
        give_back(&mut self.turns);
    }
}

impl Pending {
    /// What it takes until all of it is written, about.
    fn bytes(&self) -> usize {
        HEADER + self.payload.len() - self.at
    }

    /// Writes one frame.
    fn transmit(&mut self, out: &mut Vec<u8>) {
        let trace = self.trace.take().map(|trace| trace.encode());
        let before = trace.map_or(0, |trace| trace.len());
        let length = (self.payload.len() - self.at).min(FRAME_PAYLOAD - before);
        let end = self.at + length;
        let mut header = Header { length: (before + length) as u32, ..self.header };
        if before > 0 {
            header.flags |= flags::TRACE;
        }
        if end < self.payload.len() {
            header.flags |= flags::MORE;
        }
        if self.frames > 0 {
            header.argument = self.frames;
            header.flags |= flags::REST;
        }
        out.extend_from_slice(&header.encode());
        out.extend(trace.into_iter().flatten());
        out.extend_from_slice(&self.payload[self.at..end]);
        self.at = end;
        self.frames += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::assembly::{Added, Assembly};
    use crate::core::reader::Reader;

    fn header(kind: Kind, id: u64, argument: u32) -> Header {
        Header { argument, ..Header::new(kind, 0, id) }
    }

    fn ids(bytes: &[u8]) -> Vec<u64> {
        let (mut reader, mut rest) = (Reader::default(), bytes);
        std::iter::from_fn(|| reader.next(&mut rest).unwrap().map(|frame| frame.header.id))
            .collect()
    }

    #[test]
    fn a_long_message_does_not_hold_up_others() {
        let mut outbox = Outbox::default();
        outbox.message(header(Kind::Request, 1, 5), None, vec![1; 3 * FRAME_PAYLOAD]);
        outbox.message(header(Kind::Request, 2, 6), None, vec![2; 10]);
        outbox.control(header(Kind::Cancel, 9, 0), Vec::new());
        let mut out = Vec::new();
        outbox.transmit(&mut out, usize::MAX);
        assert_eq!(ids(&out), [9, 1, 2, 1, 1]);
        assert!(outbox.is_empty());
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn messages_of_one_call_stay_in_order_and_whole() {
        let mut outbox = Outbox::default();
        let trace = Trace { trace: 1, span: 2, flags: 0 };
        outbox.message(header(Kind::Item, 1, 0), Some(trace), vec![1; 2 * FRAME_PAYLOAD]);
        outbox.message(header(Kind::Item, 1, 1), None, vec![2; FRAME_PAYLOAD + 1]);
        outbox.message(header(Kind::Item, 1, 2), None, Vec::new());
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        let mut assembly = Assembly::new(usize::MAX / 2, usize::MAX / 2);
        while !outbox.is_empty() {
            let mut out = Vec::new();
            outbox.transmit(&mut out, 1);
            assert!(out.len() <= HEADER + FRAME_PAYLOAD);
            let mut rest = &out[..];
            while let Some(frame) = reader.next(&mut rest).unwrap() {
                if let Added::Whole(message) = assembly.add(frame) {
                    found.push(message);
                }
            }
        }
        let lengths: Vec<usize> = found.iter().map(|message| message.payload.len()).collect();
        assert_eq!(lengths, [2 * FRAME_PAYLOAD, FRAME_PAYLOAD + 1, 0]);
        assert_eq!(found[0].trace, Some(trace));
        let arguments: Vec<u32> = found.iter().map(|message| message.header.argument).collect();
        assert_eq!(arguments, [0, 1, 2]);
    }

    #[test]
    fn what_is_given_up_is_not_written() {
        let mut outbox = Outbox::default();
        outbox.message(header(Kind::Response, 1, 0), None, vec![1; 3 * FRAME_PAYLOAD]);
        outbox.message(header(Kind::Response, 2, 0), None, vec![2; 5]);
        outbox.transmit(&mut Vec::new(), 1);
        outbox.message(header(Kind::Response, 3, 0), None, vec![3; 5]);
        assert!(outbox.forget(1), "one frame of it was written");
        assert!(outbox.forget(7), "it may have been written long ago");
        assert!(!outbox.forget(3), "nothing of it was written");
        assert_eq!(outbox.bytes(), HEADER + 5);
        let mut out = Vec::new();
        outbox.transmit(&mut out, usize::MAX);
        assert_eq!(ids(&out), [2]);
        assert_eq!(outbox.bytes(), 0);
    }

    #[test]
    fn who_asks_often_is_answered_once() {
        let mut outbox = Outbox::default();
        for _ in 0..2 {
            (0..100).for_each(|_| outbox.pong());
            assert_eq!(outbox.bytes(), HEADER);
            let mut out = Vec::new();
            outbox.transmit(&mut out, usize::MAX);
            assert_eq!(ids(&out), [0]);
        }
    }

    #[test]
    fn what_a_burst_took_is_given_back() {
        let mut outbox = Outbox::default();
        for id in 0..10_000 {
            outbox.control(header(Kind::Cancel, id, 0), Vec::new());
            outbox.message(header(Kind::Response, id, 0), None, Vec::new());
        }
        outbox.transmit(&mut Vec::new(), usize::MAX);
        assert!(outbox.control.capacity() + outbox.turns.capacity() < 1_000);
    }
}
