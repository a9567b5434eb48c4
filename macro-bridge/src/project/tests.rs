//! Reading a project's files, the odd ones too.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::answer::Source;
use crate::expansion::AnswerUsed;
use crate::failure::Kind;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("cell-project-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn load(&self) -> Result<Project, Kind> {
        Project::load(&self.0).map_err(|failure| failure.kind)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const MANIFEST: &str = "[cells.ledger]\npath = \"ledger\"\n";

fn lock(manifest: &str) -> String {
    let component = Digest::of(b"component");
    format!(
        "cell-lock 1\nmanifest {}\nprofile default\ncell ledger api 0.1.0\ncell ledger component {component}\n\
         cell ledger grant call search::schema\n\
         cell ledger macro table attribute slot=0 call=search::schema call=search::all\n",
        manifest_digest(manifest)
    )
}

fn project() -> (Folder, Project) {
    let folder = Folder::new();
    folder.write("cell.toml", MANIFEST);
    folder.write("cell.lock", lock(MANIFEST));
    let project = folder.load().unwrap();
    (folder, project)
}

#[test]
fn is_found_from_below() {
    let (folder, _) = project();
    folder.write("crates/deep/src/lib.rs", "");
    let found = Project::load(&folder.0.join("crates/deep")).unwrap();
    assert_eq!(found.root, folder.0);
    // The nearest one counts.
    folder.write("crates/cell.toml", MANIFEST);
    let failure = Project::load(&folder.0.join("crates/deep")).unwrap_err();
    assert_eq!(failure.kind, Kind::NoLock);
}

#[test]
fn says_what_is_wrong_with_manifest_and_lock() {
    let folder = Folder::new();
    assert_eq!(folder.load().unwrap_err(), Kind::NoProject);
    folder.write("cell.toml", MANIFEST);
    assert_eq!(folder.load().unwrap_err(), Kind::NoLock);
    folder.write("cell.lock", "nothing");
    assert_eq!(folder.load().unwrap_err(), Kind::BadLock);
    folder.write("cell.lock", b"\xff");
    assert_eq!(folder.load().unwrap_err(), Kind::BadLock);
    folder.write("cell.lock", lock("other"));
    assert_eq!(folder.load().unwrap_err(), Kind::StaleLock);
    folder.write("cell.lock", lock(MANIFEST));
    assert!(folder.load().is_ok());
    // Line ends are version control's business.
    folder.write("cell.toml", MANIFEST.replace('\n', "  \r\n"));
    assert!(folder.load().is_ok());
    folder.write("cell.toml", b"\xff");
    assert_eq!(folder.load().unwrap_err(), Kind::BadManifest);
}

#[test]
fn how_a_cell_is_started_is_nothing_to_a_build() {
    let digest = manifest_digest("[cells.a]\npath = \"a.wasm\"\n[cells.b]\npath = \"b\"\n");
    let same = "# Mine.\n\n[cells.a]\npath = \"a.wasm\"\n\n[cells.a.run]\npackage = \"a\"\n\
                [cells.a.run.env]\nA = \"1\"\n[ cells . a . run ] # once more\nx = 1\n\
                [cells.b] \npath = \"b\"\r\n";
    assert_eq!(manifest_digest(same), digest);
    for other in [
        "[cells.a]\npath = \"a.wasm\"\n[cells.b]\npath = \"c\"\n",
        "[cells.a]\npath = \"a.wasm\"\n[cells.run]\npath = \"b\"\n",
        "[cells.a]\npath = \"a.wasm\"\n[cells.b.runs]\npath = \"b\"\n",
    ] {
        assert_ne!(manifest_digest(other), digest, "{other}");
    }
}

#[test]
fn calls_are_as_the_lock_says() {
    let (_folder, project) = project();
    let call = project.call("ledger", "table").unwrap();
    assert_eq!(
        (call.path().as_str(), call.asked.len(), call.granted.len()),
        ("ledger::table", 2, 1)
    );
    assert_eq!(call.granted[0].function, "schema");
    assert_eq!(project.slot(MacroKind::Attribute, 0), Some(("ledger", "table")));
    assert_eq!(project.slot(MacroKind::Derive, 0), None);
    assert_eq!(project.call("ledgre", "table").unwrap_err().kind, Kind::UnknownCell);
    assert_eq!(project.call("ledger", "tabel").unwrap_err().kind, Kind::UnknownMacro);
}

#[test]
fn schemas_are_those_that_the_lock_names() {
    let (folder, project) = project();
    assert_eq!(project.schemas("ledger").unwrap(), [].into());
    let text = "cell-schema 1\nservice Ledger\n";
    let digest = Digest::of(text.as_bytes());
    folder.write("cell.lock", format!("{}cell bank service Ledger {digest}\n", lock(MANIFEST)));
    let project = Project::load(&folder.0).unwrap();
    let kind = |project: &Project| project.schemas("bank").unwrap_err().kind;
    assert_eq!(kind(&project), Kind::NoSchema);
    let path = format!(".cell/schemas/{digest}");
    folder.write(&path, "cell-schema 1\nservice Other\n");
    assert_eq!(kind(&project), Kind::BadSchema);
    folder.write(&path, text);
    assert_eq!(project.schemas("bank").unwrap(), [("Ledger".to_owned(), text.to_owned())].into());
}

fn answer() -> Answer {
    let question = Question { cell: "search".into(), function: "schema".into(), arguments: vec![] };
    Answer { question, reply: Ok(vec![1]), source: Source::default() }
}

#[test]
fn answers_are_those_of_the_question() {
    let (folder, project) = project();
    let answer = answer();
    let path = format!(".cell/answers/search/{}", answer.question.key());
    assert_eq!(project.answer(&answer.question).unwrap(), None);
    folder.write(&path, answer.encode());
    assert_eq!(project.answer(&answer.question).unwrap(), Some(answer.clone()));
    let mut other = answer.clone();
    other.question.arguments = vec![1];
    folder.write(&path, other.encode());
    assert_eq!(project.answer(&answer.question).unwrap_err().kind, Kind::BadAnswer);
    folder.write(&path, &answer.encode()[1..]);
    assert_eq!(project.answer(&answer.question).unwrap_err().kind, Kind::BadAnswer);
}

#[test]
fn an_expansion_stands_on_the_answers_recorded_now() {
    let (folder, project) = project();
    let (key, answer) = (Digest::of(b"key"), answer());
    let used =
        AnswerUsed { cell: "search".into(), key: answer.question.key(), digest: answer.digest() };
    let expansion = Expansion { answers: vec![used], ..Expansion::default() };
    assert_eq!(project.expansion(&key).unwrap(), None);
    folder.write(&format!(".cell/expansions/{key}"), file::encode(&key, "a", &expansion));
    assert_eq!(project.expansion(&key).unwrap(), None, "its answer is not there");
    let path = format!(".cell/answers/search/{}", answer.question.key());
    folder.write(&path, answer.encode());
    assert_eq!(project.expansion(&key).unwrap(), Some(expansion));
    folder.write(&path, Answer { reply: Ok(vec![2]), ..answer }.encode());
    assert_eq!(project.expansion(&key).unwrap(), None, "its answer is another now");
    folder.write(&path, "damaged");
    assert_eq!(project.expansion(&key).unwrap_err().kind, Kind::BadAnswer);
    let other = Digest::of(b"other");
    folder.write(
        &format!(".cell/expansions/{other}"),
        file::encode(&key, "a", &Expansion::default()),
    );
    assert_eq!(project.expansion(&other).unwrap_err().kind, Kind::BadExpansion);
}

#[test]
fn only_files_are_read() {
    let (folder, project) = project();
    let key = Digest::of(b"key");
    let path = folder.0.join(".cell/expansions").join(key.to_string());
    fs::create_dir_all(&path).unwrap();
    assert_eq!(project.expansion(&key).unwrap_err().kind, Kind::BadExpansion);
    fs::remove_dir(&path).unwrap();
    #[cfg(unix)]
    {
        // A link to something that never ends.
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let failure = project.expansion(&key).unwrap_err();
        assert_eq!(failure.kind, Kind::BadExpansion);
        assert!(failure.to_string().contains("it is not a file"), "{failure}");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert_eq!(project.expansion(&key).unwrap(), None);
    }
}
