//! `cell new macro`: a package of macros, with tests and documentation that pass at once.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use guest_toolchain::packages;
use toml_edit::{Array, DocumentMut, Item, Value};

use super::{check, checkout, missing};
use crate::arguments::new::NewMacro;
use crate::arguments::{BuildMacros, Global};
use crate::commands::{build_macros, init};
use crate::shell::Shell;
use crate::{Exit, files, project};

/// Names of the files, and their texts.
const FILES: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("../../../templates/macro/Cargo.toml.in")),
    ("README.md", include_str!("../../../templates/macro/README.md.in")),
    ("src/lib.rs", include_str!("../../../templates/macro/lib.rs.in")),
    ("tests/golden.rs", include_str!("../../../templates/macro/golden.rs.in")),
    ("tests/golden/struct.rs", include_str!("../../../templates/macro/struct.rs.in")),
    (
        "tests/golden/struct.expanded.rs",
        include_str!("../../../templates/macro/struct.expanded.rs.in"),
    ),
    ("tests/golden/enum.rs", include_str!("../../../templates/macro/enum.rs.in")),
    ("tests/golden/enum.expanded.rs", include_str!("../../../templates/macro/enum.expanded.rs.in")),
];

/// Packages that the template depends on, and the versions where no workspace says them.
const PACKAGES: [(&str, &str); 3] = [
    ("proc-macro2", "\"1\""),
    ("quote", "\"1\""),
    ("syn", "{ version = \"3\", default-features = false }"),
];

pub(super) fn run(options: &NewMacro, global: &Global, shell: &Shell) -> Result<Exit> {
    let name = &options.name;
    check(name, "macro")?;
    let folder = project::start(global)?.join(name);
    missing(&folder)?;
    let workspace = guests_above(&folder)?;
    let root = workspace.as_ref().map(|it| it.folder());
    let sdk = options.sdk_path.as_deref().map(checkout).transpose()?;
    let inherited = |package| workspace.as_ref().is_some_and(|it| it.has(package));
    let guest_sdk = match &sdk {
        Some(sdk) => {
            let path = project::relative(&folder, &sdk.join("macro-guest-sdk"));
            format!("path = {}", Value::from(path))
        }
        None if inherited("macro-guest-sdk") => "workspace = true".to_owned(),
        None => format!("version = \"{}\"", env!("CARGO_PKG_VERSION")),
    };
    let [proc_macro2, quote, syn] = PACKAGES.map(|(package, version)| match inherited(package) {
        true => "{ workspace = true }".to_owned(),
        false => version.to_owned(),
    });
    let (of_workspace, manifest, components) = match root {
        Some(root) => {
            let up = project::relative(&folder, root);
            let name = format!(" -p {name} --manifest-path {up}/Cargo.toml");
            (String::new(), name, format!("{up}/components"))
        }
        None => {
            let own = "\n# Compiled for WebAssembly, with versions of its own.\n[workspace]\n";
            (own.to_owned(), String::new(), "components".to_owned())
        }
    };
    // The SDK is always asked without what is on by default: where the workspace says so already, cargo
    // wants it said in one place.
    let defaults = if guest_sdk == "workspace = true" { "" } else { ", default-features = false" };
    let words = [
        (
            ", default-features = false, features = [\"syn\"] }",
            &*format!("{defaults}, features = [\"syn\"] }}"),
        ),
        ("@name@", name.as_str()),
        ("@crate@", &name.replace('-', "_")),
        ("@Alias@", &init::alias(name)),
        ("@guest-sdk@", &guest_sdk),
        ("@proc-macro2@", &proc_macro2),
        ("@quote@", &quote),
        ("@syn@", &syn),
        ("@workspace@", &of_workspace),
        ("@manifest@", &manifest),
        ("@components@", &components),
    ];
    for (file, text) in FILES {
        let text = words.iter().fold(text.to_owned(), |text, (word, it)| text.replace(word, it));
        files::replace(&folder.join(file), text.as_bytes())?;
    }
    match &workspace {
        Some(workspace) => {
            if let Some(text) = workspace.with_member(&folder)? {
                files::replace(&workspace.manifest, text.as_bytes())?;
                shell.status("Adding", format_args!("it to `{}`", workspace.manifest.display()));
            }
        }
        None => {
            files::replace(&folder.join(".gitignore"), b"target/\n")?;
        }
    }
    shell.status("Created", format_args!("`{name}`: a macro, with unit tests and golden cases"));
    if options.no_build {
        shell.note(format_args!("in `{name}`: `cargo test`, `cell test-macros{manifest}`"));
        return Ok(Exit::Done);
    }
    build(&folder, workspace.as_ref(), name, global, shell)?;
    shell.note(format_args!("in `{name}`: `cargo test`, then `cell test-macros{manifest}`"));
    Ok(Exit::Done)
}

