//! What the cells say, compared with what is recorded, and what that means for expansions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use macro_bridge::answer::{Answer, Question};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Expansion, file};
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::project::Project;
use macro_bridge::request::Request;
use macro_runtime::Runtime;

use crate::arguments::{Global, Selection};
use crate::engine;
use crate::live::cells::Cells;
use crate::live::refresh::{AT_ONCE, Fresh, Recorded};
use crate::shell::Shell;
use crate::traced_check::TracedCheck;

/// What is looked at.
pub(crate) struct Look<'a> {
    /// Only these cells are asked; all if there are none.
    pub(crate) cells: &'a [String],
    pub(crate) selection: &'a Selection,
    /// Say which records nothing uses.
    pub(crate) prune: bool,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// Answers that are recorded as the cells say now.
    pub(crate) same: usize,
    /// Recorded answer, and what the cell says now.
    pub(crate) changed: Vec<(Answer, Answer)>,
    pub(crate) new: Vec<Answer>,
    /// Records that nothing uses.
    pub(crate) dead: Vec<(PathBuf, Question)>,
    /// Records that cannot be read.
    pub(crate) damaged: Vec<PathBuf>,
    pub(crate) expansions: Vec<Changed>,
    /// Where a macro stands, and why it has no answer.
    pub(crate) failures: Vec<(String, Failure)>,
    /// What cargo said, if the project does not compile: then what it asks is not all known.
    pub(crate) broken: Option<String>,
    /// Records that no macro used, where others may do so: how many, and why others may.
    pub(crate) kept: usize,
    pub(crate) unseen: Vec<String>,
}

/// An expansion that is not what it was.
pub(crate) struct Changed {
    pub(crate) place: String,
    /// Its macros.
    pub(crate) title: String,
    pub(crate) key: Digest,
    pub(crate) expansion: Expansion,
    /// There was none: an answer was missing.
    pub(crate) is_new: bool,
}

impl Found {
    pub(crate) fn is_same(&self) -> bool {
        self.has_all() && self.dead.is_empty()
    }

    /// Is nothing of what is used to be written?
    fn has_all(&self) -> bool {
        self.changed.is_empty() && self.new.is_empty() && self.damaged.is_empty()
    }

    /// Once this is written, may macros ask more? What did not compile was not seen, nor what other
    /// expansions ask for.
    pub(crate) fn goes_on(&self) -> bool {
        !self.has_all() && (self.broken.is_some() || !self.expansions.is_empty())
    }

    /// Answers that there are afterwards.
    pub(crate) fn total(&self) -> usize {
        self.same + self.changed.len() + self.new.len()
    }
}

/// Looks as often as there is more to see: each question is asked once.
pub(crate) struct Looker<'a> {
    project: &'a Project,
    look: Look<'a>,
    fresh: Fresh<'a>,
    check: TracedCheck,
    runtime: Runtime,
    /// Expansions that were compared before, and the answers that they stand on now.
    known: BTreeMap<Digest, BTreeSet<Digest>>,
}

impl<'a> Looker<'a> {
    pub(crate) fn new(
        project: &'a Project,
        cells: &'a Cells,
        look: Look<'a>,
        global: &Global,
        shell: &Shell,
    ) -> Result<Self> {
        let check = TracedCheck::new(&project.root, look.selection, global, shell)?;
        let (fresh, runtime) = (Fresh::new(project, cells), engine::runtime()?);
        Ok(Self { project, look, fresh, check, runtime, known: BTreeMap::new() })
    }

