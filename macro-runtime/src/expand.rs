//! One item, all its macros: each in an instance of its own, which ends with the item.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use macro_bridge::answer::Question;
use macro_bridge::compose::{self, Checked, Fact, GuestExpansion};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{AnswerUsed, Attempt, Diagnostic, Expansion};
use macro_bridge::failure::{Failure, texts};
use macro_bridge::outside::Outside;
use macro_bridge::request::{Limits, Request};
use texts::engine::Subject;
use wasmtime::{Engine, Store};

use crate::contract::{self, Ready};
use crate::host::{Ask, Said, State};
use crate::loaded::Bytes;
use crate::own_stack::Asker;
use crate::{Components, Lookup, Reply, describe, grants, limits, translate};

/// What the thread that runs guests asks of the thread that was called.
pub(crate) enum Want {
    /// The bytes of a component.
    Component(Digest),
    /// The answer to a question of call number `.0`.
    Answer(usize, Question),
}

/// What it is told.
pub(crate) enum Told {
    Component(Result<Bytes, Failure>),
    Answer(Result<Reply, Failure>),
}

/// The side of the caller: decides what a guest may know, and remembers what it was told.
pub(crate) struct Service<'a> {
    request: &'a Request,
    components: &'a dyn Components,
    lookup: &'a dyn Lookup,
    /// A question is asked once, so that all macros on an item see one world.
    told: BTreeMap<Digest, Reply>,
    used: Vec<AnswerUsed>,
}

impl<'a> Service<'a> {
    pub(crate) fn new(
        request: &'a Request,
        components: &'a dyn Components,
        lookup: &'a dyn Lookup,
    ) -> Self {
        Self { request, components, lookup, told: BTreeMap::new(), used: Vec::new() }
    }

    pub(crate) fn request(&self) -> &'a Request {
        self.request
    }

    pub(crate) fn serve(&mut self, want: Want) -> Told {
        match want {
            Want::Component(digest) => {
                let bytes = self.components.component(&digest);
                Told::Component(bytes.map(|bytes| (bytes, self.components.threads())))
            }
            Want::Answer(call, question) => Told::Answer(self.answer(call, question)),
        }
    }

    /// The answers that were given, in the order of asking.
    pub(crate) fn into_used(self) -> Vec<AnswerUsed> {
        self.used
    }

    fn answer(&mut self, call: usize, question: Question) -> Result<Reply, Failure> {
        let Question { cell, function, .. } = &question;
        let subject = Subject::of(self.request, call);
        grants::check(&subject, &self.request.calls[call], cell, function)?;
        let key = question.key();
        if let Some(reply) = self.told.get(&key) {
            return Ok(reply.clone());
        }
        let asked = self.lookup.ask(&question);
        let asked = asked.map_err(|failure| texts::live::asked_by(failure, self.request, call))?;
        let Some(answer) = asked else {
            let why = self.lookup.why_not();
            return Err(texts::output::unrecorded(self.request, call, cell, function, &key, &why));
        };
        self.used.push(AnswerUsed { cell: cell.clone(), key, digest: answer.digest() });
        self.told.insert(key, answer.reply.clone());
        Ok(answer.reply)
    }
}

/// What the guests of a request returned, checked.
pub(crate) struct Ran {
    planned: Vec<Diagnostic>,
    checked: Vec<Checked>,
    attempts: BTreeSet<Attempt>,
}

impl Ran {
    pub(crate) fn compose(
        self,
        request: &Request,
        answers: Vec<AnswerUsed>,
    ) -> Result<Expansion, Failure> {
        let mut expansion = compose::compose(request, self.planned, self.checked, answers)?;
        expansion.attempts = self.attempts.into_iter().collect();
        Ok(expansion)
    }
}

