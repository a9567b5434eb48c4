//! Cells that do not run, hang, lie, or break off.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use cell_answers::{REPLY, Why};
use cell_model::frame::{FRAME_PAYLOAD, Header, Kind, flags};
use cell_model::{Channel, Code, coordination, message};

use crate::peer::{Peer, listen, response};
use crate::{LONG, Place, tables};

fn broken(place: &Place, text: &str) {
    let why = place.columns(&tables::schema(), LONG).expect_err("no answer").why;
    let Why::Broken(fault) = &why else { panic!("{why:?}") };
    assert!(fault.text.contains(text), "{fault}");
    assert!(why.to_string().starts_with("the connection to the cell broke: "), "{why}");
}

#[test]
fn nobody_runs() {
    let place = Place::new();
    let refusal = place.columns(&tables::schema(), LONG).expect_err("nobody");
    assert_eq!((refusal.why.clone(), refusal.known), (Why::Absent, false));
    assert_eq!(refusal.to_string(), "the cell does not run");
}

#[test]
fn a_killed_cell_left_its_socket() {
    let place = Place::new();
    drop(UnixListener::bind(place.socket()).expect("a socket"));
    assert!(place.socket().exists());
    assert_eq!(place.columns(&tables::schema(), LONG).expect_err("nobody").why, Why::Absent);
}

#[test]
fn others_may_write_to_the_folder() {
    let place = Place::new();
    listen(&place.socket(), |_| panic!("somebody connects"));
    let everybody = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(place.folder(), everybody).expect("the mode");
    let why = place.columns(&tables::schema(), LONG).expect_err("no answer").why;
    assert!(matches!(&why, Why::Forbidden(text) if text.contains("of this user alone")), "{why:?}");
}

#[test]
fn it_never_accepts() {
    let place = Place::new();
    let _listener = UnixListener::bind(place.socket()).expect("a socket");
    assert_eq!(place.why(), Why::Silent);
}

/// And there is no room for more who wait.
#[test]
fn it_never_accepts_and_many_wait() {
    let place = Place::new();
    let socket = place.socket();
    let _listener = UnixListener::bind(&socket).expect("a socket");
    // The kernel's queue: connecting waits when it is full, so each has a thread.
    let (sender, full) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut all = Vec::new();
        while let Ok(stream) = UnixStream::connect(&socket) {
            all.push(stream);
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    while full.recv_timeout(Duration::from_millis(500)).is_ok() {}
    let why = place.why();
    assert_eq!((why.to_string().as_str(), why), ("the cell did not answer in time", Why::Silent));
}

#[test]
fn it_hangs_after_accepting() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| peer.wait());
    assert_eq!(place.why(), Why::Silent);
}

#[test]
fn it_hangs_after_greeting() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        peer.greet()?;
        peer.wait()
    });
    assert_eq!(place.why(), Why::Silent);
}

#[test]
fn it_hangs_when_asked() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        peer.until_asked()?;
        peer.wait()
    });
    assert_eq!(place.why(), Why::Silent);
}

#[test]
fn it_drips() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        let asked = peer.until_asked()?;
        let reply = coordination::Reply::Answer(tables::columns("accounts"));
        let reply = message::encode(&reply).expect("a reply");
        let header = response(asked.id, Channel::MacroCoordination);
        let header = Header { length: reply.len() as u32, ..header };
        for byte in [&header.encode()[..], &reply].concat() {
            peer.0.write_all(&[byte])?;
            std::thread::sleep(Duration::from_millis(50));
        }
        peer.wait()
    });
    assert_eq!(place.why(), Why::Silent);
}

#[test]
fn it_sends_garbage() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        peer.0.write_all(&[0xfe; 4096])?;
        peer.wait()
    });
    broken(&place, "the cell sent");
}

#[test]
fn it_sends_garbage_when_asked() {
    let place = Place::new();
    let connections = listen(&place.socket(), |mut peer| {
        peer.until_asked()?;
        peer.0.write_all(&[0xfe; 4096])?;
        peer.wait()
    });
    broken(&place, "the cell sent");
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 2, "asked once more");
}

#[test]
fn it_greets_wrongly() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        peer.next()?;
        peer.send(Header::new(Kind::Hello, 0, 0), &[b'C'; 60])?;
        peer.wait()
    });
    broken(&place, "no hello");
}

#[test]
fn it_is_of_another_version() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        let (_, mut hello) = peer.next()?;
        hello[4] = 9;
        peer.send(Header::new(Kind::Hello, 0, 0), &hello)?;
        peer.wait()
    });
    broken(&place, "the other 9");
}

#[test]
fn it_refuses_the_hello() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        peer.next()?;
        let fault = Header { argument: Code::Denied as u32, ..Header::new(Kind::Fault, 0, 0) };
        peer.send(fault, b"go away")?;
        peer.wait()
    });
    broken(&place, "go away");
}

/// What belongs to another question reaches nobody.
#[test]
fn it_answers_another_question() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        let asked = peer.until_asked()?;
        peer.answer(Header { id: asked.id + 7, ..asked }, tables::columns("others"))?;
        peer.answer(Header { id: asked.id - 1, ..asked }, tables::columns("others"))?;
        peer.wait()
    });
    assert_eq!(place.why(), Why::Silent);
}

#[test]
fn it_says_something_else() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        let asked = peer.until_asked()?;
        let piece = coordination::Reply::Piece { length: 1, bytes: vec![1] };
        let header = response(asked.id, Channel::MacroCoordination);
        peer.send(header, &message::encode(&piece).expect("a reply"))?;
        peer.wait()
    });
    broken(&place, "not asked");
}

#[test]
fn it_breaks_off_its_answer() {
    let place = Place::new();
    let connections = listen(&place.socket(), |mut peer: Peer| {
        let asked = peer.until_asked()?;
        let header = response(asked.id, Channel::MacroCoordination);
        let header = Header { length: 1000, ..header };
        peer.0.write_all(&header.encode())?;
        peer.0.write_all(&[7; 10])
    });
    broken(&place, "hung up");
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 2, "asked once more");
}

/// More than is read, announced and sent for ever.
#[test]
fn its_answer_has_no_end() {
    let place = Place::new();
    listen(&place.socket(), |mut peer: Peer| {
        let asked = peer.until_asked()?;
        for number in 0.. {
            let rest = if number == 0 { 0 } else { flags::REST };
            let header = response(asked.id, Channel::MacroCoordination);
            let header = Header { flags: flags::MORE | rest, argument: number, ..header };
            // What comes of the first frame is no number.
            let header = if number == 0 { Header { argument: 0, ..header } } else { header };
            peer.send(header, &vec![7; FRAME_PAYLOAD])?;
        }
        Ok(())
    });
    let why = place.columns(&tables::schema(), LONG).expect_err("no end").why;
    assert_eq!(why, Why::TooLarge { arguments: false, most: REPLY });
}
