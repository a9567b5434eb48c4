//! `#[Cache::memoize]`: what a function returned, for a while.

use macro_guest_sdk::{
    Arguments, Diagnostic, Error, Expansion, Function, Parameter, Result, cell_macro,
};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{ExprPath, LitInt, LitStr};

use crate::kept;

const DEFAULT_CAPACITY: usize = 1_000;

/// Keeps what the function returned, and returns it again to those who call with equal arguments.
///
/// `ttl = "5m"` says for how long (`ms`, `s`, `m`, `h`, `d`), `capacity = 100` for how many different
/// arguments, 1,000 if nothing is said; then the oldest goes. `until = Account::when_account_update`
/// names a function that takes a `fn(&Key)` and calls it when all that is kept is to be forgotten:
/// what `invalidate` makes.
///
/// Arguments have to be `Hash + Eq`, and what is returned `Clone`; both live without borrowing, but for
/// arguments that are references, which are copied by `to_owned`. Of a `Result` only what is `Ok` is
/// kept. On a method `by = self.id` says what of `self` the value depends on, and `by = ()` that it
/// does not. Values are those of this process. Two who ask at the same time may both compute.
#[cell_macro(attribute)]
pub(crate) fn memoize(arguments: Arguments, function: Function) -> Result<Expansion> {
    let (mut said, mut errors) = Said::read(arguments);
    if said.ttl.is_none() && errors.diagnostics().is_empty() {
        let missing = Diagnostic::error(Span::call_site(), "for how long?");
        errors.combine(missing.help("say it: `memoize(ttl = \"5m\")`"));
    }
    check(&function, &said, &mut errors);
    let key = key(&function, said.by.take(), &mut errors);
    errors.finish(())?;

    let is_result = function.output.as_ref().is_some_and(is_result);
    let (millis, capacity) = (said.ttl.unwrap_or_default(), said.capacity);
    let kept = kept::kept(said.until.as_ref());
    let site = Span::mixed_site();
    let (found, keep) = if is_result {
        let some = quote_spanned! { site => ::core::result::Result::Ok(value) };
        (some.clone(), quote_spanned! { site => if let #some = &value })
    } else {
        (quote_spanned! { site => value }, quote_spanned! { site => let value = &value; })
    };
    let keep = match is_result {
        true => quote_spanned! { site => #keep { kept.keep(key, value, #millis, #capacity); } },
        false => quote_spanned! { site => { #keep kept.keep(key, value, #millis, #capacity); } },
    };
    Ok(Expansion::new().wrap_body(|body| {
        let value = body.value(&function);
        quote_spanned! { site =>
            let kept = #kept;
            let key = #key;
            if let ::core::option::Option::Some(value) = kept.find(&key) {
                return #found;
            }
            let value = #value;
            #keep
            value
        }
    }))
}

/// The arguments.
struct Said {
    /// In milliseconds.
    ttl: Option<u64>,
    capacity: usize,
    until: Option<TokenStream>,
    by: Option<TokenStream>,
}

impl Said {
    fn read(arguments: Arguments) -> (Self, Error) {
        let mut said = Self { ttl: None, capacity: DEFAULT_CAPACITY, until: None, by: None };
        let known = "ttl = \"5m\"`, `capacity = 100`, `by = self.id` and `until = path";
        let errors = arguments.read(known, |argument, given| {
            let name = argument.to_string();
            let known = ["ttl", "capacity", "until", "by"].contains(&name.as_str());
            known.then(|| said.take(&name, given))
        });
        (said, errors)
    }

    fn take(&mut self, name: &str, given: TokenStream) -> Result<()> {
        match name {
            "ttl" => {
                let literal: LitStr = Arguments::value(given, "a string such as \"5m\"")?;
                self.ttl = Some(millis(&literal.value()).ok_or_else(|| {
                    Diagnostic::error(&literal, "this is no time to live")
                        .help("a number and one of `ms`, `s`, `m`, `h`, `d`: \"5m\"")
                })?);
            }
            "capacity" => {
                let literal: LitInt = Arguments::value(given, "a number")?;
                self.capacity = literal.base10_parse()?;
                if self.capacity == 0 {
                    return Err(Error::new(&literal, "what is to keep nothing keeps nothing"));
                }
            }
            "until" => {
                Arguments::value::<ExprPath>(given.clone(), "a path")?;
                self.until = Some(given);
            }
            _ => self.by = Some(given),
        }
        Ok(())
    }
}

/// `5m` in milliseconds.
fn millis(text: &str) -> Option<u64> {
    let digits = text.find(|ch: char| !ch.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).filter(|millis| *millis > 0)
}

/// What cannot be kept.
fn check(function: &Function, said: &Said, errors: &mut Error) {
    let name = &function.name;
    if function.is_const {
        errors.combine(Error::new(name, "a `const fn` has nowhere to keep anything"));
    }
    if function.is_generic() {
        let text = "a generic function is many, and what they return cannot be told apart";
        errors.combine(Error::new(name, text));
    }
    match &function.output {
        None => errors.combine(Error::new(name, "it returns nothing that could be kept")),
        Some(output) if is_impl(output) => {
            let text = "what is kept has a type with a name: not `impl`";
            errors.combine(Error::new(output, text));
        }
        Some(_) => {}
    }
    let receiver = function.parameters.iter().find(|one| one.is_receiver());
    match (receiver, &said.by) {
        (Some(receiver), None) => {
            let text = "what of `self` does the value depend on?";
            let help = "say it: `by = self.id`, or `by = ()` if on nothing";
            errors.combine(Diagnostic::error(&receiver.pattern, text).help(help));
        }
        (None, Some(by)) => errors.combine(Error::new(by, "there is no `self` here")),
        _ => {}
    }
}

/// An expression for all that the value depends on. A parameter that cannot be part of it is an error
/// of rustc's at that parameter.
fn key(function: &Function, by: Option<TokenStream>, errors: &mut Error) -> TokenStream {
    let mut parts: Vec<TokenStream> =
        by.into_iter().map(|by| quote!(::std::borrow::ToOwned::to_owned(&(#by)))).collect();
    for Parameter { name, pattern, ty, .. } in &function.parameters {
        match name {
            Some(name) if name == "self" => {}
            Some(name) => {
                let borrowed = matches!(ty.clone().into_iter().next(),
                    Some(TokenTree::Punct(punct)) if punct.as_char() == '&');
                let reference = (!borrowed).then(|| quote!(&));
                let span = name.span();
                parts.push(
                    quote_spanned! { span => ::std::borrow::ToOwned::to_owned(#reference #name) },
                );
            }
            None => {
                let text = "what a value depends on has a name: take it apart in the body";
                errors.combine(Error::new(pattern, text));
            }
        }
        let mutable = ty.clone().into_iter().find(|tree| match tree {
            TokenTree::Ident(word) => word == "mut",
            _ => false,
        });
        if mutable.is_some() && name.as_ref().is_some_and(|name| name != "self") {
            errors.combine(Error::new(ty, "what the function changes would not be changed again"));
        }
    }
    quote!((#(#parts,)*))
}

fn is_impl(output: &TokenStream) -> bool {
    matches!(output.clone().into_iter().next(), Some(TokenTree::Ident(word)) if word == "impl")
}

/// Is it `Result<..>`, by whatever path?
fn is_result(output: &TokenStream) -> bool {
    let path = output.clone().into_iter().take_while(|tree| match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        _ => false,
    });
    path.last().is_some_and(|last| last.to_string() == "Result")
}

#[cfg(test)]
mod tests {
    use macro_guest_sdk::testing::{Expanded, Harness};

    use super::*;

    fn expand(arguments: TokenStream, item: TokenStream) -> Expanded {
        Harness::new().expand_attribute::<memoize>(arguments, item)
    }

    #[test]
    fn the_key_is_all_that_the_value_depends_on() {
        let key = |arguments, item| {
            let edited = expand(arguments, item).without_errors().edited().to_string();
            let key = edited.split("let key = ").last().unwrap_or_default();
            key.split(" ; ")
                .next()
                .unwrap_or_default()
                .replace(":: std :: borrow :: ToOwned :: ", "")
        };
        let item = quote! { fn f(mut a: u8, b: &str, c: Vec<&'static str>) -> u8 { a } };
        assert_eq!(
            key(quote!(ttl = "1s"), item),
            "(to_owned (& a) , to_owned (b) , to_owned (& c) ,)"
        );
        let item = || quote! { async fn f(&mut self, a: u8) -> u8 { a } };
        assert_eq!(
            key(quote!(ttl = "1s", by = self.id), item()),
            "(to_owned (& (self . id)) , to_owned (& a) ,)"
        );
        assert_eq!(
            key(quote!(ttl = "1s", by = ()), item()),
            "(to_owned (& (())) , to_owned (& a) ,)"
        );
    }

    #[test]
    fn of_a_result_only_what_is_ok_is_kept() {
        let edited = |item| expand(quote!(ttl = "5m"), item).without_errors().edited().to_string();
        let found = edited(quote! { fn f() -> io::Result<u8> { Ok(1) } });
        assert!(found.contains("return :: core :: result :: Result :: Ok (value) ;"), "{found}");
        let keeps = "if let :: core :: result :: Result :: Ok (value) = & value { kept . keep (key , value , 300000u64 , 1000usize) ; }";
        assert!(found.contains(keeps), "{found}");
        let found = edited(quote! { fn f() -> Option<u8> { None } });
        assert!(
            found.contains("return value ;") && !found.contains("if let :: core :: result"),
            "{found}"
        );
    }

    #[test]
    fn times_to_live() {
        let all = ["5m", "1500ms", "2s", "1h", "3d"].map(millis);
        assert_eq!(all, [300_000, 1_500, 2_000, 3_600_000, 259_200_000].map(Some));
        for bad in ["", "5", "m", "5 m", "0s", "-1s", "1.5s", "5min", "99999999999999999d"] {
            assert_eq!(millis(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        let errors = |arguments, item| expand(arguments, item).errors();
        let item = || quote! { fn f(a: u8) -> u8 { a } };
        assert_eq!(errors(quote!(), item()), ["for how long?"]);
        assert_eq!(errors(quote!(ttl = "5"), item()), ["this is no time to live (at `\"5\"`)"]);
        let expected =
            ["what is to keep nothing keeps nothing (at `0`)", "a path is expected here (at `1`)"];
        assert_eq!(errors(quote!(capacity = 0, until = 1, ttl = "1s"), item()), expected);
        for (item, expected) in [
            (
                quote! { const fn f() -> u8 { 1 } },
                "a `const fn` has nowhere to keep anything (at `f`)",
            ),
            (
                quote! { fn f<T>() -> u8 { 1 } },
                "a generic function is many, and what they return cannot be told apart (at `f`)",
            ),
            (quote! { fn f() { } }, "it returns nothing that could be kept (at `f`)"),
            (
                quote! { fn f() -> impl A { a } },
                "what is kept has a type with a name: not `impl` (at `impl A`)",
            ),
            (
                quote! { fn f(&self) -> u8 { 1 } },
                "what of `self` does the value depend on? (at `& self`)",
            ),
            (
                quote! { fn f((a, b): (u8, u8)) -> u8 { a } },
                "what a value depends on has a name: take it apart in the body (at `(a , b)`)",
            ),
            (
                quote! { fn f(a: &mut u8) -> u8 { *a } },
                "what the function changes would not be changed again (at `& mut u8`)",
            ),
        ] {
            assert_eq!(errors(quote!(ttl = "1s"), item), [expected]);
        }
        assert_eq!(
            errors(quote!(ttl = "1s", by = a), item()),
            ["there is no `self` here (at `a`)"]
        );
    }
}
