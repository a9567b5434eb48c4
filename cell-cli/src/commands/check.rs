//! `cell check`: is what is recorded what the project's macros ask and its cells say? Starts nothing
//! and writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use anyhow::Result;
use macro_bridge::answer::{Answer, Question};
use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::project::Project;

use crate::arguments::Global;
use crate::arguments::live::Check;
use crate::live::cells::Cells;
use crate::live::refresh::{Fresh, Recorded};
use crate::live::{difference, title};
use crate::shell::{Shell, count};
use crate::trace::Trace;
use crate::traced_check::TracedCheck;
use crate::{Exit, project};

/// Lines of a difference that are shown.
const SHOWN: usize = 12;

pub(crate) fn run(options: &Check, global: &Global, shell: &Shell) -> Result<Exit> {
    let begin = Instant::now();
    let root = project::root(global)?;
    let project = Project::load(&root)?;
    let recorded = Recorded::read(&root)?;
    let check = TracedCheck::new(&root, &options.selection, global, shell)?;
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    let is_all = check.unseen(&project.lock).is_empty() && run.success;
    let found = compare(&recorded, &run.trace, is_all);
    let mut wrong = 0;
    for (path, damage) in &recorded.damaged {
        wrong += 1;
        let path = path.strip_prefix(&root).unwrap_or(path).display();
        shell.say_error(format!(
            "{path} cannot be read: {damage}\nhelp: `cell sync` asks for it again"
        ));
    }
    for (question, places) in &found.missing {
        wrong += 1;
        shell.say_error(format!(
            "no answer to `{question}` is recorded, which is asked at {places}\n\
             help: `cell sync` asks for it"
        ));
    }
    for (question, (cell, places)) in &found.denied {
        wrong += 1;
        shell.say_error(format!(
            "`{question}` is asked at {places}, and not granted\n\
             help: write `calls = [\"{question}\"]` under `[cells.{cell}.grants]` in cell.toml, then run `cell lock`"
        ));
    }
    for question in &found.dead {
        wrong += 1;
        let path = project.answer_path(&question.cell, &question.key());
        let path = path.strip_prefix(&root).unwrap_or(&path).display();
        shell.say_error(format!(
            "nothing asks {} any more, which is recorded in {path}\n\
             help: `cell sync` or `cell vendor` removes it",
            title(question)
        ));
    }
    if !run.success && wrong == 0 {
        shell.pass_on(&run.output);
        shell.say_error("the project does not compile, for reasons that are above");
        wrong += 1;
    }
    let drift = match global.offline {
        true => Drift::default(),
        false => drift(&project, &recorded, &found.used, shell),
    };
    for (old, new) in &drift.changed {
        shell.say_error(format!("`{}` says something else now", title(&old.question)));
        for line in difference::of_answers(old, new).iter().take(SHOWN) {
            shell.pass_on(&format!("    {line}\n"));
        }
    }
    for (cell, failure) in &drift.failed {
        match failure.kind {
            Kind::CellAbsent => shell.note(format_args!(
                "`{cell}` does not run: what it said was not compared with what it says"
            )),
            _ => shell.warning(failure),
        }
    }
    wrong += drift.changed.len();
    if wrong > 0 {
        let differences = count(wrong, "difference", "differences");
        shell.say_error(format!("{differences}; `cell sync` mends what is recorded"));
        return Ok(Exit::Failed);
    }
    shell.status(
        "Checked",
        format_args!(
            "{}, {}, {} compared with running cells, in {:.2}s",
            count(run.trace.sites.len(), "call", "calls"),
            count(found.used.len(), "answer", "answers"),
            drift.same,
            begin.elapsed().as_secs_f64()
        ),
    );
    Ok(Exit::Done)
}

/// Records against what was asked.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// Keys of answers that expansions stand on.
    used: BTreeSet<Digest>,
    dead: Vec<Question>,
    /// By question, as `cell::function`: where.
    missing: BTreeMap<String, String>,
    /// The cell whose macro asked, and where.
    denied: BTreeMap<String, (String, String)>,
}

