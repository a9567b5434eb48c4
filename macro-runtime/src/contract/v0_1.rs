//! `cell:macros@0.1`: what [`bindings`](crate::bindings) have, by way of [`convert`].

use macro_bridge::compose::{Context, Fact, GuestExpansion, Input};
use wasmtime::Store;
use wasmtime::component::{HasSelf, InstancePre, Linker};

use super::{Guest, Instantiate, Planned, Ready};
use crate::bindings::{Macros, MacrosPre};
use crate::convert;
use crate::describe::RawMacro;
use crate::host::State;

pub(super) struct Contract;

impl super::Contract for Contract {
    fn version(&self) -> &'static str {
        "0.1.0"
    }

    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()> {
        Macros::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
    }

    fn ready(&self, component: InstancePre<State>) -> wasmtime::Result<Ready> {
        Ok(Box::new(MacrosPre::new(component)?))
    }
}

impl Instantiate for MacrosPre<State> {
    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Box<dyn Guest>> {
        Ok(Box::new(Self::instantiate(self, store)?))
    }
}

impl Guest for Macros {
    fn describe(&self, store: &mut Store<State>) -> wasmtime::Result<Vec<RawMacro>> {
        self.cell_macros_expander().call_describe(store).map(convert::described)
    }

    fn plan(
        &self,
        store: &mut Store<State>,
        name: &str,
        input: Input,
        context: Context,
    ) -> wasmtime::Result<Result<Planned, String>> {
        let (input, context) = (convert::input(input), convert::context(context));
        let planned = self.cell_macros_expander().call_plan(store, name, &input, &context)?;
        let facts = convert::planned_facts(planned.facts);
        Ok(convert::diagnostics(planned.diagnostics).map(|diagnostics| (facts, diagnostics)))
    }

    fn expand(
        &self,
        store: &mut Store<State>,
        name: &str,
        input: Input,
        context: Context,
        facts: &[Fact],
    ) -> wasmtime::Result<Result<GuestExpansion, String>> {
        let (input, context) = (convert::input(input), convert::context(context));
        let facts = convert::facts(facts);
        let expander = self.cell_macros_expander();
        expander.call_expand(store, name, &input, &context, &facts).map(convert::expansion)
    }
}
