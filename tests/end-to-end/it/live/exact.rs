//! The same tokens, however the answers and the expansions were found.

use std::collections::BTreeSet;
use std::io::Write as _;

use anyhow::{Result, ensure};

use super::asked::tokens;
use super::copy::Copy;
use super::place::Place;
use crate::guests::ledger;
use crate::project::Host;

/// Uses of macros that ask, of every kind; and how many there are.
fn source() -> (String, usize) {
    let mut source = String::new();
    let mut sites = 0;
    let mut site = |text: String| {
        source.push_str(&text);
        sites += 1;
    };
    for n in 0..120 {
        site(format!("#[cell::wasm(asks::value({n}))]\npub struct A{n} {{ pub x: [u8; {n}] }}\n"));
    }
    for n in 0..40 {
        // Others asked the same.
        site(format!("#[cell::wasm(asks::value({n}))]\npub enum E{n} {{ One, Two(u8) }}\n"));
        site(format!(
            "#[cell::wasm(asks::table(\"accounts\"))]\npub struct T{n}(pub &'static str);\n"
        ));
        site(format!("pub const W{n}: &str = cell::expand!(asks::word({n}));\n"));
        let d = "D".repeat(n + 1);
        site(format!("#[cell::wasm_derive(asks::Derived)]\npub struct {d}(pub u8);\n"));
    }
    for n in 0..40 {
        // Of a stack each is a site, and all are one expansion.
        site("#[cell::wasm(ledger::cache)]\n".to_owned());
        site(format!("#[cell::wasm(asks::value({n}))]\n"));
        site(format!(
            "#[cell::wasm(ledger::table(name = \"t{n}\"))]\n\
             pub struct L{n} {{ #[ledger::primary_key] pub id: u64, pub owner: String }}\n"
        ));
    }
    site("#[cell::wasm(asks::values(30))]\npub struct All;\n".to_owned());
    (source, sites)
}

/// A place whose project has the ledger's macros, too.
fn place(name: &str) -> Result<Place> {
    let place = Place::new(name, Host::Thin)?;
    let ledger = ledger();
    place.manifest_with(&format!(
        "schemas = [\"oracle.schema\"]\n[cells.ledger]\npath = {ledger:?}\n"
    ))?;
    Ok(place)
}

#[test]
fn however_they_are_found_tokens_are_the_same() -> Result<()> {
    let (source, sites) = source();
    ensure!(sites >= 400, "only {sites}");
    let mut place = place("live-exact")?;
    place.oracle(&format!("n{:x}", std::process::id()))?;
    place.begin_session()?;
    let expected = tokens(place.served.expect("macro-server", &source)?);
    let different: BTreeSet<_> = expected.iter().map(|(_, output)| output).collect();
    ensure!(expected.len() >= 300, "only {} expansions", expected.len());
    ensure!(different.len() * 2 > expected.len(), "most are the same: this test proves nothing");
    ensure!(place.count() == 121, "not one call for each question");
    place.end_session();
    place.stop_oracle();

    let same = |what: &str, found| -> Result<()> {
        let found = tokens(found);
        let other = expected.iter().find(|one| !found.contains(one));
        ensure!(found == expected, "{what}: {other:?} is not what it was live");
        Ok(())
    };
    same("the cache", place.served.expect("expansion-cache", &source)?)?;
    place.served.forget();
    same("recorded answers", place.served.expect("macro-server", &source)?)?;
    place.served.kill_servers();
    place.served.set("CELL_SERVER", "off");
    let by = if std::env::var_os("SLOW_TESTS").is_some() {
        inside_rustc(&place, &source, &same)?;
        "by the server and inside rustc"
    } else {
        "by the server"
    };
    place.served.project.cell_does(&["vendor"])?;
    same("recorded expansions", place.served.expect("recorded", &source)?)?;

    let copy = Copy::of(&place, "exact")?;
    same("offline", copy.recorded(&["check"])?)?;
    same("release", copy.recorded(&["build", "--release"])?)?;
    same("packaged", packaged(&copy)?)?;
    // Past the test's harness, which would show it only of a test that fails.
    writeln!(
        std::io::stderr(),
        "{sites} call sites, {} expansions: the same live, recorded ({by}), offline, in a release \
         build and packaged",
        expected.len()
    )?;
    Ok(())
}

/// By wasmtime in the compiler, without a server.
fn inside_rustc(
    place: &Place,
    source: &str,
    same: &dyn Fn(&str, crate::served::Found) -> Result<()>,
) -> Result<()> {
    let project = &place.served.project;
    let thin = String::from_utf8(project.read("Cargo.toml")?)?;
    let embedded = thin.replace("[\"macros\"]", "[\"macros\", \"embedded\"]");
    ensure!(embedded != thin);
    project.write("Cargo.toml", embedded)?;
    place.served.forget();
    same("inside rustc", place.served.expect("engine-inside-rustc", source)?)?;
    place.served.forget();
    project.write("Cargo.toml", thin)
}

/// What `cargo package` makes of the project, built where nothing else of it is.
fn packaged(copy: &Copy) -> Result<crate::served::Found> {
    copy.git(&["init", "--quiet"])?;
    copy.git(&["add", "--all"])?;
    copy.git(&["commit", "--quiet", "--message", "a project"])?;
    let words = ["package", "--no-verify", "--exclude-lockfile", "--quiet"];
    let ended = copy.cargo(&words)?;
    ensure!(ended.code == Some(0), "{}", ended.stderr);
    let tarball = crate::project::folder().join("copies-target/package");
    let tarball = tarball.join("app-live-exact-0.1.0.crate");
    let apart = Copy::at("exact-packaged")?;
    let mut tar = std::process::Command::new("tar");
    tar.arg("-xzf").arg(&tarball).args(["--strip-components", "1", "-C"]).arg(&apart.root);
    ensure!(tar.status()?.success());
    // Packages leave out what workspace they are; a target folder may be in one.
    let manifest = std::fs::read_to_string(apart.root.join("Cargo.toml"))?;
    apart.write("Cargo.toml", format!("{manifest}\n[workspace]\n").as_bytes())?;
    // The one dependency is on no registry: where it would come from, it comes from here.
    let sdk = crate::project::workspace().join("cell-sdk");
    let patch = format!("[patch.crates-io]\ncell-sdk = {{ path = {sdk:?} }}\n");
    apart.write(".cargo/config.toml", patch.as_bytes())?;
    apart.recorded(&["check"])
}