/// The component, so that a project can use it at once.
fn build(
    folder: &Path,
    workspace: Option<&Above>,
    name: &str,
    global: &Global,
    shell: &Shell,
) -> Result<()> {
    let own = folder.join("Cargo.toml");
    let manifest = workspace.map_or(&own, |it| &it.manifest);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What a workspace has locked stays as it is.
    match workspace {
        Some(_) => cargo.args(["update", "--workspace", "--quiet"]),
        None => cargo.args(["generate-lockfile", "--quiet"]),
    };
    cargo.arg("--manifest-path").arg(manifest).args(global.offline.then_some("--offline"));
    if !cargo.status().context("cargo could not be started")?.success() {
        bail!("cargo found no versions for the macros, for reasons that are above");
    }
    let options = BuildMacros {
        packages: vec![name.to_owned()],
        check: false,
        rustc: None,
        out_dir: None,
        target_dir: None,
    };
    let global = Global { manifest_path: Some(manifest.clone()), ..global.clone() };
    build_macros::run(&options, &global, shell).map(drop)
}

/// The workspace of guests that the new package will be in.
struct Above {
    manifest: PathBuf,
    document: DocumentMut,
}

/// The nearest workspace above, if it has guests: in any other one a package for WebAssembly would be
/// built for the wrong machine.
fn guests_above(folder: &Path) -> Result<Option<Above>> {
    for above in folder.ancestors().skip(1) {
        let manifest = above.join("Cargo.toml");
        let Ok(text) = files::read_text(&manifest) else { continue };
        let document: DocumentMut =
            text.parse().with_context(|| format!("cannot read `{}`", manifest.display()))?;
        if document.get("workspace").is_none() {
            continue;
        }
        let has_guests = packages::workspace(&manifest).is_ok();
        return Ok(has_guests.then_some(Above { manifest, document }));
    }
    Ok(None)
}

impl Above {
    fn folder(&self) -> &Path {
        self.manifest.parent().unwrap_or(Path::new(""))
    }

    /// Does the workspace say which version of a package its members use?
    fn has(&self, package: &str) -> bool {
        let dependencies = self.document.get("workspace").and_then(|it| it.get("dependencies"));
        dependencies.and_then(|it| it.get(package)).is_some()
    }

    /// The manifest with the package as a member; `None` if it is one already.
    fn with_member(&self, folder: &Path) -> Result<Option<String>> {
        let member = project::relative(self.folder(), folder);
        let mut document = self.document.clone();
        let members = document["workspace"]
            .as_table_like_mut()
            .map(|table| table.entry("members").or_insert(Item::Value(Array::new().into())))
            .and_then(Item::as_array_mut);
        let Some(members) = members else {
            bail!("`members` in `{}` is no list", self.manifest.display());
        };
        let covers = |pattern: &str| {
            let pattern = pattern.trim_end_matches('/');
            let parent = member.rsplit_once('/').map_or("", |(parent, _)| parent);
            pattern == member
                || pattern.strip_suffix('*').is_some_and(|it| it.trim_end_matches('/') == parent)
        };
        if members.iter().filter_map(Value::as_str).any(covers) {
            return Ok(None);
        }
        // On a line of its own if the last one is; a comment before that one stays where it is.
        let last = members.iter().last();
        let before = last.and_then(|last| last.decor().prefix()?.as_str()).unwrap_or_default();
        let before = match before.rfind('\n') {
            Some(at) => before[at..].to_owned(),
            None if last.is_some() => " ".to_owned(),
            None => String::new(),
        };
        members.push_formatted(Value::from(member).decorated(before, ""));
        Ok(Some(document.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn above(text: &str) -> Above {
        Above { manifest: "/w/Cargo.toml".into(), document: text.parse().unwrap() }
    }

    #[test]
    fn a_member_is_added_once_and_the_rest_stays() {
        let text = "# mine\n[workspace]\nmembers = [\n    \"a\", # first\n    \"b\",\n]\n";
        let changed = above(text).with_member(Path::new("/w/more/c")).unwrap().unwrap();
        let expected = text.replace("\"b\",\n", "\"b\",\n    \"more/c\",\n");
        assert_eq!(changed, expected);
        assert_eq!(above(&changed).with_member(Path::new("/w/more/c")).unwrap(), None);
        for pattern in ["c", "./c/../c", "*"] {
            let text = format!("[workspace]\nmembers = [\"{pattern}\"]\n");
            let added = above(&text).with_member(Path::new("/w/c")).unwrap();
            assert_eq!(added.is_none(), pattern != "./c/../c", "{pattern}");
        }
        let empty = above("[workspace]\n").with_member(Path::new("/w/c")).unwrap().unwrap();
        assert!(empty.contains("members = [\"c\"]"), "{empty}");
        assert!(above("[workspace]\nmembers = 1\n").with_member(Path::new("/w/c")).is_err());
    }

    #[test]
    fn versions_are_taken_from_the_workspace_if_it_has_them() {
        let with = above("[workspace.dependencies]\nsyn = \"3\"\n");
        assert!(with.has("syn") && !with.has("quote"));
    }
}
