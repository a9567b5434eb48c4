//! Components written by hand, so that they can do what no compiler would emit, and requests for
//! them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use macro_runtime::bridge::answer::{Answer, Question, Source};
use macro_runtime::bridge::digest::Digest;
use macro_runtime::bridge::expansion::Expansion;
use macro_runtime::bridge::failure::Failure;
use macro_runtime::bridge::outside::Outside;
use macro_runtime::bridge::request::{
    Allowed, Call, CallPermission, Limits, MacroKind, Place, Request,
};
use macro_runtime::bridge::table::{Table, TableBuilder, delimiter};
use macro_runtime::{Components, Lookup, Options, Runtime, load};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A guest as the bodies of its three functions. Memory: 0..1024 free, from 1024 on what `describe`
/// says, from 4096 on `data`, from 65536 on what is allocated.
pub(crate) struct Guest {
    /// `(result i32)`
    pub(crate) describe: String,
    /// 16 parameters, `(result i32)`
    pub(crate) plan: String,
    /// `(param $in i32) (result i32)`: where the parameters are; see [`parameter`].
    pub(crate) expand: String,
    /// Functions, globals, tables.
    pub(crate) more: String,
    /// Bytes at 4096.
    pub(crate) data: Vec<u8>,
}

/// Offsets of what `expand` is given, in bytes from `$in`.
pub(crate) mod parameter {
    pub(crate) const TEXT: u32 = 8;
    pub(crate) const TOKENS: u32 = 16;
    pub(crate) const FACTS: u32 = 64;
}

/// Offsets of what `expand` returns: pairs of address and length.
pub(crate) mod result {
    pub(crate) const TEXT: u32 = 0;
    pub(crate) const TOKENS: u32 = 8;
    pub(crate) const PARTS: u32 = 24;
    pub(crate) const DIAGNOSTICS: u32 = 32;
    /// Where the guests here build it.
    pub(crate) const AT: u32 = 256;
}

impl Default for Guest {
    /// Has one attribute, `table`, that adds nothing.
    fn default() -> Self {
        Self {
            describe: "i32.const 1024".into(),
            plan: format!("i32.const {}", result::AT),
            expand: format!("i32.const {}", result::AT),
            more: String::new(),
            data: Vec::new(),
        }
    }
}

impl Guest {
    /// A guest with this body of `expand`.
    pub(crate) fn expanding(body: impl Into<String>) -> Self {
        Self { expand: body.into(), ..Self::default() }
    }

    /// Returns the tokens it was given, as tokens of its own.
    pub(crate) fn copying() -> Self {
        let copy = |from: u32, to: u32| {
            format!(
                "(i32.store (i32.const {to}) (i32.load (i32.add (local.get $in) (i32.const {from}))))
                 (i32.store (i32.const {to4}) (i32.load (i32.add (local.get $in) (i32.const {from4}))))",
                to = result::AT + to, to4 = result::AT + to + 4, from4 = from + 4,
            )
        };
        Self::expanding(format!(
            "{text}{tokens}{one_part}
             (i32.store (i32.const 132) (i32.load (i32.add (local.get $in) (i32.const {count}))))
             i32.const {at}",
            text = copy(parameter::TEXT, result::TEXT),
            tokens = copy(parameter::TOKENS, result::TOKENS),
            one_part = one_part(),
            count = parameter::TOKENS + 4,
            at = result::AT,
        ))
    }

    /// Returns one literal whose text is at the address and of the length that `text` leaves on
    /// the stack.
    pub(crate) fn literal(text: &str) -> Self {
        Self::expanding(format!(
            "(local $address i32) (local $length i32)
             {text} (local.set $length) (local.set $address)
             (i32.store (i32.const {at}) (local.get $address))
             (i32.store (i32.const {at4}) (local.get $length))
             (i32.store8 (i32.const 160) (i32.const 2))
             (i32.store (i32.const 172) (local.get $length))
             (i32.store (i32.const {tokens}) (i32.const 160))
             (i32.store (i32.const {tokens4}) (i32.const 1))
             {one_part}
             (i32.store (i32.const 132) (i32.const 1))
             i32.const {at}",
            at = result::AT,
            at4 = result::AT + 4,
            tokens = result::AT + result::TOKENS,
            tokens4 = result::AT + result::TOKENS + 4,
            one_part = one_part(),
        ))
    }

