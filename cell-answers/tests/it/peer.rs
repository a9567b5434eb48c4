//! A cell written by hand: a thread that takes connections and does what it was told.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cell_model::frame::{Format, HEADER, Header, Kind};
use cell_model::hello::{Formats, Hello};
use cell_model::ops::About;
use cell_model::{Channel, SchemaHash, coordination, message, ops};

use crate::tables;

/// Takes connections until the tests end, and counts them.
pub(crate) fn listen(
    socket: &Path,
    serve: impl Fn(Peer) -> io::Result<()> + Send + 'static,
) -> Arc<AtomicUsize> {
    let listener = UnixListener::bind(socket).expect("a socket");
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            // Whoever hangs up on it is the one who asks.
            let _ = serve(Peer(stream));
        }
    });
    count
}

/// One connection.
pub(crate) struct Peer(pub(crate) UnixStream);

impl Peer {
    pub(crate) fn next(&mut self) -> io::Result<(Header, Vec<u8>)> {
        let mut header = [0; HEADER];
        self.0.read_exact(&mut header)?;
        let header = Header::decode(&header).map_err(io::Error::other)?;
        let mut payload = vec![0; header.length as usize];
        self.0.read_exact(&mut payload)?;
        Ok((header, payload))
    }

    pub(crate) fn send(&mut self, header: Header, payload: &[u8]) -> io::Result<()> {
        let header = Header { length: payload.len() as u32, ..header };
        self.0.write_all(&[&header.encode()[..], payload].concat())
    }

    /// Says hello.
    pub(crate) fn greet(&mut self) -> io::Result<()> {
        self.next()?;
        let hello = Hello {
            formats: Formats::only(Format::MessagePack),
            bytes: 64 << 20,
            calls: 100,
            schema: SchemaHash::NONE,
            service: String::new(),
        };
        self.send(Header::new(Kind::Hello, 0, 0), &hello.encode())
    }

    /// Says hello and what it serves, and reads the question that follows.
    pub(crate) fn until_asked(&mut self) -> io::Result<Header> {
        self.greet()?;
        let (header, _) = self.next()?;
        let about = About {
            name: "ledger".into(),
            version: String::new(),
            started: 0,
            process: 1,
            services: [("Tables".to_owned(), tables::schema().hash().to_string())].into(),
            component: None,
        };
        let reply = message::encode(&ops::Reply::Inspect(about)).expect("a reply");
        self.send(response(header.id, Channel::Ops), &reply)?;
        Ok(self.next()?.0)
    }

    /// Answers a question with these bytes.
    pub(crate) fn answer(&mut self, asked: Header, reply: Vec<u8>) -> io::Result<()> {
        let reply = message::encode(&coordination::Reply::Answer(reply)).expect("a reply");
        self.send(response(asked.id, Channel::MacroCoordination), &reply)
    }

    /// Waits until the other side hangs up.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        let mut rest = [0; 1024];
        while self.0.read(&mut rest)? > 0 {}
        Ok(())
    }
}

pub(crate) fn response(id: u64, channel: Channel) -> Header {
    Header { format: Format::MessagePack, ..Header::new(Kind::Response, channel as u8, id) }
}
