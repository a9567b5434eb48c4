//! Reading `ledger::table(arguments)`.

use proc_macro::{Delimiter, Ident, Span, TokenStream, TokenTree, token_stream};

use crate::failure::{Failure, texts};
use crate::request::MacroKind;

/// One macro that stands somewhere.
pub(super) struct Invocation {
    /// How it was written.
    pub kind: MacroKind,
    /// The cell.
    pub cell: String,
    /// The macro.
    pub name: String,
    /// The token to blame if there is no such cell.
    pub cell_span: Span,
    /// The token to blame for what is wrong with it as a whole: the macro's name.
    pub span: Span,
    /// The call-site of the attribute by which it was called.
    pub site: Span,
    /// What stands in its parentheses.
    pub arguments: TokenStream,
}

impl Invocation {
    /// One that was called by its number, and so is not told how it was written.
    pub(super) fn of_slot(
        kind: MacroKind,
        cell: String,
        name: String,
        arguments: TokenStream,
    ) -> Self {
        let here = Span::call_site();
        Self { kind, cell, name, cell_span: here, span: here, site: here, arguments }
    }
}

/// The arguments of `#[cell::wasm(..)]` or `#[cell::wasm_derive(..)]`.
pub(super) struct Parsed {
    pub invocations: Vec<Invocation>,
    /// The path of the crate `cell`, if `crate = path` was given.
    pub krate: Option<Vec<TokenTree>>,
}

type Bad = (Failure, Span);

/// `cell::name`, `cell::name(arguments)`, for derives several with commas; then perhaps
/// `, crate = path`.
pub(super) fn parse_attribute(kind: MacroKind, arguments: TokenStream) -> Result<Parsed, Bad> {
    let mut tokens = Tokens::new(arguments);
    let mut parsed = Parsed { invocations: Vec::new(), krate: None };
    loop {
        if !parsed.invocations.is_empty() && tokens.eat_ident("crate") {
            tokens.expect_punct('=')?;
            parsed.krate = Some(tokens.rest());
            break;
        }
        let path = tokens.path()?;
        let arguments = match kind {
            MacroKind::Attribute => tokens.group(Some(Delimiter::Parenthesis)).unwrap_or_default(),
            _ => TokenStream::new(),
        };
        parsed.invocations.push(path.invocation(kind, arguments));
        if tokens.peek().is_none() {
            break;
        }
        tokens.expect_punct(',')?;
        if tokens.peek().is_none() {
            break;
        }
        let more = kind == MacroKind::Derive
            || matches!(tokens.peek(), Some(TokenTree::Ident(i)) if i.to_string() == "crate");
        if !more {
            return Err(tokens.unexpected("nothing after the macro"));
        }
    }
    Ok(parsed)
}

/// `cell::name(input)`, with any delimiter.
pub(super) fn parse_function(input: TokenStream) -> Result<(Invocation, TokenStream), Bad> {
    let mut tokens = Tokens::new(input);
    let path = tokens.path()?;
    let Some(input) = tokens.group(None) else {
        return Err(tokens.unexpected("`(` and the macro's input"));
    };
    if tokens.peek().is_some() {
        return Err(tokens.unexpected("nothing after the macro's input"));
    }
    Ok((path.invocation(MacroKind::Function, TokenStream::new()), input))
}

/// `Alias = "cell"`, then perhaps `, crate = path`.
pub(super) struct Remote {
    pub alias: Ident,
    pub cell: String,
    pub cell_span: Span,
    pub krate: Option<Vec<TokenTree>>,
}

