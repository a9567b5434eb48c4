use proptest::prelude::*;

use super::*;

#[test]
fn the_hello_names_the_api_of_this_release() {
    assert!(HELLO.ends_with(crate::API_VERSION));
}

#[test]
fn frames_come_back() {
    let mut stream = Vec::new();
    write(&mut stream, &[b"ab", b"", b"c"]).unwrap();
    write(&mut stream, &[]).unwrap();
    let mut stream = &stream[..];
    assert_eq!(read(&mut stream).unwrap(), b"abc");
    assert_eq!(read(&mut stream).unwrap(), b"");
    assert_eq!(read(&mut stream).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_frame_that_is_cut_off_or_too_long_is_an_error() {
    assert_eq!(read(&mut &[9, 0, 0, 0, 1][..]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    let endless = [0xff; 4];
    assert_eq!(read(&mut &endless[..]).unwrap_err().kind(), io::ErrorKind::InvalidData);
}

/// Says `bytes` and a time limit between any two of them.
struct Slow<'a>(&'a [u8], bool);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let one = buffer.len().min(1);
        self.0.read(&mut buffer[..one])
    }
}

#[test]
fn who_reads_patiently_loses_nothing_and_who_has_enough_says_so() {
    let mut stream = Vec::new();
    write(&mut stream, &[b"abc"]).unwrap();
    let mut asked = 0;
    let mut wait = |most: u32| {
        asked = 0;
        read_patiently(&mut Slow(&stream, false), &mut || {
            asked += 1;
            asked <= most
        })
    };
    assert_eq!(wait(7).unwrap(), b"abc");
    assert_eq!(wait(6).unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(asked, 7);
}

#[test]
fn a_long_frame_comes_back_in_pieces() {
    let long = vec![7; 3 * PIECE + 5];
    let mut stream = Vec::new();
    write(&mut stream, &[&long]).unwrap();
    assert!(read(&mut &stream[..]).unwrap() == long);
}

fn reply(reply: &Reply) -> Reply {
    let mut stream = Vec::new();
    reply.write(&mut stream).unwrap();
    Reply::read(read(&mut &stream[..]).unwrap()).unwrap()
}

fn fields(failure: &Failure) -> String {
    format!("{failure:?}")
}

#[test]
fn replies_come_back() {
    let failure = Failure::new(Kind::Panic, "panicked: a\nb\t\\n")
        .note("at src/lib.rs:7")
        .help("one")
        .help("two")
        .at(3, 9)
        .in_call(1)
        .source("wasm trap");
    let Reply::Failure(back) = reply(&Reply::Failure(Box::new(failure.clone()))) else { panic!() };
    assert_eq!(fields(&back), fields(&failure));
    let plain = Failure::new(Kind::Internal, "");
    let Reply::Failure(back) = reply(&Reply::Failure(Box::new(plain.clone()))) else { panic!() };
    assert_eq!(fields(&back), fields(&plain));
    assert!(
        matches!(reply(&Reply::Expansion(vec![1, 0, 255])), Reply::Expansion(e) if e == [1, 0, 255])
    );
    assert!(matches!(reply(&Reply::Threads), Reply::Threads));
    assert!(matches!(reply(&Reply::Pass), Reply::Pass));
}

#[test]
fn requests_come_back() {
    let (root, request) = (&b"/a b\xff"[..], &b"cell\n\0"[..]);
    let asked = Asked { asking: Asking::Ci, build: u32::MAX - 1, root, request };
    let mut stream = Vec::new();
    asked.write(&mut stream).unwrap();
    let frame = read(&mut &stream[..]).unwrap();
    assert_eq!(Asked::read(&frame), Some(asked));
    assert_eq!(Asked::read(&frame[..13]), None);
    assert_eq!(Asked::read(&[&[200], &frame[1..]].concat()), None);
    assert_eq!(Asked::read(b""), None);
}

proptest! {
    #[test]
    fn anything_can_be_read(bytes: Vec<u8>) {
        let _ = read(&mut &bytes[..]);
        let _ = Asked::read(&bytes);
        let _ = Reply::read(bytes);
    }

    #[test]
    fn any_failure_text_can_be_read(text in "CELL0301\n[a-z\\\\\n ]{0,60}") {
        let _ = decode(&text);
    }
}

#[test]
fn a_number_of_threads_comes_back_and_nothing_else_is_one() {
    for (threads, expected) in [(1, 1), (8, 8), (1000, 255)] {
        let mut stream = Vec::new();
        write_threads(&mut stream, threads).unwrap();
        assert_eq!(read_threads(&mut &stream[..]).unwrap().get(), expected);
    }
    for wrong in [&b""[..], b"\0", b"ab"] {
        let mut stream = Vec::new();
        write(&mut stream, &[wrong]).unwrap();
        let error = read_threads(&mut &stream[..]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{wrong:?}");
    }
}
