//! `cell sandbox`: a crate that knows nothing of us runs as a component, with the same errors at the same
//! places, and afterwards everything is as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::project::{Host, Project, clean, folder, target, workspace};
use crate::run::{Ended, run, turn};

/// Compiles for WebAssembly, and a standard library before.
const PATIENCE: Duration = Duration::from_secs(900);

const GOOD: &str = "\
#[derive(Debug, thiserror::Error)]
pub enum Error<'a, T: std::fmt::Debug> {
    #[error(\"no account {id}, only {known:?}\")]
    Missing { id: u64, known: Vec<T> },
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[cfg(any())]
    #[error(\"never\")]
    Never(Nothing),
    #[error(\"{type} in {}\", .place.len())]
    Kind { r#type: u8, place: &'a str },
}
#[test]
fn says_what_it_says() {
    let error = Error::Missing { id: 7, known: vec![1, 2] };
    assert_eq!(error.to_string(), \"no account 7, only [1, 2]\");
    let error: Error<u8> = Error::Kind { r#type: 3, place: \"abc\" };
    assert_eq!(error.to_string(), \"3 in 3\");
    // Another member turns on what would make it another word.
    assert_eq!(words::word!(), \"quiet\");
}
";

/// A registry in a folder, with a crate of which a feature changes what its macro emits, and a member of the
/// workspace that turns it on.
const OTHERS: [(&str, &str); 6] = [
    (
        ".cargo/config.toml",
        "[registries.others]\nindex = \"https://example.org/index\"\n\n[source.others]\n\
         registry = \"https://example.org/index\"\nreplace-with = \"folder\"\n\n\
         [source.folder]\ndirectory = \"others\"\n",
    ),
    ("others/words/.cargo-checksum.json", "{\"files\":{}}"),
    (
        "others/words/Cargo.toml",
        "[package]\nname = \"words\"\nversion = \"1.0.0\"\nedition = \"2021\"\n\n\
         [lib]\nproc-macro = true\n\n[features]\nloud = []\n",
    ),
    (
        "others/words/src/lib.rs",
        "use proc_macro::TokenStream;\n#[proc_macro]\npub fn word(_: TokenStream) -> TokenStream {\n    \
         let word = if cfg!(feature = \"loud\") { \"\\\"loud\\\"\" } else { \"\\\"quiet\\\"\" };\n    \
         word.parse().unwrap()\n}\n\
         #[cfg(feature = \"loud\")]\n#[proc_macro]\npub fn shout(input: TokenStream) -> TokenStream { input }\n",
    ),
    (
        "loud/Cargo.toml",
        "[package]\nname = \"app-sandboxed-loud\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         words = { version = \"1\", registry = \"others\", features = [\"loud\"] }\n",
    ),
    ("loud/src/lib.rs", "const _: () = assert!(words::word!().len() + words::shout!(0) == 4);\n"),
];

const BAD: &str = "\
#[derive(Debug, thiserror::Error)]
pub enum Unknown {
    #[error(\"no {name}\")]
    Missing { id: u64 },
}
#[derive(Debug, thiserror::Error)]
pub enum Positional {
    #[error(\"{0}\", 1, 2)]
    Wrong(u8),
}
#[derive(Debug, thiserror::Error)]
pub enum Silent {
    Nothing,
}
#[derive(thiserror::Error)]
#[error(\"x\")]
pub union Never { a: u8 }
#[derive(Debug, thiserror::Error)]
#[error(\"{0}\")]
pub struct Twice(#[source] #[from] std::io::Error, #[source] std::fmt::Error);
";

/// The command with the user's own `CELL_HOME`, where the kit for guests is.
pub(crate) fn cell(project: &Project, words: &[&str]) -> Result<Ended> {
    let mut command = clean(Command::new(env!("CARGO_BIN_EXE_cell-end-to-end")))?;
    if let Some(home) = std::env::var_os("CELL_HOME") {
        command.env("CELL_HOME", home);
    }
    command.args(words).arg("--offline").env("CELL_SERVER", "off").current_dir(&project.root);
    // Folders of its own: what is in the shared one would be found.
    command.env("CARGO_TARGET_DIR", folder().join("sandboxed-target"));
    let _turn = turn();
    run(&mut command, &project.root, PATIENCE)
}

pub(crate) fn good(project: &Project, words: &[&str]) -> Result<Ended> {
    let ended = cell(project, words)?;
    ensure!(ended.code == Some(0), "{words:?}: {}{}", ended.stdout, ended.stderr);
    Ok(ended)
}

/// All files of the project, without those that cargo builds.
pub(crate) fn files(root: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(root)?.display().to_string();
                // What the last program said.
                if name != "stdout" && name != "stderr" {
                    found.insert(name, fs::read(&path)?);
                }
            }
        }
    }
    Ok(found)
}

/// What rustc says of a source.
fn said(project: &Project, source: &str) -> Result<Vec<String>> {
    project.write("src/lib.rs", source)?;
    let mut command = project.cargo_for(&["check", "--tests"])?;
    let _turn = turn();
    let ended = run(&mut command, &project.root, PATIENCE)?;
    let messages = ended.stdout.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message.pointer("/message/rendered")?.as_str().map(str::to_owned)
    });
    Ok(messages.filter(|text| !text.contains("could not compile")).collect())
}

