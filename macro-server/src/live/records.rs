//! Where answers are recorded: one store for each project, which has to look at its folder once and
//! not for every answer.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use macro_bridge::answer::Answer;
use macro_bridge::failure::{Failure, texts};
use macro_bridge::project::Project;
use macro_runtime::Store;
use macro_runtime::store::Age;

use super::guard;

/// As many are kept: a server that lives long sees many temporary projects.
const KEPT: usize = 1_000;

/// The stores of the projects whose builds asked.
#[derive(Default)]
pub(super) struct Records(Mutex<BTreeMap<PathBuf, Arc<Store>>>);

impl Records {
    /// Records an answer. If somebody else was first, theirs is the answer.
    ///
    /// Of an expansion that cannot tell cargo which answers it used (`is_tracked` is false) the crate
    /// depends on `cell.lock`: that becomes newer, so the next build compiles the crate once more, and
    /// what stands for all of it then knows the new record.
    pub(super) fn keep(
        &self,
        project: &Project,
        answer: Answer,
        age: Age,
        is_tracked: bool,
    ) -> Result<Answer, Failure> {
        let question = &answer.question;
        let added = self.store(&project.root).add_answer(&answer, age).or_else(|_| {
            // The folder may be gone since it was made: once more, as if nothing were known.
            guard(&self.0).remove(&project.root);
            self.store(&project.root).add_answer(&answer, age)
        });
        match added {
            Ok(true) => {
                if !is_tracked {
                    let lock = File::options().append(true).open(project.lock_path());
                    // Where it cannot be written nothing else could have been recorded either.
                    let _ = lock.and_then(|lock| lock.set_modified(SystemTime::now()));
                }
                Ok(answer)
            }
            Ok(false) => {
                let gone = || texts::engine::internal("a record is gone that was just there", "");
                project.answer(question)?.ok_or_else(gone)
            }
            Err(error) => Err(texts::live::not_kept(question, error.path(), &error.reason())),
        }
    }

    fn store(&self, root: &Path) -> Arc<Store> {
        let mut known = guard(&self.0);
        if let Some(store) = known.get(root) {
            return Arc::clone(store);
        }
        if known.len() >= KEPT {
            known.clear();
        }
        let store = Arc::new(Store::of_project(root));
        known.insert(root.to_owned(), Arc::clone(&store));
        store
    }
}
