//! Macros that ask.

use macro_guest_sdk::proc_macro2::TokenStream;
use macro_guest_sdk::testing::{Asked, Harness};
use macro_guest_sdk::{Context, Diagnostic, Error, Result, cell_macro, wire};
use quote::quote;

use crate::bank::{self, Column, ColumnType, NoSuchTable};
use crate::both;

/// The columns of a table.
#[cell_macro(function, calls(bank::columns))]
fn columns(table: syn::Ident, cx: &mut Context) -> Result<TokenStream> {
    let name = table.to_string();
    let answer = bank::columns(cx, &name).map_err(|error| error.at(&table))?;
    let columns = answer.map_err(|NoSuchTable { known }| {
        Diagnostic::error(&table, format!("there is no table `{name}`"))
            .help(format!("there are {}", known.join(", ")))
    })?;
    let names = columns.iter().map(|column| &column.name);
    Ok(quote!([#(#names),*]))
}

fn column(name: &str) -> Column {
    Column { name: name.into(), ty: ColumnType::Text }
}

fn accounts() -> Asked {
    Asked::of::<bank::columns>(("accounts",))
}

#[test]
fn an_answer_has_its_type() {
    let answer = Ok(vec![column("id"), column("owner")]);
    let harness = Harness::new().answer_to::<bank::columns>(("accounts",), &answer);
    let expanded = harness.expand_function::<columns>(quote!(accounts)).without_errors();
    assert_eq!(expanded.code(), "[\"id\" , \"owner\"]");
    assert_eq!(expanded.asked, [accounts()]);
    assert_eq!(accounts().to_string(), "bank::columns {\"table\": \"accounts\"}");
}

#[test]
fn an_error_of_the_method_is_a_value() {
    let answer = Err(NoSuchTable { known: vec!["accounts".into()] });
    let harness = Harness::new().answer_to::<bank::columns>(("loans",), &answer);
    let expanded = harness.expand_function::<columns>(quote!(loans));
    assert_eq!(expanded.errors(), ["there is no table `loans` (at `loans`)"]);
    assert_eq!(expanded.diagnostics[0].lines, ["help: there are accounts"]);
}

#[test]
fn a_refusal_is_at_the_token() {
    let harness = Harness::new().refuse_to::<bank::columns>(("accounts",), "the bank is closed");
    let expanded = harness.expand_function::<columns>(quote!(accounts));
    let expected = "cell `bank` refused `columns`: the bank is closed (at `accounts`)";
    assert_eq!(expanded.errors(), [expected]);
    assert!(expanded.diagnostics[0].lines.is_empty());
}

#[test]
fn an_answer_that_does_not_fit_is_said_where() {
    // The type is a number, as it may have been in an older schema.
    let answer = wire::write(&Ok::<_, ()>([std::collections::BTreeMap::from([("ty", 1)])]));
    let question = accounts().arguments;
    let harness = Harness::new().answer("bank", "columns", question, answer);
    let expanded = harness.expand_function::<columns>(quote!(accounts));
    let expected = "cell `bank` answered `columns` otherwise than its schema says: `Ok[0].ty`: a \
                    variant is expected, found an integer (at `accounts`)";
    assert_eq!(expanded.errors(), [expected]);
    let help = "help: build the macro with the schema of today: `cell schema bank`";
    assert_eq!(expanded.diagnostics[0].lines, [help]);
}

/// Does not declare what it asks.
#[cell_macro(function)]
fn undeclared(_input: TokenStream, cx: &mut Context) -> Result<TokenStream, Error> {
    let _ = both::none(cx)?;
    Ok(TokenStream::new())
}

/// The text of a panic.
fn panicked(run: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(run).expect_err("it has to panic");
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn questions_are_declared_and_answered() {
    let text = panicked(|| {
        let _ = Harness::new().expand_function::<undeclared>(quote!());
    });
    let expected = "macro `undeclared` asks `both::none` and does not declare `calls(both::none)`";
    assert_eq!(text, expected);
    let text = panicked(|| {
        let _ = Harness::new().expand_function::<columns>(quote!(accounts));
    });
    assert_eq!(text, "the test has no answer to bank::columns {\"table\": \"accounts\"}");
}

#[test]
fn arguments_are_borrowed_and_named() {
    let set = std::collections::BTreeSet::from([1]);
    let names = ["b".to_owned()];
    let asked = Asked::of::<both::many>(("a", &[1, 2], &names, 3, Some("d"), &both::Id(4), &set));
    assert_eq!(
        asked.to_string(),
        "both::many {\"name\": \"a\", \"raw\": <2 bytes>, \"names\": [\"b\"], \"count\": 3, \
         \"note\": \"d\", \"to\": 4, \"type\": [1]}"
    );
    assert_eq!(Asked::of::<both::none>(()).arguments, [0x80]);
}