    /// Asks again for what is recorded, and for what macros ask beyond that. Writes nothing.
    pub(crate) fn look(&mut self, shell: &Shell) -> Result<Found> {
        let Self { project, look, fresh, check, runtime, known } = self;
        let recorded = Recorded::read(&project.root)?;
        let wanted = |cell: &String| look.cells.is_empty() || look.cells.contains(cell);
        let (asked, kept): (Vec<&Answer>, Vec<&Answer>) =
            recorded.answers.values().partition(|answer| wanted(&answer.question.cell));
        kept.into_iter().for_each(|answer| fresh.assume(answer.clone()));
        let questions: Vec<Question> = asked.iter().map(|answer| answer.question.clone()).collect();
        let total = questions.len();
        let progress = shell.progress("Asking", format!("0 of {total}"));
        fresh.ask_all(&questions, &|done| progress.say(format!("{done} of {total}")));
        drop(progress);

        let progress = shell.progress("Checking", "the project");
        let run = check.run(&|what| progress.say(what))?;
        drop(progress);
        let mut found = Found::default();
        let mut used = BTreeSet::new();
        let mut keys = run.trace.keys();
        keys.retain(|key| {
            known.get(key).is_none_or(|answers| {
                used.extend(answers);
                false
            })
        });
        let asks = |request: &Request| request.calls.iter().any(|call| !call.granted.is_empty());
        let requests = check.folder().requests(keys)?;
        let requests = requests.into_iter().filter(|(_, request)| asks(request));
        let requests: Vec<(Digest, Request)> = requests.collect();
        let total = requests.len();
        let progress = shell.progress("Expanding", format!("0 of {total}"));
        let say = |done: usize| progress.say(format!("{done} of {total}"));
        // Most of their time they wait for what is asked the first time.
        let outcomes = engine::expand_many(AT_ONCE, runtime, *project, fresh, requests, &say);
        drop(progress);
        for outcome in outcomes {
            let place = run.trace.place(&outcome.key);
            match outcome.result {
                Ok(expansion) => {
                    let answers = expansion.answers.iter().map(|answer| answer.key);
                    let answers: BTreeSet<Digest> = answers.collect();
                    used.extend(&answers);
                    known.insert(outcome.key, answers);
                    let old = before(project, runtime, &outcome.key, &outcome.request);
                    if old.as_ref().is_none_or(|old| !is_same(old, &expansion)) {
                        let (title, key) = (outcome.request.title(), outcome.key);
                        let is_new = old.is_none();
                        found.expansions.push(Changed { place, title, key, expansion, is_new });
                    }
                }
                Err(failure) => found.failures.push((place, failure)),
            }
        }
        found.broken = (!run.success).then_some(run.output);
        // What an expansion uses that could not be made is not known.
        let is_pruned = look.cells.is_empty()
            && look.prune
            && found.broken.is_none()
            && found.failures.is_empty();
        if is_pruned {
            found.unseen = check.unseen(&project.lock);
        }
        let is_all = is_pruned && found.unseen.is_empty();
        compare(&mut found, recorded, fresh.all(), &used, is_all);
        for (path, question) in &mut found.dead {
            *path = project.answer_path(&question.cell, &question.key());
        }
        Ok(found)
    }
}

/// What this expansion was, with the answers that are recorded. `None` if there was none.
pub(crate) fn before(
    project: &Project,
    runtime: &Runtime,
    key: &Digest,
    request: &Request,
) -> Option<Expansion> {
    let recorded = project.expansion(key).ok().flatten();
    recorded.or_else(|| runtime.expand(request, project, project).ok())
}

/// The same, but for the answers under it. Compared as records: one that was read has the texts that are
/// used, one that was just made also others.
pub(crate) fn is_same(old: &Expansion, new: &Expansion) -> bool {
    let record = |expansion: &Expansion| {
        let expansion = Expansion { answers: Vec::new(), ..expansion.clone() };
        file::encode(&Digest::of(b""), "", &expansion)
    };
    record(old) == record(new)
}

/// Enters what became of each record. `used` are the keys of answers that expansions stand on now; a
/// question that none of them asks any more may fail.
fn compare(
    found: &mut Found,
    recorded: Recorded,
    mut said: BTreeMap<Digest, Result<Answer, Failure>>,
    used: &BTreeSet<Digest>,
    is_all: bool,
) {
    found.damaged.extend(recorded.damaged.into_iter().map(|(path, _)| path));
    for ((_, key), old) in recorded.answers {
        let now = said.remove(&key);
        if !used.contains(&key) {
            if is_all {
                found.dead.push((PathBuf::new(), old.question));
                continue;
            }
            found.kept += 1;
        }
        match now {
            Some(Ok(new)) if new.digest() != old.digest() => found.changed.push((old, new)),
            Some(Ok(_)) | None => found.same += 1,
            Some(Err(failure)) => {
                // An expansion that needs it has said so; and a question that there is no more nobody
                // seen here asks.
                let is_gone = matches!(
                    failure.kind,
                    Kind::UnknownQuestion | Kind::BadQuestion | Kind::SecretQuestion
                );
                if !used.contains(&key) && !is_gone && found.failures.is_empty() {
                    found.failures.push((crate::live::title(&old.question), failure));
                }
            }
        }
    }
    let new = said.into_values().flatten();
    found.new.extend(new.filter(|answer| used.contains(&answer.question.key())));
}

