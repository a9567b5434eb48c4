//! What a component says of its macros, and whether it can be used.

use std::collections::BTreeSet;

use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, texts::engine as texts};
use macro_bridge::request::{CallPermission, MacroKind, wants};
use macro_bridge::text;

use crate::load::Audit;

/// A component and the macros in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// What was seen from outside.
    pub audit: Audit,
    /// What it says: at least one macro, names unique, in its own order.
    pub macros: Vec<MacroInfo>,
}

/// One macro, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroInfo {
    /// Its name: an identifier that is no keyword.
    pub name: String,
    /// How it is written.
    pub kind: MacroKind,
    /// Markdown, first line a summary.
    pub doc: String,
    /// Inert attributes that the host removes.
    pub helpers: Vec<String>,
    /// Macros that must stand on the same item: `name` of the same cell, or `cell::name`.
    pub needs: Vec<String>,
    /// Bits of [`wants`].
    pub context: u32,
    /// Questions that it may want to ask.
    pub calls: Vec<CallPermission>,
}

/// One macro as the component said it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawMacro {
    pub(crate) name: String,
    pub(crate) kind: u8,
    pub(crate) doc: String,
    pub(crate) helpers: Vec<String>,
    pub(crate) needs: Vec<String>,
    pub(crate) context: u32,
    pub(crate) calls: Vec<CallPermission>,
}

/// Words that no attribute, derive or macro can be named by. `macro_rules` and `union` can.
const KEYWORDS: [&str; 52] = [
    "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue",
    "crate", "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if",
    "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
    "ref", "return", "self", "Self", "static", "struct", "super", "trait", "true", "try", "type",
    "typeof", "unsafe", "unsized", "use", "virtual", "where", "while",
];

/// Checks what two calls of `describe` returned.
pub(crate) fn check(
    cell: &str,
    component: Digest,
    first: Vec<RawMacro>,
    second: &[RawMacro],
) -> Result<Vec<MacroInfo>, Failure> {
    let bad = |why: String| texts::bad_description(&texts::component_name(cell, component), &why);
    if first != second {
        return Err(bad("it answered differently when it was asked again".to_owned()));
    }
    if first.is_empty() {
        return Err(bad("it has no macro".to_owned()));
    }
    let mut names = BTreeSet::new();
    let mut checked = Vec::with_capacity(first.len());
    for raw in first {
        if !is_name(&raw.name) {
            return Err(bad(format!(
                "`{}` cannot be the name of a macro",
                raw.name.escape_debug()
            )));
        }
        if !names.insert(raw.name.clone()) {
            return Err(bad(format!(
                "it has two macros `{}`, and macros of all kinds share one namespace",
                raw.name
            )));
        }
        checked.push(one(raw).map_err(bad)?);
    }
    Ok(checked)
}

fn one(raw: RawMacro) -> Result<MacroInfo, String> {
    let RawMacro { name, kind, doc, helpers, needs, context, calls } = raw;
    let kind = MacroKind::from_number(kind).ok_or_else(|| {
        format!("macro `{name}` is of kind {kind}, which this Cell does not know")
    })?;
    if let Some(helper) = helpers.iter().find(|helper| !is_name(helper)) {
        return Err(format!("macro `{name}` has the helper attribute `{}`", helper.escape_debug()));
    }
    let is_need = |need: &str| match need.split_once("::") {
        Some((cell, other)) => is_cell(cell) && is_name(other),
        None => is_name(need) && need != name,
    };
    if let Some(need) = needs.iter().find(|need| !is_need(need)) {
        return Err(format!("macro `{name}` needs `{}`", need.escape_debug()));
    }
    if context & !wants::ALL != 0 {
        let unknown = context & !wants::ALL;
        return Err(format!(
            "macro `{name}` asks for context {unknown:#x}, which this Cell does not have"
        ));
    }
    let is_call = |call: &CallPermission| is_cell(&call.cell) && text::is_ident(&call.function);
    if let Some(call) = calls.iter().find(|call| !is_call(call)) {
        let CallPermission { cell, function } = call;
        let call = format!("{cell}::{function}");
        return Err(format!("macro `{name}` wants to ask `{}`", call.escape_debug()));
    }
    Ok(MacroInfo { name, kind, doc, helpers, needs, context, calls })
}

fn is_name(name: &str) -> bool {
    text::is_ident(name) && !KEYWORDS.contains(&name)
}

/// The name of a cell. Hyphens may be in it: macros of such a cell are reached by an alias.
fn is_cell(name: &str) -> bool {
    is_name(&name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use macro_bridge::failure::Kind;

    fn raw(name: &str) -> RawMacro {
        RawMacro {
            name: name.into(),
            kind: 0,
            doc: String::new(),
            helpers: vec!["primary_key".into()],
            needs: vec!["cache".into(), "search::index".into()],
            context: 15,
            calls: vec![CallPermission { cell: "search".into(), function: "schema".into() }],
        }
    }

    fn check_macros(list: &[RawMacro]) -> Result<Vec<MacroInfo>, Failure> {
        check("ledger", Digest::from_bytes([7; 32]), list.to_vec(), list)
    }

    #[test]
    fn a_usable_description_is_taken_as_it_is() {
        let macros = check_macros(&[raw("table"), raw("r"), raw("union")]).unwrap();
        assert_eq!(
            macros.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(),
            ["table", "r", "union"]
        );
        assert_eq!(macros[0].kind, MacroKind::Attribute);
    }

    #[test]
    fn each_fault_is_named() {
        let with = |change: fn(&mut RawMacro)| {
            let mut one = raw("table");
            change(&mut one);
            vec![one]
        };
        let cases: [(Vec<RawMacro>, &str); 10] = [
            (vec![], "no macro"),
            (vec![raw("table"), raw("table")], "two macros `table`"),
            (vec![raw("fn")], "`fn` cannot be"),
            (vec![raw("a-b")], "`a-b` cannot be"),
            (with(|m| m.kind = 9), "kind 9"),
            (with(|m| m.helpers.push("a b".into())), "helper attribute `a b`"),
            (with(|m| m.needs.push("a::b::c".into())), "needs `a::b::c`"),
            (with(|m| m.needs.push("table".into())), "needs `table`"),
            (with(|m| m.context = 16), "context 0x10"),
            (with(|m| m.calls[0].function = "\u{1b}".into()), "wants to ask"),
        ];
        for (list, words) in cases {
            let failure = check_macros(&list).unwrap_err();
            assert_eq!(failure.kind, Kind::BadDescription);
            assert!(failure.message.contains(words), "{failure}");
            assert!(!failure.message.contains('\u{1b}'));
        }
    }

    #[test]
    fn a_description_that_changes_is_refused() {
        let failure =
            check("ledger", Digest::from_bytes([7; 32]), vec![raw("a")], &[raw("b")]).unwrap_err();
        assert_eq!(failure.kind, Kind::BadDescription);
    }
}
