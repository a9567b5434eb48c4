//! A cell that is not as it should be, in every way that was thought of: the build ends in time with
//! one error at the macro, which names the cell, the question and what to do, and nothing is recorded.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use cell::Builder;
use cell_services::{Ledger, Oracle};
use macro_bridge::failure::Kind;

use super::peers::{Change, Passing, Peer, hold};
use super::place::Place;
use crate::project::Host;
use crate::report::{expect_in, expect_none, fails};

/// How long a cell may take for which a test waits.
const WITHIN: Duration = Duration::from_millis(400);
/// How long the others may take: more than a busy machine needs to print where a cell panicked.
const PATIENT: Duration = Duration::from_secs(30);

struct Faults {
    place: Place,
    /// Where the oracle listens when somebody else is at its place.
    hidden: tempfile::TempDir,
    /// What a build takes that asks nobody.
    usual: Duration,
}

impl Faults {
    fn new(name: &str) -> Result<Self> {
        let mut place = Place::new(name, Host::Thin)?;
        set(&place, WITHIN)?;
        place.begin_session()?;
        place.prepared_sockets()?;
        let hidden = tempfile::Builder::new().prefix("cell-").tempdir()?;
        fs::set_permissions(hidden.path(), fs::Permissions::from_mode(0o700))?;
        let mut faults = Self { place, hidden, usual: Duration::ZERO };
        faults.place.served.set("CELL_MODE", "locked");
        faults.fails(VALUE, Kind::Unrecorded, &[])?;
        faults.usual = faults.fails(VALUE, Kind::Unrecorded, &[])?;
        faults.place.served.project.environment.retain(|(name, _)| *name != "CELL_MODE");
        Ok(faults)
    }

    fn socket(&self) -> PathBuf {
        self.place.sockets().join("oracle.sock")
    }

    /// One error of this kind at the macro, and how long the build took.
    fn fails(&self, source: &str, kind: Kind, words: &[&str]) -> Result<Duration> {
        let expected = fails(kind, &[words, &["`oracle::", "note: `asks::"]].concat());
        let expected = if kind == Kind::Unrecorded { fails(kind, words) } else { expected };
        // Other tests take turns with this one, which is no time of the build.
        let took = expect_in(&self.place.served.project, source, &[expected])?;
        ensure!(self.place.answers()?.is_empty(), "something was recorded");
        Ok(took)
    }

    /// The same, and in time: who stays silent is waited for, and all else ends before that.
    fn fails_in_time(&self, case: &str, source: &str, kind: Kind, words: &[&str]) -> Result<()> {
        if kind == Kind::CellSilent {
            return self.waits(case, source, kind, words);
        }
        set(&self.place, PATIENT)?;
        let took = self.fails(source, kind, words).with_context(|| case.to_owned())?;
        ensure!(took < self.usual + PATIENT, "{case}: it took {took:?}, usually {:?}", self.usual);
        Ok(())
    }

    /// The same after the cell's time: what it took longer than usual is that and little more.
    fn waits(&self, case: &str, source: &str, kind: Kind, words: &[&str]) -> Result<()> {
        set(&self.place, WITHIN)?;
        let took = self.fails(source, kind, words).with_context(|| case.to_owned())?;
        // Half a second, and what a machine that does other things adds.
        let most = self.usual + WITHIN + Duration::from_millis(500) + Duration::from_secs(5);
        ensure!(took < most, "{case}: it took {took:?}, usually {:?}", self.usual);
        Ok(())
    }

    /// The oracle in the place where nobody asks, and somebody between.
    fn between(&mut self, change: Change) -> Result<Peer> {
        let oracle = Oracle::new("word", self.place.asked);
        let cell = Builder::new("oracle").with(oracle).in_folder(self.hidden.path());
        self.place.start_in(cell.without_signals())?;
        Peer::between(&self.socket(), &self.hidden.path().join("oracle.sock"), change)
    }
}

/// From here on the cell may take this long.
fn set(place: &Place, within: Duration) -> Result<()> {
    place.manifest(&format!("live = {{ within = \"{} ms\" }}", within.as_millis()))
}

const VALUE: &str = "#[cell::wasm(asks::«value»(7))]\npub struct A;\n";

