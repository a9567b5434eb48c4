//! The workspace in which a crate's component is built: the crate's copy, and a guest with its macros.

use cargo_metadata::Edition;
use macro_bridge::request::MacroKind;
use toml_edit::{DocumentMut, Item, Table, Value};

use crate::entries::Entry;
use crate::graph::Found;

/// The folder of the copy, beside that of the guest.
pub const COPY: &str = "crate";
/// The folder of the guest, and the end of its name.
pub const COMPONENT: &str = "component";

/// The profile in a project's manifest that says how components of sandboxed crates are compiled.
pub const PROFILE: &str = "cell-sandbox";

/// The root manifest. What is set in it is part of what a component is made of. `project` is the text of
/// the manifest of who wants the component.
#[must_use]
pub fn workspace(project: &str) -> String {
    let workspace =
        format!("[workspace]\nresolver = \"2\"\nmembers = [\"{COPY}\", \"{COMPONENT}\"]\n");
    format!("{workspace}{}", profile(project).unwrap_or_default())
}

/// `[profile.cell-sandbox]` as that of a workspace in which `release` is what is built.
fn profile(project: &str) -> Option<String> {
    let document: DocumentMut = project.parse().ok()?;
    let mut profile = document.get("profile")?.get(PROFILE)?.as_table_like()?.iter().fold(
        Table::new(),
        |mut table, (key, item)| {
            table.insert(key, item.clone());
            table
        },
    );
    profile.remove("inherits");
    let mut release = Table::new();
    release.set_implicit(true);
    release.insert("release", Item::Table(profile));
    let mut made = DocumentMut::new();
    made.insert("profile", Item::Table(release));
    Some(format!("\n{made}"))
}

/// The name of the guest's package, of this crate.
#[must_use]
pub fn name(package: &str) -> String {
    format!("{package}-{COMPONENT}")
}

/// The guest's manifest. `sdk` says where the guest SDK is: `path = ".."` or `version = ".."`.
#[must_use]
pub fn manifest(found: &Found, sdk: &str) -> String {
    let Found { name: package, version, .. } = found;
    let random = if links_random(found) {
        "getrandom = { version = \"0.2\", features = [\"custom\"] }\n"
    } else {
        ""
    };
    let throws = thrower(found).map_or(String::new(), |(name, version)| {
        format!("{name} = {{ version = \"={version}\", default-features = false }}\n")
    });
    let features: toml_edit::Array = found.features.iter().map(String::as_str).collect();
    format!(
        "[package]\nname = \"{package}-{COMPONENT}\"\nversion = {}\nedition = \"{}\"\npublish = false\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\ndoctest = false\n\n\
         [package.metadata.cell]\nlibrary = \"sandboxed\"\n\n\
         [dependencies]\n\
         macro-guest-sdk = {{ {sdk}, default-features = false }}\n\
         proc-macro2 = \"1\"\n\
         sandboxed = {{ package = \"{package}\", path = \"../{COPY}\", default-features = false, features = {features} }}\n\
         {random}{throws}",
        Value::from(version.as_str()),
        Edition::E2024,
    )
}

/// Is `getrandom` 0.2 in it? It does not compile for WebAssembly unless somebody says where randomness
/// comes from; most who link it never ask for any.
#[must_use]
pub fn links_random(found: &Found) -> bool {
    found.libraries.iter().any(|it| it.name == "getrandom" && it.version.starts_with("0.2."))
}

/// The library in it that throws errors to its own entry point: nothing is caught in a component, and what is
/// thrown has no text.
fn thrower(found: &Found) -> Option<(&str, &str)> {
    const NAMES: [&str; 3] = ["proc-macro-error", "proc-macro-error2", "proc-macro-error3"];
    let one = found.libraries.iter().find(|it| NAMES.contains(&it.name.as_str()))?;
    Some((&one.name, &one.version))
}

/// The errors are still where they were put before something was thrown, and another call of the entry point
/// hands them out.
const THROWN: &str = "
fn tell_what_is_thrown() {
    let other = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let (file, line) = panic.location().map_or((\"\", 0), |it| (it.file(), it.line()));
        let thrown = if panic.payload_as_str().is_none() { thrown() } else { String::new() };
        match thrown.as_str() {
            \"\" => other(panic),
            text => macro_guest_sdk::bindings::cell::macros::host::report_panic(text, file, line),
        }
    }));
}

