//! Random outputs: valid ones for a given input, and valid ones with random damage.

use proptest::prelude::*;
use proptest::sample::Index;

use super::{Part, PartKind, RawOutput, parent_ends};
use crate::table::strategy::{self, Tree};
use crate::table::{SpanOp, Table, Token, delimiter, kind, op, span};

/// A token of an output before it is rows; an [`Index`] chooses among what the input has.
#[derive(Clone, Debug)]
enum Node {
    Leaf(Tree, Index),
    Group(u8, Index, Vec<Node>),
    Range(Index, Index),
    Respan(Index, Index),
}

/// An output before its input is known.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    operations: Vec<(bool, Index, Index)>,
    parts: Vec<(PartKind, Vec<Node>)>,
}

/// Any draft. With `changes`, one part may replace the item and others change it.
pub(crate) fn draft(changes: bool) -> impl Strategy<Value = Draft> {
    let operations = prop::collection::vec(any::<(bool, Index, Index)>(), 0..4);
    let kind = if changes { 0usize..7 } else { 0..1 };
    let parts = prop::collection::vec((kind, prop::collection::vec(node(), 0..5)), 0..4);
    (operations, parts).prop_map(|(operations, parts)| {
        let mut replaced = false;
        let parts = parts.into_iter().map(|(kind, nodes)| match kind {
            1 if !replaced => {
                replaced = true;
                (PartKind::Item, nodes)
            }
            2 if !nodes.is_empty() => (PartKind::Field, nodes),
            3 if !nodes.is_empty() => (PartKind::Parameter, nodes),
            4 => (PartKind::Attribute, nodes),
            5 => (PartKind::Body, nodes),
            _ => (PartKind::Items, nodes),
        });
        Draft { operations, parts: parts.collect() }
    })
}

fn node() -> impl Strategy<Value = Node> {
    let index = any::<Index>;
    let leaf = prop_oneof![
        4 => (strategy::ident(), index()).prop_map(|(name, span)| Node::Leaf(Tree::Ident(name, false), span)),
        1 => index().prop_map(|span| Node::Leaf(Tree::Ident("fn".into(), true), span)),
        1 => index().prop_map(|span| Node::Leaf(Tree::Lifetime("b".into()), span)),
        3 => (strategy::punct(), any::<bool>(), index())
            .prop_map(|(ch, joint, span)| Node::Leaf(Tree::Punct(ch, joint), span)),
        2 => (strategy::literal(), index()).prop_map(|(text, span)| Node::Leaf(Tree::Literal(text), span)),
        5 => (index(), index()).prop_map(|(first, count)| Node::Range(first, count)),
        1 => (index(), index()).prop_map(|(row, span)| Node::Respan(row, span)),
    ];
    leaf.prop_recursive(3, 20, 4, move |inner| {
        (0u8..4, any::<Index>(), prop::collection::vec(inner, 0..5))
            .prop_map(|(delimiter, span, inside)| Node::Group(delimiter, span, inside))
    })
}

/// Makes a valid output of a draft.
pub(crate) fn resolve(draft: &Draft, input: &Table, split: usize) -> RawOutput {
    let mut resolver = Resolver {
        input,
        ends: parent_ends(input, split),
        spans: vec![span::CALL_SITE, span::MIXED_SITE],
        output: RawOutput::default(),
    };
    for (row, token) in input.rows.iter().enumerate() {
        let parts = if token.kind == kind::GROUP { 3 } else { 1 };
        resolver.spans.extend((0..parts).map(|part| span::of_row(row as u32) + part));
    }
    for (index, (resolved, a, b)) in draft.operations.iter().enumerate() {
        let op = if *resolved { op::RESOLVED_AT } else { op::LOCATED_AT };
        let (a, b) = (resolver.span(a), resolver.span(b));
        resolver.output.spans.push(SpanOp { op, a, b });
        resolver.spans.push(span::FIRST_OPERATION + index as u32);
    }
    for (index, (kind, nodes)) in draft.parts.iter().enumerate() {
        let before = resolver.output.rows.len();
        match kind {
            PartKind::Attribute => {
                resolver.push(kind::PUNCT, 0, span::CALL_SITE, '#' as u32, 0);
                resolver.group(delimiter::BRACKET, nodes);
            }
            // Behind the tokens, or in a group with them.
            PartKind::Body if nodes.len() % 2 == 0 => {
                resolver.group(delimiter::BRACE, nodes);
                resolver.push(kind::BODY, 0, 0, 0, 0);
            }
            PartKind::Body => {
                let at = resolver.output.rows.len();
                resolver.group(delimiter::PARENTHESIS, nodes);
                resolver.push(kind::BODY, 0, 0, 0, 0);
                resolver.output.rows[at].a += 1;
            }
            _ => nodes.iter().for_each(|node| resolver.node(node)),
        }
        let rows = (resolver.output.rows.len() - before) as u32;
        // A range of an empty input stands for nothing, and what has a name is never nothing.
        let named = matches!(kind, PartKind::Field | PartKind::Parameter);
        let kind = if rows == 0 && named { PartKind::Items } else { *kind };
        let name = if named && rows > 0 { format!("name_{index}") } else { String::new() };
        resolver.output.parts.push(Part { kind: kind as u8, rows, name });
    }
    resolver.output
}

