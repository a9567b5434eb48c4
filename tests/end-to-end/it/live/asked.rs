//! What is asked, recorded, and used ever after.

use anyhow::{Result, ensure};

use super::place::Place;
use crate::project::Host;
use crate::report::{errors, expect_none};
use crate::served::Found;

/// Tokens, and not how they were found.
pub(super) fn tokens(found: Found) -> Vec<(String, String)> {
    found.into_iter().map(|(key, (_, output))| (key, output)).collect()
}

/// Compiles only if the macro got this text.
fn source(nonce: &str) -> String {
    format!(
        "#[cell::wasm(asks::value(7))]\npub struct A;\n\
         const _: () = assert!(matches!(A::VALUE.as_bytes(), b\"{nonce}-7\"));\n"
    )
}

#[test]
fn a_word_that_only_the_cell_knows_reaches_the_program_and_stays() -> Result<()> {
    let mut place = Place::new("live-nonce", Host::Thin)?;
    let nonce = format!("n{:x}", std::process::id());
    place.oracle(&nonce)?;
    place.begin_session()?;
    let live = tokens(place.served.expect("macro-server", &source(&nonce))?);
    ensure!(place.count() == 1, "asked more than once");
    let answer = place.answers()?.remove(0);
    let record = answer.encode();
    let readable = format!("reply\n  \"{nonce}-7\"\nfrom schema ");
    ensure!(record.contains(&readable), "{record}");
    ensure!(record.contains("arguments\n  {\n    \"number\": 7,\n  }\n"), "{record}");

    // The cell knows another word now, and is not asked.
    place.stop_oracle();
    place.oracle("other")?;
    place.served.forget();
    ensure!(tokens(place.served.expect("macro-server", &source(&nonce))?) == live, "other tokens");
    ensure!(place.count() == 0, "it was asked again");

    // Neither cell nor session.
    place.stop_oracle();
    place.end_session();
    place.served.forget();
    ensure!(tokens(place.served.expect("macro-server", &source(&nonce))?) == live, "other tokens");

    // Nothing but cargo: recorded expansions.
    place.served.project.cell_does(&["vendor"])?;
    place.served.kill_servers();
    place.served.set("CELL_SERVER", "off");
    ensure!(tokens(place.served.expect("recorded", &source(&nonce))?) == live, "other tokens");
    Ok(())
}

#[test]
fn many_questions_of_one_build_are_asked_once_each() -> Result<()> {
    let mut place = Place::new("live-many", Host::Thin)?;
    place.oracle("word")?;
    place.begin_session()?;
    let mut text = String::from("#[cell::wasm(asks::values(50))]\npub struct All;\n");
    for number in 0..60 {
        text.push_str(&format!("#[cell::wasm(asks::value({number}))]\npub struct A{number};\n"));
    }
    place.served.expect("macro-server", &text)?;
    ensure!(place.count() == 60, "a question was asked twice");
    ensure!(place.answers()?.len() == 60);
    Ok(())
}

/// The second terminal of the source documents: `cargo build` asks as long as `cell dev` runs.
#[test]
fn builds_ask_only_where_a_developer_lets_them() -> Result<()> {
    let mut place = Place::new("live-may", Host::Thin)?;
    place.oracle("word")?;
    let source = source("word");
    let refused = |place: &mut Place, name: &'static str, value: &str, why: &str| -> Result<()> {
        if !name.is_empty() {
            place.served.set(name, value);
        }
        let (_, ended) = place.served.try_check(&source)?;
        let errors = errors(&ended)?;
        let text = errors.iter().map(|it| it.text.as_str()).collect::<String>();
        ensure!(text.contains("CELL0210") && text.contains(why), "{why}: {text}");
        ensure!(text.contains("`cell sync` asks the cell"), "{text}");
        ensure!(place.count() == 0 && place.answers()?.is_empty(), "it was asked");
        place.served.project.environment.retain(|(known, _)| *known != name);
        Ok(())
    };
    refused(&mut place, "", "", "no session lets the builds of this project ask cells")?;
    place.begin_session()?;
    refused(&mut place, "CI", "true", "`CI` is set")?;
    refused(&mut place, "CELL_MODE", "locked", "`CELL_MODE=locked`")?;
    refused(&mut place, "CELL_MODE", "live", "no mode that is known")?;
    refused(&mut place, "RUST_ANALYZER_INTERNALS_DO_NOT_USE", "x", "rust-analyzer asks no cell")?;
    place.manifest("live = false")?;
    refused(&mut place, "", "", "`live = false` under `[cells.oracle]`")?;
    place.manifest("")?;
    expect_none(&place.served.project, &source)?;
    ensure!(place.count() == 1 && place.answers()?.len() == 1);
    Ok(())
}