pub(super) fn parse_remote(input: TokenStream) -> Result<Remote, Bad> {
    const FORM: &str = "`Alias = \"cell\"`";
    let mut tokens = Tokens::new(input);
    let Some(TokenTree::Ident(alias)) = tokens.next() else {
        return Err((texts::project::remote_spelling(FORM), tokens.last));
    };
    tokens.expect_punct('=').map_err(|(_, span)| (texts::project::remote_spelling(FORM), span))?;
    let (cell, cell_span) = match tokens.next() {
        Some(TokenTree::Literal(literal)) => {
            let text = literal.to_string();
            match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                Some(cell) => (cell.to_owned(), literal.span()),
                None => return Err((texts::project::remote_spelling(FORM), literal.span())),
            }
        }
        _ => return Err((texts::project::remote_spelling(FORM), tokens.last)),
    };
    let mut krate = None;
    if tokens.peek().is_some() {
        tokens.expect_punct(',')?;
        if tokens.peek().is_some() {
            if !tokens.eat_ident("crate") {
                return Err(tokens.unexpected("`crate = path`"));
            }
            tokens.expect_punct('=')?;
            krate = Some(tokens.rest());
        }
    }
    Ok(Remote { alias, cell, cell_span, krate })
}

/// `cell::name`, as it was written.
struct Path {
    cell: Ident,
    name: Ident,
}

impl Path {
    fn invocation(self, kind: MacroKind, arguments: TokenStream) -> Invocation {
        Invocation {
            kind,
            cell: plain(&self.cell),
            name: plain(&self.name),
            cell_span: self.cell.span(),
            span: self.name.span(),
            site: Span::call_site(),
            arguments,
        }
    }
}

/// A stream with one token of look-ahead and the place of the last one.
struct Tokens {
    iter: std::iter::Peekable<token_stream::IntoIter>,
    last: Span,
}

impl Tokens {
    fn new(stream: TokenStream) -> Self {
        Self { iter: stream.into_iter().peekable(), last: Span::call_site() }
    }

    fn peek(&mut self) -> Option<&TokenTree> {
        self.iter.peek()
    }

    fn next(&mut self) -> Option<TokenTree> {
        let tree = self.iter.next();
        if let Some(tree) = &tree {
            self.last = tree.span();
        }
        tree
    }

    fn rest(&mut self) -> Vec<TokenTree> {
        self.iter.by_ref().collect()
    }

    fn eat_ident(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(TokenTree::Ident(i)) if i.to_string() == name);
        found && self.next().is_some()
    }

    fn expect_punct(&mut self, ch: char) -> Result<(), Bad> {
        match self.peek() {
            Some(TokenTree::Punct(punct)) if punct.as_char() == ch => {
                self.next();
                Ok(())
            }
            _ => Err(self.unexpected(&format!("`{ch}`"))),
        }
    }

    /// `cell::name`
    fn path(&mut self) -> Result<Path, Bad> {
        const FORM: &str = "`cell::macro`";
        let Some(TokenTree::Ident(cell)) = self.peek().cloned() else {
            return Err(self.unexpected(FORM));
        };
        self.next();
        for _ in 0..2 {
            self.expect_punct(':').map_err(|(_, span)| (self.unexpected(FORM).0, span))?;
        }
        let Some(TokenTree::Ident(name)) = self.peek().cloned() else {
            return Err(self.unexpected(FORM));
        };
        self.next();
        Ok(Path { cell, name })
    }

    /// The content of the group that comes next, if one does.
    fn group(&mut self, delimiter: Option<Delimiter>) -> Option<TokenStream> {
        let content = match self.peek() {
            Some(TokenTree::Group(group))
                if group.delimiter() == delimiter.unwrap_or(group.delimiter()) =>
            {
                group.stream()
            }
            _ => return None,
        };
        self.next();
        Some(content)
    }

    fn unexpected(&mut self, form: &str) -> Bad {
        match self.peek() {
            Some(tree) => {
                let found = format!("`{tree}`");
                let span = tree.span();
                (texts::project::spelling(&found, form), span)
            }
            None => (texts::project::spelling("the end", form), self.last),
        }
    }
}

fn plain(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").unwrap_or(&text).to_owned()
}
