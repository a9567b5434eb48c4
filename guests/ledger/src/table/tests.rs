//! What `table` takes, gives and plans.

use macro_guest_sdk::testing::{Expanded, Harness};
use proc_macro2::TokenStream;
use quote::quote;

use super::table;

fn expand(arguments: TokenStream, item: TokenStream) -> Expanded {
    Harness::new().expand_attribute::<table>(arguments, item)
}

fn account() -> TokenStream {
    quote! {
        pub struct Account<'a, T> {
            #[Ledger::primary_key]
            id: u64,
            owner: &'a str,
            r#type: Option<i16>,
            #[cfg(feature = "notes")]
            note: String,
            #[Ledger::column("jsonb")]
            extra: T,
        }
    }
}

#[test]
fn the_table_is_a_plan_entry() {
    let expanded = expand(quote!(name = "accounts"), account()).without_errors();
    let [entry] = expanded.plan.as_slice() else { panic!("one entry") };
    assert_eq!((entry.kind.as_str(), entry.name.as_str()), ("table", "accounts"));
    let expected = "create table accounts (id numeric(20) primary key, owner text not null, \
                    type smallint, note text, extra jsonb not null)";
    assert_eq!(entry.body, expected);
    assert!(expanded.code().contains(&format!("CREATE_TABLE : & 'static str = {expected:?}")));
}

#[test]
fn constants_and_accessors_are_generated() {
    let code = expand(quote!(), account()).without_errors().code();
    for part in [
        "impl < 'a , T > Account < 'a , T >",
        "pub const TABLE : & 'static str = \"account\"",
        "(\"id\" , \"numeric(20)\")",
        "# [cfg (feature = \"notes\")] (\"note\" , \"text\")",
        "pub fn get_type (& self) -> & Option < i16 > { & self . r#type }",
        "# [cfg (feature = \"notes\")] # [doc = \"The column `note`.\"] pub fn get_note",
    ] {
        assert!(code.contains(part), "{part} in {code}");
    }
}

#[test]
fn other_macros_are_told() {
    let planned = Harness::new().plan::<table>(quote!(name = "accounts"), account());
    let facts: Vec<_> = planned.facts.iter().map(|f| format!("{}={}", f.name, f.value)).collect();
    let expected = "table=accounts primary_key=id column=id numeric(20) column=owner text \
                    column=type smallint column=note text column=extra jsonb";
    assert_eq!(facts.join(" "), expected);
}

#[test]
fn mistakes_are_said_all_at_once_on_their_tokens() {
    let item = quote! {
        struct Account {
            #[Ledger::primary_key] id: Option<u64>,
            #[primary_key] other: u64,
            list: Vec<String>,
            #[Ledger::column] extra: u8,
            #[Ledger::column("x; drop")] more: u8,
        }
    };
    assert_eq!(
        expand(quote!(name = "Big Table", colour = 1, name = 2), item).errors(),
        [
            "`Big Table` is no table name (at `\"Big Table\"`)",
            "unknown argument `colour` (at `colour`)",
            "`name` is given twice (at `name`)",
            "the column type of this is not known (at `Vec < String >`)",
            "the type is missing: `column(\"jsonb\")` (at `Ledger :: column`)",
            "this is no column type (at `\"x; drop\"`)",
            "a second primary key (at `other`)",
            "a primary key is never null (at `Option < u64 >`)",
        ]
    );
    let none = expand(
        quote!(),
        quote!(
            struct S {
                id: u8,
            }
        ),
    );
    assert_eq!(none.errors(), ["no field is the primary key (at `S`)"]);
    let conditional = expand(
        quote!(),
        quote!(
            struct S {
                #[cfg(x)]
                #[primary_key]
                id: u8,
            }
        ),
    );
    assert_eq!(
        conditional.errors(),
        ["the primary key is there in every build (at `# [cfg (x)]`)"]
    );
    let tuple = expand(
        quote!(),
        quote!(
            struct S(u8);
        ),
    );
    assert_eq!(
        tuple.errors(),
        ["a table needs a struct with named fields: they are its columns (at `S`)"]
    );
    let choice = expand(
        quote!(),
        quote!(
            enum E {
                A { id: u8 },
            }
        ),
    );
    assert_eq!(
        choice.errors(),
        ["a table needs a struct with named fields: they are its columns (at `E`)"]
    );
}

#[test]
fn arguments_without_a_value_are_errors() {
    for (arguments, at) in [(quote!(name =), "="), (quote!(name = , colour), "=")] {
        let errors = expand(arguments, account()).errors();
        assert_eq!(errors, [format!("a value is expected after this (at `{at}`)")]);
    }
    let errors = expand(quote!(name = "a" + "b"), account()).errors();
    assert_eq!(errors, ["a string is expected here (at `\"a\" + \"b\"`)"]);
}

#[test]
fn a_name_in_capitals_gets_a_suggestion() {
    let expanded = expand(quote!(name = "MyTable"), account());
    let (at, _, new) = &expanded.diagnostics[0].suggestions[0];
    assert_eq!((at.as_str(), new.as_str()), ("\"MyTable\"", "\"my_table\""));
}

#[test]
fn a_failed_table_adds_nothing_and_tells_nothing() {
    let item = quote!(
        struct S {
            id: u8,
        }
    );
    let expanded = expand(quote!(), item.clone());
    assert!(expanded.code().is_empty() && expanded.plan.is_empty());
    assert!(Harness::new().plan::<table>(quote!(), item).facts.is_empty());
}
