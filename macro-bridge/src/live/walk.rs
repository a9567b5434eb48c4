//! A token stream of rustc as a table, with the original token of each row.

use proc_macro::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree, token_stream};

use crate::table::{Table, TableBuilder, delimiter, span};

/// The original tokens, by row: what references are emitted from and handles stand for.
#[derive(Default)]
pub struct Originals {
    trees: Vec<TokenTree>,
    /// The row behind each token and all that is in it.
    next: Vec<u32>,
    /// The streams that were walked, with their rows.
    streams: Vec<(std::ops::Range<usize>, TokenStream)>,
    /// Where each macro of a stack stands: its own call-site.
    sites: Vec<Span>,
}

impl Originals {
    /// The same with the call-site of each macro. For a stack rustc calls one macro of ours, whose
    /// call-site is that of whichever attribute came first.
    #[must_use]
    pub fn at_sites(self, sites: Vec<Span>) -> Self {
        Self { sites, ..self }
    }

    /// The token of a row.
    #[must_use]
    pub fn tree(&self, row: usize) -> Option<&TokenTree> {
        self.trees.get(row)
    }

    /// The row behind `row` and all that is in it.
    #[must_use]
    pub fn next_sibling(&self, row: usize) -> usize {
        self.next.get(row).map_or(usize::MAX, |next| *next as usize)
    }

    /// The stream that consists of exactly these siblings, if one was walked. It is not the same as
    /// its tokens: rustc forgets what a group without delimiters was when it stands in a stream that
    /// a macro put together, so `type A = &$t;` changes its meaning.
    #[must_use]
    pub fn whole(&self, first: usize, count: u32) -> Option<&TokenStream> {
        // Empty arguments begin where the item does.
        let starts = |rows: &std::ops::Range<usize>| rows.start == first && !rows.is_empty();
        let (rows, stream) = self.streams.iter().find(|(rows, _)| starts(rows))?;
        let mut end = first;
        for _ in 0..count {
            end = self.next_sibling(end);
        }
        (end == rows.end).then_some(stream)
    }

    /// The span of a handle; call-site for one that is none.
    #[must_use]
    pub fn span(&self, handle: u32) -> Span {
        let Some((row, part)) = span::row(handle) else { return self.site(handle) };
        match (self.tree(row as usize), part) {
            (Some(TokenTree::Group(group)), span::OPEN) => group.span_open(),
            (Some(TokenTree::Group(group)), span::CLOSE) => group.span_close(),
            (Some(tree), _) => tree.span(),
            (None, _) => Span::call_site(),
        }
    }
}

impl Originals {
    /// The numbers below this one are those of sites.
    pub(super) fn site_numbers(&self) -> u32 {
        match self.sites.len() {
            0 | 1 => 2,
            // More have none of their own.
            several => (2 + 2 * several as u32).min(16),
        }
    }

    fn site(&self, number: u32) -> Span {
        let (call, site) = span::site(number).unwrap_or((0, number));
        // What the host adds to a stack is at the site of the whole.
        let own = self.sites.get(call).filter(|_| number != site || self.sites.len() == 1);
        match (own, site) {
            (Some(own), span::MIXED_SITE) => Span::mixed_site().located_at(*own),
            (Some(own), _) => *own,
            (None, span::MIXED_SITE) => Span::mixed_site(),
            (None, _) => Span::call_site(),
        }
    }
}

/// Walks streams into one table, one after the other.
#[derive(Default)]
pub struct Walker {
    builder: TableBuilder,
    originals: Originals,
}

impl Walker {
    /// Walks `stream`; returns its rows. Nesting is bounded by memory only: the walk does not
    /// recurse.
    pub fn walk(&mut self, stream: TokenStream) -> std::ops::Range<usize> {
        let start = self.builder.len();
        let whole = stream.clone();
        let mut open: Vec<token_stream::IntoIter> = Vec::new();
        let mut iter = stream.into_iter();
        loop {
            match iter.next() {
                Some(tree) => {
                    let inside = self.row(&tree);
                    self.originals.trees.push(tree);
                    if let Some(inside) = inside {
                        open.push(std::mem::replace(&mut iter, inside.into_iter()));
                    }
                }
                None => match open.pop() {
                    Some(outer) => {
                        // Every entry of `open` belongs to a group that was opened.
                        let _ = self.builder.close();
                        iter = outer;
                    }
                    None => {
                        let rows = start..self.builder.len();
                        self.originals.streams.push((rows.clone(), whole));
                        return rows;
                    }
                },
            }
        }
    }

    /// The table and the originals of everything that was walked; `None` if there was more than a
    /// table can hold.
    #[must_use]
    pub fn finish(mut self) -> Option<(Table, Originals)> {
        let table = self.builder.finish()?;
        let rows = 0..table.rows.len();
        self.originals.next = rows.map(|row| table.next_sibling(row) as u32).collect();
        Some((table, self.originals))
    }

    fn row(&mut self, tree: &TokenTree) -> Option<TokenStream> {
        match tree {
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                match text.strip_prefix("r#") {
                    Some(name) => self.builder.ident(name, true),
                    None => self.builder.ident(&text, false),
                }
                None
            }
            TokenTree::Punct(punct) => {
                self.builder.punct(punct.as_char(), punct.spacing() == Spacing::Joint);
                None
            }
            TokenTree::Literal(literal) => {
                self.builder.literal(&literal.to_string());
                None
            }
            TokenTree::Group(group) => {
                self.builder.open(number(group));
                Some(group.stream())
            }
        }
    }
}

fn number(group: &Group) -> u8 {
    match group.delimiter() {
        Delimiter::Parenthesis => delimiter::PARENTHESIS,
        Delimiter::Brace => delimiter::BRACE,
        Delimiter::Bracket => delimiter::BRACKET,
        Delimiter::None => delimiter::NONE,
    }
}
