//! The runtime as tests use it: locks projects and expands what a trace says is missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use macro_runtime::bridge::answer::{Answer, Question};
use macro_runtime::bridge::digest::Digest;
use macro_runtime::bridge::expansion::file;
use macro_runtime::bridge::failure::{Failure, texts};
use macro_runtime::bridge::project::Project;
use macro_runtime::bridge::request;
use macro_runtime::store::Age;
use macro_runtime::{CacheDir, Components, Lookup, Options, Runtime, Store};

/// The runtime, and answers to questions that macros of a test may ask.
pub struct Engine {
    runtime: Runtime,
    /// Replies by cell and function; written as records when a macro asks.
    pub answers: BTreeMap<(String, String), std::result::Result<Vec<u8>, String>>,
}

impl Engine {
    /// A runtime with a compiled-code cache in the target folder.
    ///
    /// # Errors
    /// If wasmtime refuses its settings.
    pub fn new() -> Result<Self> {
        let cache = CacheDir::at(crate::components::target().join("test-cache"));
        let runtime = Runtime::new(Options { cache: Some(cache), ..Options::default() })?;
        Ok(Self { runtime, answers: BTreeMap::new() })
    }

    /// Expands every request in `folder` and records it in the project. Returns how many were
    /// made, and what failed.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn expand_missing(
        &self,
        project: &Project,
        folder: &Path,
    ) -> Result<(usize, Vec<(Digest, Failure)>)> {
        let (mut made, mut failures) = (0, Vec::new());
        let store = Store::of_project(&project.root);
        let Ok(entries) = fs::read_dir(folder) else { return Ok((0, failures)) };
        for entry in entries {
            let path = entry?.path();
            let Some(key) = path.file_name().and_then(|n| n.to_str()).and_then(Digest::parse) else {
                continue;
            };
            let bytes = fs::read(&path)?;
            let request = request::file::decode(&bytes).context("a request cannot be read")?;
            let places = Places { project, answers: &self.answers };
            match self.runtime.expand(&request, &places, &places) {
                Ok(expansion) => {
                    let record = file::encode(&key, &request.title(), &expansion);
                    store.put_expansion(&key, record.as_bytes(), Age::Settled)?;
                    made += 1;
                }
                Err(failure) => failures.push((key, failure)),
            }
        }
        failures.sort_by_key(|(key, _)| *key);
        Ok((made, failures))
    }
}

/// Components of the project, answers of the test.
struct Places<'a> {
    project: &'a Project,
    answers: &'a BTreeMap<(String, String), std::result::Result<Vec<u8>, String>>,
}

impl Components for Places<'_> {
    fn component(&self, digest: &Digest) -> std::result::Result<Vec<u8>, Failure> {
        self.project.component(digest)
    }
}

impl Lookup for Places<'_> {
    fn ask(&self, question: &Question) -> std::result::Result<Option<Answer>, Failure> {
        let name = (question.cell.clone(), question.function.clone());
        let answer = self.answers.get(&name).map(|reply| Answer {
            question: question.clone(),
            reply: reply.clone(),
            schema: None,
        });
        if let Some(answer) = &answer {
            let store = Store::of_project(&self.project.root);
            store
                .put_answer(&question.cell, &question.key(), answer.encode().as_bytes(), Age::Settled)
                .map_err(|error| texts::project::internal(&error.to_string()))?;
        }
        Ok(answer)
    }
}
