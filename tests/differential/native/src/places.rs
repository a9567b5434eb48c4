//! Places in tokens that were read from text, as the numbers that a component has for them.

use std::collections::HashMap;
use std::ops::Range;

use macro_bridge::table::{Table, TableBuilder, delimiter, span};
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

/// The places of arguments and of an item, each read from a text of its own.
pub(crate) struct Places {
    sides: Vec<Side>,
}

/// Tokens that were read from one text.
#[derive(Default)]
struct Side {
    /// The name of the text; none without tokens.
    file: Option<String>,
    numbers: HashMap<(usize, usize), u32>,
    /// What begins at a byte: of a group the whole.
    begins: HashMap<usize, u32>,
    /// By number.
    ranges: HashMap<u32, Range<usize>>,
    text: String,
}

impl Places {
    /// Rows are counted through all.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a TokenStream>) -> Self {
        let mut row = 0;
        let side = |tokens: &TokenStream| {
            let first = tokens.clone().into_iter().next();
            let file = first.map(|tree| tree.span().file());
            let mut side = Side { file, text: tokens.to_string(), ..Side::default() };
            side.add(tokens, &mut row);
            side
        };
        Self { sides: parts.into_iter().map(side).collect() }
    }

    /// The number of a span. Natively a span may be of several tokens, where in a component, as in a
    /// stable compiler, it is that of the first; what the macro made is at the call.
    pub(crate) fn number(&self, place: Span) -> u32 {
        let Range { start, end } = place.byte_range();
        if start == end {
            return span::CALL_SITE;
        }
        let file = Some(place.file());
        let Some(side) = self.sides.iter().find(|side| side.file == file) else {
            return span::CALL_SITE;
        };
        let found = side.numbers.get(&(start, end)).or(side.begins.get(&start));
        found.copied().unwrap_or(u32::MAX)
    }

    /// The text from the first to the last of two numbers.
    pub(crate) fn text(&self, (start, end): (u32, u32)) -> &str {
        let at = |number| {
            let mut sides = self.sides.iter();
            sides.find_map(|side| Some((side, side.ranges.get(&number)?)))
        };
        match (at(start), at(end)) {
            (Some((side, start)), Some((same, end)))
                if std::ptr::eq(side, same) && start.start <= end.end =>
            {
                side.text.get(start.start..end.end).unwrap_or("?")
            }
            (Some((side, start)), _) => side.text.get(start.clone()).unwrap_or("?"),
            (None, _) => "",
        }
    }
}

impl Side {
    fn add(&mut self, tokens: &TokenStream, row: &mut u32) {
        for tree in tokens.clone() {
            let number = span::of_row(*row);
            *row += 1;
            let range = tree.span().byte_range();
            self.begins.insert(range.start, number);
            self.know(range, number);
            if let TokenTree::Group(group) = &tree {
                self.know(group.span_open().byte_range(), number + span::OPEN);
                self.know(group.span_close().byte_range(), number + span::CLOSE);
                self.add(&group.stream(), row);
            }
        }
    }

    fn know(&mut self, range: Range<usize>, number: u32) {
        self.numbers.insert((range.start, range.end), number);
        self.ranges.insert(number, range);
    }
}

/// Tokens as the rows of one table.
pub(crate) fn table<'a>(parts: impl IntoIterator<Item = &'a TokenStream>) -> Table {
    let mut builder = TableBuilder::default();
    for part in parts {
        add(&mut builder, part);
    }
    builder.finish().expect("every group is closed")
}

fn add(builder: &mut TableBuilder, tokens: &TokenStream) {
    for tree in tokens.clone() {
        match tree {
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                match text.strip_prefix("r#") {
                    Some(raw) => builder.ident(raw, true),
                    None => builder.ident(&text, false),
                }
            }
            TokenTree::Punct(punct) => {
                builder.punct(punct.as_char(), punct.spacing() == Spacing::Joint);
            }
            TokenTree::Literal(literal) => builder.literal(&literal.to_string()),
            TokenTree::Group(group) => {
                builder.open(delimiter_of(&group));
                add(builder, &group.stream());
                builder.close().expect("it was opened");
            }
        }
    }
}

/// The number of a group's delimiter.
pub(crate) fn delimiter_of(group: &Group) -> u8 {
    match group.delimiter() {
        Delimiter::Parenthesis => delimiter::PARENTHESIS,
        Delimiter::Brace => delimiter::BRACE,
        Delimiter::Bracket => delimiter::BRACKET,
        Delimiter::None => delimiter::NONE,
    }
}
