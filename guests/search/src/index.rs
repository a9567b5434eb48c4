//! `#[Search::index(..)]`: words to rows.

use macro_guest_sdk::{Context, Diagnostic, Error, Expansion, Result, cell_macro};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{DeriveInput, LitStr, Visibility};

use crate::arguments::Arguments;
use crate::fields::{self, Indexed, list};
use crate::fit::Terms;
use crate::ledger::{self, NoSuchTable, Table};

/// Keeps rows of a struct findable by the words in their fields.
///
/// Adds the type `<Name>Index<K>`, which remembers for each row a key of your choice: `insert(key,
/// &row)`, `remove(&key)`, `search("words")`, and `by_<field>(..)` for each indexed field. A row is
/// found if it has all the words, whatever their case; keys come in their order.
///
/// `table = "accounts"` says which table of the cell `ledger` the rows are of, `fields(owner, ..)`
/// which of its columns are indexed. The ledger is asked for their types while the application
/// compiles: text is found by its words, an integer by its number.
///
/// In the profile `stub` nobody is asked: the columns are taken to be what the fields are.
#[cell_macro(attribute, calls(ledger::schema), context(profile))]
pub(crate) fn index(
    arguments: Arguments,
    item: DeriveInput,
    cx: &mut Context,
) -> Result<Expansion> {
    let mut errors = Error::none();
    let said = arguments.read(&mut errors);
    let all = fields::all(&item, &mut errors);
    let is_stub = cx.profile() == "stub";
    let table = said.table.as_ref().map(|name| match is_stub {
        true => Ok(fields::as_table(&name.value(), &all)),
        false => table(name, cx),
    });
    let table = table.transpose().unwrap_or_else(|error| {
        errors.combine(error);
        None
    });
    let indexed = if all.is_empty() {
        Vec::new()
    } else {
        fields::find(&said.fields, &all, table.as_ref(), &item.ident, &mut errors)
    };
    if indexed.is_empty() {
        return errors.finish(Expansion::new());
    }
    // The index is there all the same, with what is right: fewer errors follow from the first.
    errors.diagnostics().iter().for_each(|diagnostic| cx.report(diagnostic.clone()));
    let name = said.table.map(|name| name.value()).unwrap_or_default();
    Ok(Expansion::new().items(generate(&item, &name, &indexed)))
}

/// The table as the ledger says it is.
fn table(name: &LitStr, cx: &mut Context) -> Result<Table> {
    let answer = ledger::schema(cx, &name.value()).map_err(|error| error.at(name))?;
    answer.map_err(|NoSuchTable { known }| {
        let text = format!("cell `ledger` has no table `{}`", name.value());
        Diagnostic::error(name, text).help(format!("there are {}", list(&known))).into()
    })
}