#[cfg(test)]
mod tests {
    use macro_bridge::answer::Source;
    use macro_bridge::expansion::{AnswerUsed, Output};
    use macro_bridge::failure::texts;
    use macro_bridge::table::{Token, kind};

    use super::*;

    fn answer(number: u8, reply: u8) -> Answer {
        let (cell, function) = ("ledger".to_owned(), "schema".to_owned());
        let question = Question { cell, function, arguments: vec![number] };
        Answer { question, reply: Ok(vec![reply]), source: Source::default() }
    }

    /// A record has the texts that are used, and an engine's output one table of all.
    #[test]
    fn an_expansion_is_the_same_as_its_record() {
        let token = Token { kind: kind::IDENT, sub: 0, span: 0, a: 1, b: 2 };
        let output = Output { text: "xab".into(), rows: vec![token], ..Output::default() };
        let made = Expansion { output, ..Expansion::default() };
        let key = Digest::of(b"key");
        let record = file::encode(&key, "a::b", &made);
        let recorded = file::decode(record.as_bytes(), &key).unwrap();
        assert!(is_same(&recorded, &made));
        let answer = AnswerUsed { cell: "c".into(), key, digest: key };
        assert!(is_same(&recorded, &Expansion { answers: vec![answer], ..made.clone() }));
        let mut other = made;
        other.output.text = "xac".into();
        assert!(!is_same(&recorded, &other));
    }

    #[test]
    fn each_record_is_the_same_changed_new_or_unused() {
        let of = |answers: &[Answer]| -> BTreeMap<_, _> {
            let keyed =
                answers.iter().map(|it| (("ledger".to_owned(), it.question.key()), it.clone()));
            keyed.collect()
        };
        let records = [answer(1, 1), answer(2, 1), answer(3, 1), answer(4, 1)];
        let lost = texts::live::absent(&records[3].question, false);
        let compared = |used: &[u8], is_all: bool| {
            let recorded = Recorded { answers: of(&records), damaged: Vec::new() };
            let now = [answer(1, 1), answer(2, 2), answer(3, 3), answer(5, 5), answer(6, 6)];
            let mut said: BTreeMap<_, _> =
                now.into_iter().map(|it| (it.question.key(), Ok(it))).collect();
            said.insert(records[3].question.key(), Err(lost.clone()));
            let used = used.iter().map(|it| answer(*it, 0).question.key()).collect();
            let mut found = Found::default();
            compare(&mut found, recorded, said, &used, is_all);
            let numbers = |questions: Vec<&Question>| -> Vec<u8> {
                let mut numbers: Vec<u8> = questions.iter().map(|it| it.arguments[0]).collect();
                numbers.sort_unstable();
                numbers
            };
            let changed = numbers(found.changed.iter().map(|(_, new)| &new.question).collect());
            let new = numbers(found.new.iter().map(|new| &new.question).collect());
            let dead = numbers(found.dead.iter().map(|(_, dead)| dead).collect());
            (found.same, changed, new, dead, found.failures.len())
        };
        // What nothing uses may have changed or be refused: it goes.
        let all = compared(&[1, 2, 5], true);
        assert_eq!(all, (1, vec![2], vec![5], vec![3, 4], 0));
        // If only a part was looked at, nobody knows that nothing uses it.
        let part = compared(&[1, 2, 5], false);
        assert_eq!(part, (1, vec![2, 3], vec![5], vec![], 1));
    }

    /// A record behind a feature that is off, of a question that its cell has no more.
    #[test]
    fn what_cannot_be_asked_any_more_fails_only_where_it_is_used() {
        let old = answer(1, 1);
        let (key, question) = (old.question.key(), old.question.clone());
        let compared = |failure: Failure| {
            let answers = [(("ledger".to_owned(), key), old.clone())].into();
            let recorded = Recorded { answers, damaged: Vec::new() };
            let mut found = Found::default();
            compare(&mut found, recorded, [(key, Err(failure))].into(), &BTreeSet::new(), false);
            (found.failures.len(), found.kept)
        };
        let gone = texts::live::no_such_question(&question, "there is none", &[]);
        assert_eq!(compared(gone), (0, 1));
        assert_eq!(compared(texts::live::absent(&question, false)), (1, 1));
    }
}
