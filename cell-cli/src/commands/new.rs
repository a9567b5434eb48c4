//! `cell new cell`: a service with a macro, tests and documentation that pass at once.

mod guest;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use toml_edit::Value;

use crate::arguments::new::{New, NewCell, What};
use crate::arguments::{self, Global};
use crate::commands::{build_macros, init, lock, vendor};
use crate::manifest::Manifest;
use crate::shell::Shell;
use crate::{Exit, engine, files, project};

/// Names of the new cell's files, and their texts.
const CELL: [(&str, &str); 10] = [
    ("Cargo.toml", include_str!("../../templates/cell/Cargo.toml.in")),
    ("README.md", include_str!("../../templates/cell/README.md.in")),
    (".gitignore", "target/\n"),
    ("cell.toml", include_str!("../../templates/cell/cell.toml.in")),
    ("@name@.schema", include_str!("../../templates/cell/schema.in")),
    ("src/lib.rs", include_str!("../../templates/cell/lib.rs.in")),
    ("src/main.rs", include_str!("../../templates/cell/main.rs.in")),
    ("tests/cell.rs", include_str!("../../templates/cell/tests.rs.in")),
    ("macros/Cargo.toml", include_str!("../../templates/cell/macros-Cargo.toml.in")),
    ("macros/src/lib.rs", include_str!("../../templates/cell/macros.rs.in")),
];

pub(crate) fn run(options: &New, global: &Global, shell: &Shell) -> Result<Exit> {
    match &options.what {
        What::Cell(options) => cell(options, global, shell),
        What::Macro(options) => guest::run(options, global, shell),
    }
}

fn cell(options: &NewCell, global: &Global, shell: &Shell) -> Result<Exit> {
    let name = &options.name;
    check(name, "cell")?;
    let folder = project::start(global)?.join(name);
    missing(&folder)?;
    let sdk = options.sdk_path.as_deref().map(checkout).transpose()?;
    let dependency = |package: &str, beside: &str| match &sdk {
        Some(sdk) => format!(
            "path = {}",
            Value::from(project::relative(&folder.join(beside), &sdk.join(package)))
        ),
        None => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
    };
    let (cell_sdk, guest_sdk) =
        (dependency("cell-sdk", ""), dependency("macro-guest-sdk", "macros"));
    let words = [
        ("@name@", name.as_str()),
        ("@crate@", &name.replace('-', "_")),
        ("@Service@", &init::alias(name)),
        ("@cell-sdk@", &cell_sdk),
        ("@guest-sdk@", &guest_sdk),
    ];
    let fill = |text: &str| {
        words.iter().fold(text.to_owned(), |text, (word, value)| text.replace(word, value))
    };
    for (file, text) in CELL {
        files::replace(&folder.join(fill(file)), fill(text).as_bytes())?;
    }
    init::add_attributes(&folder, shell)?;
    shell.status("Created", format!("`{name}`: a service, its macros, and tests of both"));
    if options.no_build {
        shell.note(format_args!(
            "in `{name}`: `cell build-macros --manifest-path macros/Cargo.toml`, `cell lock`, `cell vendor`"
        ));
        return Ok(Exit::Done);
    }
    build(&folder, global, shell)?;
    shell.note(format_args!("in `{name}`: `cargo test`, then `cargo run`"));
    Ok(Exit::Done)
}

/// What the new cell's tests need.
fn build(folder: &Path, global: &Global, shell: &Shell) -> Result<()> {
    let at = |file: &str| Global { manifest_path: Some(folder.join(file)), ..global.clone() };
    let macros = arguments::BuildMacros {
        packages: Vec::new(),
        check: false,
        rustc: None,
        out_dir: None,
        target_dir: None,
    };
    // Which versions are in a component is decided by a lock file, and there is none yet.
    let manifest = folder.join("macros/Cargo.toml");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["generate-lockfile", "--quiet", "--manifest-path"]).arg(&manifest);
    let offline = global.offline.then_some("--offline");
    let ended = cargo.args(offline).status().context("cargo could not be started")?;
    if !ended.success() {
        bail!("cargo found no versions for the macros, for reasons that are above");
    }
    build_macros::run(&macros, &at("macros/Cargo.toml"), shell)?;
    lock::make(folder, &engine::runtime()?, shell)?.write(folder)?;
    let all = arguments::Vendor { no_prune: false, selection: arguments::Selection::default() };
    match vendor::run(&all, &at("cell.toml"), shell)? {
        Exit::Done => Ok(()),
        _ => bail!("the new cell does not compile, for reasons that are above"),
    }
}

fn missing(folder: &Path) -> Result<()> {
    if folder.exists() {
        bail!("`{}` exists already\nhelp: choose another name, or remove it", folder.display());
    }
    Ok(())
}

/// A cell, a package and a Rust type have this name. `what` it is the name of is for the error.
fn check(name: &str, what: &str) -> Result<()> {
    let text = format!("[cells.{name}]\nfrom = \"running\"\n");
    let is_package = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    let word = name.replace('-', "_");
    let is_keyword = ["cell", "test", "core", "std", "alloc"].contains(&word.as_str())
        || !macro_bridge::text::is_ident(&word)
        || syn::parse_str::<syn::Ident>(&word).is_err();
    if !is_package || is_keyword || Manifest::parse(&text).is_err() {
        bail!(
            "`{name}` cannot be the name of a new {what}: small letters, digits, `-` and `_`, \
             no word of Rust, such as `order-book`"
        );
    }
    Ok(())
}

/// The folder with our packages, from that of `cell-sdk`.
pub(crate) fn checkout(sdk: &Path) -> Result<PathBuf> {
    let found =
        fs::canonicalize(sdk).with_context(|| format!("there is no folder `{}`", sdk.display()))?;
    let root = found.parent().map(Path::to_path_buf).unwrap_or_default();
    for package in ["cell-sdk", "macro-guest-sdk"] {
        if !root.join(package).join("Cargo.toml").is_file() {
            bail!(
                "there is no `{package}` in `{}`\nhelp: `--sdk-path` is the folder `cell-sdk` of a checkout",
                root.display()
            );
        }
    }
    Ok(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_packages_and_types() {
        for good in ["greeter", "order-book", "a1", "x_y"] {
            check(good, "cell").unwrap();
        }
        for bad in
            ["", "Greeter", "1a", "a b", "../a", "a.b", "type", "cell", "-a", "a/b", "é", "self"]
        {
            assert!(check(bad, "cell").is_err(), "{bad}");
        }
    }
}