    /// The core module.
    pub(crate) fn module(&self) -> Vec<u8> {
        let text = self.text();
        wat::parse_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    /// The core module as text.
    pub(crate) fn text(&self) -> String {
        let Self { describe, plan, expand, more, data } = self;
        format!(
            r#"(module
  (import "cell:macros/host@0.1.0" "call-cell"
    (func $call_cell (param i32 i32 i32 i32 i32 i32 i32)))
  (import "cell:macros/host@0.1.0" "report-panic"
    (func $report_panic (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $address i32)
    (local.set $address (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.set $top (i32.add (local.get $address) (local.get 3)))
    (block $enough
      (br_if $enough (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
      (br_if $enough (i32.ne (i32.const -1) (memory.grow
        (i32.add (i32.const 1) (i32.shr_u (local.get 3) (i32.const 16))))))
      unreachable)
    (local.get $address))
  (func $describe (export "cell:macros/expander@0.1.0#describe") (result i32) {describe})
  (func $plan (export "cell:macros/expander@0.1.0#plan")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) {plan})
  (func $expand (export "cell:macros/expander@0.1.0#expand") (param $in i32) (result i32) {expand})
  {more}
  (data (i32.const 1024) "{description}")
  (data (i32.const 4096) "{data}"))"#,
            description = escaped(&described("table", 0)),
            data = escaped(data),
        )
    }

    /// The component.
    pub(crate) fn component(&self) -> Vec<u8> {
        component_of(self.module())
    }
}

/// Says in `result` that there is one part, at 128: items, with the number of rows at 132.
fn one_part() -> String {
    format!(
        "(i32.store (i32.const {parts}) (i32.const 128))
         (i32.store (i32.const {parts4}) (i32.const 1))",
        parts = result::AT + result::PARTS,
        parts4 = result::AT + result::PARTS + 4,
    )
}

/// What `describe` returns, for memory from 1024 on: the list, one record, its name.
pub(crate) fn described(name: &str, kind: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut words = |words: &[u32]| words.iter().for_each(|w| bytes.extend(w.to_le_bytes()));
    words(&[1032, 1]);
    words(&[1080, name.len() as u32, u32::from(kind), 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    bytes.extend(name.as_bytes());
    bytes
}

pub(crate) fn component_of(mut module: Vec<u8>) -> Vec<u8> {
    let (resolve, world) = contract(|text| text);
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    encode(&module)
}

/// The contract, with changes to its text.
pub(crate) fn contract(change: impl FnOnce(String) -> String) -> (Resolve, wit_parser::WorldId) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/macros.wit");
    let text = change(std::fs::read_to_string(&path).unwrap());
    let mut resolve = Resolve::default();
    let package = resolve.push_str(&path, &text).unwrap();
    let world = resolve.select_world(&[package], Some("macros")).unwrap();
    (resolve, world)
}

pub(crate) fn encode(module: &[u8]) -> Vec<u8> {
    ComponentEncoder::default().module(module).unwrap().validate(true).encode().unwrap()
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// `struct Order { id: u64 }`
pub(crate) fn item() -> Table {
    let mut table = TableBuilder::default();
    add_item(&mut table);
    table.finish().unwrap()
}

fn add_item(table: &mut TableBuilder) {
    table.ident("struct", false);
    table.ident("Order", false);
    table.open(delimiter::BRACE);
    table.ident("id", false);
    table.punct(':', false);
    table.ident("u64", false);
    table.close().unwrap();
}

/// A call of macro `table` of a cell, without arguments.
pub(crate) fn call(cell: &str, component: &[u8]) -> Call {
    Call {
        cell: cell.into(),
        name: "table".into(),
        kind: MacroKind::Attribute,
        component: load::digest(component),
        arguments: 0..0,
        wants: 0,
        needs: Vec::new(),
        helpers: Vec::new(),
        granted: Vec::new(),
        asked: Vec::new(),
        limits: Limits { fuel: 20_000_000, memory: 16 << 20, rows: 10_000, bytes: 1 << 20 },
        // What is written by hand here ends where it likes, and not where an item does.
        allowed: Allowed(u32::MAX),
        profile: "default".into(),
        outside: Outside::default(),
    }
}

/// `search::schema`, declared and granted.
pub(crate) fn granted(mut call: Call) -> Call {
    let schema = CallPermission { cell: "search".into(), function: "schema".into() };
    call.asked.push(schema.clone());
    call.granted.push(schema);
    call
}

pub(crate) fn request(calls: Vec<Call>) -> Request {
    Request { form: MacroKind::Attribute, table: item(), calls, place: Place::default() }
}

/// Components by digest, counting how often they are asked for.
#[derive(Default)]
pub(crate) struct Shelf {
    by_digest: BTreeMap<Digest, Vec<u8>>,
    pub(crate) asked: RefCell<u32>,
}

impl Shelf {
    pub(crate) fn of(components: &[&[u8]]) -> Self {
        let by_digest = components.iter().map(|c| (load::digest(c), c.to_vec())).collect();
        Self { by_digest, asked: RefCell::default() }
    }
}

impl Components for Shelf {
    fn component(&self, digest: &Digest) -> Result<Vec<u8>, Failure> {
        *self.asked.borrow_mut() += 1;
        Ok(self.by_digest[digest].clone())
    }
}

/// Answers every question with the same text, counting.
pub(crate) struct Says(pub(crate) &'static str, pub(crate) RefCell<Vec<Question>>);

impl Says {
    pub(crate) fn new(text: &'static str) -> Self {
        Self(text, RefCell::default())
    }
}

impl Lookup for Says {
    fn ask(&self, question: &Question) -> Result<Option<Answer>, Failure> {
        self.1.borrow_mut().push(question.clone());
        Ok(Some(Answer {
            question: question.clone(),
            reply: Ok(self.0.into()),
            source: Source::default(),
        }))
    }
}

pub(crate) fn runtime() -> Runtime {
    Runtime::new(Options::default()).unwrap()
}

/// Expands one guest's macro on [`item`] in a runtime of its own.
pub(crate) fn expand(component: &[u8]) -> Result<Expansion, Failure> {
    expand_call(component, call("ledger", component))
}

pub(crate) fn expand_call(component: &[u8], call: Call) -> Result<Expansion, Failure> {
    runtime().expand(&request(vec![call]), &Shelf::of(&[component]), &())
}
