//! Many processes that ask the same at the same time.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use cell::Builder;

use super::place::Place;
use crate::project::Host;
use crate::report::errors;
use crate::run::{run, turn};

/// Compilers at the same time.
const COMPILERS: usize = 16;

/// What a crate needs to see at compile time whether others got the same text.
const SAME: &str = "const fn same(a: &[u8], b: &[u8]) -> bool {
    let (mut at, mut same) = (0, a.len() == b.len());
    while same && at < a.len() { same = a[at] == b[at]; at += 1; }
    same
}\n";

/// A workspace of crates that have one question, and one crate that compares what all of them got.
struct Crates {
    place: Place,
    names: Vec<String>,
}

impl Crates {
    fn new(name: &str, count: usize) -> Result<Self> {
        let mut place = Place::new(name, Host::Thin)?;
        // As long as it takes: who is late on a busy machine shall not be a failure.
        place.manifest("live = { within = \"30 s\" }")?;
        place.begin_session()?;
        let names: Vec<String> = (0..count).map(|number| format!("{name}-{number}")).collect();
        let crates = Self { place, names };
        let project = &crates.place.served.project;
        let manifest = String::from_utf8(project.read("Cargo.toml")?)?;
        let dependency = manifest.lines().find(|line| line.starts_with("cell-sdk = "));
        let dependency = dependency.context("a dependency")?;
        let members: String =
            crates.names.iter().map(|name| format!("{name} = {{ path = \"{name}\" }}\n")).collect();
        let manifest = manifest
            .replace("[workspace]\n", "[workspace]\nmembers = [\"live-*\"]\n")
            .replace("[dependencies]\n", &format!("[dependencies]\n{members}"));
        project.write("Cargo.toml", &manifest)?;
        for name in &crates.names {
            let manifest = format!(
                "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                 [dependencies]\n{dependency}\n"
            );
            project.write(&format!("{name}/Cargo.toml"), manifest)?;
        }
        Ok(crates)
    }

    /// Each crate asks this; half of them for items that nobody else has.
    fn write(&self, question: &str) -> Result<()> {
        for (number, name) in self.names.iter().enumerate() {
            let item = if number % 2 == 0 { "Same".to_owned() } else { format!("Other{number}") };
            let source = format!(
                "#[cell::wasm(asks::{question})]\npub struct {item};\n\
                 pub const GOT: &str = {item}::VALUE;\n"
            );
            self.place.served.project.write(&format!("{name}/src/lib.rs"), source)?;
        }
        self.compare(None)
    }

    /// Compiles only if all crates got the same, and this.
    fn compare(&self, text: Option<&str>) -> Result<()> {
        let modules: Vec<String> = self.names.iter().map(|name| name.replace('-', "_")).collect();
        let first = match text {
            Some(text) => format!("{text:?}"),
            None => format!("{}::GOT", modules[0]),
        };
        let checks: String = modules
            .iter()
            .map(|it| {
                format!("const _: () = assert!(same({it}::GOT.as_bytes(), {first}.as_bytes()));\n")
            })
            .collect();
        self.place.served.project.write("src/lib.rs", format!("{SAME}{checks}"))
    }

    /// Checks all crates, each for its own sake.
    fn check(&self, wrapper: Option<&std::path::Path>) -> Result<()> {
        let project = &self.place.served.project;
        let mut command = project.cargo()?;
        command.args(["--workspace", "--jobs", &COMPILERS.to_string()]);
        command.envs(wrapper.map(|wrapper| ("RUSTC_WORKSPACE_WRAPPER", wrapper)));
        let _turn = turn();
        let found = errors(&run(&mut command, &project.root, Duration::from_secs(240))?)?;
        ensure!(found.is_empty(), "{found:#?}");
        Ok(())
    }
}

#[test]
fn of_sixteen_compilers_one_asks() -> Result<()> {
    let mut crates = Crates::new("live-flight", COMPILERS)?;
    crates.place.oracle("word")?;
    // Longer than it takes until all of them wait.
    crates.write("slow(3000)")?;
    crates.check(None)?;
    ensure!(crates.place.count() == 1, "the cell saw more than one call");
    ensure!(crates.place.only_answer()? == "\"word\"");
    crates.compare(Some("word"))?;
    crates.check(None)
}

/// An oracle that answers nobody before two have asked, and each of them something else.
mod both {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    #[cell::service]
    #[derive(Default)]
    pub(super) struct Oracle {
        asked: AtomicU64,
    }

    #[cell::handler]
    impl Oracle {
        #[compile_time]
        async fn value(&self, number: u64) -> String {
            let mine = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            while self.asked.load(Ordering::Relaxed) < 2 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            format!("{mine} of {number}")
        }
    }
}

/// Servers of two caches know nothing of each other; the project has one record.
#[test]
fn of_two_servers_that_ask_one_is_right_and_the_other_uses_its_answer() -> Result<()> {
    let mut crates = Crates::new("live-servers", 2)?;
    crates.place.start(Builder::new("oracle").with(both::Oracle::default()))?;
    // The same cells and sessions, another cache.
    let served = &crates.place.served;
    let other = served.folder.path().join("other");
    let run = other.join("run");
    fs::create_dir_all(&run)?;
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700))?;
    fs::hard_link(crates.place.sockets().join("oracle.sock"), run.join("oracle.sock"))?;
    std::os::unix::fs::symlink(served.project.home.join("state"), other.join("state"))?;
    let wrapper = served.folder.path().join("wrapper");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *'--crate-name live_servers_1 '*)\n\
         export CELL_HOME='{}';; esac\nexec \"$@\"\n",
        other.display()
    );
    fs::write(&wrapper, script)?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
    crates.write("value(7)")?;
    crates.check(Some(&wrapper))?;
    ensure!(crates.place.served.servers().len() == 2, "not two servers");
    let answer = crates.place.only_answer()?;
    ensure!(["\"1 of 7\"", "\"2 of 7\""].contains(&&*answer), "{answer}");
    crates.compare(Some(answer.trim_matches('"')))?;
    crates.check(Some(&wrapper))
}
