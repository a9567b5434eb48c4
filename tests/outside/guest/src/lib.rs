//! What an ordinary proc-macro could do to the machine that it runs on, tried with nothing but the
//! standard library. Each macro says as a literal what it got.
#![forbid(unsafe_code)]

use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, thread};

use macro_guest_sdk::cell_macro;
use proc_macro2::{Literal, TokenStream, TokenTree};

fn said(text: impl AsRef<str>) -> TokenStream {
    TokenTree::Literal(Literal::string(text.as_ref())).into()
}

/// The text of the only literal in the input.
fn argument(input: TokenStream) -> String {
    let text = input.to_string();
    text.trim_matches('"').to_owned()
}

/// Everything that ends with an error natively and here, by one macro: each line says what came of it.
#[cell_macro(function)]
fn all(_: TokenStream) -> TokenStream {
    let kind = |result: Result<(), std::io::Error>| match result {
        Ok(()) => "GOT IT".to_owned(),
        Err(error) => format!("{:?}", error.kind()),
    };
    let path = Path::new("/package/src/lib.rs");
    let tried = [
        ("key", kind(fs::read("/root/.ssh/id_ed25519").map(drop))),
        ("passwords", kind(fs::read_to_string("/etc/passwd").map(drop))),
        ("outside", kind(fs::read("/package/../etc/shadow").map(drop))),
        ("open", kind(fs::File::open("/proc/self/environ").map(drop))),
        ("list", kind(fs::read_dir("/").map(drop))),
        ("stat", kind(fs::metadata("/etc/hostname").map(drop))),
        ("canonical", kind(fs::canonicalize("/tmp").map(drop))),
        ("link", kind(fs::read_link("/proc/self/exe").map(drop))),
        ("write", kind(fs::write(path, "fn main() {}"))),
        ("append", kind(fs::OpenOptions::new().append(true).open("/root/.bashrc").map(drop))),
        ("remove", kind(fs::remove_file("/package/Cargo.toml"))),
        ("folder", kind(fs::create_dir_all("/tmp/hostile"))),
        ("rename", kind(fs::rename("/package/a", "/package/b"))),
        ("tree", kind(fs::remove_dir_all("/package"))),
        ("process", kind(Command::new("curl").arg("example.org").output().map(drop))),
        ("shell", kind(Command::new("/bin/sh").arg("-c").arg("id").status().map(drop))),
        ("socket", kind(TcpStream::connect("127.0.0.1:22").map(drop))),
        ("name", kind(TcpStream::connect("example.org:443").map(drop))),
        ("listen", kind(TcpListener::bind("0.0.0.0:4444").map(drop))),
        ("datagram", kind(UdpSocket::bind("0.0.0.0:53").map(drop))),
        ("thread", kind(thread::Builder::new().spawn(|| {}).map(drop))),
        ("here", kind(env::current_dir().map(drop))),
        ("go", kind(env::set_current_dir("/"))),
        ("program", kind(env::current_exe().map(drop))),
    ];
    let exists = Path::new("/etc/passwd").exists();
    let lines = tried.map(|(name, what)| format!("{name}: {what}")).join("\n");
    let home = env::home_dir();
    let stolen = ["HOME", "PATH", "AWS_SECRET_ACCESS_KEY"].map(env::var_os);
    said(format!("{lines}\nexists: {exists}\nhome: {home:?}\nvariables: {stolen:?}"))
}

/// One variable, as `std::env::var` has it.
#[cell_macro(function)]
fn variable(input: TokenStream) -> TokenStream {
    said(format!("{:?}", env::var(argument(input))))
}

/// All of them.
#[cell_macro(function)]
fn variables(_: TokenStream) -> TokenStream {
    let all = env::vars().map(|(name, value)| format!("{name}={value}"));
    said(all.collect::<Vec<_>>().join("\n"))
}

/// What is in a file below the package's folder, read in several ways that must agree.
#[cell_macro(function)]
fn file(input: TokenStream) -> TokenStream {
    let Ok(folder) = env::var("CARGO_MANIFEST_DIR") else { return said("no folder") };
    let relative = argument(input);
    let path = Path::new(&folder).join(&relative);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            assert_eq!(path.exists(), error.kind() == ErrorKind::IsADirectory);
            return said(format!("{:?}: {error}", error.kind()));
        }
    };
    let metadata = fs::metadata(&path).expect("it was read");
    assert!(path.exists() && metadata.is_file() && metadata.len() == text.len() as u64);
    assert_eq!(metadata.modified().ok(), Some(SystemTime::UNIX_EPOCH));
    let mut file = fs::File::open(&path).expect("it was read");
    let (mut first, mut rest) = ([0; 4], String::new());
    file.read_exact(&mut first).expect("it is longer");
    file.read_to_string(&mut rest).expect("it is text");
    assert_eq!(String::from_utf8_lossy(&first) + &*rest, text);
    file.seek(SeekFrom::End(-1)).expect("it is longer");
    assert_eq!(file.read(&mut first).expect("it is there"), 1);
    assert!(file.write_all(b"more").is_err());
    assert_eq!(fs::read_to_string(&relative).ok().as_deref(), Some(&*text));
    assert_eq!(fs::canonicalize(&relative).ok(), Some(path));
    assert_eq!(env::current_dir().ok(), Some(folder.clone().into()));
    let canonical = fs::canonicalize(Path::new(&folder).join("src/.././Cargo.toml"));
    let canonical = canonical.map_err(|error| error.kind());
    said(format!("{text}{canonical:?}"))
}

/// Where a file is, for `include_str!`.
#[cell_macro(function)]
fn place(input: TokenStream) -> TokenStream {
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    said(format!("{folder}/{}", argument(input)))
}

/// Things that end the macro, by name.
#[cell_macro(function)]
fn end(input: TokenStream) -> TokenStream {
    match argument(input).as_str() {
        "loop" => loop {
            std::hint::black_box(1);
        },
        "allocate" => {
            let mut all = Vec::new();
            loop {
                all.push(std::hint::black_box(vec![1u8; 1 << 20]));
            }
        }
        "panic" => panic!("the hostile macro says no"),
        "exit" => std::process::exit(3),
        "now" => said(format!("{:?}", Instant::now())),
        "today" => said(format!("{:?}", SystemTime::now())),
        "sleep" => {
            thread::sleep(Duration::from_secs(1));
            said("slept")
        }
        "spawn" => said(format!("{:?}", thread::spawn(|| 1).join())),
        "temporary" => said(format!("{:?}", env::temp_dir())),
        "id" => said(std::process::id().to_string()),
        "unset" => {
            let value = env::var("NOBODY_GRANTED_THIS").expect("the build sets it");
            said(value)
        }
        "look" => loop {
            std::hint::black_box(env::var_os("LOOK"));
        },
        "flood" => {
            for number in 0..200 {
                let _ = fs::read(format!("/{number}/{}", "x".repeat(1000)));
            }
            said("done")
        }
        other => said(format!("nothing of the name {other}")),
    }
}

/// How often it ran, as far as it can know.
#[cell_macro(function)]
fn count(_: TokenStream) -> TokenStream {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
    said(count.to_string())
}

macro_guest_sdk::component!(all, variable, variables, file, place, end, count);
