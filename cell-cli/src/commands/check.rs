//! `cell check`: is what is recorded what the project's macros ask and its cells say? Starts nothing
//! and writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use anyhow::Result;
use macro_bridge::answer::{Answer, Question};
use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::lock::Lock;
use macro_bridge::project::Project;

use crate::arguments::Global;
use crate::arguments::live::Check;
use crate::live::cells::Cells;
use crate::live::fits::{Misfit, misfit};
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
    let found = compare(&recorded, &run.trace, &project.lock);
    let unseen = check.unseen(&project.lock);
    let mut wrong = Wrong { shell, mended: 0, others: 0 };
    for (path, damage) in &recorded.damaged {
        let path = path.strip_prefix(&root).unwrap_or(path).display();
        wrong.mended(format!(
            "{path} cannot be read: {damage}\nhelp: `cell sync` asks for it again"
        ));
    }
    let cells = Cells::new();
    fit(&project, &recorded, &found.used, &cells, &mut wrong);
    for (question, places) in &found.missing {
        wrong.mended(format!(
            "no answer to `{question}` is recorded, which is asked at {places}\n\
             help: `cell sync` asks for it"
        ));
    }
    say_denied(&found, &project.lock, &mut wrong);
    // What does not compile may use them.
    if run.success && unseen.is_empty() {
        for question in &found.unused {
            let path = project.answer_path(&question.cell, &question.key());
            let path = path.strip_prefix(&root).unwrap_or(&path).display();
            wrong.mended(format!(
                "nothing asks {} any more, which is recorded in {path}\n\
                 help: `cell sync` or `cell vendor` removes it",
                title(question)
            ));
        }
    } else if run.success && !found.unused.is_empty() {
        let unused = count(found.unused.len(), "answer", "answers");
        let mut text =
            format!("{unused} that nothing uses here may be used where this does not look");
        unseen.iter().for_each(|reason| text.push_str(&format!("\nhelp: {reason}")));
        shell.note(text);
    }
    if !run.success && wrong.none() {
        shell.pass_on(&run.output);
        wrong.other("the project does not compile, for reasons that are above");
    }
    let drift = match global.offline {
        true => Drift::default(),
        false => drift(&project, &recorded, &found.used, &cells, shell),
    };
    for (old, new) in &drift.changed {
        wrong.mended(format!("`{}` says something else now", title(&old.question)));
        for line in difference::of_answers(old, new).iter().take(SHOWN) {
            shell.pass_on(&format!("    {line}\n"));
        }
    }
    for (cell, failure) in &drift.failed {
        match weight(failure.kind) {
            Weight::Note => shell.note(format_args!(
                "`{cell}` does not run: what it said was not compared with what it says"
            )),
            Weight::Warning => shell.warning(failure),
            Weight::Error => wrong.other(failure),
        }
    }
    if !wrong.none() {
        shell.say_error(wrong.summary());
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

/// What was found to be wrong.
struct Wrong<'a> {
    shell: &'a Shell,
    /// So many things does `cell sync` mend.
    mended: usize,
    others: usize,
}

impl Wrong<'_> {
    fn mended(&mut self, text: impl std::fmt::Display) {
        self.mended += 1;
        self.shell.say_error(text);
    }

    fn other(&mut self, text: impl std::fmt::Display) {
        self.others += 1;
        self.shell.say_error(text);
    }

    fn none(&self) -> bool {
        self.mended + self.others == 0
    }

    fn summary(&self) -> String {
        let all = count(self.mended + self.others, "difference", "differences");
        match (self.mended, self.others) {
            (0, _) => all,
            (_, 0) => format!("{all}; `cell sync` mends what is recorded"),
            (mended, _) => format!("{all}; `cell sync` mends {mended} of them"),
        }
    }
}

/// How bad is it that a record could not be compared with what its cell says?
#[derive(Debug, PartialEq, Eq)]
enum Weight {
    /// Nobody has to run cells.
    Note,
    /// Nothing is known of the record.
    Warning,
    /// The cell runs, and is another one than the project knows.
    Error,
}

fn weight(kind: Kind) -> Weight {
    match kind {
        Kind::CellAbsent => Weight::Note,
        Kind::OtherSchema
        | Kind::UnknownQuestion
        | Kind::BadQuestion
        | Kind::WrongReply
        | Kind::SecretQuestion => Weight::Error,
        _ => Weight::Warning,
    }
}

/// Compares records with the schemas that the lock names. One that must not be there counts also if
/// nothing uses it.
fn fit(
    project: &Project,
    recorded: &Recorded,
    used: &BTreeSet<Digest>,
    cells: &Cells,
    wrong: &mut Wrong<'_>,
) {
    let mut schemas = BTreeMap::new();
    for ((cell, key), answer) in &recorded.answers {
        let of_cell = schemas.entry(cell).or_insert_with(|| {
            // Said once for a cell.
            cells.schemas(project, cell).map_err(|failure| wrong.other(failure)).unwrap_or_default()
        });
        let of_cell: Vec<_> = of_cell.iter().map(|schema| &**schema).collect();
        match misfit(answer, &of_cell) {
            Some(Misfit::Secret(failure)) => wrong.other(failure),
            Some(Misfit::OtherShape(what)) if used.contains(key) => wrong.mended(format!(
                "the record of {} is not as the schema of `{cell}` in cell.lock says: {what}\n\
                 note: it is .cell/answers/{cell}/{key}\n\
                 help: `cell sync {cell}` asks again",
                title(&answer.question)
            )),
            _ => {}
        }
    }
}

