//! Frames from bytes that come in pieces of any size.

use cell_model::frame::{HEADER, Header, NoHeader};

/// A frame, its payload unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
}

/// What came of a frame that is not yet whole.
#[derive(Default)]
pub(super) struct Reader {
    head: [u8; HEADER],
    /// Bytes of `head` that came.
    filled: usize,
    /// When all of them came.
    header: Option<Header>,
    payload: Vec<u8>,
}

impl Reader {
    /// The next whole frame; its bytes are taken off `bytes`. `None` if they are not enough: then all
    /// are taken, and kept.
    pub(super) fn next(&mut self, bytes: &mut &[u8]) -> Result<Option<Frame>, NoHeader> {
        let header = match self.header {
            Some(header) => header,
            None => {
                let (head, rest) = bytes.split_at((HEADER - self.filled).min(bytes.len()));
                *bytes = rest;
                self.head[self.filled..self.filled + head.len()].copy_from_slice(head);
                self.filled += head.len();
                if self.filled < HEADER {
                    return Ok(None);
                }
                *self.header.insert(Header::decode(&self.head)?)
            }
        };
        // Room for what is there, not for what is announced.
        let missing = header.length as usize - self.payload.len();
        let (payload, rest) = bytes.split_at(missing.min(bytes.len()));
        *bytes = rest;
        self.payload.extend_from_slice(payload);
        if payload.len() < missing {
            return Ok(None);
        }
        (self.filled, self.header) = (0, None);
        Ok(Some(Frame { header, payload: std::mem::take(&mut self.payload) }))
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub(super) fn check(&self) -> usize {
        assert!(self.payload.len() <= self.header.map_or(0, |header| header.length as usize));
        self.payload.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cell_model::frame::{FRAME_PAYLOAD, Kind};
    use proptest::prelude::*;

    fn frame(id: u64, payload: Vec<u8>) -> Frame {
        let header = Header { length: payload.len() as u32, ..Header::new(Kind::Response, 0, id) };
        Frame { header, payload }
    }

    proptest! {
        #[test]
        fn frames_come_whole_however_bytes_come(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..9),
            pieces in prop::collection::vec(1usize..90, 1..20),
        ) {
            let frames: Vec<Frame> =
                payloads.into_iter().enumerate().map(|(id, payload)| frame(id as u64, payload)).collect();
            let bytes: Vec<u8> =
                frames.iter().flat_map(|frame| [&frame.header.encode()[..], &frame.payload].concat()).collect();
            let (mut reader, mut found, mut rest) = (Reader::default(), Vec::new(), &bytes[..]);
            for size in pieces.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (mut piece, after) = rest.split_at((*size).min(rest.len()));
                rest = after;
                while let Some(frame) = reader.next(&mut piece).unwrap() {
                    found.push(frame);
                }
            }
            prop_assert_eq!(found, frames);
            prop_assert!(reader.filled == 0 && reader.payload.capacity() == 0);
        }

        #[test]
        fn any_bytes_are_frames_or_an_error(bytes: Vec<u8>) {
            let (mut reader, mut rest) = (Reader::default(), &bytes[..]);
            while let Ok(Some(_)) = reader.next(&mut rest) {}
        }
    }

    #[test]
    fn what_is_announced_takes_no_memory() {
        let header = Header { length: FRAME_PAYLOAD as u32, ..Header::new(Kind::Response, 0, 1) };
        let mut reader = Reader::default();
        assert_eq!(reader.next(&mut &header.encode()[..]), Ok(None));
        assert_eq!(reader.next(&mut &[7; 100][..]), Ok(None));
        assert!(reader.payload.capacity() < 1_000);
        let rest = vec![7; FRAME_PAYLOAD - 100];
        assert_eq!(reader.next(&mut &rest[..]), Ok(Some(frame(1, vec![7; FRAME_PAYLOAD]))));
        assert_eq!(reader.payload.capacity(), 0);
    }
}
