//! What changes while somebody asks.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use cell::Builder;
use macro_bridge::answer::{Answer, Question, Source};
use macro_bridge::failure::Kind;
use macro_runtime::Store;
use macro_runtime::store::Age;

use super::place::Place;
use crate::project::Host;
use crate::report::{expect, expect_none, fails};

const VALUE: &str = "#[cell::wasm(asks::«value»(7))]\npub struct A;\n";

#[test]
fn a_manifest_that_was_changed_after_its_lock_lets_nobody_ask() -> Result<()> {
    let mut place = Place::new("live-stale", Host::Thin)?;
    place.oracle("word")?;
    place.begin_session()?;
    // The server is warm, and knows the project as it was.
    expect_none(&place.served.project, "#[cell::wasm(asks::value(1))]\npub struct A;\n")?;
    ensure!(place.count() == 1);
    let manifest = place.served.project.read("cell.toml")?;
    let changed = [&manifest[..], b"live = { within = \"3 s\" }\n"].concat();
    place.served.project.write("cell.toml", changed)?;
    let expected = fails(Kind::StaleLock, &["`cell.lock` was not written for this", "`cell lock`"]);
    expect(&place.served.project, VALUE, &[expected])?;
    ensure!(place.count() == 0 && place.answers()?.len() == 1, "it was asked");
    place.served.project.cell_does(&["lock"])?;
    expect_none(&place.served.project, &VALUE.replace(['«', '»'], ""))?;
    ensure!(place.count() == 1 && place.answers()?.len() == 2);
    Ok(())
}

/// An oracle beside which somebody else records an answer before it gives its own.
mod overtaken {
    use super::{Age, Answer, PathBuf, Question, Source, Store};

    #[cell::service]
    pub(super) struct Oracle {
        pub(super) root: PathBuf,
    }

    #[cell::handler]
    impl Oracle {
        #[compile_time]
        async fn value(&self, number: u64) -> String {
            let arguments = [b"\x81\xa6number", &[number as u8][..]].concat();
            let (cell, function) = ("oracle".to_owned(), "value".to_owned());
            let question = Question { cell, function, arguments };
            let answer =
                Answer { question, reply: Ok(b"\xa6theirs".to_vec()), source: Source::default() };
            // As `cell sync` does.
            match Store::of_project(&self.root).put_answer(&answer, Age::Fresh) {
                Ok(()) => "ours".to_owned(),
                Err(error) => error.to_string(),
            }
        }
    }
}

#[test]
fn who_asks_uses_the_record_that_somebody_else_wrote_meanwhile() -> Result<()> {
    let mut place = Place::new("live-overtaken", Host::Thin)?;
    let root = place.served.project.root.clone();
    place.start(Builder::new("oracle").with(overtaken::Oracle { root }))?;
    place.begin_session()?;
    let source = format!(
        "{}const _: () = assert!(matches!(A::VALUE.as_bytes(), b\"theirs\"));\n",
        VALUE.replace(['«', '»'], "")
    );
    expect_none(&place.served.project, &source)?;
    ensure!(place.only_answer()? == "\"theirs\"");
    Ok(())
}
