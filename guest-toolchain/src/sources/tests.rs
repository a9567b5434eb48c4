use super::*;

const LOCK: &str = r#"
version = 4
[[package]]
name = "a"
version = "1.0.0"
dependencies = ["c 1.0.0"]
[[package]]
name = "b"
version = "1.0.0"
dependencies = ["c 2.0.0"]
[[package]]
name = "c"
version = "1.0.0"
checksum = "11"
[[package]]
name = "c"
version = "2.0.0"
checksum = "22"
"#;

#[test]
fn a_guest_depends_on_its_own_part_of_the_lock() {
    let closure = |root| lock_closure(LOCK, root, Path::new("Cargo.lock")).unwrap();
    assert_eq!(closure("a"), "a 1.0.0 \nc 1.0.0 11\n");
    assert_eq!(closure("b"), "b 1.0.0 \nc 2.0.0 22\n");
    assert!(lock_closure(LOCK, "d", Path::new("Cargo.lock")).is_err());
}

/// A workspace `guests` with one guest and a dependency beside it that inherits its edition.
fn checkout() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"sdk\"]\nexclude = [\"guests\"]\nresolver = \"3\"\n\
            [workspace.package]\nedition = \"2024\"\n",
        ),
        (
            "sdk/Cargo.toml",
            "[package]\nname = \"sdk\"\nversion = \"0.1.0\"\nedition.workspace = true\n",
        ),
        ("sdk/src/lib.rs", "//! x\n"),
        ("sdk/tests/it.rs", ""),
        ("sdk/nested/Cargo.toml", "[package]\nname = \"nested\"\nversion = \"0.1.0\"\n"),
        ("sdk/nested/src/lib.rs", ""),
        ("guests/Cargo.toml", "[workspace]\nmembers = [\"one\"]\nresolver = \"3\"\n"),
        (
            "guests/Cargo.lock",
            "version = 4\n[[package]]\nname = \"one\"\nversion = \"0.1.0\"\n\
            dependencies = [\"sdk\"]\n[[package]]\nname = \"sdk\"\nversion = \"0.1.0\"\n",
        ),
        (
            "guests/one/Cargo.toml",
            "[package]\nname = \"one\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
            [lib]\ncrate-type = [\"cdylib\"]\n[package.metadata.cell]\n\
            [dependencies]\nsdk = { path = \"../../sdk\" }\n",
        ),
        ("guests/one/src/lib.rs", "//! y\n"),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn digest_of(checkout: &tempfile::TempDir) -> Digest {
    let workspace = packages::workspace(&checkout.path().join("guests/Cargo.toml")).unwrap();
    digest(&workspace, &workspace.guests[0]).unwrap()
}

#[test]
fn two_checkouts_have_one_digest() {
    let (a, b) = (checkout(), checkout());
    assert_ne!(a.path(), b.path());
    assert_eq!(digest_of(&a), digest_of(&b));
}

#[test]
fn every_source_counts_and_nothing_else_does() {
    let checkout = checkout();
    let before = digest_of(&checkout);
    let after_append = |file: &str, text: &str| {
        let path = checkout.path().join(file);
        let old = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{old}{text}")).unwrap();
        let after = digest_of(&checkout);
        fs::write(&path, old).unwrap();
        after
    };
    for counts in ["guests/one/src/lib.rs", "sdk/src/lib.rs", "sdk/Cargo.toml", "guests/Cargo.toml"]
    {
        assert_ne!(after_append(counts, "# x\n"), before, "{counts}");
    }
    let root = checkout.path().join("Cargo.toml");
    let text = fs::read_to_string(&root).unwrap();
    fs::write(&root, text.replace("2024", "2021")).unwrap();
    assert_ne!(digest_of(&checkout), before, "an inherited edition");
    fs::write(&root, text).unwrap();
    for other in ["sdk/tests/it.rs", "sdk/nested/src/lib.rs", "Cargo.toml"] {
        assert_eq!(after_append(other, "# x\n"), before, "{other}");
    }
}

#[test]
fn names_the_guests_there_are() {
    let checkout = checkout();
    let workspace = packages::workspace(&checkout.path().join("guests/Cargo.toml")).unwrap();
    let error = workspace.select(&["two".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("`two`") && error.contains("`one`"), "{error}");
    assert!(packages::workspace(&checkout.path().join("Cargo.toml")).is_err());
}
