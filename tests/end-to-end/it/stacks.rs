//! Macros on one item that do not go together.

use anyhow::Result;
use macro_bridge::failure::Kind;

use crate::guests::{ledger, stack};
use crate::project::{Host, Project};
use crate::report::{expect, fails, says};

#[test]
fn macros_that_exclude_or_miss_each_other() -> Result<()> {
    let project = Project::new("stacks", Host::Embedded)?;
    let cells = format!("[cells.stack]\npath = {:?}\n", stack()?);
    project.lock_only(&cells, |_| true)?;
    let source = "
#[cell::wasm(stack::«cycle_a»)]
#[cell::wasm(stack::cycle_b)]
pub struct A { pub id: u64 }
#[cell::wasm(stack::«needs_nothing»)]
pub struct B { pub id: u64 }
#[cell::wasm(stack::«c»)]
#[cell::wasm(stack::a)]
pub struct C { pub id: u64 }
#[cell::wasm(stack::replace_a)]
#[cell::wasm(stack::«replace_b»)]
pub struct D { pub id: u64 }
#[cell::wasm(stack::«field_b»)]
#[cell::wasm(stack::field_a)]
pub struct E { pub id: u64 }
#[cell::wasm(stack::a)]
#[cell::wasm(stack::«field_a»)]
pub enum F { X }
#[cell::wasm(stack::«field_c»)]
pub struct G(pub u64);
#[cell::wasm(stack::a)]
#[cell::wasm(stack::fails_in_plan)]
pub struct «H» { pub id: u64 }
pub fn uses(a: A, b: B, c: C, d: D, e: E, f: F, g: G, h: H) -> u64 {
    a.id + b.id + c.id + d.id + e.id + f as u64 + g.0 + h.id
}
";
    let expected = [
        fails(Kind::NeedCycle, &["`stack::cycle_a`, `stack::cycle_b` need each other"]),
        fails(Kind::MissingNeed, &["`stack::needs_nothing` needs `nowhere::nothing`"]),
        fails(Kind::MissingNeed, &["`stack::c` needs `stack::b`"]),
        fails(Kind::Conflict, &["`stack::replace_a` and `stack::replace_b` both change the item"]),
        fails(
            Kind::Conflict,
            &["`stack::field_a` and `stack::field_b` both add the field `extra`"],
        ),
        fails(Kind::NoFields, &["`stack::field_a` adds a field `extra`"]),
        fails(Kind::NoFields, &["`stack::field_c` adds a field `other`"]),
        says(&["the plan of this failed"]),
    ];
    expect(&project, source, &expected)
}

/// An attribute macro takes its helpers from the item, and leaves a derive behind it its own.
#[test]
fn a_derive_behind_an_attribute_reads_its_helper() -> Result<()> {
    let project = Project::new("stacks-derive", Host::Embedded)?;
    project.lock_only(&format!("[cells.ledger]\npath = {:?}\n", ledger()), |_| true)?;
    let source = "
cell::cell_remote!(Ledger = \"ledger\");
#[Ledger::table]
#[derive(Clone, Ledger::Model)]
pub struct A { #[Ledger::primary_key] pub id: u64, #[cell(skip)] pub reads: u32 }
const _: () = assert!(A::FIELDS.len() == 1 && A::COLUMNS.len() == 2);
#[cell::wasm(ledger::table)]
#[cell::wasm_derive(ledger::Model)]
pub struct B { #[ledger::primary_key] pub id: u64, #[cell(skip)] pub reads: u32 }
const _: () = assert!(B::FIELDS.len() == 1 && B::COLUMNS.len() == 2);
#[cell::wasm_derive(ledger::Model)]
#[cell::wasm(ledger::table)]
pub struct C { #[ledger::primary_key] pub id: u64, #[cell(skip)] pub reads: u32 }
const _: () = assert!(C::FIELDS.len() == 1 && C::COLUMNS.len() == 2);
";
    expect(&project, source, &[])
}