/// What is not granted, with the line that grants it; and what no grant lets a macro ask.
fn say_denied(found: &Found, lock: &Lock, wrong: &mut Wrong<'_>) {
    for (cell, questions) in &found.denied {
        let asked: Vec<String> = questions
            .iter()
            .map(|(question, places)| format!("`{question}` is asked at {places}, and not granted"))
            .collect();
        let calls = crate::lock::calls_with(lock, cell, questions.keys().map(String::as_str));
        wrong.other(format!(
            "{}\nhelp: write `{calls}` under `[cells.{cell}.grants]` in cell.toml, then run `cell lock`",
            asked.join("\n")
        ));
    }
    for ((path, question), places) in &found.undeclared {
        wrong.other(format!(
            "`{path}` asks `{question}` at {places}, and does not say that it does\n\
             help: no grant lets it: its author has to declare the question, \
             as `calls({question})` of the macro"
        ));
    }
}

/// Places, by what is wrong there.
type Places<K> = BTreeMap<K, String>;

/// Records against what was asked.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// Keys of answers that expansions stand on.
    used: BTreeSet<Digest>,
    unused: Vec<Question>,
    /// By question, as `cell::function`.
    missing: Places<String>,
    /// By question, by the cell whose macro asked.
    denied: BTreeMap<String, Places<String>>,
    /// By macro and question: what it does not declare.
    undeclared: Places<(String, String)>,
}

fn compare(recorded: &Recorded, trace: &Trace, lock: &Lock) -> Found {
    let mut found = Found::default();
    let used = trace.made.values().flat_map(|made| &made.answers);
    found.used = used.map(|answer| answer.key).collect();
    let unused = |answer: &&Answer| !found.used.contains(&answer.question.key());
    let unused = recorded.answers.values().filter(unused);
    found.unused = unused.map(|answer| answer.question.clone()).collect();
    for failed in &trace.failed {
        let Some(question) = failed.question.clone() else { continue };
        let places = if failed.code == Kind::Unrecorded.code() {
            found.missing.entry(question).or_default()
        } else if failed.code == Kind::DeniedCall.code() {
            let first = || failed.site.title.split(" + ").next().unwrap_or_default().to_owned();
            let path = failed.call.clone().unwrap_or_else(first);
            if crate::lock::declares(lock, &path, &question) {
                let cell = path.split("::").next().unwrap_or_default().to_owned();
                found.denied.entry(cell).or_default().entry(question).or_default()
            } else {
                found.undeclared.entry((path, question)).or_default()
            }
        } else {
            continue;
        };
        if !places.is_empty() {
            places.push_str(", ");
        }
        places.push_str(&failed.site.place.to_string());
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

fn drift(
    project: &Project,
    recorded: &Recorded,
    used: &BTreeSet<Digest>,
    cells: &Cells,
    shell: &Shell,
) -> Drift {
    let old = || recorded.answers.values().filter(|answer| used.contains(&answer.question.key()));
    let questions: Vec<Question> = old().map(|answer| answer.question.clone()).collect();
    let mut drift = Drift::default();
    if questions.is_empty() {
        return drift;
    }
    let fresh = Fresh::new(project, cells);
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
        let title = "other::first + search::index".to_owned();
        let site = Site { place, title, key: Digest::of(&[line as u8]) };
        let (question, call) = (Some(question.into()), Some("search::index".into()));
        Failed { site, code: code.into(), question, call }
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
                failed(7, "CELL0309", "vault::secret"),
            ]
            .into(),
            ..Trace::default()
        };
        let found = compare(&recorded, &trace, &lock());
        assert_eq!(found.unused, [answer(2).question]);
        assert_eq!(found.missing["ledger::schema"], "src/lib.rs:3:3, src/lib.rs:4:3");
        // Not the cell that stands first there, but the one whose macro asked.
        let denied = [("ledger::rows".to_owned(), "src/lib.rs:5:3".to_owned())].into();
        assert_eq!(found.denied, [("search".to_owned(), denied)].into());
        let undeclared = ("search::index".to_owned(), "vault::secret".to_owned());
        assert_eq!(found.undeclared, [(undeclared, "src/lib.rs:7:3".to_owned())].into());
    }

    /// With a macro that declares a question.
    fn lock() -> Lock {
        let zeros = "0".repeat(64);
        let text = format!(
            "cell-lock 1\nmanifest {zeros}\nprofile p\ncell search api 0.1.0\ncell search component {zeros}\n\
             cell search macro index attribute slot=0 call=ledger::rows\n"
        );
        Lock::parse(&text).unwrap()
    }

    #[test]
    fn a_cell_that_is_another_one_is_an_error_and_one_that_does_not_run_is_none() {
        assert_eq!(weight(Kind::CellAbsent), Weight::Note);
        assert_eq!(weight(Kind::CellSilent), Weight::Warning);
        assert_eq!(weight(Kind::OtherSchema), Weight::Error);
        assert_eq!(weight(Kind::WrongReply), Weight::Error);
    }

    #[test]
    fn sync_is_named_only_for_what_it_mends() {
        let shell = Shell::new(&Global { quiet: true, ..Global::default() });
        let summary = |mended, others| Wrong { shell: &shell, mended, others }.summary();
        assert_eq!(summary(0, 1), "1 difference");
        assert_eq!(summary(2, 0), "2 differences; `cell sync` mends what is recorded");
        assert_eq!(summary(1, 1), "2 differences; `cell sync` mends 1 of them");
    }
}
