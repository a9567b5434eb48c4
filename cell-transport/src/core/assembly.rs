//! Messages from frames: a long payload comes in several, with others between them.

use std::collections::HashMap;

use cell_model::frame::{Header, Trace, flags};
use cell_model::{Code, Fault};

use super::reader::Frame;

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// That of its first frame.
    pub(super) header: Header,
    pub(super) trace: Option<Trace>,
    pub(super) payload: Vec<u8>,
}

/// What a frame is for the message it belongs to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Added {
    /// It was the last one.
    Whole(Message),
    /// There are more to come.
    More,
    /// The message will not be whole.
    Lost(Fault),
}

/// Messages of which not all frames are there.
pub(super) struct Assembly {
    open: HashMap<u64, Partial>,
    /// Bytes of all of them.
    bytes: usize,
    /// The most for one, and for all.
    message: usize,
    all: usize,
}

struct Partial {
    message: Message,
    /// Frames that came.
    frames: u32,
}

impl Assembly {
    pub(super) fn new(message: usize, all: usize) -> Self {
        Self { open: HashMap::new(), bytes: 0, message, all }
    }

    /// Adds a frame.
    pub(super) fn add(&mut self, frame: Frame) -> Added {
        let Frame { header, payload } = frame;
        let (more, rest) = (header.flags & flags::MORE != 0, header.flags & flags::REST != 0);
        let Some(partial) = self.open.get_mut(&header.id) else {
            if rest {
                return Added::Lost(Fault::new(Code::BadFrame, "the message has no beginning"));
            }
            let Ok(message) = Message::begin(header, payload) else {
                return Added::Lost(Fault::new(Code::BadFrame, "a trace that is none"));
            };
            if !more {
                return Added::Whole(message);
            }
            return self.keep(message);
        };
        let expected = partial.message.header;
        if (header.kind, header.channel) != (expected.kind, expected.channel)
            || !rest
            || header.argument != partial.frames
        {
            self.forget(header.id);
            return Added::Lost(Fault::new(Code::BadFrame, "a part of the message is missing"));
        }
        let (length, added) = (partial.message.payload.len() + payload.len(), payload.len());
        if length > self.message || self.bytes + added > self.all {
            self.forget(header.id);
            return Added::Lost(too_large(length, self.message));
        }
        self.bytes += added;
        partial.message.payload.extend_from_slice(&payload);
        partial.frames += 1;
        if more {
            return Added::More;
        }
        match self.forget(header.id) {
            Some(message) => Added::Whole(message),
            None => Added::More,
        }
    }

    fn keep(&mut self, message: Message) -> Added {
        let length = message.payload.len();
        if self.bytes + length > self.all {
            return Added::Lost(Fault::new(Code::Overloaded, "too many long messages at once"));
        }
        self.bytes += length;
        self.open.insert(message.header.id, Partial { message, frames: 1 });
        Added::More
    }

    /// Gives up what came of a message.
    pub(super) fn forget(&mut self, id: u64) -> Option<Message> {
        let partial = self.open.remove(&id)?;
        self.bytes -= partial.message.payload.len();
        Some(partial.message)
    }

    /// How many messages there are of which not all frames came.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Asserts that its counts are right, and says how many bytes it takes.
    #[cfg(test)]
    pub(super) fn check(&self) -> usize {
        let payloads = || self.open.values().map(|partial| &partial.message.payload);
        assert_eq!(self.bytes, payloads().map(Vec::len).sum::<usize>());
        assert!(self.bytes <= self.all);
        payloads().map(Vec::capacity).sum::<usize>() + self.open.len() * size_of::<Partial>()
    }

    /// Did something come of this message?
    pub(super) fn has(&self, id: u64) -> bool {
        self.open.contains_key(&id)
    }
}

pub(super) fn too_large(length: usize, most: usize) -> Fault {
    Fault::new(Code::TooLarge, format!("a payload of {length} bytes or more, {most} are allowed"))
}

