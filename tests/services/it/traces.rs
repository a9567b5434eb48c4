//! Traces across cells: their handlers know nothing of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock, PoisonError};

use cell::trace::{self, Trace};
use cell_services::{Probe, ProbeClient};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

use crate::place::Folder;

type Fields = BTreeMap<&'static str, String>;

/// All spans of this process, by their numbers.
#[derive(Default)]
struct Spans(Mutex<Vec<Fields>>);

impl Spans {
    fn with<T>(&self, act: impl FnOnce(&mut Vec<Fields>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Collect(&'static Spans);

impl tracing::Subscriber for Collect {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "cell"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Read(BTreeMap::from([("name", attributes.metadata().name().to_owned())]));
        attributes.record(&mut fields);
        self.0.with(|spans| {
            spans.push(fields.0);
            Id::from_u64(spans.len() as u64)
        })
    }

    fn record(&self, span: &Id, record: &Record<'_>) {
        let mut fields = Read(BTreeMap::new());
        record.record(&mut fields);
        self.0.with(|spans| spans[span.into_u64() as usize - 1].extend(fields.0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Read(Fields);

impl Visit for Read {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

fn spans() -> &'static Spans {
    static SPANS: OnceLock<&Spans> = OnceLock::new();
    SPANS.get_or_init(|| {
        let spans = Box::leak(Box::default());
        tracing::subscriber::set_global_default(Collect(spans)).expect("the only one");
        spans
    })
}

/// Three cells that call each other in turn, and a client of the first.
fn chain(folder: &Folder) -> (Vec<cell::Running>, ProbeClient) {
    let mut next = None;
    let mut cells = Vec::new();
    for name in ["third", "second", "first"] {
        let probe = Probe { next };
        cells.push(folder.builder(name).with(probe).start().expect("a free name"));
        next = Some(folder.client(name));
    }
    (cells, next.expect("the first"))
}

/// What a chain of calls says, checked: one trace, and each call under the one before.
fn follows(from: Trace, said: &[String]) -> Vec<Trace> {
    let all: Vec<Trace> = said.iter().map(|it| Trace::from_parent(it).expect("a trace")).collect();
    assert_eq!(all.len(), 3, "{said:?}");
    for trace in &all {
        assert_eq!((trace.trace, trace.flags), (from.trace, from.flags));
    }
    let spans: BTreeSet<u64> = all.iter().chain([&from]).map(|trace| trace.span).collect();
    assert_eq!(spans.len(), 4, "each call has a span of its own: {said:?}");
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_goes_through_all_cells() {
    let collected = spans();
    let folder = Folder::new();
    let (_cells, first) = chain(&folder);
    let caller = folder.caller::<Probe>("first");
    for flags in [0, 1] {
        let from = Trace { flags, ..trace::begin() };
        let said = ProbeClient::with(caller.clone().traced(from)).chain().await.unwrap();
        let all = follows(from, &said);
        let id = format!("{:032x}", from.trace);
        let ended = || {
            collected.with(|spans| {
                let mine = spans.iter().filter(|it| it.get("trace_id") == Some(&id));
                mine.cloned().collect::<Vec<Fields>>()
            })
        };
        let mine = ended();
        assert_eq!(mine.len(), 3);
        let mut parent = from.span;
        for (cell, trace) in ["first", "second", "third"].into_iter().zip(all) {
            let span = mine.iter().find(|it| it["cell"] == cell).expect("a span of each cell");
            let is = |field, value: &str| assert_eq!(span[field], value, "{span:?}");
            is("name", "call");
            is("service", "Probe");
            is("method", "chain");
            is("span_id", &format!("{:016x}", trace.span));
            is("parent_id", &format!("{parent:016x}"));
            is("outcome", "ok");
            parent = trace.span;
        }
    }
    // None begins by itself; the calls have spans all the same.
    assert_eq!(first.chain().await.unwrap(), ["", "", ""]);
    let untraced = |it: &&Fields| it["method"] == "chain" && !it.contains_key("trace_id");
    assert!(collected.with(|spans| spans.iter().filter(untraced).count()) >= 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_of_calls_at_the_same_time_never_mix() {
    let folder = Folder::new();
    let (_cells, _) = chain(&folder);
    let caller = folder.caller::<Probe>("first");
    let tasks: Vec<_> = (0..200u8)
        .map(|number| {
            let traced = number % 4 != 0;
            let from = Trace { flags: number % 2, ..trace::begin() };
            let caller = if traced { caller.clone().traced(from) } else { caller.clone() };
            tokio::spawn(async move {
                for _ in 0..5 {
                    let said = ProbeClient::with(caller.clone()).chain().await.unwrap();
                    if traced {
                        follows(from, &said);
                    } else {
                        assert_eq!(said, ["", "", ""]);
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task");
    }
}

#[tokio::test]
async fn a_trace_that_was_given_goes_before_that_of_the_handler() {
    let folder = Folder::new();
    let _cell = folder.probe("probe");
    let (outer, given) = (trace::begin(), trace::begin());
    let caller = folder.caller::<Probe>("probe");
    let said = trace::within(outer, async {
        let plain = ProbeClient::with(caller.clone()).chain().await.unwrap();
        (plain, ProbeClient::with(caller.traced(given)).chain().await.unwrap())
    });
    let (plain, traced) = said.await;
    assert_eq!(Trace::from_parent(&plain[0]).unwrap().trace, outer.trace);
    assert_eq!(Trace::from_parent(&traced[0]).unwrap().trace, given.trace);
}