#[test]
fn whatever_listens_at_the_cells_place() -> Result<()> {
    let faults = Faults::new("live-listens")?;
    let absent = "the cell `oracle` does not run";
    faults.fails_in_time("nobody", VALUE, Kind::CellAbsent, &[absent, "`cell run oracle`"])?;
    drop(UnixListener::bind(faults.socket())?);
    faults.fails_in_time("what a killed cell left", VALUE, Kind::CellAbsent, &[absent])?;
    fs::remove_file(faults.socket())?;
    fs::write(faults.socket(), "a file")?;
    faults.fails_in_time("a file", VALUE, Kind::CellAbsent, &[absent])?;
    fs::remove_file(faults.socket())?;

    let silent = ["did not answer within 400 ms", "`cell health oracle`", "live = { within"];
    let listener = UnixListener::bind(faults.socket())?;
    faults.fails_in_time("never accepts", VALUE, Kind::CellSilent, &silent)?;
    drop(listener);
    let peer = Peer::listen(&faults.socket(), hold)?;
    faults.fails_in_time("accepts and says nothing", VALUE, Kind::CellSilent, &silent)?;
    drop(peer);
    let peer = Peer::listen(&faults.socket(), |_, _| {})?;
    faults.fails_in_time("hangs up", VALUE, Kind::CellBroken, &["connection to the cell"])?;
    drop(peer);
    let peer = Peer::listen(&faults.socket(), |mut stream, stop| {
        let _ = stream.write_all(&[0x5a; 4096]);
        hold(stream, stop);
    })?;
    faults.fails_in_time("noise", VALUE, Kind::CellBroken, &[])?;
    drop(peer);
    let peer = Peer::listen(&faults.socket(), |mut stream, stop| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        hold(stream, stop);
    })?;
    faults.fails_in_time("another protocol", VALUE, Kind::CellBroken, &[])?;
    drop(peer);
    // It is whose process listens that counts, whoever made the socket.
    let mut other = other_user(&faults.socket())?;
    let foreign = faults.fails_in_time("another user's", VALUE, Kind::ForeignCell, &[]);
    let _ = other.kill();
    let _ = other.wait();
    foreign?;
    let peer = Peer::listen(&faults.socket(), hold)?;
    let folder =
        |mode| fs::set_permissions(faults.place.sockets(), fs::Permissions::from_mode(mode));
    folder(0o777)?;
    faults.fails_in_time("a folder for all", VALUE, Kind::ForeignCell, &[])?;
    folder(0o700)?;
    drop(peer);
    Ok(())
}

