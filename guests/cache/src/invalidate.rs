//! `#[Cache::invalidate]`: who wants to know that a row changed.

use macro_guest_sdk::{Arguments, Context, Diagnostic, Error, Expansion, Result, cell_macro};
use proc_macro2::{Ident, Span};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt as _;
use syn::{Data, DeriveInput, LitStr};

/// Lets caches forget rows that changed.
///
/// Needs `Postgres::table` on the same struct, which says what the table and its key are and when rows
/// change. For `on = "account_update"` adds `account_update(&key)`, which says that a row changed, and
/// `when_account_update(forget)`, with a `fn(&Key)` that is called then: what
/// `#[Cache::memoize(until = ..)]` takes. A trigger that says the same to other processes, with
/// `pg_notify`, is a plan entry.
#[cell_macro(attribute, needs(postgres::table), helpers(primary_key))]
pub(crate) fn invalidate(
    arguments: Arguments,
    item: DeriveInput,
    cx: &mut Context,
) -> Result<Expansion> {
    let mut on: Option<(LitStr, Ident)> = None;
    let mut errors = arguments.read("on = \"..\"", |argument, given| {
        (argument == "on").then(|| {
            let literal: LitStr = Arguments::value(given, "a string")?;
            let event = literal.parse::<Ident>().map_err(|_| {
                Diagnostic::error(&literal, "this is no name of an event")
                    .help("it becomes the name of a function: \"account_update\"")
            })?;
            on = Some((literal, event));
            Ok(())
        })
    });
    if on.is_none() && errors.diagnostics().is_empty() {
        let missing = Diagnostic::error(Span::call_site(), "on what?");
        errors.combine(missing.help("say it: `invalidate(on = \"account_update\")`"));
    }
    if item.generics.type_params().next().is_some() || item.generics.lifetimes().next().is_some() {
        let text = "a generic struct is many, and who listens to one would have to listen to all";
        errors.combine(Error::new(&item.generics, text));
    }
    let fact = |name: &str| {
        let mut facts = cx.facts().iter().filter(|fact| fact.source == "postgres::table");
        facts.find(|fact| fact.name == name).map(|fact| fact.value.clone())
    };
    // Without its facts `table` failed and has said why.
    let facts = (fact("table"), fact("primary_key"), fact("changes"));
    let (Some(table), Some(key), Some(changes)) = facts else {
        return errors.finish(Expansion::new());
    };
    errors.finish(())?;
    let (Some((literal, event)), Some(ty)) = (on, key_type(&item, &key)) else {
        return Ok(Expansion::new());
    };

    // `r#type` is written so in Rust only.
    let (event_name, vis, ident) = (event.unraw().to_string(), &item.vis, &item.ident);
    let when = format_ident!("when_{}", event, span = literal.span());
    let says = format!(
        "Says that the row of `{table}` with this `{key}` changed, to all who want to know."
    );
    let hears = format!("Calls `forget` with the `{key}` of each row of `{table}` that changes.");
    let trigger = format!(
        "create trigger {table}_{event_name} after {changes} on {table} for each row \
         execute function cell_notify('{event_name}', '{key}')"
    );
    let site = Span::mixed_site();
    let items = quote_spanned! { site =>
        #[allow(dead_code)]
        impl #ident {
            #[doc = #says]
            #vis fn #event(key: &#ty) {
                // Not while the list is locked: who is told may want to be told of more.
                let all = Self::__cell_listeners().clone();
                all.iter().for_each(|forget| forget(key));
            }

            #[doc = #hears]
            #vis fn #when(forget: fn(&#ty)) {
                Self::__cell_listeners().push(forget);
            }

            fn __cell_listeners() -> ::std::sync::MutexGuard<'static, ::std::vec::Vec<fn(&#ty)>> {
                static LISTENERS: ::std::sync::Mutex<::std::vec::Vec<fn(&#ty)>> =
                    ::std::sync::Mutex::new(::std::vec::Vec::new());
                LISTENERS.lock().unwrap_or_else(::std::sync::PoisonError::into_inner)
            }
        }
    };
    let name = format!("{table}_{event_name}");
    Ok(Expansion::new().items(items).plan_entry("trigger", name, trigger))
}

fn key_type(item: &DeriveInput, key: &str) -> Option<syn::Type> {
    let Data::Struct(data) = &item.data else { return None };
    let is_key = |name: &Ident| name.to_string().trim_start_matches("r#") == key;
    let field = data.fields.iter().find(|field| field.ident.as_ref().is_some_and(is_key))?;
    Some(field.ty.clone())
}

#[cfg(test)]
mod tests {
    use macro_guest_sdk::testing::{Expanded, Harness};
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::*;

    fn expand(arguments: TokenStream, item: TokenStream) -> Expanded {
        Harness::new()
            .fact("postgres::table", "table", "accounts")
            .fact("postgres::table", "primary_key", "id")
            .fact("postgres::table", "changes", "insert or update or delete")
            .expand_attribute::<invalidate>(arguments, item)
    }

    fn account() -> TokenStream {
        quote! { pub struct Account { #[Postgres::primary_key] id: u64, owner: String } }
    }

    #[test]
    fn the_table_says_what_is_told() {
        let expanded = expand(quote!(on = "account_update"), account()).without_errors();
        let code = expanded.code();
        for part in [
            "pub fn account_update (key : & u64)",
            "pub fn when_account_update (forget : fn (& u64))",
            "the `id` of each row of `accounts`",
        ] {
            assert!(code.contains(part), "{part} in {code}");
        }
        let [entry] = expanded.plan.as_slice() else { panic!("one entry") };
        let trigger = "create trigger accounts_account_update after insert or update or delete on \
                       accounts for each row execute function cell_notify('account_update', 'id')";
        assert_eq!((entry.kind.as_str(), entry.body.as_str()), ("trigger", trigger));
    }

    #[test]
    fn an_event_with_the_name_of_a_keyword_is_raw_where_it_is_one() {
        let expanded = expand(quote!(on = "r#type"), account()).without_errors();
        let code = expanded.code();
        assert!(code.contains("pub fn r#type (key : & u64)"), "{code}");
        assert!(code.contains("pub fn when_type (forget : fn (& u64))"), "{code}");
        let [entry] = expanded.plan.as_slice() else { panic!("one entry") };
        assert!(entry.body.contains("cell_notify('type', 'id')"), "{}", entry.body);
        assert_eq!(entry.name, "accounts_type");
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        let errors = |arguments, item| expand(arguments, item).errors();
        assert_eq!(errors(quote!(), account()), ["on what?"]);
        let expected = ["this is no name of an event (at `\"a b\"`)"];
        assert_eq!(errors(quote!(on = "a b"), account()), expected);
        let generic = quote! { struct Account<T> { id: T } };
        let expected = "a generic struct is many, and who listens to one would have to listen to all (at `< T >`)";
        assert_eq!(errors(quote!(on = "a"), generic), [expected]);
    }

    #[test]
    fn a_table_that_failed_is_not_spoken_of() {
        let expanded = Harness::new().expand_attribute::<invalidate>(quote!(on = "a"), account());
        assert!(expanded.errors().is_empty() && expanded.code().is_empty());
    }
}
