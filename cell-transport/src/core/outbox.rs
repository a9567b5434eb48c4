//! What waits to be written: short frames of the protocol first, then the calls in turns, so that a
//! long payload holds up nobody.

use std::collections::{HashMap, VecDeque};

use cell_model::frame::{FRAME_PAYLOAD, HEADER, Header, Trace, flags};

/// Messages in order of their turns.
#[derive(Default)]
pub(super) struct Outbox {
    control: VecDeque<(Header, Vec<u8>)>,
    /// Messages of each call. Only the first of them is being written: items of a stream stay in
    /// order, and their frames together.
    calls: HashMap<u64, VecDeque<Pending>>,
    turns: VecDeque<u64>,
    bytes: usize,
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

    /// A message of the call `header.id`, behind its others.
    pub(super) fn message(&mut self, header: Header, trace: Option<Trace>, payload: Vec<u8>) {
        self.bytes += payload.len();
        let queue = self.calls.entry(header.id).or_default();
        if queue.is_empty() {
            self.turns.push_back(header.id);
        }
        queue.push_back(Pending { header, trace, payload, at: 0, frames: 0 });
    }

    /// Gives up what was not yet written of a call. The other side may have some of it.
    pub(super) fn forget(&mut self, id: u64) {
        if let Some(queue) = self.calls.remove(&id) {
            self.bytes -= queue.iter().map(|one| one.payload.len() - one.at).sum::<usize>();
            self.turns.retain(|other| *other != id);
        }
    }

    /// Bytes that wait, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.control.is_empty() && self.turns.is_empty()
    }

    /// Adds whole frames to `out` until it has `most` bytes or more.
    pub(super) fn transmit(&mut self, out: &mut Vec<u8>, most: usize) {
        while out.len() < most {
            if let Some((mut header, payload)) = self.control.pop_front() {
                self.bytes -= HEADER + payload.len();
                header.length = payload.len() as u32;
                out.extend_from_slice(&header.encode());
                out.extend_from_slice(&payload);
                continue;
            }
            let Some(id) = self.turns.pop_front() else { return };
            let Some(queue) = self.calls.get_mut(&id) else { continue };
            if let Some(pending) = queue.front_mut() {
                self.bytes -= pending.transmit(out);
                if pending.at == pending.payload.len() {
                    queue.pop_front();
                }
            }
            if queue.is_empty() {
                self.calls.remove(&id);
            } else {
                self.turns.push_back(id);
            }
        }
    }
}

impl Pending {
    /// Writes one frame, and says how much of the payload was in it.
    fn transmit(&mut self, out: &mut Vec<u8>) -> usize {
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
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::assembly::{Added, Assembly};
    use crate::core::reader::Reader;
    use cell_model::frame::Kind;

    fn header(kind: Kind, id: u64, argument: u32) -> Header {
        Header { argument, ..Header::new(kind, 0, id) }
    }

    fn ids(bytes: &[u8]) -> Vec<u64> {
        let mut reader = Reader::default();
        reader.push(bytes);
        std::iter::from_fn(|| reader.next().unwrap().map(|frame| frame.header.id)).collect()
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
            reader.push(&out);
            while let Some(frame) = reader.next().unwrap() {
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
        outbox.forget(1);
        outbox.forget(7);
        assert_eq!(outbox.bytes(), 5);
        let mut out = Vec::new();
        outbox.transmit(&mut out, usize::MAX);
        assert_eq!(ids(&out), [2]);
    }
}
