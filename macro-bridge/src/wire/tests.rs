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
    assert!(matches!(reply(&Reply::Pass), Reply::Pass));
}

#[test]
fn requests_come_back() {
    let asked = Asked { root: b"/a b\xff", request: b"cell-request 1\n" };
    let mut stream = Vec::new();
    asked.write(&mut stream).unwrap();
    let frame = read(&mut &stream[..]).unwrap();
    assert_eq!(Asked::read(&frame), Some(asked));
    assert_eq!(Asked::read(&frame[..8]), None);
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
