//! What a guest may call: two functions, both thin, and what is outside of it ([`outside`]).

mod outside;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use macro_bridge::answer::Question;
use macro_bridge::failure::texts::numbers::{size, thousands};
use macro_bridge::failure::{Failure, texts::engine as texts};
use macro_bridge::outside::Outside;
use macro_bridge::request::Limits;
use texts::Subject;

use crate::Reply;
use crate::bindings::cell::macros::{host, types};
use crate::limits::{self, Limiter};

/// Where questions go: decides and answers on the caller's thread.
pub(crate) type Ask = Rc<dyn Fn(Question) -> Result<Reply, Failure>>;

/// What one store holds.
pub(crate) struct State {
    pub(crate) limiter: Limiter,
    pub(crate) said: Rc<RefCell<Said>>,
    subject: Subject,
    ask: Ask,
    questions: u32,
    question_bytes: u64,
    answer_bytes: u64,
    panics: u32,
    outside: Outside,
    looks: u32,
}

/// What is known about the end of a guest beyond the engine's error.
#[derive(Default)]
pub(crate) struct Said {
    /// Text, file and line of the last `report-panic`.
    pub(crate) panic: Option<(String, String, u32)>,
    /// Why the host ended it. Wins over everything that the guest does afterwards.
    pub(crate) failure: Option<Failure>,
    /// What it tried and was refused: sort and which one.
    pub(crate) attempts: BTreeSet<(String, String)>,
}

impl State {
    pub(crate) fn new(subject: Subject, limits: &Limits, ask: Ask, outside: Outside) -> Self {
        Self {
            limiter: Limiter::new(limits),
            said: Rc::default(),
            subject,
            ask,
            questions: 0,
            question_bytes: 0,
            answer_bytes: 0,
            panics: 0,
            outside,
            looks: 0,
        }
    }

    /// What was counted of a call begins anew.
    pub(crate) fn begin_call(&mut self) {
        (self.questions, self.question_bytes, self.answer_bytes) = (0, 0, 0);
        (self.panics, self.looks) = (0, 0);
        *self.said.borrow_mut() = Said::default();
        self.limiter.refused = None;
    }

    /// Ends the guest with a failure of ours: the error unwinds the whole instance, which cannot be
    /// entered again.
    fn end(&self, failure: Failure) -> wasmtime::Error {
        let text = failure.message.clone();
        self.said.borrow_mut().failure = Some(failure);
        wasmtime::Error::msg(text)
    }
}

impl types::Host for State {}

impl host::Host for State {
    fn call_cell(
        &mut self,
        cell: String,
        function: String,
        arguments: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        self.questions += 1;
        self.question_bytes += (cell.len() + function.len() + arguments.len()) as u64;
        if self.questions > limits::QUESTIONS {
            let what = format!("{} questions", thousands(u64::from(limits::QUESTIONS)));
            return Err(self.end(texts::too_many_questions(&self.subject, &what)));
        }
        if self.question_bytes > limits::QUESTION_BYTES {
            let what = format!("questions of {}", size(limits::QUESTION_BYTES));
            return Err(self.end(texts::too_many_questions(&self.subject, &what)));
        }
        let asked = (self.ask)(Question { cell, function, arguments });
        let reply = asked.map_err(|failure| self.end(failure))?;
        self.answer_bytes += reply.as_ref().map_or_else(String::len, Vec::len) as u64;
        if self.answer_bytes > limits::ANSWER_BYTES {
            let what = format!("answers of {}", size(limits::ANSWER_BYTES));
            return Err(self.end(texts::too_many_questions(&self.subject, &what)));
        }
        Ok(reply)
    }

    fn report_panic(&mut self, text: String, file: String, line: u32) -> wasmtime::Result<()> {
        self.panics += 1;
        if self.panics > limits::PANICS {
            return Err(wasmtime::Error::msg("the guest reports panics and goes on"));
        }
        self.said.borrow_mut().panic = Some((shown(&text), shown(&file), line));
        Ok(())
    }
}

/// As much of a guest's text as is kept. [`Failure`] shows it so that it cannot be taken for ours.
fn shown(text: &str) -> String {
    match text.floor_char_boundary(limits::PANIC_TEXT) {
        end if end < text.len() => format!("{} ..", &text[..end]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_texts_are_bounded() {
        assert_eq!(shown("no field named `id`\n  in Order"), "no field named `id`\n  in Order");
        let long = shown(&"é".repeat(limits::PANIC_TEXT));
        assert!(long.len() <= limits::PANIC_TEXT + 4 && long.ends_with(".."));
    }
}
