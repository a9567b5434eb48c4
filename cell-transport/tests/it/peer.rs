//! The other end written by hand, as a program that keeps to nothing would be.

use std::io;
use std::time::Duration;

use cell_model::frame::{HEADER, Header, Kind};
use cell_model::{Code, Fault};
use cell_transport::Pipe;

/// A pipe that is written and read frame by frame.
pub(crate) struct Peer<P>(pub(crate) P);

/// Long enough for anything that comes at all.
const PATIENCE: Duration = Duration::from_secs(20);

impl<P: Pipe> Peer<P> {
    pub(crate) async fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.0.try_write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.0.writable().await?
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(crate) async fn send(&self, header: Header, payload: &[u8]) -> io::Result<()> {
        let header = Header { length: payload.len() as u32, ..header };
        self.write(&[&header.encode()[..], payload].concat()).await
    }

    async fn read(&self, into: &mut [u8]) -> io::Result<()> {
        let mut at = 0;
        while at < into.len() {
            match self.0.try_read(&mut into[at..]) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => at += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.0.readable().await?
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next frame; an error at the end.
    pub(crate) async fn next(&self) -> io::Result<(Header, Vec<u8>)> {
        let read = async {
            let mut header = [0; HEADER];
            self.read(&mut header).await?;
            let header = Header::decode(&header).expect("a header");
            let mut payload = vec![0; header.length as usize];
            self.read(&mut payload).await?;
            Ok((header, payload))
        };
        tokio::time::timeout(PATIENCE, read).await.expect("a frame, or an end")
    }

    /// The next frame is a fault of this call.
    pub(crate) async fn fault(&self, id: u64) -> Fault {
        let (header, payload) = self.next().await.expect("a frame");
        assert_eq!((header.kind, header.id), (Kind::Fault, id));
        Fault::new(Code::from_number(header.argument), String::from_utf8(payload).expect("a text"))
    }

    /// The other side has hung up.
    pub(crate) async fn is_over(&self) {
        assert!(self.next().await.is_err(), "it goes on");
    }
}
