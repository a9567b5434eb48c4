//! Golden cases of guests in a component: what `macro_guest_sdk::testing::Golden` runs natively, by the
//! same rules and with the same expected outputs.

mod used;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};
use macro_bridge::digest::Digest;
use macro_bridge::expansion::{Diagnostic, Expansion};
use macro_bridge::failure::{Failure, Kind};
use macro_bridge::outside::Outside;
use macro_bridge::request::{Allowed, Call, Limits, Place, Request};
use macro_bridge::table::{Table, TableBuilder, delimiter};
use macro_runtime::{Components, Description, Runtime};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::live::difference;
use crate::{files, render};

/// How names of expected outputs end.
const EXPECTED: &str = ".expanded.rs";

/// How a case ended in the component.
pub(crate) enum Ended {
    Good,
    /// It asks a cell, and here is none.
    Asks,
    /// What is wrong.
    Wrong(String),
}

/// Inputs beside a guest's manifest, by name.
pub(crate) fn cases(manifest: &Path) -> Vec<PathBuf> {
    let folder = manifest.with_file_name("tests").join("golden");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_case = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".rs") && !name.ends_with(EXPECTED) && path.is_file()
    };
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_case).collect();
    cases.sort();
    cases
}

/// A component whose cases are run.
pub(crate) struct Component<'a> {
    pub(crate) cell: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) description: &'a Description,
    pub(crate) runtime: &'a Runtime,
}

impl Components for Component<'_> {
    fn component(&self, _: &Digest) -> Result<Vec<u8>, Failure> {
        Ok(self.bytes.to_vec())
    }
}

impl Component<'_> {
    /// Runs a case.
    pub(crate) fn run(&self, path: &Path) -> Ended {
        self.outcome(path).unwrap_or_else(|error| Ended::Wrong(format!("{error:#}")))
    }

    fn outcome(&self, path: &Path) -> Result<Ended> {
        let request = self.request(&files::read_text(path)?)?;
        let expansion = match self.runtime.expand(&request, self, &()) {
            Err(failure) if failure.kind == Kind::Unrecorded => return Ok(Ended::Asks),
            expanded => expanded?,
        };
        let made = Outcome::new(&request, &expansion);
        let expected = path.with_extension("").with_added_extension("expanded.rs");
        let wanted = files::read_text(&expected)
            .with_context(|| format!("cannot read `{}`", expected.display()))?;
        let wanted = Outcome::read(&wanted)?;
        if wanted == made {
            return Ok(Ended::Good);
        }
        let lines = difference::lines(&wanted.text(), &made.text());
        Ok(Ended::Wrong(format!("not what shall come out\n{}", lines.join("\n"))))
    }

    fn request(&self, text: &str) -> Result<Request> {
        let used = used::find(&parse(text)?, &self.description.macros)?;
        let mut builder = TableBuilder::default();
        push(&mut builder, &used.arguments);
        let arguments = 0..builder.len();
        push(&mut builder, &used.item);
        let table: Table = builder.finish().context("it is too large")?;
        let info = used.info;
        let call = Call {
            cell: self.cell.to_owned(),
            name: info.name.clone(),
            kind: info.kind,
            component: self.description.audit.digest,
            arguments,
            wants: info.context,
            needs: Vec::new(),
            helpers: info.helpers.clone(),
            granted: info.calls.clone(),
            asked: info.calls.clone(),
            limits: Limits::default(),
            // What a project allows is its own business.
            allowed: Allowed(u32::MAX),
            profile: String::new(),
            outside: Outside::default(),
        };
        Ok(Request { form: info.kind, table, calls: vec![call], place: Place::default() })
    }
}

fn parse(text: &str) -> Result<TokenStream> {
    text.parse().map_err(|error| anyhow!("it is no tokens: {error}"))
}

fn push(builder: &mut TableBuilder, tokens: &TokenStream) {
    for tree in tokens.clone() {
        match tree {
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                let (name, raw) = text.strip_prefix("r#").map_or((&*text, false), |it| (it, true));
                builder.ident(name, raw);
            }
            TokenTree::Literal(literal) => builder.literal(&literal.to_string()),
            TokenTree::Punct(punct) => {
                builder.punct(punct.as_char(), punct.spacing() == Spacing::Joint);
            }
            TokenTree::Group(group) => {
                builder.open(match group.delimiter() {
                    Delimiter::Parenthesis => delimiter::PARENTHESIS,
                    Delimiter::Brace => delimiter::BRACE,
                    Delimiter::Bracket => delimiter::BRACKET,
                    Delimiter::None => delimiter::NONE,
                });
                push(builder, &group.stream());
                // It was opened just now.
                let _ = builder.close();
            }
        }
    }
}

/// What came out of a case, or what shall.
#[derive(PartialEq)]
struct Outcome {
    /// Lines after `//@ `.
    notes: Vec<String>,
    /// In one form.
    tokens: String,
}

