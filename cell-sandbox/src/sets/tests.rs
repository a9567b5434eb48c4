//! Which sets there are, and which `cfg` says that it is one of them.

use cargo_metadata::MetadataCommand;
use serde_json::{Value, json};

use super::*;
use crate::entries::{self, Entries};
use crate::forward::{self, Set};
use crate::graph;

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// A package as cargo describes it. `wishes`: what it depends on, with features, and is that for tests?
fn package(name: &str, features: &Value, wishes: &[(&str, &[&str], bool)]) -> Value {
    let registry = if name.ends_with("_derive") { json!("registry+r") } else { Value::Null };
    let target = |kind: &str| json!([{ "name": name, "kind": [kind], "crate_types": [kind], "src_path": format!("/{name}/src/lib.rs") }]);
    let wishes = wishes.iter().map(|(name, features, tests)| {
        json!({
            "name": name, "req": "^1", "kind": if *tests { json!("dev") } else { Value::Null },
            "optional": false, "uses_default_features": features.contains(&"default"),
            "features": features, "source": null, "target": null, "rename": null, "registry": null,
        })
    });
    json!({
        "name": name, "version": "1.0.0", "id": name, "source": registry, "features": features,
        "manifest_path": format!("/{name}/Cargo.toml"), "edition": "2021",
        "dependencies": wishes.collect::<Vec<_>>(),
        "targets": target(if name.ends_with("_derive") { "proc-macro" } else { "lib" }),
    })
}

/// A workspace of `a` and `b`, and `alone`, which needs nothing. `a` wants these features of `x_derive`.
fn metadata(of_a: &[&str], on: &[&str]) -> Metadata {
    let declared = json!({ "default": ["std"], "std": [], "more": ["dep:m", "m/std", "std"] });
    let packages = [
        package("a", &json!({}), &[("x_derive", of_a, false)]),
        package("b", &json!({ "f": [] }), &[("x_derive", &["default", "more"], true)]),
        package("alone", &json!({}), &[]),
        package("x_derive", &declared, &[]),
    ];
    let node = |id: &str, needs: &[&str], features: &[&str]| {
        let deps = needs.iter().map(|id| json!({ "name": id, "pkg": id, "dep_kinds": [] }));
        json!({ "id": id, "dependencies": needs, "deps": deps.collect::<Vec<_>>(), "features": features })
    };
    let text = json!({
        "packages": packages, "workspace_members": ["a", "b", "alone"],
        "workspace_default_members": ["a", "b", "alone"],
        "resolve": { "root": null, "nodes": [
            node("a", &["x_derive"], &[]), node("b", &["x_derive"], &[]), node("alone", &[], &[]),
            node("x_derive", &[], on),
        ] },
        "workspace_root": "/", "target_directory": "/target", "version": 1, "metadata": null,
    });
    MetadataCommand::parse(text.to_string()).unwrap()
}

#[test]
fn cargo_is_asked_only_of_crates_that_somebody_wants_less_of() {
    for (of_a, on, expected) in [
        (&["default", "more"][..], &["default", "more", "std"][..], 0),
        (&["more", "default"], &["default", "more", "std"], 0),
        (&["default"], &["default", "std"], 0),
        (&["default"], &["default", "more", "std"], 1),
        (&["more"], &["default", "more", "std"], 1),
        (&[], &["default", "more", "std"], 1),
    ] {
        let metadata = metadata(of_a, on);
        let found = graph::found(&metadata);
        assert_eq!(uncertain(&metadata, &found).len(), expected, "{of_a:?} {on:?}");
    }
}

