//! What stands in the parentheses of `#[cell_macro(..)]`.

use proc_macro2::{Ident, Span, TokenStream};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{LitStr, Path, Token, parenthesized};

/// How the macro is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Attribute,
    Derive,
    Function,
}

impl Kind {
    const ALL: [(&str, Self); 3] =
        [("attribute", Self::Attribute), ("derive", Self::Derive), ("function", Self::Function)];

    fn from_word(word: &Ident) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| word == name).map(|(_, kind)| kind)
    }

    pub(crate) fn variant(self) -> Ident {
        let name = match self {
            Self::Attribute => "Attribute",
            Self::Derive => "Derive",
            Self::Function => "Function",
        };
        Ident::new(name, Span::mixed_site())
    }
}

/// The parts of the context, in the order of their bits.
const CONTEXT: [&str; 4] = ["item_kind", "gathered", "package", "profile"];

#[derive(Default)]
pub(crate) struct Arguments {
    pub(crate) kind: Option<Kind>,
    pub(crate) name: Option<LitStr>,
    pub(crate) needs: Vec<String>,
    pub(crate) helpers: Vec<String>,
    pub(crate) context: u32,
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) plan: Option<Path>,
}

/// One of the comma-separated entries.
enum Entry {
    Word(Ident),
    Value(Ident, TokenStream),
    List(Ident, TokenStream),
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let word = input.parse()?;
        if input.peek(syn::token::Paren) {
            let inside;
            parenthesized!(inside in input);
            return Ok(Self::List(word, inside.parse()?));
        }
        if input.parse::<Option<Token![=]>>()?.is_some() {
            let value: syn::Expr = input.parse()?;
            return Ok(Self::Value(word, quote::ToTokens::into_token_stream(value)));
        }
        Ok(Self::Word(word))
    }
}

impl Arguments {
    /// Reads all entries; what is wrong goes into `errors` and is left out.
    pub(crate) fn read(tokens: TokenStream, errors: &mut Vec<syn::Error>) -> Self {
        let mut arguments = Self::default();
        let entries = match Punctuated::<Entry, Token![,]>::parse_terminated.parse2(tokens) {
            Ok(entries) => entries,
            Err(error) => {
                errors.push(error);
                return arguments;
            }
        };
        let mut seen: Vec<Ident> = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let (Entry::Word(word) | Entry::Value(word, _) | Entry::List(word, _)) = &entry;
            if seen.contains(word) {
                errors.push(syn::Error::new(word.span(), format!("`{word}` is given twice")));
            }
            seen.push(word.clone());
            if let Err(error) = arguments.add(index, entry) {
                errors.push(error);
            }
        }
        if arguments.kind.is_none() && errors.is_empty() {
            errors.push(syn::Error::new(Span::call_site(), NO_KIND));
        }
        if let (Some(Kind::Function), false) = (arguments.kind, arguments.helpers.is_empty()) {
            let span = seen
                .iter()
                .find(|word| *word == "helpers")
                .map_or_else(Span::call_site, Ident::span);
            errors.push(syn::Error::new(span, "a function-like macro has no helper attributes"));
        }
        arguments
    }

    fn add(&mut self, index: usize, entry: Entry) -> syn::Result<()> {
        match entry {
            Entry::Word(word) => match Kind::from_word(&word) {
                Some(_) if index > 0 => {
                    Err(syn::Error::new(word.span(), "the kind of the macro comes first, and once"))
                }
                Some(kind) => {
                    self.kind = Some(kind);
                    Ok(())
                }
                None if index == 0 => Err(syn::Error::new(word.span(), NO_KIND)),
                None => Err(unknown(&word)),
            },
            Entry::Value(word, value) if word == "name" => {
                let name: LitStr = syn::parse2(value)?;
                if syn::parse_str::<Ident>(&name.value()).is_err() {
                    return Err(syn::Error::new(
                        name.span(),
                        "the name of a macro is an identifier",
                    ));
                }
                self.name = Some(name);
                Ok(())
            }
            Entry::Value(word, value) if word == "plan" => {
                self.plan = Some(syn::parse2(value)?);
                Ok(())
            }
            Entry::List(word, list) => self.add_list(&word, list),
            Entry::Value(word, _) => Err(unknown(&word)),
        }
    }

    fn add_list(&mut self, word: &Ident, list: TokenStream) -> syn::Result<()> {
        let paths = Punctuated::<Path, Token![,]>::parse_terminated.parse2(list)?;
        let mut wrong: Option<syn::Error> = None;
        for path in &paths {
            let parts: Vec<String> = path.segments.iter().map(|s| plain(&s.ident)).collect();
            let simple = path.leading_colon.is_none()
                && path.segments.iter().all(|segment| segment.arguments.is_none());
            let result = match (word.to_string().as_str(), parts.as_slice()) {
                _ if !simple => Err("a plain path is expected"),
                ("helpers", [helper]) => {
                    self.helpers.push(helper.clone());
                    Ok(())
                }
                ("helpers", _) => Err("a helper attribute is one identifier"),
                ("needs", [_] | [_, _]) => {
                    self.needs.push(parts.join("::"));
                    Ok(())
                }
                ("needs", _) => Err("a macro is `name`, or `cell::name` if another cell has it"),
                ("calls", [cell, function]) => {
                    self.calls.push((cell.clone(), function.clone()));
                    Ok(())
                }
                ("calls", _) => Err("a question is `cell::function`"),
                ("context", [part]) => match CONTEXT.iter().position(|known| known == part) {
                    Some(bit) => {
                        self.context |= 1 << bit;
                        Ok(())
                    }
                    None => Err("the context has `item_kind`, `gathered`, `package`, `profile`"),
                },
                ("context", _) => {
                    Err("the context has `item_kind`, `gathered`, `package`, `profile`")
                }
                _ => return Err(unknown(word)),
            };
            if let Err(message) = result {
                combine(&mut wrong, syn::Error::new(path.span(), message));
            }
        }
        wrong.map_or(Ok(()), Err)
    }
}

const NO_KIND: &str = "say first how the macro is used: `attribute`, `derive` or `function`";

fn unknown(word: &Ident) -> syn::Error {
    let message = format!(
        "`{word}` is unknown here; there are `name = \"..\"`, `plan = ..`, `needs(..)`, \
         `helpers(..)`, `context(..)` and `calls(..)`"
    );
    syn::Error::new(word.span(), message)
}

/// The identifier without `r#`: cells and macros are looked up by their names.
pub(crate) fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

fn combine(errors: &mut Option<syn::Error>, error: syn::Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}
