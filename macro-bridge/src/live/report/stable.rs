//! What stable rustc can be told: errors as `compile_error!` on the token at fault, warnings by
//! things that it warns of, with a text of ours.

use proc_macro::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

use super::{Place, Told};
use crate::expansion::Level;
use crate::item::{Item, kind};
use crate::request::{MacroKind, Request};

/// Where a warning can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Behind the item, where surely another may stand.
    Behind,
    /// As an attribute of the item, which may be a member of an `impl` or `trait`.
    Before,
    /// Nowhere: an expression, a type, a pattern, or nothing at all.
    None,
}

/// Where warnings of an expansion can stand, which became `out`.
pub(super) fn room(request: &Request, out: &TokenStream) -> Room {
    match request.form {
        MacroKind::Function if begins_as_item(out) => Room::Before,
        MacroKind::Function => Room::None,
        _ if request.has_room_behind() => Room::Behind,
        // Of a macro that took the item away.
        _ if out.is_empty() => Room::None,
        _ => match Item::parse(&request.table, request.item()) {
            // The compiler does not look at attributes of a macro call.
            None | Some(Item { kind: kind::MACRO, .. }) => Room::None,
            Some(_) => Room::Before,
        },
    }
}

/// Do the tokens begin as an item, or a `let`, and so as what may have attributes?
fn begins_as_item(out: &TokenStream) -> bool {
    let mut trees = out.clone().into_iter().peekable();
    while let Some(tree) = trees.next() {
        let next = trees.peek();
        let brace = |tree: &TokenTree| matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        match tree {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                trees.next();
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {}
            // What a fragment of macro_rules stands in.
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                return begins_as_item(&group.stream());
            }
            TokenTree::Ident(word) => match word.to_string().as_str() {
                "pub" => {}
                // Blocks begin with these too.
                "const" | "unsafe" | "async" => {
                    return next.is_some_and(|next| !brace(next) && next.to_string() != "move");
                }
                word => {
                    return matches!(
                        word,
                        "struct"
                            | "enum"
                            | "fn"
                            | "impl"
                            | "trait"
                            | "mod"
                            | "static"
                            | "use"
                            | "type"
                            | "extern"
                            | "let"
                    );
                }
            },
            _ => return false,
        }
    }
    false
}

/// `out`, and what makes the compiler say it.
pub(super) fn tell(told: &Told<'_>, room: Room, mut out: TokenStream) -> TokenStream {
    let (place, text) = (told.place(), words(told));
    match (told.diagnostic.level, room) {
        (Level::Error, _) => out.extend(compile_error(&text, place)),
        (Level::Warning, Room::Behind) => out.extend(deprecated(&text, place.0)),
        (Level::Warning, Room::Before) => {
            out = unfulfilled(&text, place.0).into_iter().chain(out).collect();
        }
        (Level::Warning, Room::None) | (Level::Note | Level::Help, _) => {}
    }
    out
}

/// All in one text: stable takes no more than one for each place.
fn words(told: &Told<'_>) -> String {
    let said = told.diagnostic;
    let mut text = said.message.clone();
    for note in &said.notes {
        let word = if note.help { "help" } else { "note" };
        text.push_str(&format!("\n{word}: {}", note.message));
    }
    for line in told.about {
        let word = if line.level == Level::Help { "help" } else { "note" };
        let place = arrow(told.place_of(line).0);
        text.push_str(&format!("\n{word}: {}{place}", line.message));
    }
    for suggestion in &said.suggestions {
        let same = (suggestion.start, suggestion.end) == (said.start, said.end);
        let place = if same { String::new() } else { arrow(told.spans.get(suggestion.start)) };
        let (why, new) = (&suggestion.message, &suggestion.replacement);
        text.push_str(&format!("\nhelp: {why}: `{new}`{place}"));
    }
    text
}

/// A place as rustc writes it, in a line of its own. Editors do not know it while they expand.
fn arrow(at: Span) -> String {
    let file = at.file();
    if file.is_empty() {
        return String::new();
    }
    format!("\n  --> {file}:{}:{}", at.line(), at.column())
}

/// `::core::compile_error! { "text" }`, underlined from `start` to `end`: rustc takes the place of
/// an error in a macro from the first and the last token of the call.
pub(super) fn compile_error(text: &str, (start, end): Place) -> TokenStream {
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
fn deprecated(text: &str, at: Span) -> TokenStream {
    let at = Span::mixed_site().located_at(at);
    filled(
        "const _: () = { #[deprecated(note = \"\")] #[allow(non_camel_case_types)] struct macro_says; let _: macro_says; };",
        "macro_says",
        text,
        at,
    )
}

/// ```text
/// #[expect(large_assignments, reason = "text")]
/// ```
/// The compiler warns of an expectation that is not met, at the lint and with the reason. This one is not:
/// stable has no limit for assignments. The compiler hides such warnings where a macro of another crate made
/// them, so the lint has the span of the user's token and nothing of ours.
fn unfulfilled(text: &str, at: Span) -> TokenStream {
    filled("#[expect(large_assignments, reason = \"\")]", "large_assignments", text, at)
}

/// Tokens with the text in the place of literals, and one word at the token that it is about.
fn filled(template: &str, word: &str, text: &str, at: Span) -> TokenStream {
    let template = template.parse::<TokenStream>().unwrap_or_default();
    fill(template, word, text, at)
}

fn fill(tokens: TokenStream, word: &str, text: &str, at: Span) -> TokenStream {
    let tree = |tree| match tree {
        TokenTree::Group(group) => {
            let inside = fill(group.stream(), word, text, at);
            TokenTree::Group(Group::new(group.delimiter(), inside))
        }
        TokenTree::Literal(_) => TokenTree::Literal(Literal::string(text)),
        TokenTree::Ident(ident) if ident.to_string() == word => {
            TokenTree::Ident(Ident::new(word, at))
        }
        other => other,
    };
    tokens.into_iter().map(tree).collect()
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
