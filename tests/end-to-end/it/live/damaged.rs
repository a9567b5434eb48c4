//! Records that somebody changed, and folders in which no record can be kept.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use macro_bridge::answer::Answer;
use macro_bridge::failure::Kind;
use macro_bridge::sealed::seal;

use super::place::Place;
use crate::project::Host;
use crate::report::{errors, expect, expect_none, fails};
use crate::run::unshared;

const VALUE: &str = "#[cell::wasm(asks::«value»(7))]\npub struct A;\n";

fn plain() -> String {
    VALUE.replace(['«', '»'], "")
}

/// A project with one answer, which a cell that runs would give again otherwise; and where it is.
fn recorded(name: &str) -> Result<(Place, PathBuf)> {
    let mut place = Place::new(name, Host::Thin)?;
    place.oracle("word")?;
    place.begin_session()?;
    expect_none(&place.served.project, &plain())?;
    ensure!(place.count() == 1);
    place.stop_oracle();
    place.oracle("other")?;
    let folder = place.served.project.root.join(".cell/answers/oracle");
    let path = fs::read_dir(folder)?.next().context("a record")??.path();
    Ok((place, path))
}

/// A record that is there is the answer, or an error: never is the cell asked instead.
#[test]
fn a_record_that_is_not_whole_is_an_error_that_names_it() -> Result<()> {
    let (place, path) = recorded("live-damaged")?;
    let good = fs::read_to_string(&path)?;
    let name = path.file_name().context("a name")?.to_string_lossy().into_owned();
    let fails_with = |case: &str, words: &[&str]| -> Result<()> {
        place.served.forget();
        let words = [
            &["a recorded answer of the cell `oracle` is damaged", "`oracle::value`", &name],
            words,
        ]
        .concat();
        let expected = fails(Kind::BadAnswer, &words);
        expect(&place.served.project, VALUE, &[expected]).with_context(|| case.to_owned())?;
        ensure!(place.count() == 0, "{case}: the cell was asked");
        Ok(())
    };
    let edited = good.replace("word-7", "ward-7");
    ensure!(edited != good);
    fs::write(&path, &edited)?;
    fails_with("edited by hand", &["does not match its last line"])?;
    for length in [0, 9, good.len() / 2, good.len() - 1] {
        fs::write(&path, &good[..length])?;
        fails_with(&format!("cut after {length}"), &["it was cut off"])?;
    }
    fs::write(&path, [0xff; 300])?;
    fails_with("no text", &[])?;
    // What somebody seals who knows how.
    let body = good.rsplit_once("sum ").context("a sum")?.0;
    let newer = body.replacen("cell-answer 3", "cell-answer 4", 1);
    ensure!(newer != body);
    fs::write(&path, seal(newer))?;
    fails_with("of a newer format", &["its first line is `cell-answer 4`"])?;
    let other = body.replacen("\"number\": 7", "\"number\": 8", 1);
    ensure!(other != body);
    fs::write(&path, seal(other))?;
    fails_with("of another question", &["of another question than its name says"])?;
    fs::write(&path, seal(body.replacen("reply\n", "repl\n", 1)))?;
    fails_with("with a line that means nothing", &["cannot be read"])?;
    fs::remove_file(&path)?;
    fs::create_dir(&path)?;
    fails_with("a folder", &[])?;
    fs::remove_dir(&path)?;
    std::os::unix::fs::symlink("/dev/zero", &path)?;
    fails_with("a device without end", &[])?;
    fs::remove_file(&path)?;

    // An edit that was sealed is another answer, which a reviewer sees; and it is used.
    fs::write(&path, seal(body.replacen("word-7", "ward-7", 1)))?;
    place.served.forget();
    let told =
        format!("{}const _: () = assert!(matches!(A::VALUE.as_bytes(), b\"ward-7\"));\n", plain());
    expect_none(&place.served.project, &told)?;
    ensure!(place.count() == 0);
    Ok(())
}

/// `cell sync` is the way out of a damaged record.
#[test]
fn sync_asks_again_for_what_is_damaged() -> Result<()> {
    let (place, path) = recorded("live-repaired")?;
    for damage in ["", "cell-answer 3\nhalf"] {
        fs::write(&path, damage)?;
        let ended = place.served.project.cell(&["sync", "--check"])?;
        ensure!(ended.code == Some(1) && ended.stderr.contains("Damaged"), "{}", ended.stderr);
        ensure!(fs::read_to_string(&path)? == damage, "`--check` wrote");
        place.served.project.cell_does(&["sync"])?;
        ensure!(place.only_answer()? == "\"other-7\"");
    }
    Ok(())
}

/// Nobody can write where the record would be: what was answered is not used.
#[test]
fn an_answer_that_cannot_be_kept_is_not_used() -> Result<()> {
    let mut place = Place::new("live-unkept", Host::Thin)?;
    place.oracle("word")?;
    place.begin_session()?;
    let answers = place.served.project.root.join(".cell/answers");
    fs::create_dir_all(answers.join("oracle"))?;
    let cases = [
        // Of one page: that of the temporary file's folder, and nothing is left for its content.
        (
            "a full disk",
            "mount -t tmpfs -o size=4k none .cell/answers && mkdir .cell/answers/oracle \
          && head -c 4096 /dev/zero > .cell/answers/oracle/full && exec \"$@\"",
            "No space left",
        ),
        (
            "a disk that is read only",
            "mount --bind .cell .cell && \
          mount -o remount,bind,ro .cell && exec \"$@\"",
            "Read-only file system",
        ),
    ];
    for (case, script, words) in cases {
        // The server writes, so it has to be started inside.
        place.served.kill_servers();
        place.served.no_server()?;
        let ended =
            place.served.project.check_by(&plain(), |command| unshared(script, &command))?;
        let found = errors(&ended).with_context(|| case.to_owned())?;
        ensure!(found.len() == 1, "{case}: {found:#?}");
        let text = &found[0].text;
        ensure!(found[0].kind() == Some(Kind::NotKept) && text.contains(words), "{case}: {text}");
        ensure!(text.contains("`oracle::value`") && text.contains("make room"), "{case}: {text}");
        crate::help::can_be_followed(text)?;
        ensure!(place.count() == 1, "{case}");
        ensure!(place.answers()?.is_empty());
    }
    place.served.kill_servers();
    place.served.no_server()?;
    expect_none(&place.served.project, &plain())?;
    ensure!(place.count() == 1);
    // What failed has left nothing beside it.
    ensure!(fs::read_dir(answers.join("oracle"))?.count() == 1);
    let answer: Answer = place.answers()?.remove(0);
    ensure!(answer.reply() == "\"word-7\"");
    Ok(())
}
