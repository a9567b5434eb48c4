//! The places in a compiler's own sources.

use super::*;
use crate::compiler;

/// A compiler whose sources are here, and where. Those of releases that were not looked at say so.
fn known() -> Option<(Compiler, PathBuf)> {
    let candidates = compiler::search(None).into_iter();
    let found = candidates.filter_map(|candidate| candidate.verdict.ok());
    found.filter(|compiler| compiler.id().contains("1.96.0")).find_map(|compiler| {
        let sources = sources(&compiler).ok()?;
        Some((compiler, sources))
    })
}

#[test]
fn each_place_is_found_or_named_with_the_release() {
    let Some((compiler, library)) = known() else {
        eprintln!("skipped: there are no sources of a known release here");
        return;
    };
    // Only the files that count: all of them are many.
    let folder = tempfile::tempdir().unwrap();
    let (original, ours) = (folder.path().join("original"), folder.path().join("ours"));
    let mut files: Vec<&str> = EDITS.iter().map(|edit| edit.file).collect();
    files.extend(WHOLE.map(|(file, ..)| file));
    files.sort_unstable();
    files.dedup();
    for file in &files {
        let path = original.join("std/src").join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(library.join("std/src").join(file), path).unwrap();
    }
    fs::create_dir_all(original.join("core/src")).unwrap();
    prepare(&original, &compiler, &ours).unwrap_or_else(|error| panic!("{error}"));
    let text = |file: &str| fs::read_to_string(ours.join("std/src").join(file)).unwrap();
    assert!(text("sys/fs/unsupported.rs").contains("outside::read(path)"));
    assert!(text("sys/process/unsupported.rs").contains("outside::refuse(\"process\""));
    assert!(ours.join("core/src").is_dir(), "the others are linked");

    // Whatever is another than it was: no library.
    for file in files {
        let path = original.join("std/src").join(file);
        let text = fs::read_to_string(&path).unwrap();
        let changed = match EDITS.iter().find(|edit| edit.file == file) {
            Some(edit) => text.replace(edit.from, ""),
            None => format!("{text}\n"),
        };
        fs::write(&path, changed).unwrap();
        let made = folder.path().join("made");
        let error = prepare(&original, &compiler, &made).expect_err(file).to_string();
        assert!(error.contains("1.96.0") && error.contains("is not known yet"), "{error}");
        assert!(error.contains(file) && error.contains("help: "), "{error}");
        fs::remove_dir_all(made).unwrap();
        fs::write(&path, text).unwrap();
    }
}

#[test]
fn a_place_that_is_not_there_or_there_twice_is_no_place() {
    let edits = [edit("a", "one", "two")];
    let edited = |text: &str| edited(text.to_owned(), edits.iter());
    assert_eq!(edited("a one b"), Some("a two b".to_owned()));
    assert_eq!(edited("a b"), None);
    assert_eq!(edited("one one"), None);
}

#[test]
fn a_compiler_without_sources_names_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let mut compiler = match compiler::choose(None) {
        Ok(compiler) => compiler,
        Err(error) => panic!("{error}"),
    };
    compiler.sysroot = folder.path().to_owned();
    let error = sources(&compiler).unwrap_err().to_string();
    assert!(error.contains("rustup component add rust-src"), "{error}");
}

#[test]
fn a_library_that_is_not_ours_is_not_taken_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libstd-0123.rlib");
    fs::write(&path, "!<arch>\n").unwrap();
    assert!(confirm(folder.path()).is_err());
    fs::write(&path, format!("!<arch>\n..{MARK}..")).unwrap();
    assert!(confirm(folder.path()).is_ok());
}
