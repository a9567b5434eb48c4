//! Token trees as arrays of numbers: how they travel between rust-analyzer and its server. Here
//! version 5 of the protocol and later, in which literals and identifiers say what they are.

use std::collections::VecDeque;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::literal::{LAST_KIND, Literal};
use crate::tree::{Delimiter, Span, Tree};

/// One stream of tokens. Subtrees come after the ones that they are in; the first is the whole.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct FlatTree {
    /// Of each group: open, close, delimiter, first and behind the last in `token_tree`.
    subtree: Vec<u32>,
    /// Of each literal: span, text, kind and `#`s, suffix.
    literal: Vec<u32>,
    /// Of each character: span, character, whether another follows at once.
    punct: Vec<u32>,
    /// Of each identifier: span, text, whether it is a raw one.
    ident: Vec<u32>,
    /// What is in the groups: a number in one of the lists above, and which.
    token_tree: Vec<u32>,
    text: Vec<String>,
}

const SUBTREE: u32 = 0;
const LITERAL: u32 = 1;
const PUNCT: u32 = 2;
const IDENT: u32 = 3;
/// A literal without a suffix.
const NO_TEXT: u32 = !0;

/// The delimiters by their numbers.
const DELIMITERS: [Delimiter; 4] =
    [Delimiter::None, Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket];

/// The places that the trees of one message name by number.
#[derive(Debug, Default)]
pub(crate) struct Spans(Vec<Span>);

impl Spans {
    /// The number of a place.
    pub(crate) fn number(&mut self, span: Span) -> u32 {
        let found = self.0.iter().position(|known| *known == span).unwrap_or_else(|| {
            self.0.push(span);
            self.0.len() - 1
        });
        short(found)
    }

    pub(crate) fn to_numbers(&self) -> Vec<u32> {
        self.0.iter().flat_map(|span| span.0).collect()
    }

    pub(crate) fn from_numbers(numbers: &[u32]) -> Result<Self> {
        let (spans, rest) = numbers.as_chunks::<5>();
        ensure!(rest.is_empty(), "a table of places has {} numbers", numbers.len());
        Ok(Self(spans.iter().copied().map(Span).collect()))
    }

    fn get(&self, number: u32) -> Result<Span> {
        self.0.get(number as usize).copied().with_context(|| format!("there is no place {number}"))
    }
}

