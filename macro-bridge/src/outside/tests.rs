//! What is seen, under which names.

use super::*;

fn outside() -> Outside {
    let set = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let unset = |name: &str| (name.to_owned(), None);
    Outside {
        variables: vec![
            unset("CARGO_*"),
            set("CARGO_PKG_NAME", "app"),
            unset("EMPTY"),
            set("MY_VAR", ""),
        ],
        files: vec![
            ("Cargo.toml".into(), Some(Content::new(b"[package]".to_vec()))),
            ("templates/a/b.html".into(), Some(Content::new(b"<p>".to_vec()))),
            ("themes/none.css".into(), None),
        ],
    }
}

#[test]
fn a_variable_is_set_or_granted_or_neither() {
    let outside = outside();
    assert_eq!(outside.variable("CARGO_PKG_NAME"), Ok(Some("app")));
    assert_eq!(outside.variable("MY_VAR"), Ok(Some("")));
    for granted in ["EMPTY", "CARGO_PKG_LICENSE", "CARGO_", "CARGO_*"] {
        assert_eq!(outside.variable(granted), Ok(None), "{granted}");
    }
    // `CARGO_MAKEFLAGS` is another for each build, and so is not meant by `CARGO_*`.
    for denied in ["HOME", "CARGO", "my_var", "MY_VAR2", "MY_VA", "", "CARGO_MAKEFLAGS"] {
        assert_eq!(outside.variable(denied), Err(Denied), "{denied}");
    }
}

#[test]
fn the_folder_has_a_name_where_a_file_is_granted() {
    let mut outside = outside();
    assert_eq!(outside.variable("CARGO_MANIFEST_DIR"), Ok(Some("/package")));
    let names: Vec<_> = outside.all_variables().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "MY_VAR"]);
    outside.files.clear();
    // Not even `CARGO_*` tells where this machine has it.
    assert_eq!(outside.variable("CARGO_MANIFEST_DIR"), Err(Denied));
    assert_eq!(outside.all_variables(), [("CARGO_PKG_NAME", "app"), ("MY_VAR", "")]);
    assert_eq!(outside.file("/package"), Err(Denied));
}

#[test]
fn paths_lead_to_what_is_granted_and_nowhere_else() {
    let outside = outside();
    let manifest = Ok(Found::File(b"[package]".as_slice()));
    for path in [
        "/package/Cargo.toml",
        "//package/./Cargo.toml",
        "/package/src/../Cargo.toml",
        "/../package/Cargo.toml/",
        "/tmp/../package/Cargo.toml",
        "Cargo.toml",
        "./src/../Cargo.toml",
        "../package/Cargo.toml",
    ] {
        assert_eq!(outside.file(path), manifest, "{path}");
    }
    assert_eq!(outside.file("/package/templates/a/b.html"), Ok(Found::File(b"<p>".as_slice())));
    assert_eq!(outside.file("/package/themes/none.css"), Ok(Found::Nothing));
    for folder in ["/package", "/package/", "/package/templates", "/package/templates/a/.", "."] {
        assert_eq!(outside.file(folder), Ok(Found::Folder), "{folder}");
    }
    for denied in [
        "",
        "/",
        "../Cargo.toml",
        "src/lib.rs",
        "package/Cargo.toml",
        "/package/src/lib.rs",
        "/package/templates/a/c.html",
        "/package/temp",
        "/package/themes",
        "/package/../etc/passwd",
        "/package/../package2/Cargo.toml",
        "/packages/Cargo.toml",
        "/root/.ssh/id_ed25519",
        "C:\\package\\Cargo.toml",
    ] {
        assert_eq!(outside.file(denied), Err(Denied), "{denied}");
    }
}

#[test]
fn what_may_be_granted() {
    for good in ["A", "_a9", "CARGO_PKG_*", "a*"] {
        assert!(is_variable(good), "{good}");
    }
    for bad in ["", "*", "a b", "a=b", "a*b", "**", "é", "a\n"] {
        assert!(!is_variable(bad), "{bad:?}");
    }
    for good in ["Cargo.toml", "a/b/c.x", ".env", "..a/b..", "größe.txt"] {
        assert!(is_file(good), "{good}");
    }
    for bad in ["", "/a", "a/", "a//b", "..", "a/../b", "./a", "a b", "a\\b", "C:a", "a*", "a\tb"] {
        assert!(!is_file(bad), "{bad:?}");
    }
}
