//! What `index` takes, asks and gives. That it works is tested where it is compiled.

use macro_guest_sdk::testing::{Asked, Expanded, Harness};
use proc_macro2::TokenStream;
use quote::quote;

use super::{NoSuchTable, Table, index};
use crate::ledger::{self, Column, ColumnType};

/// The table as the ledger has it, and one more column.
pub(crate) fn accounts() -> Table {
    let column = |name: &str, ty| Column { name: name.to_owned(), ty };
    let integer = |bits| ColumnType::Integer { bits, signed: false };
    let columns = vec![
        column("id", integer(64)),
        column("owner", ColumnType::Text),
        column("asset", integer(32)),
        column("type", ColumnType::Text),
        column("picture", ColumnType::Other),
    ];
    Table { name: "accounts".to_owned(), columns }
}

pub(crate) fn harness() -> Harness {
    let known = vec!["accounts".to_owned(), "movements".to_owned()];
    Harness::new()
        .answer_to::<ledger::schema>(("accounts",), &Ok(accounts()))
        .answer_to::<ledger::schema>(("account",), &Err(NoSuchTable { known }))
        .refuse_to::<ledger::schema>(("secrets",), "not for you")
}

fn expand(arguments: TokenStream, item: TokenStream) -> Expanded {
    harness().expand_attribute::<index>(arguments, item)
}

fn account() -> TokenStream {
    quote! {
        struct Account {
            id: u32,
            owner: String,
            asset: u64,
            r#type: Option<String>,
            picture: Vec<u8>,
            colour: String,
        }
    }
}

#[test]
fn the_ledger_is_asked_once_for_the_table() {
    let expanded = expand(quote!(table = "accounts", fields(owner, asset)), account());
    let expanded = expanded.without_errors();
    assert_eq!(expanded.asked, [Asked::of::<ledger::schema>(("accounts",))]);
    assert!(!expanded.replaced);
    let code = expanded.code();
    for part in [
        "struct AccountIndex < K >",
        "[(\"owner\" , \"text\") , (\"asset\" , \"u32\")]",
        // The field is wider; the column is what the ledger says.
        "fn by_asset (& self , number : :: core :: primitive :: u32)",
        "fn by_owner (& self , words : & str)",
    ] {
        assert!(code.contains(part), "{part} in {code}");
    }
}

#[test]
fn where_the_ledger_is_not_wanted_it_is_not_asked() {
    let arguments = quote!(table = "secrets", fields(owner, asset, picture));
    let expanded = harness().profile("stub").expand_attribute::<index>(arguments, account());
    assert_eq!(expanded.asked, []);
    assert!(expanded.code().contains("[(\"owner\" , \"text\") , (\"asset\" , \"u64\")]"));
    // What could not be an index of any table is none here either.
    assert_eq!(expanded.errors().len(), 1);
}

#[test]
fn fields_are_called_as_rust_writes_them() {
    let expanded = expand(quote!(table = "accounts", fields(r#type)), account()).without_errors();
    let code = expanded.code();
    assert!(code.contains("if let :: core :: option :: Option :: Some (value) = & row . r#type"));
    assert!(code.contains("fn by_type"), "{code}");
}

#[test]
fn each_wrong_field_is_said_on_its_own_token() {
    let arguments = quote!(table = "accounts", fields(id, owner, height, colour, picture));
    let expanded = expand(arguments, account());
    assert_eq!(
        expanded.errors(),
        [
            "this type does not hold what is in column `id` of table `accounts` (at `u32`)",
            "neither `Account` nor table `accounts` has `height` (at `height`)",
            "table `accounts` has no column `colour` (at `colour`)",
            "column `picture` of `accounts` is of no type that can be indexed (at `picture`)",
        ]
    );
    let lines = |at: usize| expanded.diagnostics[at].lines.clone();
    assert_eq!(
        lines(0),
        [
            "note: for cell `ledger` the column is `u64`",
            "help: use `u64` or a larger one, or leave it out of `fields(..)`"
        ]
    );
    let fields = "help: the fields of `Account` are `id`, `owner`, `asset`, `type`, `picture`, \
                  `colour`";
    let columns = "help: the columns of `accounts` in cell `ledger` are `id: u64`, `owner: text`, \
                   `asset: u32`, `type: text`, `picture`";
    assert_eq!(lines(1), [fields, columns]);
    assert_eq!(lines(2), [columns]);
    assert!(expanded.code().contains("fn by_owner"), "what is right is there");
}

#[test]
fn a_table_that_there_is_not_is_said_on_its_name() {
    let expanded = expand(quote!(table = "account", fields(owner, height)), account());
    assert_eq!(
        expanded.errors(),
        [
            "cell `ledger` has no table `account` (at `\"account\"`)",
            "`Account` has no field `height` (at `height`)"
        ]
    );
    assert_eq!(expanded.diagnostics[0].lines, ["help: there are `accounts`, `movements`"]);
    let expanded = expand(quote!(table = "secrets", fields(owner)), account());
    let refused = "cell `ledger` refused `schema`: not for you (at `\"secrets\"`)";
    assert_eq!(expanded.errors(), [refused]);
}

#[test]
fn what_the_arguments_lack_is_said_without_asking() {
    for (arguments, expected) in [
        (quote!(), vec!["no table is given", "no field is given"]),
        (quote!(table = "accounts"), vec!["no field is given"]),
        (quote!(fields(owner)), vec!["no table is given"]),
        (
            quote!(table = "accounts", fields()),
            vec!["an index of nothing finds nothing (at `fields`)"],
        ),
        (
            quote!(table = accounts, fields(owner, owner)),
            vec![
                "a string is expected here (at `accounts`)",
                "`owner` is given twice (at `owner`)",
            ],
        ),
        (
            quote!(table = "accounts", table = "accounts", fields(owner)),
            vec!["it is given twice (at `table`)"],
        ),
        (
            quote!(table("accounts"), of = 1),
            vec![
                "this is not how it is written (at `table (\"accounts\")`)",
                "unknown argument (at `of`)",
                "no field is given",
            ],
        ),
    ] {
        let expanded = expand(arguments.clone(), account());
        assert_eq!(expanded.errors(), expected, "{arguments}");
    }
    let expanded = expand(
        quote!(table = "accounts", fields(owner)),
        quote!(
            enum E {}
        ),
    );
    let expected = "an index needs a struct with named fields: they are what is searched (at `E`)";
    assert_eq!(expanded.errors(), [expected]);
    let conditional = quote!(
        struct A {
            #[cfg(test)]
            owner: String,
        }
    );
    let expanded = expand(quote!(table = "accounts", fields(owner)), conditional);
    let expected = "an indexed field is there in every build (at `# [cfg (test)]`)";
    assert_eq!(expanded.errors(), [expected]);
}
