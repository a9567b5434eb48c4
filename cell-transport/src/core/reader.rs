//! Frames from bytes that come in pieces of any size.

use cell_model::frame::{HEADER, Header, NoHeader};

/// A frame, its payload unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
}

/// Bytes that are not yet a frame.
#[derive(Default)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    /// Where the next frame begins.
    start: usize,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        // What was read is given up when that costs less than what is kept.
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, NoHeader> {
        let rest = &self.buffer[self.start..];
        let Some((head, rest)) = rest.split_first_chunk::<HEADER>() else { return Ok(None) };
        let header = Header::decode(head)?;
        let length = header.length as usize;
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let payload = payload.to_vec();
        self.start += HEADER + length;
        if self.start == self.buffer.len() {
            self.buffer.clear();
            self.start = 0;
        }
        Ok(Some(Frame { header, payload }))
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
                let (piece, after) = rest.split_at((*size).min(rest.len()));
                rest = after;
                reader.push(piece);
                while let Some(frame) = reader.next().unwrap() {
                    found.push(frame);
                }
            }
            prop_assert_eq!(found, frames);
            prop_assert_eq!(reader.buffer.len(), 0);
        }

        #[test]
        fn any_bytes_are_frames_or_an_error(bytes: Vec<u8>) {
            let mut reader = Reader::default();
            reader.push(&bytes);
            while let Ok(Some(_)) = reader.next() {}
        }
    }

    #[test]
    fn what_was_read_is_not_kept() {
        let mut reader = Reader::default();
        let one = frame(1, vec![7; FRAME_PAYLOAD]);
        let bytes = [&one.header.encode()[..], &one.payload].concat();
        let mut most = 0;
        for _ in 0..100 {
            // Half of a frame stays each time.
            let (first, second) = bytes.split_at(bytes.len() / 2);
            reader.push(first);
            while let Some(found) = reader.next().unwrap() {
                assert_eq!(found, one);
            }
            reader.push(second);
            most = most.max(reader.buffer.capacity());
        }
        assert!(most < 4 * bytes.len(), "{most}");
    }
}
