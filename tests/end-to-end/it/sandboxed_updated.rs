//! `cell sandbox update` takes the version that cargo would take, of the crates that it was asked for.

use anyhow::{Result, ensure};

use crate::project::{Host, Project, workspace};
use crate::sandboxed::{cell, files, good};

const MANIFEST: &str = "[package]\nname = \"app-updated\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
    [dependencies]\nwords = { version = \"1\", registry = \"others\" }\n\
    later = { package = \"words\", version = \"2\", registry = \"others\" }\n\n[workspace]\n";

/// A registry in a folder.
const SETTINGS: &str = "[registries.others]\nindex = \"https://example.org/index\"\n\n\
    [source.others]\nregistry = \"https://example.org/index\"\nreplace-with = \"folder\"\n\n\
    [source.folder]\ndirectory = \"others\"\n";

/// A version of a crate whose macro says which version it is, in that registry.
fn release(project: &Project, version: &str) -> Result<()> {
    let folder = format!("others/words-{version}");
    project.write(&format!("{folder}/.cargo-checksum.json"), "{\"files\":{}}")?;
    let manifest = format!(
        "[package]\nname = \"words\"\nversion = \"{version}\"\nedition = \"2021\"\n\n\
         [lib]\nproc-macro = true\n"
    );
    project.write(&format!("{folder}/Cargo.toml"), manifest)?;
    let source = format!(
        "#[proc_macro]\npub fn word(_: proc_macro::TokenStream) -> proc_macro::TokenStream {{\n    \
         \"\\\"{version}\\\"\".parse().unwrap()\n}}\n"
    );
    project.write(&format!("{folder}/src/lib.rs"), source)
}

/// What `list` says of each version.
fn listed(project: &Project) -> Result<Vec<String>> {
    let said = good(project, &["sandbox"])?.stdout;
    let lines = said.lines().filter(|line| line.contains("words"));
    Ok(lines.map(|line| line.split_whitespace().take(3).collect::<Vec<_>>().join(" ")).collect())
}

#[test]
fn a_newer_version_is_taken_of_what_was_named() -> Result<()> {
    let project = Project::new("sandboxed-updated", Host::Thin)?;
    project.write("Cargo.toml", MANIFEST)?;
    project.write(".cargo/config.toml", SETTINGS)?;
    project
        .write("src/lib.rs", "pub const SAID: [&str; 2] = [words::word!(), later::word!()];\n")?;
    release(&project, "1.0.0")?;
    release(&project, "2.0.0")?;
    let sdk = workspace().join("cell-sdk").to_string_lossy().into_owned();
    let how = ["--yes", "--sdk-path", &sdk];
    good(&project, &[&["sandbox", "add", "words@1.0.0"], &how[..]].concat())?;
    let first = project.read("Cargo.toml")?;
    ensure!(listed(&project)? == ["words 1.0.0 sandboxed", "words 2.0.0 native"]);
    // What people write of it stays, though its name there has the version in it.
    let written = "\n# why\n[sandbox.words-1_0_0]\ngrants = { env = [\"WORDS\"] } # here\n";
    let cells = String::from_utf8(project.read("cell.toml")?)?;
    project.write("cell.toml", cells.replace("\n[sandbox.words-1_0_0]\n", written))?;
    good(&project, &["lock"])?;
    let cells = String::from_utf8(project.read("cell.toml")?)?;
    ensure!(cells.contains(written), "{cells}");

    for wrong in ["words@2.0.0", "word"] {
        let before = files(&project.root)?;
        let refused = cell(&project, &["sandbox", "update", wrong])?;
        let said = format!("`{wrong}` is not sandboxed");
        ensure!(refused.code == Some(1) && refused.stderr.contains(&said), "{}", refused.stderr);
        ensure!(files(&project.root)? == before, "something was written");
    }
    let update = ["sandbox", "update", "words@1.0.0", "--sdk-path", &sdk];
    let fresh = good(&project, &update)?.stderr;
    ensure!(fresh.contains("Fresh words 1.0.0"), "{fresh}");
    ensure!(project.read("Cargo.toml")? == first, "nothing is newer, and `Cargo.toml` was changed");

    release(&project, "1.1.0")?;
    release(&project, "2.1.0")?;
    let updated = good(&project, &update)?.stderr;
    ensure!(updated.contains("Updating words 1.0.0 -> 1.1.0"), "{updated}");
    ensure!(!updated.contains("Built words 2"), "{updated}");
    ensure!(listed(&project)? == ["words 1.1.0 sandboxed", "words 2.0.0 native"]);
    ensure!(project.read("cell.toml")? == cells.replace("1_0_0", "1_1_0").as_bytes());
    good(&project, &["sandbox", "check"])?;
    let lock = String::from_utf8(project.read("cell.lock")?)?;
    ensure!(lock.contains("words 1.1.0") && !lock.contains("words 1.0.0 "), "{lock}");

    // By the version that it has now.
    good(&project, &["sandbox", "remove", "words@1.1.0"])?;
    ensure!(project.read("Cargo.toml")? == MANIFEST.as_bytes());
    // What somebody wrote above it is not ours to remove.
    let rest = String::from_utf8(project.read("cell.toml")?)?;
    ensure!(rest.contains("# why") && !rest.contains("[sandbox"), "{rest}");

    // A version that cannot be built leaves what `remove` leaves, and cargo's choice.
    good(&project, &[&["sandbox", "add", "words@1.1.0"], &how[..]].concat())?;
    release(&project, "1.2.0")?;
    project.write("others/words-1.2.0/src/lib.rs", "pub fn word(")?;
    let failed = cell(&project, &["sandbox", "update", "words@1.1.0", "--sdk-path", &sdk])?;
    ensure!(failed.code == Some(1), "{}", failed.stderr);
    ensure!(failed.stderr.contains("these crates run natively now"), "{}", failed.stderr);
    ensure!(project.read("Cargo.toml")? == MANIFEST.as_bytes());
    ensure!(project.read("cell.toml")? == rest.as_bytes());
    ensure!(listed(&project)? == ["words 1.2.0 native", "words 2.0.0 native"]);
    good(&project, &["sandbox", "check"])?;
    Ok(())
}
