//! What a guest may ask for of the world outside: what is in the request, and nothing else. All else is
//! noted.

use macro_bridge::failure::texts::engine as texts;
use macro_bridge::failure::texts::numbers::{size, thousands};
use macro_bridge::outside::{ATTEMPT_TEXT, ATTEMPTS, Found};
use macro_bridge::text;

use super::State;
use crate::bindings::sandbox::cell::sandbox::{attempts, files, variables};
use crate::limits;

/// Numbers of `files.kind`.
mod kind {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const FILE: u8 = 1;
    pub(super) const FOLDER: u8 = 2;
    pub(super) const DENIED: u8 = 3;
}

/// What stands for the attempts that are not kept.
const MORE: (&str, &str) = ("more", "not listed");

impl State {
    /// Counts one look, with the bytes that the guest said and those that it is given.
    fn look(&mut self, said: usize, given: usize) -> wasmtime::Result<()> {
        self.looks += 1;
        self.question_bytes += said as u64;
        self.answer_bytes += given as u64;
        let what = if self.looks > limits::LOOKS {
            format!("{} times for what is outside", thousands(u64::from(limits::LOOKS)))
        } else if self.question_bytes > limits::QUESTION_BYTES {
            format!("for {} of names", size(limits::QUESTION_BYTES))
        } else if self.answer_bytes > limits::ANSWER_BYTES {
            format!("for {} of files", size(limits::ANSWER_BYTES))
        } else {
            return Ok(());
        };
        Err(self.end(texts::too_many_questions(&self.subject, &what)))
    }

    fn attempt(&self, what: &str, detail: &str) {
        let what = if text::is_word(what) { what } else { "other" };
        let cut = |text: &str| text[..text.floor_char_boundary(ATTEMPT_TEXT)].to_owned();
        let attempts = &mut self.said.borrow_mut().attempts;
        if attempts.len() < ATTEMPTS {
            attempts.insert((cut(what), cut(detail)));
        } else if !attempts.contains(&(cut(what), cut(detail))) {
            attempts.insert((MORE.0.to_owned(), MORE.1.to_owned()));
        }
    }
}

impl variables::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        let value = self.outside.variable(&name).map(|value| value.map(str::to_owned));
        let value = value.unwrap_or_else(|_| {
            self.attempt("variable", &name);
            None
        });
        self.look(name.len(), value.as_ref().map_or(0, String::len))?;
        Ok(value)
    }

    fn all(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        let all = self.outside.all_variables().into_iter();
        let all: Vec<_> = all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.look(0, all.iter().map(|(name, value)| name.len() + value.len()).sum())?;
        Ok(all)
    }
}

impl files::Host for State {
    fn kind(&mut self, path: String) -> wasmtime::Result<u8> {
        self.look(path.len(), 0)?;
        Ok(match self.outside.file(&path) {
            Ok(Found::Nothing) => kind::NOTHING,
            Ok(Found::File(_)) => kind::FILE,
            Ok(Found::Folder) => kind::FOLDER,
            Err(_) => {
                self.attempt("file", &path);
                kind::DENIED
            }
        })
    }

    fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, u8>> {
        let found = match self.outside.file(&path) {
            Ok(Found::File(bytes)) => Ok(bytes.to_vec()),
            Ok(Found::Nothing) => Err(kind::NOTHING),
            Ok(Found::Folder) => Err(kind::FOLDER),
            Err(_) => {
                self.attempt("file", &path);
                Err(kind::DENIED)
            }
        };
        self.look(path.len(), found.as_ref().map_or(0, Vec::len))?;
        Ok(found)
    }
}

impl attempts::Host for State {
    fn note(&mut self, what: String, detail: String) -> wasmtime::Result<()> {
        self.attempt(&what, &detail);
        self.look(what.len() + detail.len(), 0)
    }
}
