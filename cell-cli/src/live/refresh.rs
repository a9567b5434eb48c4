//! Asking for many answers at the same time, and what they change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
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

use crate::commands::vendor;
use crate::files;

/// Questions that are under way at the same time: a cell answers most in less time than a thread
/// takes to ask.
pub(crate) const AT_ONCE: usize = 16;

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
        for (path, cell, key) in vendor::answers(root)? {
            match Answer::decode(&files::read(&path)?) {
                Ok(answer) if answer.question.key() == key && answer.question.cell == cell => {
                    recorded.answers.insert((cell, key), answer);
                }
                // It answers another question than its name says.
                Ok(_) => recorded.damaged.push((path, Damage::Other)),
                Err(damage) => recorded.damaged.push((path, damage)),
            }
        }
        Ok(recorded)
    }
}

/// What the cells say now. Each question is asked once, however many want it at the same time.
pub(crate) struct Fresh<'a> {
    project: &'a Project,
    cells: &'a dyn Live,
    /// Nothing yet where somebody is asking.
    said: Mutex<BTreeMap<Digest, Option<Said>>>,
    landed: Condvar,
}

type Said = Result<Answer, Failure>;

impl<'a> Fresh<'a> {
    pub(crate) fn new(project: &'a Project, cells: &'a dyn Live) -> Self {
        Self { project, cells, said: Mutex::default(), landed: Condvar::new() }
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
        self.said().insert(answer.question.key(), Some(Ok(answer)));
    }

    /// All that was said until now, by question.
    pub(crate) fn all(&self) -> BTreeMap<Digest, Said> {
        let said = self.said();
        said.iter().filter_map(|(key, said)| Some((*key, said.clone()?))).collect()
    }

    fn ask_once(&self, question: &Question) -> Said {
        let key = question.key();
        let mut known = self.said();
        while let Some(said) = known.get(&key) {
            match said {
                Some(said) => return said.clone(),
                None => known = self.landed.wait(known).unwrap_or_else(PoisonError::into_inner),
            }
        }
        known.insert(key, None);
        drop(known);
        // Also if this panics: nobody shall wait for ever.
        let _landing = Landing { fresh: self, key };
        let said = self.ask_now(question);
        self.said().insert(key, Some(said.clone()));
        said
    }

    fn ask_now(&self, question: &Question) -> Said {
        let cell = self.project.lock.cells.get(&question.cell);
        let patience = match cell.ok_or_else(|| texts::live::no_services(question))?.live {
            lock::Live::Within(millis) => Duration::from_millis(u64::from(millis)),
            // It is not asked by builds; this command was told to.
            lock::Live::No => Duration::from_secs(2),
        };
        self.cells.ask(self.project, question, patience, std::process::id())
    }

    fn said(&self) -> MutexGuard<'_, BTreeMap<Digest, Option<Said>>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Landing<'a> {
    fresh: &'a Fresh<'a>,
    key: Digest,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let mut known = self.fresh.said();
        if known.get(&self.key).is_some_and(Option::is_none) {
            known.remove(&self.key);
        }
        self.fresh.landed.notify_all();
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

    fn project() -> Project {
        let text = "cell-lock 1\nmanifest 0000000000000000000000000000000000000000000000000000000000000000\nprofile p\ncell ledger live off\n";
        Project { root: PathBuf::new(), lock: Lock::parse(text).unwrap() }
    }

    #[test]
    fn each_question_is_asked_once_and_all_see_one_answer() {
        let project = project();
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
        assert_eq!(fresh.all().len(), 301);
    }

    /// Many macros want the same at the same time, and the cell is slow.
    #[test]
    fn who_asks_what_somebody_asks_just_now_waits_for_that() {
        struct Slow(Counting);
        impl Live for Slow {
            fn session(&self, root: &Path) -> Result<(), String> {
                self.0.session(root)
            }

            fn ask(
                &self,
                project: &Project,
                asked: &Question,
                patience: Duration,
                build: u32,
            ) -> Result<Answer, Failure> {
                std::thread::sleep(Duration::from_millis(50));
                self.0.ask(project, asked, patience, build)
            }
        }
        let project = project();
        let cells = Slow(Counting(AtomicU32::new(0)));
        let fresh = Fresh::new(&project, &cells);
        fresh.ask_all(&vec![question(7); 16], &|_| {});
        assert_eq!(cells.0.0.load(Ordering::Relaxed), 1);
    }
}
