//! A function, taken apart as far as macros that change one need it.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

use crate::diagnostic::{Error, Result};

/// A `fn` item, method or function of a trait: its head in parts, its body as it is.
///
/// Reading it costs a small part of what `syn::ItemFn` does, in time and in the size of a component,
/// since types, patterns and the body stay tokens.
///
/// ```
/// use macro_guest_sdk::Function;
/// use quote::quote;
///
/// let function = Function::read(quote! {
///     pub async fn find<T: Key>(&self, mut id: T, (from, to): (u8, u8)) -> Option<Row> { None }
/// })?;
/// assert!(function.is_async && function.has_receiver() && function.name == "find");
/// let names: Vec<_> = function.parameters.iter().map(|one| one.name.as_ref()).collect();
/// assert!(names[0].unwrap() == "self" && names[1].unwrap() == "id" && names[2].is_none());
/// assert_eq!(function.parameters[1].ty.to_string(), "T");
/// assert_eq!(function.output.unwrap().to_string(), "Option < Row >");
/// # Ok::<(), macro_guest_sdk::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Function {
    /// Its attributes, all that are left.
    pub attributes: TokenStream,
    /// What stands between the attributes and `fn`: visibility, `async`, `const`, `unsafe`, ABI.
    pub qualifiers: TokenStream,
    /// Is `async` among the qualifiers?
    pub is_async: bool,
    /// Is `const` among the qualifiers?
    pub is_const: bool,
    /// Is `unsafe` among the qualifiers?
    pub is_unsafe: bool,
    /// Its name.
    pub name: Ident,
    /// `<..>`, or nothing.
    pub generics: TokenStream,
    /// Its parameters, `self` among them.
    pub parameters: Vec<Parameter>,
    /// What stands behind `->`.
    pub output: Option<TokenStream>,
    /// `where ..`, or nothing.
    pub where_clause: TokenStream,
    /// Its body; a function of a trait may have none.
    pub body: Option<Group>,
}

/// A parameter of a [`Function`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// Its attributes.
    pub attributes: TokenStream,
    /// What stands before the `:`. For a `self` without a type, all of it.
    pub pattern: TokenStream,
    /// What stands behind the `:`. Empty for a `self` without a type.
    pub ty: TokenStream,
    /// Its name, if the pattern is one, perhaps with `mut`. `self` for a `self` in any form.
    pub name: Option<Ident>,
}

impl Parameter {
    /// Is it `self`?
    #[must_use]
    pub fn is_receiver(&self) -> bool {
        self.name.as_ref().is_some_and(|name| name == "self")
    }
}

impl Function {
    /// Reads all of `tokens`.
    ///
    /// # Errors
    /// If they are no function.
    pub fn read(tokens: TokenStream) -> Result<Self> {
        let all = tokens.clone();
        Reader::new(tokens)
            .function()
            .ok_or_else(|| Error::new(&all, "a function is expected here"))
    }

    /// Is it a method with `self`?
    #[must_use]
    pub fn has_receiver(&self) -> bool {
        self.parameters.first().is_some_and(Parameter::is_receiver)
    }

    /// Does it have type or constant parameters, or parameters of type `impl Trait`?
    #[must_use]
    pub fn is_generic(&self) -> bool {
        let mut names = Vec::new();
        let mut trees = self.generics.clone().into_iter().peekable();
        let mut depth = 0u32;
        let mut begins = true;
        while let Some(tree) = trees.next() {
            match &tree {
                TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
                TokenTree::Punct(punct) if punct.as_char() == '>' => {
                    depth = depth.saturating_sub(1)
                }
                TokenTree::Punct(punct) if punct.as_char() == ',' && depth == 1 => {
                    begins = true;
                    continue;
                }
                TokenTree::Punct(punct) if punct.as_char() == '\'' && begins => {
                    trees.next();
                    begins = false;
                }
                TokenTree::Ident(name) if begins => {
                    names.push(name.clone());
                    begins = false;
                }
                _ => {}
            }
        }
        let any = |one: &Parameter| mentions(&one.ty, "impl");
        !names.is_empty() || self.parameters.iter().any(any)
    }

    /// `-> !`
    pub(crate) fn never_returns(&self) -> bool {
        self.output.as_ref().is_some_and(|output| output.to_string() == "!")
    }

    /// The type of what it returns, if that can be written elsewhere: not `impl Trait`.
    pub(crate) fn written_output(&self) -> Option<TokenStream> {
        match &self.output {
            Some(output) if mentions(output, "impl") => None,
            Some(output) => Some(output.clone()),
            None => {
                Some(TokenTree::from(Group::new(Delimiter::Parenthesis, TokenStream::new())).into())
            }
        }
    }
}

#[cfg(feature = "syn")]
impl syn::parse::Parse for Function {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        let tokens: TokenStream = input.parse()?;
        let read = Reader::new(tokens).function();
        read.ok_or_else(|| syn::Error::new(span, "a function is expected here"))
    }
}

