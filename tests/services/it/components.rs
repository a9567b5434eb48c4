//! Components that cells publish, and cells that lie about them.

use std::sync::Arc;

use cell::{Code, Fault, fetch_component};
use cell_model::coordination::{COMPONENT_BYTES, PIECE, Reply, Request};
use cell_model::hello::Hello;
use cell_model::message;
use cell_transport::memory::Memory;
use cell_transport::{Answer, Call, Handler, Limits, Membrane, Synapse};
use sha2::{Digest as _, Sha256};

use crate::place::{Folder, hello};

const COMPONENT: &[u8] = include_bytes!("../../../guests/components/ledger.wasm");

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A component of some pieces: ours, and a section behind it that means nothing.
fn long() -> Vec<u8> {
    let mut bytes = COMPONENT.to_vec();
    let padding = 3 * PIECE as usize;
    let custom = padding + 2;
    bytes.push(0);
    bytes.extend([0, 7, 14, 21].map(|shift| (custom >> shift) as u8 & 0x7f | 0x80));
    bytes.extend([0, 1, b'x']);
    bytes.extend((0..padding).map(|n| (n / 7) as u8));
    bytes
}

#[tokio::test]
async fn a_component_is_fetched_by_its_digest() {
    for bytes in [COMPONENT.to_vec(), long()] {
        let folder = Folder::new();
        let builder = folder.builder("probe").with(cell_services::Probe::default());
        let builder = builder.macros(bytes.clone()).expect("a component");
        let _cell = builder.start().expect("a free name");
        let description = folder.describe("probe").await;
        let component = description.component.expect("a component");
        assert_eq!(component.digest, digest(&bytes));
        assert_eq!((component.length, &*component.api), (bytes.len() as u64, "0.1.0"));
        let synapse = folder.synapse("probe", "").await.unwrap();
        assert!(fetch_component(&synapse, &component.digest).await == Ok(bytes));
        let other = fetch_component(&synapse, &digest(b"other")).await.unwrap_err();
        assert!(other.text.contains(&component.digest), "{other}");
        let no_digest = fetch_component(&synapse, "ledger").await.unwrap_err();
        assert_eq!(no_digest.code, Code::BadPayload);
    }
    let folder = Folder::new();
    let _cell = folder.probe("probe");
    let synapse = folder.synapse("probe", "").await.unwrap();
    let none = fetch_component(&synapse, &digest(COMPONENT)).await.unwrap_err();
    assert_eq!(none.to_string(), "unknown-method: this cell publishes no component");
}

#[test]
fn what_is_no_component_is_not_published() {
    let refuses = |bytes: &[u8], why: &str| {
        let refused = cell::Builder::new("probe").macros(bytes.to_vec()).err();
        let said = refused.expect("it is refused").to_string();
        assert!(said.contains(why) && said.contains("help: `cell build-macros`"), "{said}");
    };
    refuses(b"", "too short");
    refuses(b"#!/bin/sh\nexit 0\n", "no WebAssembly");
    refuses(b"\0asm\x01\0\0\0", "module");
    refuses(b"\0asm\x0d\0\x01\0", "nothing in it is of `cell:macros`");
    refuses(&COMPONENT[..COMPONENT.len() - 1], "cut off");
    refuses(&vec![0; COMPONENT_BYTES as usize + 1], "33554432 are allowed");
    let text = |name: &[u8]| {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        for version in [&b"1"[..], b"2"] {
            let name = [name, version].concat();
            bytes.extend([10, name.len() as u8 + 5, 1, 0, name.len() as u8]);
            bytes.extend(&name);
            bytes.extend([5, 0]);
        }
        bytes
    };
    refuses(&text(b"cell:macros/host@0.1."), "two versions");
    refuses(&text(b"cell:macros-evil/host@0.1."), "nothing in it");
}

/// A cell that answers what a test makes of the truth.
struct Liar {
    truth: Vec<u8>,
    lie: fn(from: u64, length: u64, piece: Vec<u8>) -> Reply,
}

impl Handler for Liar {
    fn hello(&self, hello: &Hello) -> Result<Hello, Fault> {
        let formats = cell_model::hello::Formats::only(cell_model::frame::Format::MessagePack);
        Ok(Hello { formats, ..hello.clone() })
    }

    fn call(&self, _service: &str, call: Call) -> Answer {
        let Ok(Request::Component { from, .. }) = message::decode(&call.payload) else {
            panic!("nothing else is asked")
        };
        let rest = &self.truth[from as usize..];
        let piece = rest[..rest.len().min(PIECE as usize)].to_vec();
        let reply = (self.lie)(from, self.truth.len() as u64, piece);
        Box::pin(async move { Ok(cell_transport::Reply::Value(message::encode(&reply)?)) })
    }
}

async fn fetched_from(
    lie: fn(u64, u64, Vec<u8>) -> Reply,
    asked: Option<&str>,
) -> Result<Vec<u8>, Fault> {
    let truth = long();
    let digest = asked.map_or_else(|| digest(&truth), str::to_owned);
    let memory = Memory::new();
    let liar = Arc::new(Liar { truth, lie });
    let _cell = Membrane::bind(memory.listen("liar").unwrap(), liar, Limits::default());
    let pipe = memory.connect("liar").unwrap();
    let synapse: Synapse = Synapse::over(pipe, hello(""), Limits::default()).await.unwrap();
    let fetched = tokio::time::timeout(std::time::Duration::from_secs(60), async {
        fetch_component(&synapse, &digest).await
    });
    fetched.await.expect("a lie is no reason to ask for ever")
}

#[tokio::test]
async fn a_cell_that_lies_is_refused() {
    let honest = fetched_from(|_, length, bytes| Reply::Piece { length, bytes }, None).await;
    assert!(honest == Ok(long()));
    type Lie = (&'static str, Code, fn(u64, u64, Vec<u8>) -> Reply);
    let lies: [Lie; 9] = [
        ("says it is huge", Code::TooLarge, |_, _, bytes| Reply::Piece { length: 1 << 40, bytes }),
        ("says it is too large by one", Code::TooLarge, |_, _, bytes| Reply::Piece {
            length: COMPONENT_BYTES + 1,
            bytes,
        }),
        ("says it is shorter", Code::BadPayload, |_, length, bytes| Reply::Piece {
            length: length - 1,
            bytes,
        }),
        ("says it has one piece", Code::BadPayload, |_, _, bytes| Reply::Piece {
            length: PIECE,
            bytes,
        }),
        ("changes the length", Code::BadPayload, |from, length, bytes| Reply::Piece {
            length: length + u64::from(from > 0),
            bytes,
        }),
        ("sends nothing for ever", Code::BadPayload, |_, length, _| Reply::Piece {
            length,
            bytes: Vec::new(),
        }),
        ("sends more than a piece", Code::BadPayload, |_, length, bytes| Reply::Piece {
            length,
            bytes: [&bytes[..], b"x"].concat(),
        }),
        ("changes a byte", Code::BadPayload, |_, length, mut bytes| {
            bytes[99] ^= 1;
            Reply::Piece { length, bytes }
        }),
        ("says something else", Code::BadPayload, |_, _, bytes| Reply::Answer(bytes)),
    ];
    for (what, code, lie) in lies {
        let fault = fetched_from(lie, None).await.expect_err(what);
        assert_eq!(fault.code, code, "{what}: {fault}");
    }
    // The bytes of another component, honestly sent.
    let honest = |_, length, bytes| Reply::Piece { length, bytes };
    let fault = fetched_from(honest, Some(&digest(b"other"))).await.unwrap_err();
    assert!(fault.text.contains(&digest(&long())), "{fault}");
}
