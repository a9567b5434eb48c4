//! The user's item with what the macros change about it.

use std::collections::BTreeMap;

use super::{Checked, Placed, PlacedPart};
use crate::failure::{Failure, texts};
use crate::item::{self, Changes, Item, Unfit};
use crate::output::{MAX_NESTING, PartKind};
use crate::request::Request;
use crate::table::{Token, kind};

/// What all macros of a stack want, in its order.
#[derive(Default)]
struct Edits<'a> {
    replaced: Option<(usize, &'a PlacedPart)>,
    /// The first that changes the item without replacing it.
    changed: Option<usize>,
    /// The first that adds a field of this name.
    fields: BTreeMap<&'a str, usize>,
    /// The first that adds a parameter of this name.
    parameters: BTreeMap<&'a str, usize>,
    /// The first that wraps the body.
    wraps: Option<usize>,
    changes: Changes<'a>,
}

/// The rows of the item, which stand before all that is added. `text` is that of the rows of
/// `placed`.
pub(super) fn item(
    request: &Request,
    checked: &[Checked],
    placed: &[Placed],
    text: &str,
) -> Result<Vec<Token>, Failure> {
    let mut edits = Edits::default();
    for (call, (one, placed)) in checked.iter().zip(placed).enumerate() {
        for (part, raw) in placed.parts.iter().zip(&one.output.parts) {
            edits.add(request, call, part, &raw.name, text)?;
        }
    }
    if let (Some((call, part)), changed) = (edits.replaced, edits.changed) {
        return match changed {
            Some(other) => Err(texts::output::both_replace(request, other, call)),
            None => Ok(part.rows.clone()),
        };
    }
    let parsed = Item::parse(&request.table, request.item());
    let taken = edits.parameters.iter().find(|(name, _)| {
        parsed.as_ref().is_some_and(|item| item.has_parameter(&request.table, name))
    });
    if let Some((name, call)) = taken {
        return Err(texts::output::parameter_taken(request, *call, name));
    }
    edits.changes.helpers =
        request.calls.iter().flat_map(|c| c.helpers.iter().map(String::as_str)).collect();
    edits.changes.strip_cell =
        !edits.changes.helpers.is_empty() && !item::is_derived(&request.table, request.item());
    let rows = item::emit(&request.table, request.item(), &edits.changes)
        .map_err(|unfit| edits.unfit(request, unfit))?;
    // Each macro keeps to the bound; one in the other they may not.
    match edits.changed.filter(|_| nesting(&rows) > MAX_NESTING) {
        Some(call) => {
            let reason = format!("groups of the item nest deeper than {MAX_NESTING}");
            Err(texts::output::invalid_output(request, call, &reason))
        }
        None => Ok(rows),
    }
}

impl<'a> Edits<'a> {
    fn add(
        &mut self,
        request: &Request,
        call: usize,
        part: &'a PlacedPart,
        name: &'a str,
        text: &str,
    ) -> Result<(), Failure> {
        let rows = part.rows.as_slice();
        match PartKind::from_number(part.kind) {
            Some(PartKind::Item) => {
                if let Some((other, _)) = self.replaced {
                    return Err(texts::output::both_replace(request, other, call));
                }
                self.replaced = Some((call, part));
                return Ok(());
            }
            Some(PartKind::Field) => {
                if let Some(other) = self.fields.insert(name, call) {
                    return Err(texts::output::same_field(request, other, call, name));
                }
                self.changes.fields.push(rows);
            }
            Some(PartKind::Parameter) => {
                if let Some(other) = self.parameters.insert(name, call) {
                    return Err(texts::output::same_parameter(request, other, call, name));
                }
                self.changes.parameters.push(rows);
            }
            Some(PartKind::Attribute) => {
                // Two macros that want the same want it once.
                if !self.changes.attributes.iter().any(|other| is_same(other, rows, text)) {
                    self.changes.attributes.push(rows);
                }
            }
            Some(PartKind::Body) => {
                self.wraps.get_or_insert(call);
                self.changes.wrappers.push(rows);
            }
            Some(PartKind::Items) | None => return Ok(()),
        }
        self.changed.get_or_insert(call);
        Ok(())
    }

    fn unfit(&self, request: &Request, unfit: Unfit) -> Failure {
        match (unfit, self.fields.first_key_value(), self.parameters.first_key_value()) {
            (Unfit::NoFields, Some((name, call)), _) => {
                texts::output::no_fields(request, *call, name)
            }
            (Unfit::NoFunction, _, Some((name, call))) => {
                let what = format!("adds a parameter `{name}`, which needs a function");
                texts::output::no_function(request, *call, &what)
            }
            (Unfit::NoFunction, ..) => {
                let what = "wraps a body, which needs a function that has one";
                texts::output::no_function(request, self.wraps.unwrap_or(0), what)
            }
            _ => texts::project::internal("an item without changes could not be emitted"),
        }
    }
}

/// Are these the same tokens, wherever they point?
fn is_same(one: &[Token], other: &[Token], text: &str) -> bool {
    let words = |token: &Token| text.get(token.a as usize..(token.a + token.b) as usize);
    one.len() == other.len()
        && one.iter().zip(other).all(|(a, b)| match a.kind {
            _ if (a.kind, a.sub) != (b.kind, b.sub) => false,
            kind::IDENT | kind::LITERAL => words(a) == words(b),
            kind::PUNCT | kind::GROUP => a.a == b.a,
            _ => a == b,
        })
}

/// How deep groups that were made nest.
fn nesting(rows: &[Token]) -> usize {
    let mut open: Vec<usize> = Vec::new();
    let mut deepest = 0;
    for (at, row) in rows.iter().enumerate() {
        while open.pop_if(|end| *end <= at).is_some() {}
        if row.kind == kind::GROUP {
            open.push(at + 1 + row.a as usize);
            deepest = deepest.max(open.len());
        }
    }
    deepest
}
