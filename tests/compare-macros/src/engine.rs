//! The macros of `tests/guests/identity` that the tests of the bridge use, on the guest side of
//! the bridge as it is compiled into components; and guests that try to get past the output policy.

use guest_side::cell::{self, Row};
use guest_side::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use macro_bridge::compose::{self, GuestExpansion};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Diagnostic, Expansion, Level};
use macro_bridge::failure::Failure;
use macro_bridge::host::Engine;
use macro_bridge::output::{Part, PartKind, RawOutput};
use macro_bridge::project::Project;
use macro_bridge::request::Request;
use macro_bridge::table::{SpanOp, Table, Token};

use crate::corpus;
use crate::output::source::written;
use crate::table::source::table_of;

pub(crate) struct GuestSide;

impl Engine for GuestSide {
    fn name(&self) -> &'static str {
        "guest side without WebAssembly"
    }

    fn expand(
        &self,
        _project: &Project,
        request: &Request,
        _key: &Digest,
    ) -> Option<Result<Expansion, Failure>> {
        if request.calls.iter().any(|call| call.name == corpus::RECORDED.name) {
            return None;
        }
        let checked: Result<Vec<_>, _> = (0..request.calls.len())
            .map(|call| compose::check(request, call, run(request, call)))
            .collect();
        Some(checked.and_then(|checked| compose::compose(request, Vec::new(), checked, Vec::new())))
    }
}

/// What one macro makes of its input.
struct Made {
    kind: PartKind,
    tokens: TokenStream,
    references: bool,
    error_at: Option<Span>,
}

/// What the macro `package` of a cell gives that may give everything.
const GRANTED: (&str, &str) = ("package", "env!(\"CARGO_PKG_NAME\")");

/// What a macro of the corpus gives.
fn tried(name: &str) -> Option<RawOutput> {
    if name == GRANTED.0 {
        return Some(written(&Table::default(), &[(PartKind::Items, GRANTED.1)]).output);
    }
    let one = corpus::tries().chain(corpus::holes()).find(|one| one.name == name)?;
    Some(written(&table_of(one.item), one.parts).output)
}

fn run(request: &Request, call: usize) -> GuestExpansion {
    if let Some(output) = tried(&request.calls[call].name) {
        return GuestExpansion { output, ..GuestExpansion::default() };
    }
    let compose::Input { table, split } = compose::input(request, call);
    let row = |Token { kind, sub, span, a, b }| Row { kind, sub, span, a, b };
    let rows = table.rows.into_iter().map(row).collect();
    let (arguments, item) = cell::begin(table.text, rows, split);
    let made = make(&request.calls[call].name, arguments, item);

    let mut places: Vec<u32> = made.error_at.into_iter().map(cell::handle).collect();
    let encoded = cell::encode(&[made.tokens], &mut places, made.references);
    let token = |Row { kind, sub, span, a, b }| Token { kind, sub, span, a, b };
    let operation = |cell::SpanOp { op, a, b }| SpanOp { op, a, b };
    let part = |rows| Part { kind: made.kind as u8, rows, name: String::new() };
    let diagnostic = |place: u32| Diagnostic {
        level: Level::Error,
        message: "an error was asked for here".to_owned(),
        start: place,
        end: place,
        notes: Vec::new(),
        suggestions: Vec::new(),
    };
    GuestExpansion {
        output: RawOutput {
            text: encoded.text,
            rows: encoded.rows.into_iter().map(token).collect(),
            spans: encoded.operations.into_iter().map(operation).collect(),
            parts: encoded.parts.into_iter().map(part).collect(),
        },
        diagnostics: places.into_iter().map(diagnostic).collect(),
        ..GuestExpansion::default()
    }
}

fn make(name: &str, arguments: TokenStream, item: TokenStream) -> Made {
    let by_reference = |kind, tokens| Made { kind, tokens, references: true, error_at: None };
    let rebuilt = |kind, tokens| Made { kind, tokens, references: false, error_at: None };
    match name {
        "identity" => by_reference(PartKind::Item, item),
        "identity_rebuilt" => rebuilt(PartKind::Item, item),
        "regrouped" => by_reference(PartKind::Item, regroup(item)),
        "identity_function" => by_reference(PartKind::Items, item),
        "identity_function_rebuilt" => rebuilt(PartKind::Items, item),
        "local_mixed" => by_reference(PartKind::Items, local(Span::mixed_site(), item)),
        "local_call" => by_reference(PartKind::Items, local(Span::call_site(), item)),
        "local_resolved" => {
            let first = item.clone().into_iter().next();
            let first = first.map_or_else(Span::call_site, |tree| tree.span());
            by_reference(PartKind::Items, local(first.resolved_at(Span::mixed_site()), item))
        }
        "error_at" => {
            let span = find(arguments, item).unwrap_or_else(Span::call_site);
            Made { error_at: Some(span), ..by_reference(PartKind::Items, TokenStream::new()) }
        }
        other => panic!("no macro {other} in this engine"),
    }
}

/// Takes every group apart and builds it anew, as a parser does.
fn regroup(tokens: TokenStream) -> TokenStream {
    let tree = |tree| match tree {
        TokenTree::Group(old) => {
            let mut group = Group::new(old.delimiter(), regroup(old.stream()));
            group.set_span(old.span());
            TokenTree::Group(group)
        }
        other => other,
    };
    tokens.into_iter().map(tree).collect()
}

/// `{ let x = "macro"; input }` with a span for `x`.
fn local(span: Span, input: TokenStream) -> TokenStream {
    let word = |text: &str| TokenTree::Ident(Ident::new(text, Span::call_site()));
    let punct = |ch| TokenTree::Punct(Punct::new(ch, Spacing::Alone));
    let text = TokenTree::Literal(guest_side::Literal::string("macro"));
    let name = TokenTree::Ident(Ident::new("x", span));
    let inside = [word("let"), name, punct('='), text, punct(';')].into_iter().chain(input);
    TokenTree::Group(Group::new(Delimiter::Brace, inside.collect())).into()
}

/// The token at a path of indices.
fn find(path: TokenStream, item: TokenStream) -> Option<Span> {
    let mut inside = item;
    let mut found = None;
    for step in path {
        if let Some(TokenTree::Group(group)) = &found {
            inside = group.stream();
        }
        let index: usize = step.to_string().parse().ok()?;
        found = inside.clone().into_iter().nth(index);
    }
    found.map(|tree: TokenTree| tree.span())
}