fn generate(item: &DeriveInput, table: &str, indexed: &[Indexed<'_>]) -> TokenStream {
    let (vis, ident) = (&item.vis, &item.ident);
    let (head, types, tail) = item.generics.split_for_impl();
    let index = format_ident!("{}Index", ident);
    // Parameters of types have no hygiene.
    let taken = |name: &&str| item.generics.type_params().any(|parameter| parameter.ident == name);
    let key = ["K", "Key", "RowKey"].into_iter().find(|name| !taken(name)).unwrap_or("__Key");
    let key = format_ident!("{key}");
    let columns = indexed.iter().map(|Indexed { name, column, .. }| quote! { (#name, #column) });
    let count = indexed.len();
    let site = Span::mixed_site();
    let adds = indexed.iter().enumerate().map(|(at, indexed)| add(at, indexed));
    let finds = indexed.iter().enumerate().map(|(at, indexed)| find(at, indexed, vis, &key));
    let doc = format!("Rows of the table `{table}` by their words, each with a key.");
    quote_spanned! { site =>
        #[doc = #doc]
        #[derive(Clone, Debug)]
        #[allow(dead_code)]
        #vis struct #index<#key> {
            /// The rows that have a term, by column and term.
            rows: [::std::collections::BTreeMap<
                ::std::string::String,
                ::std::collections::BTreeSet<#key>,
            >; #count],
            /// The terms of a row, with their columns.
            terms: ::std::collections::BTreeMap<
                #key,
                ::std::collections::BTreeSet<(usize, ::std::string::String)>,
            >,
        }

        impl<#key> ::core::default::Default for #index<#key> {
            fn default() -> Self {
                Self {
                    rows: ::core::array::from_fn(|_| ::std::collections::BTreeMap::new()),
                    terms: ::std::collections::BTreeMap::new(),
                }
            }
        }

        #[allow(dead_code)]
        impl<#key: ::core::cmp::Ord + ::core::clone::Clone> #index<#key> {
            /// The table of cell `ledger` that these are rows of.
            #vis const TABLE: &'static str = #table;
            /// Names and types of the indexed columns, as the ledger said they are.
            #vis const COLUMNS: &'static [(&'static str, &'static str)] = &[#(#columns),*];

            /// An index without rows.
            #vis fn new() -> Self {
                <Self as ::core::default::Default>::default()
            }

            /// How many rows it has.
            #vis fn len(&self) -> usize {
                self.terms.len()
            }

            /// Is there no row?
            #vis fn is_empty(&self) -> bool {
                self.terms.is_empty()
            }

            /// Puts a row in, in place of the one with this key.
            #vis fn insert #head (&mut self, key: #key, row: &#ident #types) #tail {
                self.remove(&key);
                let mut terms = ::std::collections::BTreeSet::new();
                #(#adds)*
                for (column, term) in &terms {
                    let rows = self.rows[*column].entry(::core::clone::Clone::clone(term));
                    rows.or_default().insert(::core::clone::Clone::clone(&key));
                }
                self.terms.insert(key, terms);
            }

            /// Takes a row out, and says whether it was there.
            #vis fn remove(&mut self, key: &#key) -> bool {
                let terms = match self.terms.remove(key) {
                    ::core::option::Option::Some(terms) => terms,
                    ::core::option::Option::None => return false,
                };
                for (column, term) in terms {
                    if let ::core::option::Option::Some(rows) = self.rows[column].get_mut(&term) {
                        rows.remove(key);
                        if rows.is_empty() {
                            self.rows[column].remove(&term);
                        }
                    }
                }
                true
            }

            /// The keys of the rows that have all of these words, in any of their columns, in
            /// order. Without a word there are none.
            #vis fn search(&self, words: &str) -> ::std::vec::Vec<&#key> {
                self.with_all(0..#count, Self::words(words))
            }

            #(#finds)*

            fn with_all(
                &self,
                columns: ::core::ops::Range<usize>,
                words: impl ::core::iter::Iterator<Item = ::std::string::String>,
            ) -> ::std::vec::Vec<&#key> {
                let mut found: ::core::option::Option<::std::collections::BTreeSet<&#key>> =
                    ::core::option::Option::None;
                for word in words {
                    let all = columns.clone().filter_map(|column| self.rows[column].get(&word));
                    let having: ::std::collections::BTreeSet<&#key> = all.flatten().collect();
                    found = ::core::option::Option::Some(match found {
                        ::core::option::Option::None => having,
                        ::core::option::Option::Some(found) => {
                            found.intersection(&having).copied().collect()
                        }
                    });
                }
                found.into_iter().flatten().collect()
            }

            /// Letters and digits that stand together, in lower case.
            fn words(text: &str) -> impl ::core::iter::Iterator<Item = ::std::string::String> + '_ {
                let words = text.split(|letter: char| !letter.is_alphanumeric());
                words.filter(|word| !word.is_empty()).map(|word| word.to_lowercase())
            }
        }
    }
}

/// Adds the terms of a field to `terms`.
fn add(at: usize, indexed: &Indexed<'_>) -> TokenStream {
    let Indexed { field, terms, optional, .. } = indexed;
    let site = Span::mixed_site();
    let add = match terms {
        Terms::Words => quote_spanned! { site =>
            terms.extend(Self::words(value).map(|word| (#at, word)));
        },
        Terms::Number => quote_spanned! { site =>
            terms.insert((#at, ::std::string::ToString::to_string(value)));
        },
    };
    if *optional {
        return quote_spanned! { site =>
            if let ::core::option::Option::Some(value) = &row.#field { #add }
        };
    }
    quote_spanned! { site => { let value = &row.#field; #add } }
}

/// The method that looks in one column, with the type that the ledger says it has.
fn find(at: usize, indexed: &Indexed<'_>, vis: &Visibility, key: &Ident) -> TokenStream {
    let Indexed { field, name, column, terms, .. } = indexed;
    let method = format_ident!("by_{}", name, span = field.span());
    let end = at + 1;
    let site = Span::mixed_site();
    match terms {
        Terms::Words => {
            let doc = format!("The keys of the rows whose `{name}` has all of these words.");
            quote_spanned! { site =>
                #[doc = #doc]
                #vis fn #method(&self, words: &str) -> ::std::vec::Vec<&#key> {
                    self.with_all(#at..#end, Self::words(words))
                }
            }
        }
        Terms::Number => {
            let doc = format!("The keys of the rows whose `{name}` is this number.");
            let ty = format_ident!("{column}");
            quote_spanned! { site =>
                #[doc = #doc]
                #vis fn #method(&self, number: ::core::primitive::#ty) -> ::std::vec::Vec<&#key> {
                    let number = ::std::string::ToString::to_string(&number);
                    self.with_all(#at..#end, ::core::iter::once(number))
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