fn thrown() -> String {
    let errors: TokenStream = THROWER::entry_point(|| TokenStream::new().into(), false).into();
    let mut found = Vec::new();
    texts(errors, &mut found);
    found.join(\"; \")
}

/// What stands alone in the groups of `compile_error! { \"..\" }`.
fn texts(tokens: TokenStream, found: &mut Vec<String>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    if let [TokenTree::Literal(literal)] = trees.as_slice() {
        let text = literal.to_string();
        let text = text.trim_matches('\"').replace(\"\\\\n\", \"\\n\").replace(\"\\\\\\\"\", \"\\\"\");
        found.push(text.replace(\"\\\\'\", \"'\").replace(\"\\\\\\\\\", \"\\\\\"));
    }
    for tree in trees {
        if let TokenTree::Group(group) = tree {
            texts(group.stream(), found);
        }
    }
}
";

/// From nowhere: what would be another expansion each time is none.
const RANDOM: &str = "
fn random(_: &mut [u8]) -> Result<(), getrandom::Error> {
    Err(getrandom::Error::UNSUPPORTED)
}

getrandom::register_custom_getrandom!(random);
";

/// The guest's source: each macro calls that of the crate.
#[must_use]
pub fn source(found: &Found, macros: &[Entry]) -> String {
    let mut out = format!(
        "//! The macros of `{}` {} as a component.\n#![allow(non_snake_case)]\n\n\
         use macro_guest_sdk::{{Expansion, cell_macro}};\nuse proc_macro2::TokenStream;\n",
        found.name, found.version
    );
    let begin = if thrower(found).is_some() { "tell_what_is_thrown();\n    " } else { "" };
    let mut names = Vec::new();
    for (number, entry) in macros.iter().enumerate() {
        let Entry { name, function, helpers, .. } = entry;
        let word = entry.kind.word();
        let own = format!("macro_{number}");
        let helpers = match helpers.as_slice() {
            [] => String::new(),
            some => format!(", helpers({})", some.join(", ")),
        };
        out.push_str(&format!("\n#[cell_macro({word}, name = \"{name}\"{helpers})]\n"));
        out.push_str(&match entry.kind {
            MacroKind::Attribute => format!(
                "fn {own}(arguments: TokenStream, item: TokenStream) -> Expansion {{\n    {begin}\
                 let item: TokenStream = sandboxed::{function}(arguments.into(), item.into()).into();\n    \
                 Expansion::new().replace(item)\n}}\n"
            ),
            MacroKind::Derive | MacroKind::Function => format!(
                "fn {own}(input: TokenStream) -> TokenStream {{\n    {begin}\
                 sandboxed::{function}(input.into()).into()\n}}\n"
            ),
        });
        names.push(own);
    }
    if links_random(found) {
        out.push_str(RANDOM);
    }
    if let Some((name, _)) = thrower(found) {
        out.push_str("\nuse proc_macro2::TokenTree;\n");
        out.push_str(&THROWN.replace("THROWER", &name.replace('-', "_")));
    }
    out.push_str(&format!("\nmacro_guest_sdk::component!({});\n", names.join(", ")));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(name: &str, version: &str) -> crate::graph::Library {
        let (name, version) = (name.to_owned(), version.to_owned());
        crate::graph::Library { name, version, root: "lib.rs".into() }
    }

    fn of(libraries: Vec<crate::graph::Library>) -> (String, String) {
        let found = Found { libraries, ..crate::graph::tests::found_one("a", None) };
        let entry = Entry {
            kind: MacroKind::Derive,
            name: "A".to_owned(),
            function: "derive_a".to_owned(),
            helpers: vec![],
            doc: String::new(),
            hidden: false,
            deprecated: None,
        };
        (manifest(&found, "path = \"x\""), source(&found, &[entry]))
    }

    #[test]
    fn what_is_thrown_is_told() {
        let (text, code) = of(vec![library("proc-macro-error2", "2.0.1")]);
        let dependencies = &text.parse::<DocumentMut>().unwrap()["dependencies"];
        assert_eq!(dependencies["proc-macro-error2"]["version"].as_str(), Some("=2.0.1"), "{text}");
        assert!(code.parse::<proc_macro2::TokenStream>().is_ok(), "{code}");
        assert!(code.contains("proc_macro_error2::entry_point("), "{code}");
        let begin = "-> TokenStream {\n    tell_what_is_thrown();\n    sandboxed::derive_a";
        assert!(code.contains(begin), "{code}");
        let (text, code) = of(vec![library("proc-macro-error-attr2", "2.0.1")]);
        assert!(!text.contains("proc-macro-error") && !code.contains("thrown"), "{text}{code}");
    }

    #[test]
    fn there_is_no_randomness_for_who_links_it() {
        let (text, code) = of(vec![library("getrandom", "0.2.16"), library("rand", "0.8.5")]);
        let dependencies = &text.parse::<DocumentMut>().unwrap()["dependencies"];
        assert_eq!(dependencies["getrandom"]["features"][0].as_str(), Some("custom"), "{text}");
        assert!(code.contains("register_custom_getrandom!(random)"), "{code}");
        let (text, code) = of(vec![library("getrandom", "0.3.1"), library("rand", "0.8.5")]);
        assert!(!text.contains("getrandom") && !code.contains("getrandom"), "{text}{code}");
    }

    #[test]
    fn a_project_says_how_components_are_compiled() {
        let plain = workspace("[package]\nname = \"a\"\n[profile.release]\nlto = true\n");
        assert!(!plain.contains("profile"), "{plain}");
        let made = workspace(
            "[profile.cell-sandbox]\ninherits = \"release\"\nopt-level = 1 # quick\nlto = false\n\n\
             [profile.cell-sandbox.package.syn]\nopt-level = 3\n",
        );
        let document: DocumentMut = made.parse().unwrap();
        let release = &document["profile"]["release"];
        assert_eq!(release["opt-level"].as_integer(), Some(1), "{made}");
        assert_eq!(release["lto"].as_bool(), Some(false));
        assert_eq!(release["package"]["syn"]["opt-level"].as_integer(), Some(3));
        assert!(release.get("inherits").is_none());
        assert!(document["workspace"]["members"].is_array());
    }
}
