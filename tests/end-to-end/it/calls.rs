//! Questions that a macro may not ask, and answers that are not there or not whole.

use anyhow::{Context as _, Result, ensure};
use macro_bridge::answer::{Answer, Question, Source};
use macro_bridge::failure::Kind;
use macro_runtime::Store;
use macro_runtime::store::Age;

use crate::guests::misbehave;
use crate::project::{Host, Project};
use crate::report::{expect, expect_none, fails};

fn project(name: &str) -> Result<Project> {
    let project = Project::new(name, Host::Embedded)?;
    let path = misbehave()?;
    let cells = format!(
        "[cells.misbehave]\npath = {path:?}\n[cells.granted]\npath = {path:?}\n\
         [cells.granted.grants]\ncalls = [\"vault::secret\"]\n"
    );
    project.lock_only(&cells, |name| name.starts_with("call_"))?;
    Ok(project)
}

fn question() -> Question {
    Question { cell: "vault".into(), function: "secret".into(), arguments: b"all".to_vec() }
}

/// Records what `vault` says; returns where, from the project's folder.
fn record(project: &Project) -> Result<String> {
    let answer =
        Answer { question: question(), reply: Ok(b"seven".to_vec()), source: Source::default() };
    Store::of_project(&project.root).put_answer(&answer, Age::Fresh)?;
    Ok(format!(".cell/answers/vault/{}", question().key()))
}

#[test]
fn questions_that_are_not_declared_not_granted_or_not_recorded() -> Result<()> {
    let source = "
#[cell::wasm(misbehave::«call_undeclared»)]
pub struct A;
#[cell::wasm(misbehave::«call_declared»)]
pub struct B;
#[cell::wasm(granted::«call_undeclared»)]
pub struct C;
#[cell::wasm(granted::«call_declared»)]
pub struct D;
#[cell::wasm(granted::«call_other»)]
pub struct E;
#[cell::wasm(granted::«call_near»)]
pub struct F;
#[cell::wasm(granted::«call_path»)]
pub struct G;
#[cell::wasm(granted::«call_forged»)]
pub struct H;
#[cell::wasm(granted::«call_flood»)]
pub struct I;
#[cell::wasm(granted::«call_huge»)]
pub struct J;
pub type All = (A, B, C, D, E, F, G, H, I, J);
";
    let denied = |words| fails(Kind::DeniedCall, words);
    let undeclared = "which it does not say it may ask";
    let expected = [
        denied(&["asked `vault::secret`", undeclared, "note: it says that it asks nothing"]),
        denied(&[
            "asked `vault::secret`, which is not granted",
            "`calls = [\"vault::secret\"]` under `[cells.misbehave.grants]`",
        ]),
        denied(&[undeclared]),
        fails(
            Kind::Unrecorded,
            &["`granted::call_declared` asked `vault::secret`", ".cell/answers/vault/"],
        ),
        denied(&["asked `vault::other`", undeclared, "it may ask `vault::secret`"]),
        denied(&["asked `vault::secret `", undeclared]),
        denied(&["asked `../vault::secret`", undeclared]),
        denied(&["asked `vault\n    | help: run `rm", undeclared]),
        fails(Kind::Unrecorded, &["no answer is recorded"]),
        fails(Kind::OutOfFuel, &["questions of 16 MiB"]),
    ];
    expect(&project("questions")?, source, &expected)
}

#[test]
fn a_flood_of_questions_ends() -> Result<()> {
    let project = project("question-flood")?;
    record(&project)?;
    // Recorded answers to what is asked first do not help.
    for number in 0u32..3 {
        let question = Question { arguments: number.to_le_bytes().to_vec(), ..question() };
        let answer = Answer { question, reply: Ok(Vec::new()), source: Source::default() };
        Store::of_project(&project.root).put_answer(&answer, Age::Fresh)?;
    }
    let source = "#[cell::wasm(granted::«call_flood»)]\npub struct A;\n";
    expect(&project, source, &[fails(Kind::Unrecorded, &["asked `vault::secret`"])])
}

#[test]
fn damaged_answers() -> Result<()> {
    let project = project("answers")?;
    let path = record(&project)?;
    let good = project.read(&path)?;
    let plain =
        "#[cell::wasm(granted::call_declared)]\npub struct A;\npub const SEVEN: &str = ANSWER;\n";
    expect_none(&project, plain)?;
    let marked = "#[cell::wasm(granted::«call_declared»)]\npub struct A;\n";
    let damaged = || {
        [fails(
            Kind::BadAnswer,
            &["a recorded answer of the cell `", "is damaged", "help: restore the file"],
        )]
    };
    for length in [0, 1, good.len() / 2, good.len() - 1] {
        project.write(&path, &good[..length])?;
        expect(&project, marked, &damaged())
            .with_context(|| format!("cut after {length} bytes"))?;
    }
    for at in [0, good.len() / 3, good.len() / 2, good.len() - 2] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        project.write(&path, bytes)?;
        expect(&project, marked, &damaged()).with_context(|| format!("flipped at {at}"))?;
    }
    // The answer to another question under this one's name.
    let other = Question { arguments: b"other".to_vec(), ..question() };
    let answer = Answer { question: other, reply: Ok(Vec::new()), source: Source::default() };
    project.write(&path, answer.encode())?;
    expect(&project, marked, &damaged())?;
    project.write(&path, &good)?;
    expect_none(&project, plain)?;
    ensure!(project.root.join(&path).is_file(), "nobody removed it");
    Ok(())
}
