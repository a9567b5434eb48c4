//! What a macro gives back.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use crate::body::Body;
use crate::diagnostic::{Diagnostic, Error, Result};

/// The answer of a macro: tokens and what goes with them.
///
/// A [`TokenStream`] becomes one: items after the user's item for an attribute or a derive, the
/// result for a function-like macro. The user's item itself is emitted by the host; a macro that
/// only adds to it never returns it.
///
/// ```
/// # use macro_guest_sdk::Expansion;
/// # use quote::quote;
/// let expansion = Expansion::new()
///     .items(quote! { impl Account { pub const TABLE: &'static str = "accounts"; } })
///     .plan_entry("table", "accounts", "create table accounts (id bigint primary key)");
/// # let _ = expansion;
/// ```
#[derive(Clone, Debug)]
#[must_use = "an expansion does nothing unless the macro returns it"]
pub struct Expansion {
    pub(crate) items: TokenStream,
    pub(crate) replacement: Option<TokenStream>,
    pub(crate) fields: Vec<(String, TokenStream)>,
    /// Each is one `#[..]`.
    pub(crate) attributes: Vec<TokenStream>,
    pub(crate) parameters: Vec<(String, TokenStream)>,
    /// The outermost first; each has the place of the body in it.
    pub(crate) wrappers: Vec<TokenStream>,
    pub(crate) plan: Vec<PlanEntry>,
    pub(crate) artifacts: Vec<Artifact>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) references: bool,
}

/// Something that should exist when the program runs. Expansion never makes it: the user's
/// `cell plan` shows it and `cell apply` does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanEntry {
    /// What sort of thing: `table`, `index`.
    pub kind: String,
    /// Its name, unique within cell and kind.
    pub name: String,
    /// How it shall be, in the cell's own language.
    pub body: String,
}

/// A file for another tool, such as a client in another language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// File name.
    pub name: String,
    /// Content.
    pub body: Vec<u8>,
}

impl Default for Expansion {
    fn default() -> Self {
        Self {
            items: TokenStream::new(),
            replacement: None,
            fields: Vec::new(),
            attributes: Vec::new(),
            parameters: Vec::new(),
            wrappers: Vec::new(),
            plan: Vec::new(),
            artifacts: Vec::new(),
            diagnostics: Vec::new(),
            references: true,
        }
    }
}

impl Expansion {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds items after the user's item; for a function-like macro, tokens of the result.
    pub fn items(mut self, tokens: impl ToTokens) -> Self {
        tokens.to_tokens(&mut self.items);
        self
    }

    /// Puts `item` in place of the user's item. Only one macro on an item may do this, and only an
    /// attribute.
    pub fn replace(mut self, item: impl ToTokens) -> Self {
        self.replacement = Some(item.into_token_stream());
        self
    }

    /// Adds a field to the user's struct: `tokens` is all of it, such as `pub(crate) dirty: bool`.
    /// Two macros that add a field of the same `name` to one struct are an error. Only for
    /// attributes.
    pub fn field(mut self, name: impl Into<String>, tokens: impl ToTokens) -> Self {
        self.fields.push((name.into(), tokens.into_token_stream()));
        self
    }

    /// Adds attributes to the user's item, behind its own: one `#[..]` or several. What two macros add
    /// alike is there once. Only for attributes.
    pub fn attribute(mut self, tokens: impl ToTokens) -> Self {
        for tree in tokens.into_token_stream() {
            match (&tree, self.attributes.last_mut()) {
                (TokenTree::Punct(punct), _) if punct.as_char() == '#' => {
                    self.attributes.push(tree.into());
                }
                (_, Some(last)) => last.extend([tree]),
                // The host says that it is none.
                (_, None) => self.attributes.push(tree.into()),
            }
        }
        self
    }

    /// Adds a parameter to the user's function, behind its own: `tokens` is all of it, such as
    /// `auth: &Session`, and `name` is what it binds. Two macros that add a parameter of the same
    /// name to one function are an error, and so is one that the function has. Only for attributes.
    ///
    /// Those that macros of a stack add stand in the order in which the macros run: each behind those
    /// that it needs, else by cell and name. Callers have to give them in that order.
    pub fn parameter(mut self, name: impl Into<String>, tokens: impl ToTokens) -> Self {
        self.parameters.push((name.into(), tokens.into_token_stream()));
        self
    }