/// No input of a test has so many.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl FlatTree {
    /// `trees`, in a group that nobody sees.
    pub(crate) fn write(trees: &[Tree], spans: &mut Spans) -> Self {
        let mut flat = Self::default();
        let around = spans.number(Span::CALL);
        flat.subtree.extend([around, around, 0, 0, 0]);
        let mut waiting = VecDeque::from([(0, trees)]);
        while let Some((group, content)) = waiting.pop_front() {
            let first = flat.token_tree.len();
            flat.subtree[group + 3] = short(first);
            flat.subtree[group + 4] = short(first + content.len());
            for tree in content {
                let (list, tag) = match tree {
                    Tree::Group { delimiter, open, close, content } => {
                        let kind = DELIMITERS.iter().position(|known| known == delimiter);
                        let numbers = [spans.number(*open), spans.number(*close)];
                        waiting.push_back((flat.subtree.len(), content));
                        flat.subtree.extend(numbers);
                        flat.subtree.extend([short(kind.unwrap_or_default()), 0, 0]);
                        (flat.subtree.len() / 5, SUBTREE)
                    }
                    Tree::Literal { literal, span } => {
                        let kind = u16::from_le_bytes([literal.kind, literal.hashes]);
                        let text = flat.intern(&literal.content);
                        let suffix =
                            literal.suffix.as_deref().map_or(NO_TEXT, |text| flat.intern(text));
                        flat.literal.extend([spans.number(*span), text, u32::from(kind), suffix]);
                        (flat.literal.len() / 4, LITERAL)
                    }
                    Tree::Punct { char, joint, span } => {
                        flat.punct.extend([
                            spans.number(*span),
                            u32::from(*char),
                            u32::from(*joint),
                        ]);
                        (flat.punct.len() / 3, PUNCT)
                    }
                    Tree::Ident { text, raw, span } => {
                        let text = flat.intern(text);
                        flat.ident.extend([spans.number(*span), text, u32::from(*raw)]);
                        (flat.ident.len() / 3, IDENT)
                    }
                };
                flat.token_tree.push((short(list - 1) << 2) | tag);
            }
        }
        flat
    }

    fn intern(&mut self, text: &str) -> u32 {
        let found = self.text.iter().position(|known| known == text).unwrap_or_else(|| {
            self.text.push(text.to_owned());
            self.text.len() - 1
        });
        short(found)
    }

    /// The tokens. The outermost group is left out if nobody sees it.
    ///
    /// # Errors
    /// If the numbers do not fit together.
    pub(crate) fn read(&self, spans: &Spans) -> Result<Vec<Tree>> {
        let (groups, rest) = self.subtree.as_chunks::<5>();
        ensure!(rest.is_empty() && !groups.is_empty(), "{} numbers of groups", self.subtree.len());
        let mut read: Vec<Option<Tree>> = vec![None; groups.len()];
        // Groups come after the ones that they are in.
        for (index, [open, close, delimiter, first, end]) in groups.iter().enumerate().rev() {
            let tokens = self
                .token_tree
                .get(*first as usize..*end as usize)
                .with_context(|| format!("a group holds tokens {first} to {end}"))?;
            let mut content = Vec::with_capacity(tokens.len());
            for token in tokens {
                content.push(self.read_token(*token, spans, &mut read)?);
            }
            let delimiter = *DELIMITERS.get(*delimiter as usize).context("a new delimiter")?;
            let (open, close) = (spans.get(*open)?, spans.get(*close)?);
            read[index] = Some(Tree::Group { delimiter, open, close, content });
        }
        match read.swap_remove(0).context("the whole is in a group")? {
            Tree::Group { delimiter: Delimiter::None, content, .. } => Ok(content),
            group => Ok(vec![group]),
        }
    }

    fn read_token(&self, token: u32, spans: &Spans, groups: &mut [Option<Tree>]) -> Result<Tree> {
        let (index, tag) = ((token >> 2) as usize, token & 3);
        let missing = || format!("there is no token {index} of kind {tag}");
        match tag {
            SUBTREE => groups.get_mut(index).and_then(Option::take).with_context(missing),
            LITERAL => {
                let [span, text, kind, suffix] =
                    *self.literal.as_chunks().0.get(index).with_context(missing)?;
                let [kind, hashes, 0, 0] = kind.to_le_bytes() else { bail!("literal {kind}") };
                ensure!(kind <= LAST_KIND, "literals of kind {kind} are new");
                let content = self.text(text)?;
                let suffix = (suffix != NO_TEXT).then(|| self.text(suffix)).transpose()?;
                let literal = Literal { kind, hashes, content, suffix };
                Ok(Tree::Literal { literal, span: spans.get(span)? })
            }
            PUNCT => {
                let [span, char, joint] =
                    *self.punct.as_chunks().0.get(index).with_context(missing)?;
                let char = char::from_u32(char).context("a punctuation is no character")?;
                Ok(Tree::Punct { char, joint: joint == 1, span: spans.get(span)? })
            }
            _ => {
                let [span, text, raw] =
                    *self.ident.as_chunks().0.get(index).with_context(missing)?;
                Ok(Tree::Ident { text: self.text(text)?, raw: raw == 1, span: spans.get(span)? })
            }
        }
    }

    fn text(&self, index: u32) -> Result<String> {
        let found = self.text.get(index as usize).cloned();
        found.with_context(|| format!("there is no text {index}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{lex, text};

    const SOURCE: &str = r##"
        /// It's "so".
        #[a(b = 1.5e3f64)] pub struct r#type<'a, T: 'static> { x: &'a [u8; 0xff], }
        fn f() -> bool { a <<= 1 && b'\n' == c; r#"x"#.len() >= 2usize }
    "##;

    #[test]
    fn trees_come_back_with_their_places() -> Result<()> {
        let trees = lex(SOURCE)?;
        let mut spans = Spans::default();
        let flat = FlatTree::write(&trees, &mut spans);
        let numbers = Spans::from_numbers(&spans.to_numbers())?;
        assert_eq!(flat.read(&numbers)?, trees);
        assert_eq!(text(&lex(&text(&trees))?), text(&trees));
        Ok(())
    }

    #[test]
    fn numbers_that_do_not_fit_are_errors() -> Result<()> {
        let mut spans = Spans::default();
        let whole = FlatTree::write(&lex(SOURCE)?, &mut spans);
        let json = serde_json::to_value(&whole)?;
        for list in ["subtree", "literal", "punct", "ident", "token_tree", "text"] {
            let mut damaged = json.clone();
            damaged[list] = serde_json::json!([]);
            let damaged: FlatTree = serde_json::from_value(damaged)?;
            assert!(damaged.read(&spans).is_err(), "without {list}");
        }
        assert!(whole.read(&Spans::default()).is_err());
        assert!(Spans::from_numbers(&[1, 2, 3]).is_err());
        Ok(())
    }
}
