//! Macros that try what ordinary proc-macros can do, compiled with the standard library for those: they
//! get what is granted, all else is noted, and nothing reaches the machine.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Attempt, Expansion};
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::outside::{Content, Outside};
use macro_bridge::request::{Allowed, Call, Limits, MacroKind, Place, Request};
use macro_bridge::table::TableBuilder;
use macro_runtime::{CacheDir, Components, Options, Runtime};

use crate::guests::{hostile, hostile_elsewhere};
use crate::project::{Host, PATIENCE, Project, folder};
use crate::report::{errors, expect, expect_none, fails};
use crate::run::{run, turn};

struct Only(Vec<u8>);

impl Components for Only {
    fn component(&self, _: &Digest) -> Result<Vec<u8>, Failure> {
        Ok(self.0.clone())
    }
}

/// The component, ready to be called by the name of a macro with one literal.
struct Hostile {
    runtime: Runtime,
    bytes: Only,
    digest: Digest,
}

impl Hostile {
    fn new() -> Result<Self> {
        let bytes = fs::read(hostile()?)?;
        let cache = Some(CacheDir::at(folder().join("home/cache-of-tests")));
        let runtime = Runtime::new(Options { cache, ..Options::default() })?;
        let description = runtime.describe("hostile", &bytes)?;
        ensure!(description.audit.outside() == ["attempts", "files", "variables"]);
        Ok(Self { runtime, bytes: Only(bytes), digest: description.audit.digest })
    }

    fn request(&self, name: &str, word: &str, outside: Outside) -> Request {
        let mut table = TableBuilder::default();
        table.literal(&format!("{word:?}"));
        let call = Call {
            cell: "hostile".into(),
            name: name.into(),
            kind: MacroKind::Function,
            component: self.digest,
            arguments: 0..0,
            wants: 0,
            needs: Vec::new(),
            helpers: Vec::new(),
            granted: Vec::new(),
            asked: Vec::new(),
            limits: Limits { fuel: 20_000_000, memory: 16 << 20, ..Limits::default() },
            allowed: Allowed::default(),
            profile: "default".into(),
            outside,
        };
        let (form, place) = (MacroKind::Function, Place::default());
        Request { form, table: table.finish().expect("one token"), calls: vec![call], place }
    }

    fn expand(&self, name: &str, word: &str, outside: Outside) -> Result<Expansion, Failure> {
        self.runtime.expand(&self.request(name, word, outside), &self.bytes, &())
    }

    /// The literal that a macro returns, without its quotes.
    fn said(&self, name: &str, word: &str, outside: Outside) -> Result<String> {
        let expansion = self.expand(name, word, outside)?;
        let text = expansion.output.text;
        Ok(text.trim_matches('"').replace("\\n", "\n").replace("\\\"", "\""))
    }
}

fn attempts(expansion: &Expansion) -> Vec<String> {
    let one = |Attempt { cell, what, detail }: &Attempt| {
        assert_eq!(cell, "hostile");
        format!("{what} {detail}")
    };
    expansion.attempts.iter().map(one).collect()
}

/// All that the macro `all` tries.
const TRIED: [&str; 29] = [
    "file /etc/hostname",
    "file /etc/passwd",
    "file /package",
    "file /package/../etc/shadow",
    "file /proc/self/environ",
    "file /proc/self/exe",
    "file /root/.ssh/id_ed25519",
    "file /tmp",
    "folder /",
    "folder current_dir",
    "folder current_exe",
    "folder home_dir",
    "network 0.0.0.0:4444",
    "network 0.0.0.0:53",
    "network 127.0.0.1:22",
    "network example.org:443",
    "process /bin/sh",
    "process curl",
    "thread spawn",
    "variable AWS_SECRET_ACCESS_KEY",
    "variable HOME",
    "variable PATH",
    "write /package",
    "write /package/Cargo.toml",
    "write /package/a",
    "write /package/b",
    "write /package/src/lib.rs",
    "write /root/.bashrc",
    "write /tmp/hostile",
];