struct Resolver<'a> {
    input: &'a Table,
    ends: Vec<u32>,
    /// All numbers that mean something.
    spans: Vec<u32>,
    output: RawOutput,
}

impl Resolver<'_> {
    fn span(&self, index: &Index) -> u32 {
        self.spans[index.index(self.spans.len())]
    }

    fn group(&mut self, delimiter: u8, inside: &[Node]) {
        let at = self.output.rows.len();
        self.push(kind::GROUP, delimiter, span::CALL_SITE, 0, 0);
        inside.iter().for_each(|node| self.node(node));
        self.output.rows[at].a = (self.output.rows.len() - at - 1) as u32;
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Leaf(tree, span) => {
                let span = self.span(span);
                self.leaf(tree, span);
            }
            Node::Group(delimiter, span, inside) => {
                let at = self.output.rows.len();
                self.push(kind::GROUP, *delimiter, self.span(span), 0, 0);
                inside.iter().for_each(|node| self.node(node));
                self.output.rows[at].a = (self.output.rows.len() - at - 1) as u32;
            }
            Node::Range(first, count) => self.range(first, count),
            Node::Respan(row, span) => {
                let rows = 0..self.input.rows.len();
                let found: Vec<_> =
                    rows.filter(|row| self.input.is_ident(*row, "$crate")).collect();
                if !found.is_empty() {
                    let row = found[row.index(found.len())];
                    self.push(kind::RESPAN, 0, self.span(span), span::of_row(row as u32), 0);
                }
            }
        }
    }

    fn leaf(&mut self, tree: &Tree, span: u32) {
        match tree {
            Tree::Ident(name, raw) => self.words(kind::IDENT, u8::from(*raw), span, name),
            Tree::Literal(text) => self.words(kind::LITERAL, 0, span, text),
            Tree::Punct(ch, joint) => self.push(kind::PUNCT, u8::from(*joint), span, *ch as u32, 0),
            Tree::Lifetime(name) => {
                self.push(kind::PUNCT, 1, span, '\'' as u32, 0);
                self.words(kind::IDENT, 0, span, name);
            }
            Tree::Group(..) => {}
        }
    }

    fn range(&mut self, first: &Index, count: &Index) {
        if self.input.rows.is_empty() {
            return;
        }
        let first = first.index(self.input.rows.len());
        let siblings: Vec<_> = self.input.siblings(first..self.ends[first] as usize).collect();
        let mut count = 1 + count.index(siblings.len());
        // A lifetime is not cut in two.
        if self.input.is_punct(siblings[count - 1], '\'') {
            count += 1;
        }
        self.push(kind::RANGE, 0, span::of_row(first as u32), count as u32, 0);
    }

    fn words(&mut self, kind: u8, sub: u8, span: u32, text: &str) {
        let a = self.output.text.len() as u32;
        self.output.text.push_str(text);
        self.push(kind, sub, span, a, text.len() as u32);
    }

    fn push(&mut self, kind: u8, sub: u8, span: u32, a: u32, b: u32) {
        self.output.rows.push(Token { kind, sub, span, a, b });
    }
}

/// An input, where its item begins, and a valid output.
pub(crate) fn valid() -> impl Strategy<Value = (Table, usize, RawOutput)> {
    (strategy::table(), any::<Index>(), draft(true)).prop_map(|(input, split, draft)| {
        let bounds = strategy::boundaries(&input);
        let split = bounds[split.index(bounds.len())];
        let output = resolve(&draft, &input, split);
        (input, split, output)
    })
}

