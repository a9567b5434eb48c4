//! What the macros generate, compiled, linted and used.
//!
//! The files in `generated/` are made from the structs below. Where they differ from what the
//! macros make now, a test fails; `CELL_BLESS=1 cargo test -p ledger` writes them again.

use macro_guest_sdk::testing::Harness;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{File, ItemStruct};

use crate::cache::cache;
use crate::model::model;
use crate::query::query;
use crate::table::table;

mod account;
mod entry;
mod queries;

/// The item as rustc gets it, and everything that the three macros add.
fn stacked(name: TokenStream, capacity: TokenStream, item: TokenStream) -> String {
    let harness = Harness::new();
    let table_name = harness.plan::<table>(name.clone(), item.clone()).facts[0].value.clone();
    let harness = harness.fact("ledger::table", "table", &table_name);
    let tables = harness.expand_attribute::<table>(name, item.clone()).without_errors().items;
    let caches = harness.expand_attribute::<cache>(capacity, item.clone()).without_errors().items;
    let models = harness.expand_derive::<model>(item.clone()).without_errors().items;
    let item = without_helpers(item);
    printed(quote! { #item #tables #caches #models })
}

/// What the host does to the user's item.
fn without_helpers(item: TokenStream) -> TokenStream {
    let mut item: ItemStruct = syn::parse2(item).expect("a struct");
    for field in &mut item.fields {
        let helper = ["primary_key", "column", "cell"];
        field.attrs.retain(|attribute| {
            let last = &attribute.path().segments.last().expect("a path").ident;
            !helper.iter().any(|name| last == name)
        });
    }
    item.into_token_stream()
}

fn printed(tokens: TokenStream) -> String {
    let file: File = syn::parse2(tokens).expect("items");
    prettyplease::unparse(&file)
}

fn check(name: &str, expected: &str) {
    let path = format!("{}/src/generated/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    let head = "// Made by the test in `generated.rs`; do not edit.\n";
    let expected = format!("{head}{expected}");
    if std::env::var_os("CELL_BLESS").is_some() {
        std::fs::write(&path, &expected).expect(&path);
    }
    let found = std::fs::read_to_string(&path).expect(&path);
    assert!(found == expected, "{path} differs: run `CELL_BLESS=1 cargo test -p ledger`");
}

#[test]
fn generated_files_are_what_the_macros_make() {
    let account = quote! {
        /// A row of the table `accounts`.
        #[derive(Clone, Debug, PartialEq)]
        pub(crate) struct Account {
            #[Ledger::primary_key]
            pub(crate) id: u64,
            pub(crate) owner: String,
            pub(crate) balance: i64,
            #[cell(skip)]
            pub(crate) note: Option<String>,
        }
    };
    check("account", &stacked(quote!(name = "accounts"), quote!(capacity = 2), account));
    // Generics, a lifetime, a bound, a raw identifier, names that the generated code uses itself,
    // and a field that is not in this build.
    let entry = quote! {
        #[derive(Debug)]
        pub(super) struct Entry<'a, T: Copy = u8>
        where
            T: Ord,
        {
            #[Ledger::column("text")]
            #[Ledger::primary_key]
            pub(super) key: T,
            pub(super) r#type: &'a str,
            pub(super) row: bool,
            #[cfg(not(test))]
            #[cell(skip)]
            pub(super) absent: u8,
        }
    };
    check("entry", &stacked(quote!(), quote!(), entry));
    let queries = [
        quote!(pub(super) ByOwner = "select owner, balance from accounts where owner = ?"),
        quote!(pub(super) All = "select * from accounts"),
    ];
    let expand = |input| Harness::new().expand_function::<query>(input).without_errors().items;
    let items = queries.map(expand);
    let value = expand(quote!("select id from accounts where balance > ? limit ?"));
    let value = quote! {
        pub(super) fn parts() -> (&'static str, usize, [&'static str; 2]) {
            let rich = #value;
            (rich.sql, rich.columns.len(), rich.parameters)
        }
    };
    check("queries", &printed(quote! { #(#items)* #value }));
}

#[test]
fn visibilities_follow_the_item() {
    let item = quote!(struct Private { #[primary_key] id: u8 });
    let text = stacked(quote!(), quote!(), item);
    assert!(!text.contains("pub "), "{text}");
}

mod work {
    use super::account::{Account, AccountCache};
    use super::entry::{Entry, EntryCache};
    use super::queries;

    fn account(id: u64, owner: &str, balance: i64) -> Account {
        Account { id, owner: owner.into(), balance, note: None }
    }

    #[test]
    fn a_table_describes_itself() {
        assert_eq!(Account::TABLE, "accounts");
        assert_eq!(Account::COLUMNS[2], ("balance", "bigint"));
        let create = "create table accounts (id numeric(20) primary key, owner text not null, \
                      balance bigint not null, note text)";
        assert_eq!(Account::CREATE_TABLE, create);
        assert_eq!(account(1, "ann", 5).get_owner(), "ann");
        assert_eq!((Entry::<u8>::COLUMNS.len(), Entry::<u8>::TABLE), (3, "entry"));
        assert!(Entry::<u8>::CREATE_TABLE.ends_with("absent smallint)"));
        let entry = Entry { key: 'k', r#type: "t", row: true };
        assert_eq!((entry.get_type(), entry.get_row()), (&"t", &true));
    }

    #[test]
    fn a_cache_loads_once_and_forgets_the_oldest() {
        let mut cache = AccountCache::new();
        let mut loads = Vec::new();
        let mut get = |cache: &mut AccountCache, id: u64| {
            let load = |id: &u64| {
                loads.push(*id);
                if *id == 0 { Err("no such id") } else { Ok((*id < 9).then(|| account(*id, "x", 0))) }
            };
            cache.get(&id, load).map(|row| row.map(|row| row.id))
        };
        assert_eq!(get(&mut cache, 1), Ok(Some(1)));
        assert_eq!(get(&mut cache, 2), Ok(Some(2)));
        assert_eq!(get(&mut cache, 1), Ok(Some(1)));
        assert_eq!(get(&mut cache, 3), Ok(Some(3)), "there is room for two: 2 goes");
        assert_eq!(get(&mut cache, 1), Ok(Some(1)));
        assert_eq!(get(&mut cache, 9), Ok(None));
        assert_eq!(get(&mut cache, 0), Err("no such id"));
        assert_eq!(get(&mut cache, 2), Ok(Some(2)), "loaded again: 3 goes");
        assert_eq!(loads, [1, 2, 3, 9, 0, 2]);
        assert!(cache.peek(&1).is_some() && cache.peek(&3).is_none());
        assert_eq!((cache.len(), cache.is_empty(), AccountCache::TABLE), (2, false, "accounts"));
    }

    #[test]
    fn a_cache_replaces_and_removes() {
        let mut cache = AccountCache::with_capacity(0);
        assert_eq!(cache.insert(account(1, "ann", 1)), None);
        let old = cache.insert(account(1, "ann", 2)).expect("the old row");
        assert_eq!((old.balance, cache.len()), (1, 1));
        assert_eq!(cache.insert(account(2, "bob", 3)), None);
        assert_eq!(cache.len(), 1, "a cache has room for one at least");
        assert_eq!(cache.remove(&2).map(|row| row.owner), Some("bob".into()));
        assert_eq!((cache.remove(&2), cache.is_empty()), (None, true));
        let mut entries = EntryCache::default();
        entries.insert(Entry { key: 7u8, r#type: "t", row: false });
        assert_eq!(entries.peek(&7).map(|entry| entry.r#type), Some("t"));
    }

    #[test]
    fn a_model_says_what_changed() {
        let (before, mut after) = (account(1, "ann", 5), account(1, "bob", 6));
        after.note = Some("not compared".into());
        assert_eq!(Account::FIELDS, ["id", "owner", "balance"]);
        assert_eq!(before.changes(&after), ["owner", "balance"]);
        let mut merged = before.clone();
        merged.apply(&after, &["balance", "nonsense"]);
        assert_eq!(merged, account(1, "ann", 6));
        let entry = |key| Entry { key, r#type: "t", row: true };
        assert_eq!(entry(1).changes(&entry(2)), ["key"]);
    }

    #[test]
    fn queries_know_their_parts() {
        assert_eq!(queries::ByOwner::COLUMNS, ["owner", "balance"]);
        assert_eq!(queries::ByOwner::PARAMETERS, ["owner"]);
        assert_eq!((queries::All::COLUMNS, queries::All::TABLE), ([""; 0], "accounts"));
        assert!(queries::All::SQL.starts_with("select *"));
        let sql = "select id from accounts where balance > ? limit ?";
        assert_eq!(queries::parts(), (sql, 1, ["balance", "limit"]));
    }
}