/// Somebody who is not us listens at a path in our folder: it was bound before its process changed
/// hands.
fn other_user(path: &Path) -> Result<Child> {
    let _ = fs::remove_file(path);
    let program = "import os, socket, sys, time\n\
                   s = socket.socket(socket.AF_UNIX)\n\
                   s.bind(sys.argv[1])\n\
                   os.setuid(65534)\n\
                   s.listen()\n\
                   time.sleep(600)\n";
    let child = Command::new("python3").arg("-c").arg(program).arg(path).spawn()?;
    let begin = Instant::now();
    // Refused until it listens.
    while std::os::unix::net::UnixStream::connect(path).is_err() {
        ensure!(begin.elapsed() < Duration::from_secs(30), "python3 does not listen");
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(child)
}

#[test]
fn whatever_happens_to_the_bytes_between() -> Result<()> {
    let mut faults = Faults::new("live-between")?;
    let cases: &[(&str, Change, Kind)] = &[
        (
            "one byte after the other",
            |_, _| Passing::Slowly(Duration::from_millis(60)),
            Kind::CellSilent,
        ),
        (
            "nothing after the greeting",
            |passed, _| if passed > 0 { Passing::Never } else { Passing::On },
            Kind::CellSilent,
        ),
        ("the greeting alone", |_, _| Passing::End, Kind::CellBroken),
        (
            "a greeting that is cut off",
            |_, bytes| {
                bytes.truncate(9);
                Passing::End
            },
            Kind::CellBroken,
        ),
        (
            "a flipped bit in the greeting",
            |passed, bytes| {
                if passed == 0 {
                    bytes[0] ^= 1;
                }
                Passing::On
            },
            Kind::CellBroken,
        ),
        (
            "ones for what follows",
            |passed, bytes| {
                if passed > 0 {
                    bytes.fill(0xff);
                }
                Passing::On
            },
            Kind::CellBroken,
        ),
        (
            "zeros for what follows",
            |passed, bytes| {
                if passed > 0 {
                    bytes.fill(0);
                }
                Passing::On
            },
            Kind::CellSilent,
        ),
        (
            "an answer that is cut off",
            |passed, bytes| {
                if passed > 0 {
                    bytes.truncate(bytes.len() - 3);
                    Passing::End
                } else {
                    Passing::On
                }
            },
            Kind::CellBroken,
        ),
    ];
    for (case, change, kind) in cases {
        let peer = faults.between(*change)?;
        faults.fails_in_time(case, VALUE, *kind, &["oracle"])?;
        drop(peer);
        faults.place.stop_oracle();
    }
    // All is well when nothing is changed.
    let peer = faults.between(|_, _| Passing::On)?;
    expect_none(&faults.place.served.project, &VALUE.replace(['«', '»'], ""))?;
    drop(peer);
    Ok(())
}

mod changed {
    /// Another release: `value` takes a text, and `slow` is the same.
    #[cell::service]
    pub(super) struct Oracle;

    #[cell::handler]
    impl Oracle {
        #[compile_time]
        async fn value(&self, number: String) -> String {
            number
        }

        #[compile_time]
        async fn slow(&self, millis: u64) -> String {
            millis.to_string()
        }
    }
}

#[test]
fn whatever_the_cell_says() -> Result<()> {
    let mut faults = Faults::new("live-says")?;
    faults.place.oracle("word")?;
    let asks = |what: &str| format!("#[cell::wasm(asks::«{what})]\npub struct A;\n");
    faults.fails_in_time("too late", &asks("slow»(2000)"), Kind::CellSilent, &["within 400 ms"])?;
    faults.fails_in_time(
        "a panic",
        &asks("panics»"),
        Kind::CellRefused,
        &["panicked", "`cell logs oracle`"],
    )?;
    faults.fails_in_time(
        "too much",
        &asks("large»(3000000)"),
        Kind::WrongReply,
        &["larger than 1 MiB"],
    )?;
    faults.fails_in_time(
        "so much that nobody keeps it",
        &asks("large»(20000000)"),
        Kind::WrongReply,
        &[],
    )?;
    faults.place.stop_oracle();

    faults.place.start(Builder::new("oracle").with(Ledger::default()))?;
    faults.fails_in_time("another service", VALUE, Kind::OtherSchema, &["`cell add oracle`"])?;
    faults.place.stop_oracle();
    faults.place.start(Builder::new("oracle").with(changed::Oracle))?;
    faults.fails_in_time("another question", VALUE, Kind::OtherSchema, &["number"])?;
    // Of that release the one that is the same can be asked.
    expect_none(&faults.place.served.project, "#[cell::wasm(asks::slow(7))]\npub struct A;\n")?;
    let answers = faults.place.served.project.root.join(".cell/answers");
    fs::remove_dir_all(&answers)?;
    faults.place.stop_oracle();

    let never =
        Builder::new("oracle").with_later(std::future::pending::<std::io::Result<Oracle>>());
    faults.place.start(never)?;
    // What is asked before the cell is ready is put off, as long as it may be.
    faults.waits("not ready", VALUE, Kind::CellRefused, &["not ready"])?;
    faults.place.stop_oracle();
    Ok(())
}

/// Of a dead cell each macro has its error, and the build waits once.
#[test]
fn a_dead_cell_costs_one_wait() -> Result<()> {
    let faults = Faults::new("live-dead")?;
    let _peer = Peer::listen(&faults.socket(), hold)?;
    let source: String =
        (0..30).map(|n| format!("#[cell::wasm(asks::«value»({n}))]\npub struct A{n};\n")).collect();
    let expected: Vec<_> = (0..30).map(|_| fails(Kind::CellSilent, &["`oracle::value`"])).collect();
    let took = expect_in(&faults.place.served.project, &source, &expected)?;
    let most = faults.usual + WITHIN * 2 + Duration::from_secs(6);
    ensure!(took < most, "it took {took:?}, usually {:?}", faults.usual);
    Ok(())
}

/// A cell that is started again answers at once, though it was dead just before.
#[test]
fn who_comes_back_is_asked() -> Result<()> {
    let mut faults = Faults::new("live-back")?;
    faults.fails(VALUE, Kind::CellAbsent, &[])?;
    faults.place.oracle("word")?;
    expect_none(&faults.place.served.project, &VALUE.replace(['«', '»'], ""))?;
    ensure!(faults.place.only_answer()? == "\"word-7\"");
    Ok(())
}
