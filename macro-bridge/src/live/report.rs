//! Telling the user: errors as `compile_error!` on the token at fault, warnings through a
//! deprecated constant, which is what stable rustc offers.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use super::emit::Spans;
use super::walk::Originals;
use crate::expansion::bound::bounded;
use crate::expansion::{Diagnostic, Expansion, Level};
use crate::failure::Failure;
use crate::request::MacroKind;

/// The expansion's diagnostics as tokens that stand beside its output; bounded once more, since a
/// recorded expansion is a file. Warnings need a place where an item may stand, so a function-like
/// macro's are dropped.
#[must_use]
pub fn report(expansion: &Expansion, originals: &Originals, form: MacroKind) -> TokenStream {
    let spans = Spans::new(originals, &expansion.output.spans);
    let mut out = TokenStream::new();
    for diagnostic in &bounded(expansion.diagnostics.clone()) {
        let (start, end) = (spans.get(diagnostic.start), spans.get(diagnostic.end));
        let text = words(diagnostic);
        match diagnostic.level {
            Level::Error => out.extend(compile_error(&text, start, end)),
            Level::Warning if form != MacroKind::Function => out.extend(warning(&text, start)),
            Level::Warning => {}
        }
    }
    out
}

/// A failure as an error at the tokens at fault, else at `fallback`.
#[must_use]
pub fn report_failure(failure: &Failure, originals: &Originals, fallback: Span) -> TokenStream {
    let (start, end) = match failure.at {
        Some((start, end)) => (originals.span(start), originals.span(end)),
        None => (fallback, fallback),
    };
    compile_error(&failure.to_string(), start, end)
}

fn words(diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    for note in &diagnostic.notes {
        let word = if note.help { "help" } else { "note" };
        text.push_str(&format!("\n{word}: {}", note.message));
    }
    for suggestion in &diagnostic.suggestions {
        text.push_str(&format!("\nhelp: {}: `{}`", suggestion.message, suggestion.replacement));
    }
    text
}

/// `::core::compile_error! { "text" }`, underlined from `start` to `end`: rustc takes the place of
/// an error in a macro from the first and the last token of the call.
fn compile_error(text: &str, start: Span, end: Span) -> TokenStream {
    let mut text = Literal::string(text);
    text.set_span(end);
    let mut body = Group::new(Delimiter::Brace, TokenTree::Literal(text).into());
    body.set_span(end);
    let mut out = path(&["core", "compile_error"], start);
    out.push(punct('!', Spacing::Alone, start));
    out.push(TokenTree::Group(body));
    out.into_iter().collect()
}

/// ```text
/// const _: () = { #[deprecated(note = "text")] struct macro_says; let _: macro_says; };
/// ```
/// The use of the struct carries the span of the token and the names of the macro's definition.
fn warning(text: &str, at: Span) -> TokenStream {
    let source = "const _: () = { #[deprecated(note = \"\")] #[allow(non_camel_case_types)] struct macro_says; let _: macro_says; };";
    let Ok(template) = source.parse::<TokenStream>() else {
        return TokenStream::new();
    };
    let at = Span::mixed_site().located_at(at);
    template.into_iter().map(|tree| fill(tree, text, at)).collect()
}

fn fill(tree: TokenTree, text: &str, at: Span) -> TokenTree {
    match tree {
        TokenTree::Group(group) => {
            let inside = group.stream().into_iter().map(|tree| fill(tree, text, at)).collect();
            TokenTree::Group(Group::new(group.delimiter(), inside))
        }
        TokenTree::Literal(_) => TokenTree::Literal(Literal::string(text)),
        TokenTree::Ident(ident) if ident.to_string() == "macro_says" => {
            TokenTree::Ident(Ident::new("macro_says", at))
        }
        other => other,
    }
}

/// `::a::b` as tokens.
fn path(segments: &[&str], span: Span) -> Vec<TokenTree> {
    let mut out = Vec::new();
    for segment in segments {
        out.push(punct(':', Spacing::Joint, span));
        out.push(punct(':', Spacing::Alone, span));
        out.push(TokenTree::Ident(Ident::new(segment, span)));
    }
    out
}

fn punct(ch: char, spacing: Spacing, span: Span) -> TokenTree {
    let mut punct = Punct::new(ch, spacing);
    punct.set_span(span);
    TokenTree::Punct(punct)
}