#[cfg(not(feature = "syn"))]
impl crate::FromTokens for Function {
    fn from_tokens(tokens: TokenStream) -> Result<Self> {
        Self::read(tokens)
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attributes, qualifiers, name, generics, parameters, output, .. } = self;
        let output = output.as_ref().map(|output| quote::quote!(-> #output));
        let Self { where_clause, body, .. } = self;
        let body = match body {
            Some(body) => body.to_token_stream(),
            None => quote::quote!(;),
        };
        tokens.extend(quote::quote! {
            #attributes #qualifiers fn #name #generics (#(#parameters),*) #output #where_clause #body
        });
    }
}

impl ToTokens for Parameter {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attributes, pattern, ty, .. } = self;
        let ty = (!ty.is_empty()).then(|| quote::quote!(: #ty));
        tokens.extend(quote::quote!(#attributes #pattern #ty));
    }
}

/// Does the word stand anywhere in it?
fn mentions(tokens: &TokenStream, word: &str) -> bool {
    let mut left: Vec<TokenStream> = vec![tokens.clone()];
    while let Some(stream) = left.pop() {
        for tree in stream {
            match tree {
                TokenTree::Ident(ident) if ident == word => return true,
                TokenTree::Group(group) => left.push(group.stream()),
                _ => {}
            }
        }
    }
    false
}

/// The trees of a function, and how deep in `<..>` the next one is.
struct Reader {
    trees: std::iter::Peekable<proc_macro2::token_stream::IntoIter>,
}

impl Reader {
    fn new(tokens: TokenStream) -> Self {
        Self { trees: tokens.into_iter().peekable() }
    }

    fn is_punct(&mut self, ch: char) -> bool {
        matches!(self.trees.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == ch)
    }

    fn is_group(&mut self, delimiter: Delimiter) -> bool {
        matches!(self.trees.peek(), Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
    }

    fn is_word(&mut self, word: &str) -> bool {
        matches!(self.trees.peek(), Some(TokenTree::Ident(ident)) if ident == word)
    }

    fn attributes(&mut self) -> TokenStream {
        let mut attributes = TokenStream::new();
        while self.is_punct('#') {
            attributes.extend(self.trees.by_ref().take(2));
        }
        attributes
    }

    /// The tokens up to one for which `ends` says so and that is in no `<..>`.
    fn until(&mut self, ends: impl Fn(&mut Self) -> bool) -> TokenStream {
        let (mut out, mut depth, mut arrow) = (TokenStream::new(), 0u32, false);
        while self.trees.peek().is_some() && (depth > 0 || !ends(self)) {
            let Some(tree) = self.trees.next() else { break };
            let before = std::mem::take(&mut arrow);
            if let TokenTree::Punct(punct) = &tree {
                match punct.as_char() {
                    '<' => depth += 1,
                    '>' if !before => depth = depth.saturating_sub(1),
                    '-' => arrow = punct.spacing() == Spacing::Joint,
                    _ => {}
                }
            }
            out.extend([tree]);
        }
        out
    }

    fn function(mut self) -> Option<Function> {
        let attributes = self.attributes();
        let mut qualifiers = TokenStream::new();
        while !self.is_word("fn") {
            qualifiers.extend([self.trees.next()?]);
        }
        let is = |word| mentions(&qualifiers, word);
        let (is_async, is_const, is_unsafe) = (is("async"), is("const"), is("unsafe"));
        self.trees.next();
        let TokenTree::Ident(name) = self.trees.next()? else { return None };
        let generics = self.until(|it| it.is_group(Delimiter::Parenthesis));
        let TokenTree::Group(list) = self.trees.next()? else { return None };
        let parameters = Self::new(list.stream()).parameters()?;
        let ends = |it: &mut Self| {
            it.is_word("where") || it.is_group(Delimiter::Brace) || it.is_punct(';')
        };
        let output = if self.is_punct('-') {
            self.trees.by_ref().take(2).for_each(drop);
            Some(self.until(ends))
        } else {
            None
        };
        let where_clause = self.until(|it| it.is_group(Delimiter::Brace) || it.is_punct(';'));
        let body = match self.trees.next()? {
            TokenTree::Group(body) => Some(body),
            _ => None,
        };
        self.trees.next().is_none().then_some(Function {
            attributes,
            qualifiers,
            is_async,
            is_const,
            is_unsafe,
            name,
            generics,
            parameters,
            output,
            where_clause,
            body,
        })
    }

    fn parameters(mut self) -> Option<Vec<Parameter>> {
        let mut parameters = Vec::new();
        while self.trees.peek().is_some() {
            let attributes = self.attributes();
            // A `::` in a pattern is joint.
            let colon = |it: &mut Self| {
                matches!(it.trees.peek(), Some(TokenTree::Punct(punct))
                    if punct.as_char() == ':' && punct.spacing() == Spacing::Alone)
            };
            let mut pattern = TokenStream::new();
            loop {
                pattern.extend(self.until(|it| it.is_punct(':') || it.is_punct(',')));
                if !self.is_punct(':') || colon(&mut self) {
                    break;
                }
                pattern.extend(self.trees.by_ref().take(2));
            }
            let ty = if self.is_punct(':') {
                self.trees.next();
                self.until(|it| it.is_punct(','))
            } else {
                TokenStream::new()
            };
            self.trees.next();
            let name = name_of(&pattern);
            parameters.push(Parameter { attributes, pattern, ty, name });
        }
        Some(parameters)
    }
}

/// The name that is all of a pattern, but for `mut`; `self` in all of its forms.
fn name_of(pattern: &TokenStream) -> Option<Ident> {
    let mut trees = pattern.clone().into_iter().peekable();
    let receiver = trees.clone().find_map(|tree| match tree {
        TokenTree::Ident(ident) if ident == "self" => Some(ident),
        _ => None,
    });
    if receiver.is_some() {
        return receiver;
    }
    let _ = trees.next_if(|tree| matches!(tree, TokenTree::Ident(ident) if ident == "mut"));
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Ident(name)), None) => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
