//! Components that are not what they should be.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use macro_bridge::failure::Kind;

use crate::guests::{ledger, misbehave, written};
use crate::project::{Host, Project};
use crate::report::{expect, expect_none, fails};

const TABLE: &str = "#[cell::wasm(evil::«table»)]\npub struct Item { pub id: u64 }\n\
    pub fn f(item: Item) -> u64 { item.id }\n";

fn check(project: &Project, component: &[u8], kind: Kind, words: &[&str]) -> Result<()> {
    project.lock_anyway("evil", component)?;
    expect(project, TABLE, &[fails(kind, words)]).with_context(|| format!("{words:?}"))?;
    // And `cell lock` would have said the same.
    project.write("evil.wasm", component)?;
    let ended = project.cell(&["lock"])?;
    ensure!(ended.code == Some(1) && ended.stderr.contains(kind.code()), "{}", ended.stderr);
    Ok(())
}

#[test]
fn bytes_that_are_no_component_or_one_that_is_refused() -> Result<()> {
    let project = Project::new("components", Host::Embedded)?.fresh_home()?;
    let check = |bytes: &[u8], kind, words: &[&str]| check(&project, bytes, kind, words);
    let text = |text: &str| written(text);

    check(b"", Kind::NotAComponent, &["the file is empty"])?;
    check(
        b"no component",
        Kind::NotAComponent,
        &["it begins with `no compo`", "cell build-macros"],
    )?;
    check(&text("(module)")?, Kind::NotAComponent, &["it is a core module"])?;
    let whole = fs::read(ledger())?;
    check(&whole[..whole.len() / 2], Kind::NotAComponent, &["it ends in the middle"])?;

    let clock = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func (result u64))))))"#;
    check(
        &text(clock)?,
        Kind::ForbiddenImport,
        &["imports `wasi:clocks/wall-clock@0.2.0`", "WASI"],
    )?;
    let newer = r#"(component (import "cell:macros/host@0.2.0" (instance)))"#;
    check(
        &text(newer)?,
        Kind::WrongVersion,
        &["needs macro API 0.2.0, this Cell provides 0.1.0", "newer", "update Cell"],
    )?;
    let older = r#"(component (import "cell:macros/host@0.0.9" (instance)))"#;
    check(&text(older)?, Kind::WrongVersion, &["needs macro API 0.0.9", "older"])?;
    check(&text("(component)")?, Kind::MissingExport, &["it exports nothing"])?;

    let body = "(drop (i32.const 1000000))".repeat(120_000);
    let function = format!("(component (core module (func {body})))");
    check(&text(&function)?, Kind::TooLarge, &["bytes in function 0", "no more than 524,288"])?;
    let functions = format!("(component (core module {}))", "(func)".repeat(100_001));
    check(&text(&functions)?, Kind::TooLarge, &["100,001 functions"])
}

#[test]
fn a_store_that_is_damaged() -> Result<()> {
    // A home of its own: with compiled code at hand nobody reads the store.
    let project = Project::new("store", Host::Embedded)?.fresh_home()?;
    project.write("cell.toml", format!("[cells.ledger]\npath = {:?}\n", ledger()))?;
    project.cell_does(&["lock"])?;
    // What `cell lock` compiled is not rustc's to use: other settings. Still, nothing is left.
    fs::remove_dir_all(&project.home)?;
    let folder = project.root.join(".cell/components");
    let path = fs::read_dir(&folder)?.next().context("a component")??.path();
    let name =
        format!(".cell/components/{}", path.file_name().unwrap_or_default().to_string_lossy());
    let good = project.read(&name)?;
    let source = "#[cell::wasm(ledger::«table»)]\npub struct A { #[ledger::primary_key] pub id: u64 }\n\
        pub fn f(a: A) -> u64 { a.id }\n";
    let wrong = || {
        [fails(
            Kind::WrongDigest,
            &[
                "component of cell `ledger` is not the one in `cell.lock`",
                "note: expected sha256",
                "note: found sha256",
                "`cell lock`",
            ],
        )]
    };
    for length in [0, 4, good.len() / 2, good.len() - 1] {
        project.write(&name, &good[..length])?;
        expect(&project, source, &wrong()).with_context(|| format!("cut after {length} bytes"))?;
    }
    for at in [0, good.len() / 3, good.len() - 1] {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        project.write(&name, bytes)?;
        expect(&project, source, &wrong()).with_context(|| format!("flipped at {at}"))?;
    }
    // Another component that is well: somebody replaced it.
    project.write(&name, fs::read(misbehave()?)?)?;
    expect(&project, source, &wrong())?;

    let unreadable = |words: &[&str]| expect(&project, source, &[fails(Kind::NoComponent, words)]);
    fs::remove_file(&path)?;
    unreadable(&["is not here", "`cell lock`"])?;
    ensure!(Command::new("mkfifo").arg(&path).status()?.success(), "no pipe");
    unreadable(&["it is not a file"])?;
    fs::remove_file(&path)?;
    fs::create_dir(&path)?;
    unreadable(&["it is not a file"])?;
    fs::remove_dir(&path)?;
    std::os::unix::fs::symlink("/dev/zero", &path)?;
    unreadable(&["it is not a file"])?;
    fs::remove_file(&path)?;
    fs::File::create(&path)?.set_len(1 << 40)?;
    unreadable(&["larger than"])?;
    fs::remove_file(&path)?;
    // What the help says.
    project.cell_does(&["lock"])?;
    expect_none(&project, &source.replace(['«', '»'], ""))
}

#[test]
fn more_macros_than_numbers() -> Result<()> {
    let project = Project::new("numbers", Host::Embedded)?;
    project.write("cell.toml", format!("[cells.misbehave]\npath = {:?}\n", misbehave()?))?;
    let ended = project.cell(&["lock"])?;
    let said = &ended.stderr;
    for words in ["CELL0211", "note: `misbehave` has ", "`misbehave` alone has too many"] {
        ensure!(ended.code == Some(1) && said.contains(words), "`{words}` is not in {said}");
    }
    // There is no lock, and the code is told so.
    let source = "#[cell::wasm(misbehave::«trap»)]\npub struct A;\n";
    expect(&project, source, &[fails(Kind::NoLock, &["run `cell lock`"])])
}
