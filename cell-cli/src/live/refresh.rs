//! Asking for many answers at the same time, and what they change.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use macro_bridge::answer::{Answer, Question};
use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, texts};
use macro_bridge::lock;
use macro_bridge::project::Project;
use macro_bridge::sealed::Damage;
use macro_runtime::Lookup;
use macro_server::Live;

use crate::commands::vendor::files_in;
use crate::files;

/// Questions that are under way at the same time: a cell answers most in less time than a thread
/// takes to ask.
const AT_ONCE: usize = 16;

/// The recorded answers of a project.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// By cell and key.
    pub(crate) answers: BTreeMap<(String, Digest), Answer>,
    /// Files that are none.
    pub(crate) damaged: Vec<(PathBuf, Damage)>,
}

impl Recorded {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut recorded = Self::default();
        for folder in fs::read_dir(root.join(".cell/answers")).into_iter().flatten().flatten() {
            let cell = folder.file_name().to_string_lossy().into_owned();
            for path in files_in(&folder.path())? {
                let key = path.file_name().and_then(|name| Digest::parse(name.to_str()?));
                match Answer::decode(&files::read(&path)?) {
                    Ok(answer)
                        if Some(answer.question.key()) == key && answer.question.cell == cell =>
                    {
                        recorded.answers.insert((cell.clone(), answer.question.key()), answer);
                    }
                    // It answers another question than its name says.
                    Ok(_) => recorded.damaged.push((path, Damage::Other)),
                    Err(damage) => recorded.damaged.push((path, damage)),
                }
            }
        }
        Ok(recorded)
    }
}

/// What the cells say now. Each question is asked once.
pub(crate) struct Fresh<'a> {
    project: &'a Project,
    cells: &'a dyn Live,
    said: Mutex<BTreeMap<Digest, Result<Answer, Failure>>>,
}

impl<'a> Fresh<'a> {
    pub(crate) fn new(project: &'a Project, cells: &'a dyn Live) -> Self {
        Self { project, cells, said: Mutex::default() }
    }

    /// Asks all of these, many at the same time.
    pub(crate) fn ask_all(&self, questions: &[Question], done: &(dyn Fn(usize) + Sync)) {
        let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
                // Kept; who needs it finds it.
                let _ = self.ask_once(question);
                done(finished.fetch_add(1, Ordering::Relaxed) + 1);
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE.min(questions.len()) {
                scope.spawn(work);
            }
        });
    }

    /// Takes this as what the cell says now.
    pub(crate) fn assume(&self, answer: Answer) {
        self.said().insert(answer.question.key(), Ok(answer));
    }

    /// All that was said, by question.
    pub(crate) fn into_said(self) -> BTreeMap<Digest, Result<Answer, Failure>> {
        self.said.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask_once(&self, question: &Question) -> Result<Answer, Failure> {
        let key = question.key();
        if let Some(said) = self.said().get(&key) {
            return said.clone();
        }
        let said = self.ask_now(question);
        // Of two who asked the same the first one is believed by both.
        self.said().entry(key).or_insert(said).clone()
    }

    fn ask_now(&self, question: &Question) -> Result<Answer, Failure> {
        let cell = self.project.lock.cells.get(&question.cell);
        let patience = match cell.ok_or_else(|| texts::live::no_services(question))?.live {
            lock::Live::Within(millis) => Duration::from_millis(u64::from(millis)),
            // It is not asked by builds; this command was told to.
            lock::Live::No => Duration::from_secs(2),
        };
        self.cells.ask(self.project, question, patience, std::process::id())
    }

    fn said(&self) -> MutexGuard<'_, BTreeMap<Digest, Result<Answer, Failure>>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lookup for Fresh<'_> {
    fn ask(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        self.ask_once(question).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use macro_bridge::answer::Source;
    use macro_bridge::lock::Lock;

    use super::*;

    /// Counts, and answers with the count.
    struct Counting(AtomicU32);

    impl Live for Counting {
        fn session(&self, _: &Path) -> Result<(), String> {
            Ok(())
        }

        fn ask(
            &self,
            _: &Project,
            asked: &Question,
            _: Duration,
            _: u32,
        ) -> Result<Answer, Failure> {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let reply = Ok(count.to_be_bytes().to_vec());
            Ok(Answer { question: asked.clone(), reply, source: Source::default() })
        }
    }

    fn question(number: u32) -> Question {
        let arguments = number.to_be_bytes().to_vec();
        Question { cell: "ledger".into(), function: "schema".into(), arguments }
    }

    #[test]
    fn each_question_is_asked_once_and_all_see_one_answer() {
        let text = "cell-lock 1\nmanifest 0000000000000000000000000000000000000000000000000000000000000000\nprofile p\ncell ledger live off\n";
        let lock = Lock::parse(text).unwrap();
        let project = Project { root: PathBuf::new(), lock };
        let cells = Counting(AtomicU32::new(0));
        let fresh = Fresh::new(&project, &cells);
        let questions: Vec<Question> = (0..300).map(question).collect();
        let most = AtomicUsize::new(0);
        fresh.ask_all(&questions, &|done| {
            most.fetch_max(done, Ordering::Relaxed);
        });
        assert_eq!((most.into_inner(), cells.0.load(Ordering::Relaxed)), (300, 300));
        let first = Lookup::ask(&fresh, &question(7)).unwrap();
        assert_eq!(Lookup::ask(&fresh, &question(7)).unwrap(), first);
        assert_eq!(cells.0.load(Ordering::Relaxed), 300);
        let unknown = Question { cell: "other".into(), ..question(1) };
        assert!(Lookup::ask(&fresh, &unknown).is_err());
        assert_eq!(fresh.into_said().len(), 301);
    }
}