#[test]
fn a_hostile_macro_gets_nothing_and_what_it_tried_is_known() -> Result<()> {
    let hostile = Hostile::new()?;
    let made = hostile.expand("all", "", Outside::default())?;
    let text = &made.output.text;
    ensure!(!text.contains("GOT IT") && text.contains("key: PermissionDenied"), "{text}");
    ensure!(text.contains("exists: false\\nhome: None\\nvariables: [None, None, None]"), "{text}");
    ensure!(!Path::new("/tmp/hostile").exists());
    let tried = attempts(&made);
    ensure!(tried == TRIED, "{tried:#?}");
    // Whoever keeps the expansion keeps them.
    let key = hostile.request("all", "", Outside::default()).key();
    let mut bytes = Vec::new();
    macro_bridge::expansion::compact::encode(&mut bytes, &made);
    ensure!(macro_bridge::expansion::compact::decode(&bytes).as_ref() == Some(&made));
    let record = macro_bridge::expansion::file::encode(&key, "hostile::all!", &made);
    ensure!(macro_bridge::expansion::file::decode(record.as_bytes(), &key).ok() == Some(made));

    // What ends it says what it tried before.
    for (word, kind, tried) in [
        ("loop", Kind::OutOfFuel, None),
        ("allocate", Kind::OutOfMemory, None),
        ("panic", Kind::Panic, None),
        ("exit", Kind::Trap, None),
        ("now", Kind::Panic, Some("time `Instant::now`")),
        ("today", Kind::Panic, Some("time `SystemTime::now`")),
        ("sleep", Kind::Panic, Some("time `sleep`")),
        ("spawn", Kind::Panic, Some("thread `spawn`")),
        ("temporary", Kind::Panic, Some("folder `temp_dir`")),
        ("id", Kind::Panic, Some("process `id`")),
        ("look", Kind::OutOfFuel, Some("variable `LOOK`")),
        ("unset", Kind::Panic, Some("variable `NOBODY_GRANTED_THIS`")),
    ] {
        let failure = hostile.expand("end", word, Outside::default());
        let failure = failure.err().with_context(|| format!("`{word}` ended well"))?;
        ensure!(failure.kind == kind, "{word}: {failure}");
        let note = failure.notes.iter().find(|note| note.contains("is not granted"));
        ensure!(note.is_some() == tried.is_some(), "{word}: {failure}");
        ensure!(note.is_none_or(|note| note.contains(tried.unwrap_or("?"))), "{word}: {failure}");
        let help = failure.help.iter().any(|help| {
            help.contains("`env = [\"NOBODY_GRANTED_THIS\"]` under `[sandbox.hostile.grants]`")
        });
        ensure!(help == (word == "unset"), "{word}: {failure}");
    }

    // A flood is cut, and that it was one is seen.
    let flood = hostile.expand("end", "flood", Outside::default())?;
    let tried = attempts(&flood);
    ensure!(tried.len() == 101 && tried.contains(&"more not listed".to_owned()), "{tried:?}");
    ensure!(tried.iter().all(|one| one.len() < 300), "{tried:?}");

    // Each expansion is the first.
    for _ in 0..2 {
        ensure!(hostile.said("count", "", Outside::default())? == "1");
    }
    granted(&hostile)
}

/// Who reviews a component builds it again and compares: the standard library in it is built there too.
#[test]
fn another_machine_gives_the_same_bytes() -> Result<()> {
    if std::env::var_os("SLOW_TESTS").is_none() {
        eprintln!("skipped: compiles the standard library; set SLOW_TESTS=1");
        return Ok(());
    }
    let home = tempfile::Builder::new().prefix("another home").tempdir()?;
    let (here, there) = (fs::read(hostile()?)?, hostile_elsewhere(home.path())?);
    ensure!(here == there, "{} and {} bytes", here.len(), there.len());
    Ok(())
}

fn outside() -> Outside {
    let text = |text: &str| Some(text.to_owned());
    Outside {
        variables: vec![
            ("CARGO_PKG_*".into(), None),
            ("CARGO_PKG_NAME".into(), text("app")),
            ("EMPTY".into(), text("")),
            ("MY_VAR".into(), text("ä")),
        ],
        files: vec![
            ("Cargo.toml".into(), Some(Content::new(b"[package]\n".to_vec()))),
            ("missing".into(), None),
        ],
    }
}

