//! What a guest becomes depends on its sources and the compiler, not on where they are.

use crate::checkout;

#[test]
fn two_checkouts_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("another place/with a space"));
    checkout::write(&a);
    checkout::write(&b);
    let (a, b) = (checkout::build_in(&a), checkout::build_in(&b));
    assert!(a == b, "{} and {} bytes", a.len(), b.len());
    let text = String::from_utf8_lossy(&a).into_owned();
    assert!(text.contains("sdk-0.1.0/src/lib.rs"), "places are named by package and version");
    let here = folder.path().to_string_lossy().into_owned();
    let home = std::env::var("HOME").unwrap_or_else(|_| "/nonexistent".to_owned());
    for private in [here.as_str(), home.as_str()] {
        assert!(private.len() < 2 || !text.contains(private), "`{private}` is in the module");
    }
    assert!(text.contains("words"), "names of functions are kept, so that a trap can be named");
    assert!(!text.contains(".debug_info"), "debug information is not");
}

#[test]
fn another_source_gives_other_bytes() {
    let folder = tempfile::tempdir().unwrap();
    checkout::write(folder.path());
    let before = checkout::build_in(folder.path());
    let source = folder.path().join("sdk/src/lib.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, text.replace("\"b\"", "\"other\"")).unwrap();
    assert!(before != checkout::build_in(folder.path()));
}
