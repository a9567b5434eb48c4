//! `#[Ledger::cache]`: rows in memory, by primary key.

use macro_guest_sdk::{Arguments, Context, Diagnostic, Error, Expansion, Result, cell_macro};
use proc_macro2::Span;
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{DeriveInput, LitInt, parse_quote};

use crate::columns;

const DEFAULT_CAPACITY: usize = 1_000;

/// Adds `<Name>Cache`: a read-through cache of rows by primary key, which forgets the row that was
/// used longest ago.
///
/// Needs `table` on the same struct. `capacity = 100` says how many rows `new` makes room for,
/// 1,000 if nothing is said. The key's type has to be `Clone + Ord`.
#[cell_macro(attribute, needs(table), helpers(primary_key, column))]
pub(crate) fn cache(
    arguments: Arguments,
    item: DeriveInput,
    cx: &mut Context,
) -> Result<Expansion> {
    let mut capacity = DEFAULT_CAPACITY;
    let mut errors = arguments.read("capacity = ..", |argument, given| {
        (argument == "capacity").then(|| {
            let literal: LitInt = Arguments::value(given, "a number")?;
            capacity = literal.base10_parse()?;
            if capacity == 0 {
                return Err(Error::new(&literal, "a cache of no rows caches nothing"));
            }
            Ok(())
        })
    });
    let table = cx.facts().iter().find(|f| f.source.ends_with("::table") && f.name == "table");
    // Without its facts `table` failed and has said why; a second word about the columns, which
    // both read, would only repeat it.
    let Some(table) = table.map(|fact| fact.value.clone()) else {
        return errors.finish(Expansion::new());
    };
    let columns = columns::read(&item, &mut errors);
    let Some(key) = errors.clone().finish(columns::key(&columns))? else {
        return Err(Diagnostic::error(&item.ident, "no field is the primary key").into());
    };

    let (vis, row, generics) = (&item.vis, &item.ident, &item.generics);
    let cache = format_ident!("{}Cache", row, span = row.span());
    let (key_type, key_field) = (key.ty, key.field);
    let (_, types, _) = generics.split_for_impl();
    let mut bounded = generics.clone();
    let bounds: syn::WherePredicate = parse_quote! {
        #key_type: ::core::clone::Clone + ::core::cmp::Ord
    };
    bounded.make_where_clause().predicates.push(bounds);
    let (head, _, tail) = bounded.split_for_impl();
    let own_tail = generics.where_clause.to_token_stream();
    let about = format!("Rows of the table `{table}` in memory, by `{}`.", key.name);

    // Mixed site: our local variables are not in the way of what the user calls `row` or `key`.
    let site = Span::mixed_site();
    Ok(Expansion::new().items(quote_spanned! { site =>
        #[doc = #about]
        #[allow(dead_code)]
        #vis struct #cache #generics #own_tail {
            rows: ::std::collections::BTreeMap<#key_type, (u64, #row #types)>,
            ages: ::std::collections::BTreeMap<u64, #key_type>,
            clock: u64,
            capacity: usize,
        }

        #[allow(dead_code)]
        impl #head #cache #types #tail {
            /// The table whose rows these are.
            #vis const TABLE: &'static str = #table;

            /// An empty cache.
            #vis fn new() -> Self {
                Self::with_capacity(#capacity)
            }

            /// An empty cache for `capacity` rows, at least one.
            #vis fn with_capacity(capacity: usize) -> Self {
                Self {
                    rows: ::std::collections::BTreeMap::new(),
                    ages: ::std::collections::BTreeMap::new(),
                    clock: 0,
                    capacity: ::core::cmp::Ord::max(capacity, 1),
                }
            }

            /// The row with this key. A row that is not there is loaded and kept.
            ///
            /// # Errors
            /// Those of `load`.
            #vis fn get<LoadError>(
                &mut self,
                key: &#key_type,
                load: impl ::core::ops::FnOnce(
                    &#key_type,
                ) -> ::core::result::Result<
                    ::core::option::Option<#row #types>,
                    LoadError,
                >,
            ) -> ::core::result::Result<::core::option::Option<&#row #types>, LoadError> {
                if self.rows.contains_key(key) {
                    self.touch(key);
                } else if let ::core::option::Option::Some(row) = load(key)? {
                    self.insert(row);
                }
                ::core::result::Result::Ok(self.peek(key))
            }

            /// The row with this key, if it is in memory. Does not count as a use.
            #vis fn peek(&self, key: &#key_type) -> ::core::option::Option<&#row #types> {
                self.rows.get(key).map(|(_, row)| row)
            }

            /// Keeps a row, and gives back the one that it replaces.
            #vis fn insert(&mut self, row: #row #types) -> ::core::option::Option<#row #types> {
                let key = ::core::clone::Clone::clone(&row.#key_field);
                let old = self.remove(&key);
                if self.rows.len() >= self.capacity {
                    if let ::core::option::Option::Some((_, oldest)) = self.ages.pop_first() {
                        self.rows.remove(&oldest);
                    }
                }
                self.clock += 1;
                self.ages.insert(self.clock, ::core::clone::Clone::clone(&key));
                self.rows.insert(key, (self.clock, row));
                old
            }

            /// Forgets a row.
            #vis fn remove(&mut self, key: &#key_type) -> ::core::option::Option<#row #types> {
                let (age, row) = self.rows.remove(key)?;
                self.ages.remove(&age);
                ::core::option::Option::Some(row)
            }

            /// How many rows are in memory.
            #vis fn len(&self) -> usize {
                self.rows.len()
            }

            /// Is there none?
            #vis fn is_empty(&self) -> bool {
                self.rows.is_empty()
            }

            fn touch(&mut self, key: &#key_type) {
                if let ::core::option::Option::Some((age, _)) = self.rows.get_mut(key) {
                    self.clock += 1;
                    let before = ::core::mem::replace(age, self.clock);
                    if let ::core::option::Option::Some(key) = self.ages.remove(&before) {
                        self.ages.insert(self.clock, key);
                    }
                }
            }
        }

        impl #head ::core::default::Default for #cache #types #tail {
            fn default() -> Self {
                Self::new()
            }
        }
    }))
}

#[cfg(test)]
mod tests;