#[test]
fn sync_asks_again_shows_the_difference_and_writes_it() -> Result<()> {
    let mut place = Place::new("live-sync", Host::Thin)?;
    let source = "#[cell::wasm(asks::value(7))]\npub struct A;\n\
                  #[cell::wasm(asks::table(\"accounts\"))]\npub struct B;\n";
    place.served.project.write("src/lib.rs", source)?;
    let sync = |place: &Place, words: &[&str], code: i32| -> Result<String> {
        let ended = place.served.project.cell(&[&["sync"], words].concat())?;
        ensure!(ended.code == Some(code), "{words:?}: {:?} {}", ended.code, ended.stderr);
        Ok(ended.stderr)
    };
    // Nobody runs.
    let said = sync(&place, &[], 1)?;
    ensure!(said.contains("CELL0601") && said.contains("src/lib.rs:1:"), "{said}");
    ensure!(place.answers()?.is_empty());

    place.oracle("one")?;
    let said = sync(&place, &["--check"], 1)?;
    ensure!(said.contains("New oracle::value { \"number\": 7 }"), "{said}");
    ensure!(place.answers()?.is_empty());
    sync(&place, &[], 0)?;
    ensure!(place.answers()?.len() == 2);
    ensure!(sync(&place, &["--check"], 0)?.contains("Fresh"));
    place.stop_oracle();
    expect_none(&place.served.project, source)?;
    place.served.project.cell_does(&["vendor"])?;

    // `cell check` says so too, in its own words, and asks only who runs.
    let check = |place: &Place, words: &[&str], code: i32| -> Result<String> {
        let ended = place.served.project.cell(&[&["check"], words].concat())?;
        ensure!(ended.code == Some(code), "{words:?}: {:?} {}", ended.code, ended.stderr);
        Ok(ended.stderr)
    };
    let said = check(&place, &[], 0)?;
    ensure!(
        said.contains("`oracle` does not run") && said.contains("2 calls, 2 answers"),
        "{said}"
    );
    check(&place, &["--offline"], 0)?;

    // What is recorded does not change by itself.
    place.oracle("two")?;
    let before = place.answers()?;
    expect_none(&place.served.project, source)?;
    let said = sync(&place, &["--check"], 1)?;
    ensure!(said.contains("Changed oracle::table") && said.contains("- \"one-7\""), "{said}");
    ensure!(said.contains("+ \"two-7\""), "{said}");
    ensure!(said.contains("Expands asks::value at src/lib.rs:2:"), "{said}");
    ensure!(place.answers()? == before, "`--check` wrote");
    let said = check(&place, &[], 1)?;
    ensure!(said.contains("`oracle::value { \"number\": 7 }` says something else now"), "{said}");
    check(&place, &["--offline"], 0)?;
    sync(&place, &[], 0)?;
    ensure!(place.answers()?.iter().all(|answer| answer.reply().contains("two")));
    ensure!(check(&place, &[], 0)?.contains("2 compared with running cells"));
    // And what was vendored is what the macros say now.
    place.stop_oracle();
    place.served.project.cell_does(&["verify"])?;

    // What nothing uses any more goes.
    place.oracle("two")?;
    place.served.project.write("src/lib.rs", "#[cell::wasm(asks::value(7))]\npub struct A;\n")?;
    let said = check(&place, &[], 1)?;
    ensure!(said.contains("nothing asks oracle::table"), "{said}");
    let said = sync(&place, &[], 0)?;
    ensure!(said.contains("Unused oracle::table"), "{said}");
    ensure!(place.only_answer()? == "\"two-7\"");
    Ok(())
}