/// Runs all guests of a request: every `plan` if there are several, then every `expand`. Those that are
/// switched off are not ready, and do not run.
pub(crate) fn run(
    engine: &Engine,
    request: &Request,
    ready: &[Option<Arc<Ready>>],
    asker: &Asker<Want, Told>,
) -> Result<Ran, Failure> {
    let mut facts: Vec<Fact> = Vec::new();
    let mut planned = Vec::new();
    let mut attempts = BTreeSet::new();
    let mut guests: Vec<Option<Guest>> = ready.iter().map(|_| None).collect();
    let runs = || ready.iter().enumerate().filter_map(|(call, it)| Some((call, it.as_ref()?)));
    if ready.len() > 1 {
        for (call, ready) in runs() {
            let mut guest =
                Guest::of(engine, request, call, ready, asker).map_err(|f| in_call(f, call))?;
            let (said, diagnostics) =
                plan(request, call, &mut guest, &mut attempts).map_err(|f| in_call(f, call))?;
            facts.extend(said);
            planned.extend(diagnostics);
            guests[call] = guest.kept();
        }
        facts.sort();
    }
    let mut checked = Vec::with_capacity(ready.len());
    for (call, (ready, guest)) in ready.iter().zip(guests).enumerate() {
        let Some(ready) = ready else {
            checked.push(Checked::nothing());
            continue;
        };
        let own = request.calls[call].path();
        let others: Vec<Fact> = facts.iter().filter(|fact| fact.source != own).cloned().collect();
        let expanded = guest
            .map_or_else(|| Guest::of(engine, request, call, ready, asker), Ok)
            .and_then(|mut guest| returned(request, call, &mut guest, &others, &mut attempts))
            .and_then(|returned| compose::check(request, call, returned));
        checked.push(expanded.map_err(|f| in_call(f, call))?);
    }
    Ok(Ran { planned, checked, attempts })
}

/// Says which macro of a stack failed, so that the error stands on its attribute.
pub(crate) fn in_call(failure: Failure, call: usize) -> Failure {
    if failure.call.is_some() { failure } else { failure.in_call(call) }
}

/// Runs `plan` of a guest, and checks what it says.
pub(crate) fn plan(
    request: &Request,
    call: usize,
    guest: &mut Guest,
    attempts: &mut BTreeSet<Attempt>,
) -> Result<(Vec<Fact>, Vec<Diagnostic>), Failure> {
    let (input, context) = (compose::input(request, call), compose::context(request, call));
    let name = &request.calls[call].name;
    let planned = guest.call(attempts, |guest, store| guest.plan(store, name, input, context))?;
    let (facts, diagnostics) =
        planned.map_err(|why| texts::output::invalid_answer(request, call, &why))?;
    compose::check_planned(request, call, facts, diagnostics)
}

/// What a guest returns, before anything about it is checked.
pub(crate) fn returned(
    request: &Request,
    call: usize,
    guest: &mut Guest,
    facts: &[Fact],
    attempts: &mut BTreeSet<Attempt>,
) -> Result<GuestExpansion, Failure> {
    let (input, context) = (compose::input(request, call), compose::context(request, call));
    let name = &request.calls[call].name;
    let returned =
        guest.call(attempts, |guest, store| guest.expand(store, name, input, context, facts))?;
    returned.map_err(|why| texts::output::invalid_answer(request, call, &why))
}

/// Asks a component twice what macros it has.
pub(crate) fn describe(
    engine: &Engine,
    cell: &str,
    component: Digest,
    ready: &Ready,
) -> Result<Vec<describe::MacroInfo>, Failure> {
    let ask_twice = || {
        let subject = Subject::describing(cell, component, limits::DESCRIBE);
        let name = texts::engine::component_name(cell, component);
        let no_questions: Ask = Rc::new(move |_| {
            Err(texts::engine::bad_description(
                &name,
                "it asks a question before it describes itself",
            ))
        });
        let (limits, outside) = (limits::DESCRIBE, Outside::default());
        Guest::start(engine, subject, limits, ready, no_questions, outside)?
            .call(&mut BTreeSet::new(), |guest, store| {
                Ok((guest.describe(store)?, guest.describe(store)?))
            })
    };
    let (first, second) = ask_twice()?;
    describe::check(cell, component, first, &second)
}