fn compare(recorded: &Recorded, trace: &Trace, is_all: bool) -> Found {
    let mut found = Found::default();
    let used = trace.made.values().flat_map(|made| &made.answers);
    found.used = used.map(|answer| answer.key).collect();
    if is_all {
        let unused = |answer: &&Answer| !found.used.contains(&answer.question.key());
        let dead = recorded.answers.values().filter(unused);
        found.dead = dead.map(|answer| answer.question.clone()).collect();
    }
    for failed in &trace.failed {
        let Some(question) = failed.question.clone() else { continue };
        let place = failed.site.place.to_string();
        let cell = failed.site.title.split("::").next().unwrap_or_default().to_owned();
        let add = |places: &mut String| {
            if !places.is_empty() {
                places.push_str(", ");
            }
            places.push_str(&place);
        };
        if failed.code == Kind::Unrecorded.code() {
            add(found.missing.entry(question).or_default());
        } else if failed.code == Kind::DeniedCall.code() {
            let of_cell = || (cell, String::new());
            add(&mut found.denied.entry(question).or_insert_with(of_cell).1);
        }
    }
    found
}

/// What running cells say, compared with what is recorded.
#[derive(Default)]
struct Drift {
    same: usize,
    changed: Vec<(Answer, Answer)>,
    /// By cell: why its answers could not be compared.
    failed: BTreeMap<String, Failure>,
}

fn drift(project: &Project, recorded: &Recorded, used: &BTreeSet<Digest>, shell: &Shell) -> Drift {
    let old = || recorded.answers.values().filter(|answer| used.contains(&answer.question.key()));
    let questions: Vec<Question> = old().map(|answer| answer.question.clone()).collect();
    let mut drift = Drift::default();
    if questions.is_empty() {
        return drift;
    }
    let cells = Cells::new();
    let fresh = Fresh::new(project, &cells);
    let total = questions.len();
    let progress = shell.progress("Asking", format!("0 of {total}"));
    fresh.ask_all(&questions, &|done| progress.say(format!("{done} of {total}")));
    drop(progress);
    let mut said = fresh.all();
    for old in old() {
        match said.remove(&old.question.key()) {
            Some(Ok(new)) if new.digest() != old.digest() => drift.changed.push((old.clone(), new)),
            Some(Ok(_)) => drift.same += 1,
            Some(Err(failure)) => {
                drift.failed.entry(old.question.cell.clone()).or_insert(failure);
            }
            None => {}
        }
    }
    drift
}

#[cfg(test)]
mod tests {
    use macro_bridge::answer::Source;
    use macro_bridge::expansion::AnswerUsed;

    use crate::trace::{Failed, Made, Place, Site};

    use super::*;

    fn answer(number: u8) -> Answer {
        let (cell, function) = ("ledger".to_owned(), "schema".to_owned());
        let question = Question { cell, function, arguments: vec![number] };
        Answer { question, reply: Ok(vec![number]), source: Source::default() }
    }

    fn failed(line: usize, code: &str, question: &str) -> Failed {
        let place = Place { file: "src/lib.rs".into(), line, column: 3 };
        let site = Site { place, title: "search::index".into(), key: Digest::of(&[line as u8]) };
        Failed { site, code: code.into(), question: Some(question.into()) }
    }

    #[test]
    fn records_are_compared_with_what_was_asked() {
        let keyed = |answer: Answer| (("ledger".to_owned(), answer.question.key()), answer);
        let answers = [answer(1), answer(2)].map(keyed).into();
        let recorded = Recorded { answers, damaged: Vec::new() };
        let one = answer(1);
        let used =
            AnswerUsed { cell: "ledger".into(), key: one.question.key(), digest: one.digest() };
        let made = Made { answers: vec![used], ..Made::default() };
        let trace = Trace {
            made: [(Digest::of(b"site"), made)].into(),
            failed: [
                failed(3, "CELL0210", "ledger::schema"),
                failed(4, "CELL0210", "ledger::schema"),
                failed(5, "CELL0309", "ledger::rows"),
                failed(6, "CELL0301", "ledger::rows"),
            ]
            .into(),
            ..Trace::default()
        };
        let found = compare(&recorded, &trace, true);
        assert_eq!(found.dead, [answer(2).question]);
        assert_eq!(found.missing["ledger::schema"], "src/lib.rs:3:3, src/lib.rs:4:3");
        let denied = ("search".to_owned(), "src/lib.rs:5:3".to_owned());
        assert_eq!(found.denied, [("ledger::rows".to_owned(), denied)].into());
        assert!(compare(&recorded, &trace, false).dead.is_empty());
    }
}
