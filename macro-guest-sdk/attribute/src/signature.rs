//! What the function must look like: everything that is wrong, each on its token.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemFn, ReturnType, Type};

use crate::arguments::Kind;

/// The parameters that the macro is called with.
pub(crate) struct Signature {
    /// Of the arguments of an attribute.
    pub(crate) arguments: Option<Type>,
    /// Of the item, or of the input of a function-like macro.
    pub(crate) item: Type,
    /// Does it take the context?
    pub(crate) context: bool,
}

impl Signature {
    /// `None` if there is an error.
    pub(crate) fn read(kind: Kind, function: &ItemFn, errors: &mut Vec<Error>) -> Option<Self> {
        let before = errors.len();
        let signature = &function.sig;
        let mut refuse = |tokens: &dyn ToTokens, message: &str| {
            errors.push(Error::new_spanned(tokens.to_token_stream(), message));
        };
        if let Some(token) = &signature.constness {
            refuse(token, "a macro function cannot be `const`");
        }
        if let Some(token) = &signature.asyncness {
            refuse(token, "a macro function cannot be `async`: nothing happens while it waits");
        }
        if !matches!(signature.safety, syn::Safety::Default) {
            refuse(&signature.safety, "a macro function cannot be `unsafe`");
        }
        if let Some(abi) = &signature.abi {
            refuse(abi, "a macro function has no ABI of its own");
        }
        if !signature.generics.params.is_empty() {
            refuse(&signature.generics.params, "a macro function cannot be generic");
        }
        if let Some(variadic) = &signature.variadic {
            refuse(variadic, "a macro function has no variable arguments");
        }
        if let ReturnType::Default = signature.output {
            let message =
                "a macro function returns `Expansion`, `TokenStream`, or a `Result` of one of them";
            refuse(&signature.ident, message);
        }
        let mut types = Vec::new();
        for input in &signature.inputs {
            match input {
                FnArg::Receiver(receiver) => refuse(receiver, "a macro function has no `self`"),
                FnArg::Typed(typed) => types.push((*typed.ty).clone()),
            }
        }
        let context = types.last().is_some_and(is_context);
        if context {
            types.pop();
        }
        for ty in &types {
            if let Type::Reference(reference) = ty {
                let message = if is_context(ty) {
                    "the context is the last parameter"
                } else {
                    "parameters are taken by value; only the context is `&mut Context`"
                };
                refuse(reference, message);
            }
        }
        let (expected, message) = match kind {
            Kind::Attribute => {
                (2, "an attribute is `fn(arguments, item)` or `fn(arguments, item, &mut Context)`")
            }
            Kind::Derive => (1, "a derive is `fn(item)` or `fn(item, &mut Context)`"),
            Kind::Function => {
                (1, "a function-like macro is `fn(input)` or `fn(input, &mut Context)`")
            }
        };
        if types.len() != expected {
            let span = signature.inputs.span();
            let span =
                if signature.inputs.is_empty() { signature.paren_token.span.join() } else { span };
            errors.push(Error::new(span, message));
        }
        let mut types = types.into_iter();
        let arguments = if kind == Kind::Attribute { types.next() } else { None };
        let item = types.next().filter(|_| errors.len() == before)?;
        Some(Self { arguments, item, context })
    }
}

/// `&mut Context`, under any path. A macro that renames it has to write the reference all the same.
fn is_context(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if reference.mutability.is_some())
}
