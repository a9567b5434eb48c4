//! Running cells, asked for the project's macros: what a question means, by the schemas that
//! `cell.lock` names, and what failures are called.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use cell_answers::{Answered, Asker, Refusal, Why};
use cell_model::question::{self, NotAsked};
use cell_model::schema::Schema;
use macro_bridge::answer::{Answer, Question, Source};
use macro_bridge::digest::Digest;
use macro_bridge::failure::Failure;
use macro_bridge::failure::texts::engine::internal;
use macro_bridge::failure::texts::live as texts;
use macro_bridge::project::Project;
use macro_server::Live;

use crate::connection::folder;
use crate::live::session;

/// The cells of this user.
pub(crate) struct Cells {
    /// Made with the first question: most builds have none.
    asker: OnceLock<Asker>,
    /// Schemas that were read, by the digests of their texts.
    schemas: Mutex<HashMap<Digest, Arc<Schema>>>,
}

impl Cells {
    pub(crate) fn new() -> Self {
        Self { asker: OnceLock::new(), schemas: Mutex::default() }
    }

    fn asker(&self) -> Result<&Asker> {
        if let Some(asker) = self.asker.get() {
            return Ok(asker);
        }
        let asker = Asker::new(folder()?).context("cells cannot be asked")?;
        // Of two that were made at the same time one stays.
        Ok(self.asker.get_or_init(|| asker))
    }

    /// The schemas of a cell, by service.
    pub(crate) fn schemas(
        &self,
        project: &Project,
        cell: &str,
    ) -> Result<Vec<Arc<Schema>>, Failure> {
        let mut known = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        let digests = || project.lock.cells.get(cell).into_iter().flat_map(|it| &it.services);
        if digests().any(|(_, digest)| !known.contains_key(digest)) {
            for (service, text) in project.schemas(cell)? {
                let digest = Digest::of(text.as_bytes());
                let schema = cell_model::schema::read(&text).map_err(|error| {
                    let path = project.schema_path(&digest);
                    let reason = error.to_string();
                    macro_bridge::failure::texts::project::bad_schema(
                        &path, cell, &service, &reason,
                    )
                })?;
                known.insert(digest, Arc::new(schema));
            }
        }
        Ok(digests().filter_map(|(_, digest)| known.get(digest).cloned()).collect())
    }
}

impl Live for Cells {
    fn session(&self, root: &Path) -> Result<(), String> {
        session::is_open(root).then_some(()).ok_or_else(|| texts::NO_SESSION.to_owned())
    }

    fn ask(
        &self,
        project: &Project,
        asked: &Question,
        patience: Duration,
        build: u32,
    ) -> Result<Answer, Failure> {
        let schemas = self.schemas(project, &asked.cell)?;
        if schemas.is_empty() {
            return Err(texts::no_services(asked));
        }
        let schemas = || schemas.iter().map(|schema| &**schema);
        let found =
            question::find(schemas(), &asked.function).map_err(|not| no_question(asked, &not))?;
        found
            .check_arguments(&asked.arguments)
            .map_err(|mismatch| texts::bad_arguments(asked, &mismatch.to_string()))?;
        let (schema, method) = (found.schema(), found.name());
        let asker = self
            .asker()
            .map_err(|error| internal("cells cannot be asked", &format!("{error:#}")))?;
        match asker.ask(&asked.cell, schema, method, &asked.arguments, patience, build) {
            Ok(Answered { reply, schema, component }) => {
                let schema = Digest::parse(&schema.to_string());
                let component = component.as_deref().and_then(Digest::parse);
                let source = Source { schema, component };
                Ok(Answer { question: asked.clone(), reply: Ok(reply), source })
            }
            Err(refusal) => Err(failure(asked, &refusal, patience)),
        }
    }
}

fn no_question(asked: &Question, not: &NotAsked) -> Failure {
    match not {
        NotAsked::Secret { .. } => texts::secret(asked, &not.to_string()),
        NotAsked::Unknown { known, .. } => texts::no_such_question(asked, &not.to_string(), known),
        _ => texts::no_such_question(asked, &not.to_string(), &[]),
    }
}

fn failure(asked: &Question, refusal: &Refusal, patience: Duration) -> Failure {
    let Refusal { why, known, .. } = refusal;
    match why {
        Why::Absent => texts::absent(asked, *known),
        Why::Silent => texts::silent(asked, patience, *known),
        Why::Broken(fault) => texts::broken(asked, &fault.text, *known),
        Why::Forbidden(what) => texts::foreign(asked, what),
        Why::OtherSchema { .. } => texts::other_schema(asked, &why.to_string()),
        Why::WrongArguments(mismatch) => texts::bad_arguments(asked, &mismatch.to_string()),
        Why::WrongReply(mismatch) => texts::wrong_reply(asked, &mismatch.to_string()),
        Why::TooLarge { arguments: true, .. } => texts::bad_arguments(asked, &why.to_string()),
        Why::TooLarge { arguments: false, most } => texts::reply_too_large(asked, *most as u64),
        Why::NotAsked(not) => no_question(asked, not),
        // The cell's own words, and what a later release of the asker knows.
        _ => texts::refused(asked, &why.to_string()),
    }
}
