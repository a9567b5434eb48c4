//! Expansions with all that they depend on, in one file: what `cell expand --save` writes and
//! `cell replay` reads, on any machine.
//!
//! ```text
//! cell-replay 1
//! by 0.1.0
//! component 9553..  \x00asm..      for each component: digest, bytes
//! answer cell-answer 3\ncell..     for each answer that was used: its record
//! refused 41be.. CELL0207\n..      for each question whose answer was damaged: why
//! case src/main.rs:4:1             for each expansion: where,
//! request cell-request 3\n..       its tokens, macros, grants and limits,
//! made cell-expansion 2\n..        and what came of it; or
//! failed CELL0303\n..              why nothing did
//! sum ...
//! ```
//!
//! Who made the file is a stranger: every part is read as what comes from one, by the reader of its own
//! format, and components are compared with their digests before anything runs.

mod failure;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result as Done, anyhow, bail};
use macro_bridge::answer::{Answer, Question};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Expansion, file};
use macro_bridge::failure::{Failure, texts};
use macro_bridge::request::{self, Request};
use macro_bridge::sealed::{self, Damage, escape, escape_bytes, unescape, unescape_bytes};
use macro_runtime::{Components, Lookup, load};

const FORMAT: &str = "cell-replay 1";

/// The file.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    /// The release of the command that wrote it.
    pub(crate) by: String,
    pub(crate) components: BTreeMap<Digest, Vec<u8>>,
    pub(crate) answers: Answers,
    pub(crate) cases: Vec<Case>,
}

/// What was said to questions, by their keys. A question that is not here has no recorded answer.
pub(crate) type Answers = BTreeMap<Digest, Result<Answer, Failure>>;

/// One expansion.
#[derive(Debug)]
pub(crate) struct Case {
    /// Where it was asked for.
    pub(crate) place: String,
    pub(crate) request: Request,
    pub(crate) result: Result<Expansion, Failure>,
}

impl Case {
    /// What came of it, as one text that is another for another result. `key` names the expansion.
    pub(crate) fn outcome(
        key: &Digest,
        title: &str,
        result: &Result<Expansion, Failure>,
    ) -> String {
        match result {
            Ok(expansion) => file::encode(key, title, expansion),
            Err(failure) => failure::encode(failure),
        }
    }
}

impl Saved {
    /// The components of these requests.
    ///
    /// # Errors
    /// If one is not there.
    pub(crate) fn take_components<'a>(
        &mut self,
        requests: impl IntoIterator<Item = &'a Request>,
        from: &dyn Components,
    ) -> Done<()> {
        let calls = requests.into_iter().flat_map(|request| &request.calls);
        for digest in calls.map(|call| call.component).collect::<BTreeSet<_>>() {
            self.components.insert(digest, from.component(&digest)?);
        }
        Ok(())
    }

    /// The file's text.
    pub(crate) fn encode(&self) -> String {
        let mut out = format!("{FORMAT}\nby {}\n", escape(&self.by));
        for (digest, bytes) in &self.components {
            out.push_str(&format!("component {digest} {}\n", escape_bytes(bytes)));
        }
        for (key, answer) in &self.answers {
            out.push_str(&match answer {
                Ok(answer) => format!("answer {}\n", escape(&answer.encode())),
                Err(failure) => format!("refused {key} {}\n", escape(&failure::encode(failure))),
            });
        }
        for Case { place, request, result } in &self.cases {
            out.push_str(&format!("case {}\n", escape(place)));
            out.push_str(&format!("request {}\n", escape(&request::file::encode(request))));
            let word = if result.is_ok() { "made" } else { "failed" };
            let outcome = Case::outcome(&request.key(), &request.title(), result);
            out.push_str(&format!("{word} {}\n", escape(&outcome)));
        }
        sealed::seal(out)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// If it is not one, or a component in it is not what its name says.
    pub(crate) fn decode(bytes: &[u8]) -> Done<Self> {
        let body = match sealed::open(bytes, FORMAT) {
            Err(Damage::Format(found)) if found.starts_with("cell-replay ") => bail!(
                "it is of the format `{found}`, and this command reads `{FORMAT}`\n\
                 help: use the release of `cell` that wrote it, or save it again"
            ),
            found => found.map_err(damaged)?,
        };
        let mut saved = Self::default();
        let mut open: Option<(String, Option<Request>)> = None;
        for (index, line) in body.lines().enumerate() {
            let read = saved.read(line, &mut open);
            read.ok_or_else(|| damaged(Damage::Line(index + 2)))?;
        }
        let named = saved.cases.iter().flat_map(|case| &case.request.calls);
        let named: BTreeSet<Digest> = named.map(|call| call.component).collect();
        if open.is_some() || !named.iter().eq(saved.components.keys()) {
            bail!("it has not all that its expansions need");
        }
        for (digest, bytes) in &saved.components {
            if load::digest(bytes) != *digest {
                bail!("the component {} in it is another one", digest.short());
            }
        }
        Ok(saved)
    }

    fn read(&mut self, line: &str, open: &mut Option<(String, Option<Request>)>) -> Option<()> {
        let (word, rest) = line.split_once(' ')?;
        match word {
            "by" => self.by = unescape(rest)?,
            "component" => {
                let (digest, bytes) = rest.split_once(' ')?;
                self.components.insert(Digest::parse(digest)?, unescape_bytes(bytes)?);
            }
            "answer" => {
                let answer = Answer::decode(unescape(rest)?.as_bytes()).ok()?;
                self.answers.insert(answer.question.key(), Ok(answer));
            }
            "refused" => {
                let (key, text) = rest.split_once(' ')?;
                let failure = failure::decode(&unescape(text)?)?;
                self.answers.insert(Digest::parse(key)?, Err(failure));
            }
            "case" if open.is_none() => *open = Some((unescape(rest)?, None)),
            "request" => {
                let (_, request) = open.as_mut().filter(|(_, request)| request.is_none())?;
                *request = Some(request::file::decode(unescape(rest)?.as_bytes()).ok()?);
            }
            "made" | "failed" => {
                let (place, request) = open.take()?;
                let (request, text) = (request?, unescape(rest)?);
                let result = match word {
                    "made" => Ok(file::decode(text.as_bytes(), &request.key()).ok()?),
                    _ => Err(failure::decode(&text)?),
                };
                self.cases.push(Case { place, request, result });
            }
            _ => return None,
        }
        Some(())
    }
}

fn damaged(damage: Damage) -> anyhow::Error {
    anyhow!("{damage}")
}

impl Components for Saved {
    fn component(&self, digest: &Digest) -> Result<Vec<u8>, Failure> {
        let found = self.components.get(digest);
        found.cloned().ok_or_else(|| texts::engine::internal("the file has no such component", ""))
    }
}

impl Lookup for Saved {
    fn ask(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        self.answers.get(&question.key()).cloned().transpose()
    }
}

/// Passes questions on, and remembers what was said.
pub(crate) struct Listener<'a> {
    inner: &'a (dyn Lookup + Sync),
    heard: Mutex<Answers>,
}

impl<'a> Listener<'a> {
    pub(crate) fn new(inner: &'a (dyn Lookup + Sync)) -> Self {
        Self { inner, heard: Mutex::default() }
    }

    pub(crate) fn heard(self) -> Answers {
        self.heard.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lookup for Listener<'_> {
    fn ask(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        let said = self.inner.ask(question);
        if let Some(said) = said.clone().transpose() {
            let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.insert(question.key(), said);
        }
        said
    }

    fn why_not(&self) -> std::borrow::Cow<'_, str> {
        self.inner.why_not()
    }
}

#[cfg(test)]
mod tests;
