//! `cell:macros@0.2` as it might be: tokens of a new kind, and a new field in each. What a host of
//! that version adds to this one is this file.

use macro_bridge::compose::{Context, Fact, GuestExpansion, Input};
use macro_bridge::expansion::Diagnostic;
use macro_bridge::output::{Part, RawOutput};
use macro_bridge::table::{SpanOp, Token};
use wasmtime::Store;
use wasmtime::component::{HasSelf, InstancePre, Linker};

use self::bindings::cell::macros::{host, types as wit};
use self::bindings::{Macros, MacrosPre};
use super::{Guest, Instantiate, Planned, Ready};
use crate::describe::RawMacro;
use crate::host::State;

#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "tests/simulated-0.2.0",
        world: "macros",
        imports: { default: trappable },
    });
}

/// The new kind of row.
pub(super) const LINE_BREAK: u8 = 7;
/// What the new field says of every token here.
pub(super) const EDITION: u16 = 2024;

pub(super) struct Contract;

impl super::Contract for Contract {
    fn version(&self) -> &'static str {
        "0.2.0"
    }

    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        Macros::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
    }

    fn ready(&self, component: InstancePre<State>) -> wasmtime::Result<Ready> {
        Ok(Box::new(MacrosPre::new(component)?))
    }
}

impl wit::Host for State {}

/// What a guest may call is the same.
impl host::Host for State {
    fn call_cell(
        &mut self,
        cell: String,
        function: String,
        arguments: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, String>> {
        crate::bindings::cell::macros::host::Host::call_cell(self, cell, function, arguments)
    }

    fn report_panic(&mut self, text: String, file: String, line: u32) -> wasmtime::Result<()> {
        crate::bindings::cell::macros::host::Host::report_panic(self, text, file, line)
    }
}

impl Instantiate for MacrosPre<State> {
    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Box<dyn Guest>> {
        Ok(Box::new(Self::instantiate(self, store)?))
    }
}

impl Guest for Macros {
    fn describe(&self, store: &mut Store<State>) -> wasmtime::Result<Vec<RawMacro>> {
        let described = self.cell_macros_expander().call_describe(store)?;
        let one = |wit::MacroInfo { name, kind, doc, helpers, needs, context, .. }| RawMacro {
            name,
            kind,
            doc,
            helpers,
            needs,
            context,
            calls: Vec::new(),
        };
        Ok(described.into_iter().map(one).collect())
    }

    fn plan(
        &self,
        store: &mut Store<State>,
        name: &str,
        input: Input,
        context: Context,
    ) -> wasmtime::Result<Result<Planned, String>> {
        let (input, context) = (lower(input), place(context));
        let planned = self.cell_macros_expander().call_plan(store, name, &input, &context)?;
        let fact = |wit::Fact { name, value, .. }| (name, value);
        Ok(Ok((planned.facts.into_iter().map(fact).collect(), Vec::<Diagnostic>::new())))
    }

    fn expand(
        &self,
        store: &mut Store<State>,
        name: &str,
        input: Input,
        context: Context,
        facts: &[Fact],
    ) -> wasmtime::Result<Result<GuestExpansion, String>> {
        let (input, context) = (lower(input), place(context));
        let fact = |Fact { source, name, value }: Fact| wit::Fact { source, name, value };
        let facts: Vec<_> = facts.iter().cloned().map(fact).collect();
        let expander = self.cell_macros_expander();
        let expansion = expander.call_expand(store, name, &input, &context, &facts)?;
        Ok(Ok(GuestExpansion { output: lift(expansion.output), ..GuestExpansion::default() }))
    }
}

fn lower(Input { table, split }: Input) -> wit::Input {
    let token = |Token { kind, sub, span, a, b }| {
        let edition = EDITION;
        wit::Token { kind, sub, span, a, b, edition }
    };
    wit::Input { text: table.text, tokens: table.rows.into_iter().map(token).collect(), split }
}

fn place(context: Context) -> wit::Context {
    let Context { item_kind, package, krate, profile, .. } = context;
    wit::Context { item_kind, gathered: Vec::new(), package, crate_name: krate, profile }
}

fn lift(wit::Output { text, tokens, spans, parts }: wit::Output) -> RawOutput {
    let token = |wit::Token { kind, sub, span, a, b, .. }| Token { kind, sub, span, a, b };
    let operation = |wit::SpanOp { op, a, b }| SpanOp { op, a, b };
    let part = |wit::Part { kind, rows, name }| Part { kind, rows, name };
    RawOutput {
        text,
        rows: tokens.into_iter().map(token).collect(),
        spans: spans.into_iter().map(operation).collect(),
        parts: parts.into_iter().map(part).collect(),
    }
}
