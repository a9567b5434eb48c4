//! Telling the user. On stable by what the compiler says of tokens that it is given
//! ([`stable`]), with the feature `nightly` by `proc_macro::Diagnostic`.

#[cfg(feature = "nightly")]
mod nightly;
#[cfg_attr(
    feature = "nightly",
    allow(dead_code, reason = "what a nightly compiler can say itself")
)]
mod stable;

use proc_macro::{Span, TokenStream};

use super::emit::Spans;
use super::walk::Originals;
use crate::expansion::bound::bounded;
use crate::expansion::{Diagnostic, Expansion};
use crate::failure::Failure;
use crate::request::Request;

/// First and last token.
type Place = (Span, Span);

/// What a macro says, at real tokens.
struct Told<'a> {
    diagnostic: &'a Diagnostic,
    /// What belongs to it and has tokens of its own.
    about: &'a [Diagnostic],
    spans: &'a Spans<'a>,
}

impl Told<'_> {
    fn place(&self) -> Place {
        self.place_of(self.diagnostic)
    }

    fn place_of(&self, one: &Diagnostic) -> Place {
        (self.spans.get(one.start), self.spans.get(one.end))
    }
}

/// `out`, what an expansion became, with the expansion's diagnostics; bounded once more, since a
/// recorded expansion is a file.
#[must_use]
pub fn report(
    expansion: &Expansion,
    originals: &Originals,
    request: &Request,
    out: TokenStream,
) -> TokenStream {
    #[cfg(not(feature = "nightly"))]
    let mut out = out;
    if expansion.diagnostics.is_empty() {
        return out;
    }
    let spans = Spans::new(originals, &expansion.output.spans);
    let diagnostics = bounded(expansion.diagnostics.clone());
    // It does not change with what is added to it.
    let room = stable::room(request, &out);
    let mut rest = diagnostics.as_slice();
    while let Some((diagnostic, after)) = rest.split_first() {
        let count = after.iter().take_while(|one| one.level.belongs()).count();
        let (about, others) = after.split_at(count);
        rest = others;
        let told = Told { diagnostic, about, spans: &spans };
        #[cfg(feature = "nightly")]
        {
            let _ = room;
            nightly::tell(&told);
        }
        #[cfg(not(feature = "nightly"))]
        {
            out = stable::tell(&told, room, out);
        }
    }
    out
}

/// A failure as an error at the tokens at fault, else at `fallback`.
#[must_use]
pub fn report_failure(failure: &Failure, originals: &Originals, fallback: Span) -> TokenStream {
    let place = match failure.at {
        Some((start, end)) => (originals.span(start), originals.span(end)),
        None => (fallback, fallback),
    };
    #[cfg(feature = "nightly")]
    {
        nightly::tell_failure(failure, place);
        TokenStream::new()
    }
    #[cfg(not(feature = "nightly"))]
    {
        stable::compile_error(&failure.to_string(), place)
    }
}