/// Numbers that programs get wrong.
pub(crate) fn number() -> impl Strategy<Value = u32> {
    const EDGES: &[u32] = &[
        u32::MAX,
        u32::MAX - 1,
        u32::MAX / 2,
        span::FIRST_OPERATION,
        span::FIRST_OPERATION + 1,
        span::FIRST_OPERATION - 1,
        15,
        16,
        17,
        18,
        19,
        20,
        39,
    ];
    prop_oneof![
        3 => 0u32..40,
        1 => any::<u32>(),
        2 => proptest::sample::select(EDGES),
    ]
}

/// One field set to something else.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    Row(Index, u8, u32),
    Operation(Index, u8, u32),
    Part(Index, u8, u32),
    Remove(Index),
    Repeat(Index),
    Text(Index, char),
}

/// Any damage.
pub(crate) fn damage() -> impl Strategy<Value = Damage> {
    let field = || (any::<Index>(), 0u8..5, number());
    prop_oneof![
        6 => field().prop_map(|(at, field, value)| Damage::Row(at, field, value)),
        1 => field().prop_map(|(at, field, value)| Damage::Operation(at, field, value)),
        2 => field().prop_map(|(at, field, value)| Damage::Part(at, field, value)),
        1 => any::<Index>().prop_map(Damage::Remove),
        1 => any::<Index>().prop_map(Damage::Repeat),
        1 => (any::<Index>(), any::<char>()).prop_map(|(at, ch)| Damage::Text(at, ch)),
    ]
}

/// Does the damage.
pub(crate) fn apply(damage: &Damage, output: &mut RawOutput) {
    match damage {
        Damage::Row(at, field, value) if !output.rows.is_empty() => {
            let at = at.index(output.rows.len());
            let token = &mut output.rows[at];
            match field {
                0 => token.kind = *value as u8 % 8,
                1 => token.sub = *value as u8 % (delimiter::NONE + 3),
                2 => token.span = *value,
                3 => token.a = *value,
                _ => token.b = *value,
            }
        }
        Damage::Operation(at, field, value) if !output.spans.is_empty() => {
            let at = at.index(output.spans.len());
            let operation = &mut output.spans[at];
            match field {
                0 => operation.op = *value as u8,
                1 | 2 => operation.a = *value,
                _ => operation.b = *value,
            }
        }
        Damage::Part(at, field, value) if !output.parts.is_empty() => {
            let at = at.index(output.parts.len());
            let part = &mut output.parts[at];
            match field {
                0 => part.kind = *value as u8,
                1..=3 => part.rows = *value,
                _ => part.name = format!("{value}"),
            }
        }
        Damage::Remove(at) if !output.rows.is_empty() => {
            let at = at.index(output.rows.len());
            output.rows.remove(at);
        }
        Damage::Repeat(at) if !output.rows.is_empty() => {
            let at = at.index(output.rows.len());
            output.rows.insert(at, output.rows[at]);
        }
        Damage::Text(at, ch) if !output.text.is_empty() => {
            let starts: Vec<_> = output.text.char_indices().map(|(at, _)| at).collect();
            let at = starts[at.index(starts.len())];
            output.text.insert(at, *ch);
        }
        _ => {}
    }
}

/// Nothing in it means anything, except by chance.
pub(crate) fn noise() -> impl Strategy<Value = RawOutput> {
    let row = (0u8..8, 0u8..5, number(), number(), number());
    let rows = prop::collection::vec(
        row.prop_map(|(kind, sub, span, a, b)| Token { kind, sub, span, a, b }),
        0..12,
    );
    let spans = (0u8..3, number(), number()).prop_map(|(op, a, b)| SpanOp { op, a, b });
    let parts =
        (0u8..7, number(), "[a-z]?").prop_map(|(kind, rows, name)| Part { kind, rows, name });
    (
        "[a-z\"é0-9']{0,12}",
        rows,
        prop::collection::vec(spans, 0..4),
        prop::collection::vec(parts, 0..3),
        any::<bool>(),
    )
        .prop_map(|(text, rows, spans, mut parts, whole)| {
            if whole {
                parts = vec![Part { kind: 0, rows: rows.len() as u32, name: String::new() }];
            }
            RawOutput { text, rows, spans, parts }
        })
}