#[test]
fn each_member_that_needs_it_is_asked_for_by_itself() {
    let metadata = metadata(&["default"], &["default", "more", "std"]);
    let found = graph::found(&metadata);
    let selections = selections(&metadata, &uncertain(&metadata, &found));
    let said: Vec<String> = selections.iter().map(|one| one.arguments().join(" ")).collect();
    let of = |packages: &str, tests: bool, switches: &str| {
        let edges = if tests { "all" } else { "normal,build" };
        format!("--edges {edges} {packages}{switches}")
    };
    let mut expected = Vec::new();
    for packages in ["--workspace", "--package a", "--package b"] {
        let (tests, switches): (&[bool], &[&str]) = match packages {
            "--package a" => (&[false], &[""]),
            _ => (&[false, true], &["", " --all-features", " --no-default-features"]),
        };
        for switches in switches {
            expected.extend(tests.iter().map(|tests| of(packages, *tests, switches)));
        }
    }
    assert_eq!(said, expected);
}

#[test]
fn a_tree_of_cargo_is_read() {
    let tree = "app v0.1.0 (/work/a b|c)\t\nx_derive v1.0.0 (proc-macro)\tstd,default\n\
                x_derive v1.0.0 (proc-macro)\tdefault,std (*)\n\
                y v2.0.0-rc.1+x (proc-macro) (/work/a b/.cell/sandbox/y)\t\nsyn v2.0.0\tfull\n\nrubbish\n";
    let read: Vec<_> = read(tree).into_iter().collect();
    let one = |name: &str, version: &str, features: &[&str]| {
        (name.to_owned(), version.to_owned(), words(features))
    };
    let expected = [one("x_derive", "1.0.0", &["default", "std"]), one("y", "2.0.0-rc.1+x", &[])];
    assert_eq!(read, expected);
}

#[test]
fn names_of_components_are_read_as_they_are_written() {
    for number in [1, 2, 17] {
        assert_eq!(of_key(&key("serde_derive", number)), Some(("serde_derive", number)));
    }
    assert_eq!((key("a", 0).as_str(), file(0).as_str()), ("a", "component.wasm"));
    assert_eq!(file(2), "component-2.wasm");
    for other in ["a", "a-set", "a-set0", "a-set01", "a-setx", "a-set-1", "a-set+1"] {
        assert_eq!(of_key(other), None, "{other}");
    }
}

#[test]
fn what_stands_in_chooses_by_the_features_that_are_on() {
    let metadata = metadata(&["default"], &["default", "more", "std"]);
    let found = &graph::found(&metadata)[0];
    let manifest = forward::manifest(found, "path = \"x\"");
    for line in ["default = [\"std\"]", "more = [\"std\"]", "std = []"] {
        assert!(manifest.contains(line), "no {line} in\n{manifest}");
    }
    let read = |text: &str| -> Entries { entries::read(text).unwrap() };
    let both = "#[rustfmt::proc_macro] pub fn both() {}";
    let whole = read(&format!("{both} #[rustfmt::proc_macro] pub fn only_whole() {{}}"));
    let less = read(&format!("{both} #[rustfmt::proc_macro] pub fn only_less() {{}}"));
    let (all, some) = (words(&["default", "more", "std"]), words(&["default", "std"]));
    let whole = Set { features: &all, entries: &whole, key: "x", digest: "aaaa" };
    let less = Set { features: &some, entries: &less, key: "x-set1", digest: "bbbb" };
    let made = forward::source(found, "../../..", (whole, &[less]));
    let cfg = "all(feature = \"default\", not(feature = \"more\"), feature = \"std\")";
    for part in [
        format!(
            "    if cfg!({cfg}) {{\n        \"x-set1\"\n    }} else {{\n        \"x\"\n    }},\n"
        ),
        "// aaaa,\n// with other features bbbb.\n".to_owned(),
        ");\n\n#[proc_macro]\npub fn both".to_owned(),
        format!("}}\n\n#[cfg(not(any({cfg})))]\n#[proc_macro]\npub fn only_whole"),
        format!("}}\n\n#[cfg(any({cfg}))]\n#[proc_macro]\npub fn only_less"),
    ] {
        assert!(made.contains(&part), "no {part} in\n{made}");
    }
    // With one component nothing is chosen.
    let made = forward::source(found, "../../..", (whole, &[]));
    assert!(made.contains("    \"x\",\n);\n\n#[proc_macro]") && !made.contains("cfg"), "{made}");
    assert!(made.contains("run as the component\n// aaaa.\n"), "{made}");
}