    /// Puts something around the body of the user's function. `wrap` is given the body as a block, in
    /// which the user's own block stands, and returns what is to be the body: statements and expressions with that block in them, once.
    ///
    /// ```
    /// # use macro_guest_sdk::testing::Harness;
    /// # use macro_guest_sdk::{Expansion, Function, NoArguments, cell_macro};
    /// # use quote::quote;
    /// /// Only for those who may.
    /// #[cell_macro(attribute)]
    /// fn admin(_nothing: NoArguments, _function: Function) -> Expansion {
    ///     Expansion::new()
    ///         .attribute(quote! { #[must_use] })
    ///         .parameter("auth", quote! { auth: &Session })
    ///         .wrap_body(|body| quote! { auth.require("admin")?; #body })
    /// }
    /// let item = quote! { fn close(id: u64) -> Result<(), Denied> { Ok(()) } };
    /// let expanded = Harness::new().expand_attribute::<admin>(quote!(), item);
    /// let expected = quote! {
    ///     #[must_use]
    ///     fn close(id: u64, auth: &Session,) -> Result<(), Denied> {
    ///         auth.require("admin")?;
    ///         { ({ Ok(()) }) }
    ///     }
    /// };
    /// assert_eq!(expanded.edited().to_string(), expected.to_string());
    /// ```
    ///
    /// With several macros on a function, the first in the order in which they run is the outermost;
    /// called twice, so is the first call. So a macro can rely on those that it needs: they are
    /// around it.
    ///
    /// What stands around a body may not
    /// - rely on statements behind the body being reached: `return` and `?` in it leave the function.
    ///   [`Body::value`] catches both;
    /// - declare names that the body could see and does not know: local variables of
    ///   [`Span::mixed_site`](proc_macro2::Span::mixed_site) are invisible to it, while items, and all
    ///   of call site, are not;
    /// - use the body's parameters behind it: it may have given them away;
    /// - stand in an `unsafe fn`, unless `cell.toml` allows the macro `unsafe`.
    ///
    /// Only for attributes.
    pub fn wrap_body<T: ToTokens>(mut self, wrap: impl FnOnce(&Body) -> T) -> Self {
        self.wrappers.push(wrap(&Body::new()).into_token_stream());
        self
    }

    /// Does it change the user's item?
    pub(crate) fn changes_item(&self) -> bool {
        self.replacement.is_some()
            || !self.fields.is_empty()
            || !self.attributes.is_empty()
            || !self.parameters.is_empty()
            || !self.wrappers.is_empty()
    }

    /// Adds something that should exist when the program runs.
    pub fn plan_entry(
        mut self,
        kind: impl Into<String>,
        name: impl Into<String>,
        body: impl Into<String>,
    ) -> Self {
        let (kind, name, body) = (kind.into(), name.into(), body.into());
        self.plan.push(PlanEntry { kind, name, body });
        self
    }

    /// Adds a file for another tool.
    pub fn artifact(mut self, name: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        self.artifacts.push(Artifact { name: name.into(), body: body.into() });
        self
    }

    /// Adds a diagnostic, usually a [`Diagnostic::warning`]. With an error among them the build
    /// fails, but the tokens are emitted all the same: fewer errors follow from the first.
    pub fn warn(mut self, diagnostic: Diagnostic) -> Self {
        self.diagnostics.push(diagnostic);
        self
    }

    /// Writes every token out, also those that are still as the user wrote them. For tests of the
    /// host: meaning that the compiler keeps in invisible groups is lost.
    #[doc(hidden)]
    pub fn without_references(mut self) -> Self {
        self.references = false;
        self
    }
}

impl From<TokenStream> for Expansion {
    fn from(items: TokenStream) -> Self {
        Self { items, ..Self::default() }
    }
}

/// What a macro function may return: an [`Expansion`], a [`TokenStream`], or a `Result` of one of
/// them with an error that [`Error`] can be made from.
#[diagnostic::on_unimplemented(
    message = "a macro cannot return `{Self}`",
    label = "not an expansion",
    note = "return `Expansion` or `TokenStream`, or a `Result` of one of them"
)]
pub trait IntoExpansion {
    /// The same as an [`Expansion`].
    ///
    /// # Errors
    /// Those of the macro.
    fn into_expansion(self) -> Result<Expansion>;
}

impl IntoExpansion for Expansion {
    fn into_expansion(self) -> Result<Expansion> {
        Ok(self)
    }
}

impl IntoExpansion for TokenStream {
    fn into_expansion(self) -> Result<Expansion> {
        Ok(self.into())
    }
}

impl<T: IntoExpansion, E: Into<Error>> IntoExpansion for Result<T, E> {
    fn into_expansion(self) -> Result<Expansion> {
        self.map_err(Into::into)?.into_expansion()
    }
}