/// An instance of a component, for one macro on one item.
pub(crate) struct Guest {
    subject: Subject,
    limits: Limits,
    said: Rc<RefCell<Said>>,
    store: Store<State>,
    exports: Box<dyn contract::Guest>,
}

/// Bytes of memory of a guest that has planned and waits for its expansion: all of a stack do so at
/// once. One that holds more ends, and is instantiated anew.
const KEPT: usize = 4 << 20;

impl Guest {
    pub(crate) fn of(
        engine: &Engine,
        request: &Request,
        call: usize,
        ready: &Ready,
        asker: &Asker<Want, Told>,
    ) -> Result<Self, Failure> {
        let asker = asker.clone();
        let ask: Ask = Rc::new(move |question| match asker.ask(Want::Answer(call, question)) {
            Some(Told::Answer(reply)) => reply,
            _ => Err(texts::engine::internal("nobody answers the macro's question", "")),
        });
        let called = &request.calls[call];
        let outside = called.outside.clone();
        Self::start(engine, Subject::of(request, call), called.limits, ready, ask, outside)
    }

    /// A fresh store and instance.
    fn start(
        engine: &Engine,
        subject: Subject,
        limits: Limits,
        ready: &Ready,
        ask: Ask,
        outside: Outside,
    ) -> Result<Self, Failure> {
        let state = State::new(subject.clone(), &limits, ask, outside);
        let said = Rc::clone(&state.said);
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limiter);
        // The types of exports are compared when they are looked up in an instance.
        match supplied(&mut store, &limits).and_then(|()| ready.instantiate(&mut store)) {
            Ok(exports) => Ok(Self { subject, limits, said, store, exports }),
            Err(error) => {
                let refused = store.data().limiter.refused;
                let mut said = said.borrow_mut();
                let tried: Vec<_> = std::mem::take(&mut said.attempts).into_iter().collect();
                let taken = limits::taken(&limits);
                let why = translate::not_begun(&subject, &error, &mut said, refused, taken);
                Err(texts::engine::tried(&subject, why, &tried))
            }
        }
    }

    /// One call, and the reason if it did not return. What it tried is added to `attempts`, or said with
    /// the reason.
    fn call<T>(
        &mut self,
        attempts: &mut BTreeSet<Attempt>,
        call: impl FnOnce(&dyn contract::Guest, &mut Store<State>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let result = call(&*self.exports, &mut self.store);
        let refused = self.store.data().limiter.refused;
        let mut said = self.said.borrow_mut();
        let tried: Vec<_> = std::mem::take(&mut said.attempts).into_iter().collect();
        match result {
            // A guest that was ended cannot return; should that ever change, this still holds.
            Ok(_) if said.failure.is_some() => {
                Err(said.failure.take().unwrap_or_else(|| texts::engine::internal("lost", "")))
            }
            Ok(returned) => {
                let cell = &self.subject.cell;
                attempts.extend(tried.into_iter().map(|(what, detail)| Attempt {
                    cell: cell.clone(),
                    what,
                    detail,
                }));
                Ok(returned)
            }
            Err(error) => {
                let (subject, taken) = (&self.subject, limits::taken(&self.limits));
                let why = translate::guest_ended(subject, &error, &mut said, refused, taken);
                Err(texts::engine::tried(subject, why, &tried))
            }
        }
    }

    /// The same guest for another call, with all that its limits allow for one; `None` if it holds too
    /// much to wait for that.
    fn kept(mut self) -> Option<Self> {
        if self.store.data().limiter.memory() > KEPT {
            return None;
        }
        self.store.data_mut().begin_call();
        supplied(&mut self.store, &self.limits).ok()?;
        Some(self)
    }
}

/// Gives a guest what one call may use.
fn supplied(store: &mut Store<State>, limits: &Limits) -> wasmtime::Result<()> {
    store.set_hostcall_fuel(usize::try_from(limits::taken(limits)).unwrap_or(usize::MAX));
    store.set_fuel(limits.fuel)
}