#[test]
fn a_crate_runs_as_a_component_and_back() -> Result<()> {
    let project = Project::new("sandboxed", Host::Thin)?;
    let manifest = "[package]\nname = \"app-sandboxed\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
        [dependencies]\nthiserror = \"2\" # of others\nwords = { version = \"1\", registry = \"others\" }\n\n\
        [workspace]\nmembers = [\"loud\"]\n";
    project.write("Cargo.toml", manifest)?;
    for (name, text) in OTHERS {
        project.write(name, text)?;
    }
    let native = said(&project, BAD)?;
    ensure!(native.len() >= 4, "rustc says {native:?}");
    let nothing = said(&project, GOOD)?;
    ensure!(nothing.is_empty(), "the good source is bad: {nothing:?}");
    let before = files(&project.root)?;

    let listed = good(&project, &["sandbox"])?;
    ensure!(listed.stdout.contains("thiserror-impl"), "{}", listed.stdout);
    let sdk = workspace().join("cell-sdk").to_string_lossy().into_owned();
    let add = ["sandbox", "add", "thiserror-impl", "words", "--sdk-path", &sdk];
    let asked = cell(&project, &add)?;
    ensure!(asked.code == Some(1) && asked.stderr.contains("add `--yes`"), "{}", asked.stderr);
    let wrong = cell(&project, &["sandbox", "add", "thiserror-imp", "--yes"])?;
    ensure!(wrong.stderr.contains("did you mean `thiserror-impl`"), "{}", wrong.stderr);
    ensure!(files(&project.root)? == before, "something was written");

    good(&project, &[&add[..], &["--yes"]].concat())?;
    good(&project, &["sandbox", "check", "--deny-native"])?;
    // One for what the members want together, one for the first of them alone; the other crate has one set.
    let cells = String::from_utf8(project.read("cell.toml")?)?;
    let of_words = cells.contains("[sandbox.words]\nfeature-sets = 2\n");
    ensure!(of_words && cells.matches("feature-sets").count() == 1, "{cells}");
    // Who builds them again takes the same versions of what is ours.
    let lock = String::from_utf8(project.read("cell.lock")?)?;
    ensure!(lock.contains("\npackage wit-bindgen "), "{lock}");
    published(&project)?;
    let report = good(&project, &["sandbox", "report"])?.stdout;
    for word in ["cell-sandbox-report 1", "\"sandboxed\"", "\"checksum\"", "\"sha256\""] {
        ensure!(report.contains(word), "no {word} in {report}");
    }
    // Neither the crate nor what only it needs is compiled: all macros are recorded.
    let lock = String::from_utf8(project.read("Cargo.lock")?)?;
    ensure!(!lock.contains("\"syn\""), "{lock}");
    let missing = said(&project, GOOD)?.join("");
    for word in ["CELL0205", "run `cell vendor`", "have the command `cell` in `PATH`"] {
        ensure!(missing.contains(word), "no {word} in {missing}");
    }
    good(&project, &["vendor"])?;
    // As people build it, without the other member.
    let part = good(&project, &["vendor", "--package", "app-sandboxed"])?.stderr;
    // Those with the other features stay, and features of what stands in are nobody's to turn on.
    let kept = part.contains("build `words` with other features") && !part.contains("were on");
    ensure!(kept, "{part}");
    let tested = project.test(GOOD)?;
    ensure!(tested.code == Some(0), "{}{}", tested.stdout, tested.stderr);
    project.write("src/lib.rs", BAD)?;
    // What fails is not recorded, so this is the server's.
    let failed = cell(&project, &["vendor"])?;
    ensure!(failed.code == Some(1), "{}", failed.stderr);
    same_errors(project, &native, &before)
}

