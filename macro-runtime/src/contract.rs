//! The versions of `cell:macros` that this host speaks.
//!
//! A component names in its export the version that it was built with, and is called through that
//! version's own types for as long as a host serves it: records of the component model are closed,
//! so a field that a later version adds makes other types of them. What a host knows is the bridge's
//! [`Input`], [`Context`] and [`GuestExpansion`]; a [`Contract`] says them in the words of one version.
//!
//! Rows of kinds that an older version does not have go to its guests as they are: they pass them on
//! by reference ("Rules that keep old components working" in `wit/macros.wit`).

mod v0_1;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod v0_2;

use macro_bridge::compose::{Context, Fact, GuestExpansion, Input};
use macro_bridge::expansion::Diagnostic;
use wasmtime::Store;
use wasmtime::component::{InstancePre, Linker};

use crate::describe::RawMacro;
use crate::host::State;

/// One version of the contract.
pub(crate) trait Contract: Send + Sync {
    /// Such as `0.1.0`.
    fn version(&self) -> &'static str;

    /// Offers guests what they may import.
    fn link(&self, linker: &mut Linker<State>) -> wasmtime::Result<()>;

    /// Looks the exports of a component up, whose names are of this version.
    fn ready(&self, component: InstancePre<State>) -> wasmtime::Result<Ready>;
}

/// A component with its imports resolved: instantiating it looks nothing up.
pub(crate) type Ready = Box<dyn Instantiate>;

/// See [`Ready`].
pub(crate) trait Instantiate: Send + Sync {
    fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Box<dyn Guest>>;
}

/// An instance. What it returns is checked by the bridge; `Err` within is what the bridge has no
/// words for.
pub(crate) trait Guest {
    fn describe(&self, store: &mut Store<State>) -> wasmtime::Result<Vec<RawMacro>>;

    fn plan(
        &self,
        store: &mut Store<State>,
        name: &str,
        input: Input,
        context: Context,
    ) -> wasmtime::Result<Result<Planned, String>>;

    fn expand(
        &self,
        store: &mut Store<State>,
        name: &str,
        input: Input,
        context: Context,
        facts: &[Fact],
    ) -> wasmtime::Result<Result<GuestExpansion, String>>;
}

/// Names and values of a macro's facts, and what it tells the user.
pub(crate) type Planned = (Vec<(String, String)>, Vec<Diagnostic>);

/// All that this host speaks, the newest last.
pub(crate) type Contracts = Vec<Box<dyn Contract>>;

/// Those of this Cell.
pub(crate) fn all() -> Contracts {
    vec![Box::new(v0_1::Contract)]
}

/// The one whose series a version is of: as Cargo has it, below 1.0 the second number decides.
pub(crate) fn speaks<'a>(contracts: &'a Contracts, version: &str) -> Option<&'a dyn Contract> {
    let theirs = series(numbers(version)?);
    let same = |one: &&dyn Contract| numbers(one.version()).map(series) == Some(theirs);
    contracts.iter().map(|one| &**one).find(same)
}

/// Is this of a series that we speak, but later than what we know of it?
pub(crate) fn is_newer_patch(contracts: &Contracts, version: &str) -> bool {
    speaks(contracts, version).is_some_and(|ours| numbers(version) > numbers(ours.version()))
}

/// Is this later than all that we know?
pub(crate) fn is_newer(contracts: &Contracts, version: &str) -> bool {
    let newest = contracts.iter().filter_map(|ours| numbers(ours.version())).max();
    numbers(version).is_some_and(|theirs| Some(theirs) > newest)
}

fn series([major, minor, _]: [u64; 3]) -> [u64; 2] {
    [major, if major == 0 { minor } else { 0 }]
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}