impl Message {
    fn begin(header: Header, mut payload: Vec<u8>) -> Result<Self, ()> {
        let mut trace = None;
        if header.flags & flags::TRACE != 0 {
            let head = payload.first_chunk::<{ Trace::BYTES }>().ok_or(())?;
            // One that means nothing is no reason to refuse the call.
            trace = Trace::decode(head);
            payload.drain(..Trace::BYTES);
        }
        Ok(Self { header, trace, payload })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cell_model::frame::Kind;

    /// The first frame of a message.
    fn frame(id: u64, argument: u32, more: bool, payload: &[u8]) -> Frame {
        let flags = if more { flags::MORE } else { 0 };
        let header = Header { flags, argument, ..Header::new(Kind::Request, 0, id) };
        Frame { header, payload: payload.to_vec() }
    }

    /// Another one.
    fn rest(id: u64, number: u32, more: bool, payload: &[u8]) -> Frame {
        let mut frame = frame(id, number, more, payload);
        frame.header.flags |= flags::REST;
        frame
    }

    fn whole(added: Added) -> Vec<u8> {
        match added {
            Added::Whole(message) => message.payload,
            other => panic!("{other:?}"),
        }
    }

    fn code(added: Added) -> Code {
        match added {
            Added::Lost(fault) => fault.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn messages_come_whole_though_their_frames_are_mixed() {
        let mut assembly = Assembly::new(100, 100);
        assert_eq!(assembly.add(frame(1, 77, true, b"a")), Added::More);
        assert_eq!(assembly.add(frame(2, 78, true, b"x")), Added::More);
        assert_eq!(whole(assembly.add(frame(3, 79, false, b"alone"))), b"alone");
        assert_eq!(assembly.add(rest(1, 1, true, b"b")), Added::More);
        assert_eq!(whole(assembly.add(rest(2, 1, false, b"y"))), b"xy");
        let Added::Whole(message) = assembly.add(rest(1, 2, false, b"c")) else { panic!() };
        assert_eq!((message.payload, message.header.argument), (b"abc".to_vec(), 77));
        assert_eq!((assembly.bytes, assembly.open.len()), (0, 0));
    }

    #[test]
    fn a_frame_that_is_lost_or_comes_twice_is_noticed() {
        for second in [0, 2] {
            let mut assembly = Assembly::new(100, 100);
            assembly.add(frame(1, 0, true, b"a"));
            assert_eq!(code(assembly.add(rest(1, second, true, b"c"))), Code::BadFrame);
            assert_eq!(assembly.bytes, 0);
        }
        let mut assembly = Assembly::new(100, 100);
        assembly.add(frame(1, 0, true, b"a"));
        let mut other = rest(1, 1, false, b"b");
        other.header.kind = Kind::Fire;
        assert_eq!(code(assembly.add(other)), Code::BadFrame);
        // The first one is lost, or comes twice.
        assert_eq!(code(assembly.add(rest(1, 1, false, b"b"))), Code::BadFrame);
        assembly.add(frame(1, 1, true, b"a"));
        assert_eq!(code(assembly.add(frame(1, 1, true, b"a"))), Code::BadFrame);
    }

    #[test]
    fn nobody_fills_the_memory() {
        let mut assembly = Assembly::new(10, 25);
        assembly.add(frame(1, 0, true, &[0; 6]));
        assert_eq!(code(assembly.add(rest(1, 1, true, &[0; 6]))), Code::TooLarge);
        assert!(!assembly.has(1));
        for id in 1..=4 {
            assert_eq!(assembly.add(frame(id, 0, true, &[0; 6])), Added::More);
        }
        assert_eq!(code(assembly.add(frame(5, 0, true, &[0; 6]))), Code::Overloaded);
        assembly.forget(1);
        assert_eq!(assembly.add(frame(5, 0, true, &[0; 6])), Added::More);
    }

    #[test]
    fn a_trace_stands_before_the_payload() {
        let trace = Trace { trace: 1, span: 2, flags: 1 };
        let mut assembly = Assembly::new(100, 100);
        let mut with = frame(1, 0, false, &[&trace.encode()[..], b"x"].concat());
        with.header.flags = flags::TRACE;
        let Added::Whole(message) = assembly.add(with.clone()) else { panic!() };
        assert_eq!((message.trace, &message.payload[..]), (Some(trace), &b"x"[..]));
        with.payload.truncate(31);
        assert_eq!(code(assembly.add(with)), Code::BadFrame);
    }
}