/// A package is as it would be without us: it depends on the original crates.
fn published(project: &Project) -> Result<()> {
    let words = ["package", "--package", "app-sandboxed", "--no-verify", "--allow-dirty"];
    let mut command = project.cargo_with(&[&words[..], &["--offline", "--quiet"]].concat())?;
    let _turn = turn();
    let ended = run(&mut command, &project.root, PATIENCE)?;
    ensure!(ended.code == Some(0), "{}", ended.stderr);
    let package = target().join("package/app-sandboxed-0.1.0.crate");
    let tar = |words: &[&str]| -> Result<String> {
        let mut tar = Command::new("tar");
        let output = tar.arg(words[0]).arg(&package).args(&words[1..]).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    };
    let names = tar(&["-tzf"])?;
    ensure!(names.contains("/src/lib.rs") && !names.contains(".cell"), "{names}");
    let manifest = tar(&["-xzOf", "app-sandboxed-0.1.0/Cargo.toml"])?;
    let lock = tar(&["-xzOf", "app-sandboxed-0.1.0/Cargo.lock"])?;
    ensure!(manifest.contains("thiserror") && !manifest.contains("patch"), "{manifest}");
    let original = "name = \"thiserror-impl\"\nversion = \"";
    let original = lock.split(original).nth(1).context("no macros")?.lines().nth(1);
    ensure!(original.is_some_and(|line| line.starts_with("source = ")), "{lock}");
    Ok(())
}

/// The errors are those of the crate itself, and `remove` gives everything back.
fn same_errors(
    mut project: Project,
    native: &[String],
    before: &BTreeMap<String, Vec<u8>>,
) -> Result<()> {
    let home = tempfile::Builder::new().prefix("cell-").tempdir()?;
    project.home = home.path().join("h");
    project.environment = vec![
        ("CELL_SERVER", String::new()),
        ("CELL_BIN", env!("CARGO_BIN_EXE_cell-end-to-end").to_owned()),
        ("CELL_SERVER_IDLE", "20".to_owned()),
    ];
    let sandboxed = said(&project, BAD)?;
    ensure!(sandboxed == native, "native: {native:#?}\nsandboxed: {sandboxed:#?}");
    project.write("src/lib.rs", GOOD)?;

    // Somebody changes what was made, and `check` says which.
    let component = ".cell/sandbox/thiserror-impl/component.wasm";
    for (file, said) in [
        (component, "is not the one in `cell.lock`"),
        (".cell/sandbox/words/component-1.wasm", "is not the one in `cell.lock`"),
        (".cell/sandbox/thiserror-impl/src/lib.rs", "belongs to another component"),
        ("Cargo.toml", "does not bring in"),
    ] {
        let bytes = project.read(file)?;
        let changed = match file {
            "Cargo.toml" => manifest_without(&bytes)?,
            ".cell/sandbox/thiserror-impl/src/lib.rs" => b"extern crate proc_macro;\n".to_vec(),
            _ => bytes.iter().copied().chain([0]).collect(),
        };
        project.write(file, changed)?;
        let checked = cell(&project, &["sandbox", "check"])?;
        ensure!(checked.code == Some(1), "{file} was changed, and `check` is content");
        ensure!(checked.stderr.contains(said), "{file}: {}", checked.stderr);
        project.write(file, bytes)?;
    }
    // cargo has rewritten its lock file meanwhile, as it does for the changed manifest.
    good(&project, &["sandbox", "check"])?;
    good(&project, &["sandbox", "remove", "--all"])?;
    let mut after = files(&project.root)?;
    after.retain(|name, _| !name.starts_with(".cell/expansions/"));
    for (name, bytes) in before {
        ensure!(after.get(name) == Some(bytes), "`{name}` is not as it was before");
    }
    ensure!(after.len() == before.len(), "there is more than before: {:?}", after.keys());
    Ok(())
}

fn manifest_without(bytes: &[u8]) -> Result<Vec<u8>> {
    let text = std::str::from_utf8(bytes)?;
    let (before, _) = text.split_once("[patch").context("no patch")?;
    Ok(before.into())
}