fn granted(hostile: &Hostile) -> Result<()> {
    for (name, value) in [
        ("CARGO_PKG_NAME", "Ok(\"app\")"),
        ("CARGO_PKG_LICENSE", "Err(NotPresent)"),
        ("EMPTY", "Ok(\"\")"),
        ("MY_VAR", "Ok(\"ä\")"),
        ("CARGO_MANIFEST_DIR", "Ok(\"/package\")"),
        ("HOME", "Err(NotPresent)"),
    ] {
        let made = hostile.expand("variable", name, outside())?;
        let text = made.output.text.replace("\\\"", "\"");
        ensure!(text == format!("\"{value}\""), "{name}: {text}");
        let tried = attempts(&made);
        ensure!(tried.is_empty() == (name != "HOME"), "{name}: {tried:?}");
    }
    let all = hostile.said("variables", "", outside())?;
    let expected = "CARGO_MANIFEST_DIR=/package\nCARGO_MANIFEST_PATH=/package/Cargo.toml\n\
                    CARGO_PKG_NAME=app\nEMPTY=\nMY_VAR=ä";
    ensure!(all == expected, "{all}");
    let file = |path: &str| hostile.said("file", path, outside());
    let found = file("Cargo.toml")?;
    ensure!(found == "[package]\nOk(\"/package/Cargo.toml\")", "{found}");
    for (path, kind) in [
        ("missing", "NotFound: No such file or directory (os error 2)"),
        ("", "IsADirectory: Is a directory (os error 21)"),
        ("src/lib.rs", "PermissionDenied: Permission denied (os error 13)"),
    ] {
        let found = file(path)?;
        ensure!(found == kind, "{path}: {found}");
    }
    ensure!(hostile.said("file", "Cargo.toml", Outside::default())? == "no folder");
    Ok(())
}

const GRANTS: &str = "grants.env = [\"MY_VAR\", \"MY_OTHER_*\"]\ngrants.files = [\"data.txt\"]\n";

/// Says to rustc what the macros must have seen.
fn source(mine: &str, file: &str) -> String {
    format!(
        "cell::cell_remote!(Hostile = \"hostile\");
const fn same(a: &str, b: &str) -> bool {{
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {{ at += 1; }}
    at == a.len() && at == b.len()
}}
const _: () = assert!(same(Hostile::variable!(\"CARGO_PKG_NAME\"), \"Ok(\\\"app-outside\\\")\"));
const _: () = assert!(same(Hostile::variable!(\"MY_VAR\"), {mine:?}));
const _: () = assert!(same(Hostile::variable!(\"MY_OTHER_1\"), \"Ok(\\\"x\\\")\"));
const _: () = assert!(same(Hostile::variable!(\"HOME\"), \"Err(NotPresent)\"));
const _: () = assert!(same(Hostile::file!(\"data.txt\"), {file:?}));
const _: () = assert!(include_str!(Hostile::place!(\"data.txt\")).len() == 4);
"
    )
}

/// What rustc looks at before it asks for an expansion, and when cargo has it look again.
#[test]
fn what_is_granted_is_seen_by_builds_and_again_when_it_changes() -> Result<()> {
    let mut project = Project::new("outside", Host::Embedded)?;
    let cell_toml = format!("[cells.hostile]\npath = {:?}\n{GRANTS}", hostile()?);
    project.lock_only(&cell_toml, |_| true)?;
    project.write("data.txt", "one\n")?;
    project.environment = vec![("MY_VAR", "a".into()), ("MY_OTHER_1", "x".into())];
    let one = "one\nErr(PermissionDenied)";
    expect_none(&project, &source("Ok(\"a\")", one))?;
    // Without a change of the source: the wrong value is what the assertions see.
    let again = |project: &Project| -> Result<usize> {
        let _turn = turn();
        Ok(errors(&run(&mut project.cargo()?, &project.root, PATIENCE)?)?.len())
    };
    ensure!(again(&project)? == 0);
    project.environment[0].1 = "b".into();
    ensure!(again(&project)? == 1, "the variable was not tracked");
    project.environment[0].1 = "a".into();
    project.write("data.txt", "two\n")?;
    ensure!(again(&project)? == 1, "the file was not tracked");
    // A link that leads elsewhere is not followed.
    fs::remove_file(project.root.join("data.txt"))?;
    std::os::unix::fs::symlink("/etc/hostname", project.root.join("data.txt"))?;
    let words =
        ["`cell.toml` lets the macros of cell `hostile` read `data.txt`", "outside of the package"];
    let call = "cell::expand!(hostile::«file»(\"data.txt\"));";
    expect(&project, call, &[fails(Kind::UnusableFile, &words)])
}