impl Outcome {
    fn new(request: &Request, expansion: &Expansion) -> Self {
        let mut notes = Vec::new();
        for diagnostic in &expansion.diagnostics {
            tell(&mut notes, request, diagnostic);
        }
        for entry in &expansion.plan {
            note(&mut notes, &format!("plan {} {}: ", entry.kind, entry.name), &entry.body);
        }
        for artifact in &expansion.artifacts {
            note(&mut notes, &format!("artifact {}", artifact.name), "");
            let body = String::from_utf8_lossy(&artifact.body);
            body.lines().for_each(|line| notes.push(format!("| {line}").trim_end().to_owned()));
        }
        let tokens = render::output_tokens(&request.table, &expansion.output);
        Self { notes, tokens: plain(&tokens) }
    }

    fn read(text: &str) -> Result<Self> {
        let notes = text.lines().filter_map(|line| line.strip_prefix("//@ "));
        let notes = notes.map(|note| note.trim_end().to_owned()).collect();
        Ok(Self { notes, tokens: plain(&parse(text)?) })
    }

    /// For people: a line for each note, and for each part of the tokens.
    fn text(&self) -> String {
        let notes: String = self.notes.iter().map(|note| format!("//@ {note}\n")).collect();
        let tokens = self.tokens.replace(" ; ", " ;\n").replace(" { ", " {\n");
        format!("{notes}{tokens}\n")
    }
}

fn tell(notes: &mut Vec<String>, request: &Request, diagnostic: &Diagnostic) {
    note(notes, &format!("{}: ", diagnostic.level.word()), &diagnostic.message);
    let at = |start, end| {
        let text = render::between(&request.table, start, end);
        text.parse().map(|tokens| plain(&tokens)).unwrap_or(text)
    };
    let place = at(diagnostic.start, diagnostic.end);
    if !place.is_empty() {
        note(notes, "  at: ", &place);
    }
    for line in &diagnostic.notes {
        let word = if line.help { "help" } else { "note" };
        note(notes, "  ", &format!("{word}: {}", line.message));
    }
    for it in &diagnostic.suggestions {
        let place = at(it.start, it.end);
        note(notes, "  suggests: ", &format!("{}: `{}` for `{place}`", it.message, it.replacement));
    }
}

/// Adds a line; further lines stand behind a bar.
fn note(notes: &mut Vec<String>, head: &str, text: &str) {
    let mut lines = text.lines();
    let first = format!("{head}{}", lines.next().unwrap_or_default());
    notes.push(first.trim_end().to_owned());
    notes.extend(lines.map(|line| format!("| {line}").trim_end().to_owned()));
}

const OPERATORS: [&str; 22] = [
    "::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "^=", "&=",
    "|=", "<<", ">>", "..", ".=", "<-",
];

/// One blank between tokens, none inside an operator: two streams that the compiler reads in the same way
/// have the same text.
fn plain(tokens: &TokenStream) -> String {
    let mut out = String::new();
    let mut glued = true;
    let mut trees = tokens.clone().into_iter().peekable();
    while let Some(tree) = trees.next() {
        if !glued {
            out.push(' ');
        }
        match &tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                let inside = plain(&group.stream());
                let blank = if inside.is_empty() || open.is_empty() { "" } else { " " };
                out.push_str(&format!("{open}{blank}{inside}{blank}{close}"));
            }
            other => out.push_str(&unraw(other.to_string())),
        }
        glued = trees.peek().is_some_and(|next| is_operator(&tree, next));
    }
    out
}

/// `quote!` writes doc comments as raw strings, the compiler as plain ones.
fn unraw(token: String) -> String {
    match token.strip_prefix("r\"").filter(|text| !text.contains('\\')) {
        Some(text) => format!("\"{text}"),
        None => token,
    }
}

/// Do the two make an operator, or a lifetime?
fn is_operator(first: &TokenTree, second: &TokenTree) -> bool {
    let TokenTree::Punct(punct) = first else { return false };
    match second {
        TokenTree::Punct(next) => {
            let pair = [punct.as_char(), next.as_char()];
            punct.spacing() == Spacing::Joint && OPERATORS.iter().any(|it| it.chars().eq(pair))
        }
        TokenTree::Ident(_) => punct.as_char() == '\'',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_compiler_reads_otherwise_has_another_text() {
        let check = |a: &str, b: &str| plain(&parse(a).unwrap()) == plain(&parse(b).unwrap());
        assert!(check("a<b> ,c 'a", "a < b >, c  'a") && check("x::<u8>()", "x :: < u8 > ()"));
        assert!(check("r\" a\"", "\" a\"") && !check("r\"\\n\"", "\"\\n\""));
        assert!(!check("a && b", "a & & b") && !check("(a,)", "(a)") && !check("a", "r#a"));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = "// anything\n//@ plan table a: x\n//@ | y  \n//@ error: z\nstruct A;\n";
        let read = Outcome::read(text).unwrap();
        assert_eq!(read.notes, ["plan table a: x", "| y", "error: z"]);
        assert_eq!(read.tokens, "struct A ;");
        assert!(Outcome::read("(").is_err());
    }

    #[test]
    fn tokens_are_rows_and_tokens_again() {
        let tokens = parse("#[a(b)] fn r#type<'a>(x: &&u8) -> u8 { 1 + -2 }").unwrap();
        let mut builder = TableBuilder::default();
        push(&mut builder, &tokens);
        let table = builder.finish().unwrap();
        assert_eq!(plain(&render::tokens(&table, 0..table.rows.len())), plain(&tokens));
    }
}
