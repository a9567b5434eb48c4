//! What `query!` takes and gives.

use macro_guest_sdk::testing::Harness;
use quote::quote;

use super::*;

fn read(text: &str) -> Result<Statement<'_>, String> {
    statement::read(text).map_err(|wrong| match wrong.at {
        Some(at) => format!("{} at {at}", wrong.message),
        None => wrong.message,
    })
}

#[test]
fn statements_are_read() {
    let all = |table, parameters| Statement { columns: Columns::All, table, parameters };
    let some = |columns, table, parameters| Statement {
        columns: Columns::Named(columns),
        table,
        parameters,
    };
    for (text, expected) in [
        ("select * from t", all("t", vec![])),
        ("SELECT a,b\nFROM t ;", some(vec!["a", "b"], "t", vec![])),
        (
            "select a from t where b = ? and c <> 'x y' and d>=? and e < 1.5",
            some(vec!["a"], "t", vec!["b", "d"]),
        ),
        (
            "select a from t where b != ? order by a desc, b limit ?",
            some(vec!["a"], "t", vec!["b", "limit"]),
        ),
        ("select a from t limit 10", some(vec!["a"], "t", vec![])),
    ] {
        assert_eq!(read(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (text, expected) in [
        ("", "expected `select`, found the end"),
        ("insert x", "expected `select`, found `insert` at 0"),
        ("select from t", "expected the name of a column, found `from` at 7"),
        ("select a b", "expected `from`, found `b` at 9"),
        ("select a, a from t", "column `a` is selected twice at 10"),
        ("select a from 'é' x", "expected the name of a table, found `'é'` at 14"),
        ("select a from t where a ?", "expected a comparison such as `=`, found `?` at 24"),
        ("select a from t where a = b", "expected `?`, a number or a text, found `b` at 26"),
        ("select a from t where a = 'x", "a text that does not end at 26"),
        ("select a from t order a", "expected `by`, found `a` at 22"),
        ("select a from t limit 1.5", "expected a whole number or `?`, found `1.5` at 22"),
        ("select a from t; drop table t", "expected the end of the statement, found `drop` at 17"),
        ("select a from t -- x", "`-` is not read here at 16"),
        ("select a from where", "expected the name of a table, found `where` at 14"),
    ] {
        assert_eq!(read(text), Err(expected.to_owned()), "{text}");
    }
}

#[test]
fn an_error_is_at_the_text() {
    let expanded = Harness::new().expand_function::<query>(quote!("select é"));
    assert_eq!(expanded.errors(), ["`é` is not read here (at `\"select é\"`)"]);
    assert_eq!(expanded.diagnostics[0].lines[0], "note: at character 8 of the statement");
    let expanded = Harness::new().expand_function::<query>(quote!(pub = 1));
    assert_eq!(expanded.errors(), ["expected identifier (at `=`)"]);
}

#[test]
fn both_forms_are_rust() {
    let harness = Harness::new();
    let value = harness
        .expand_function::<query>(quote!("select owner, balance from accounts where owner = ?"));
    let _: syn::Expr = syn::parse2(value.without_errors().items).expect("an expression");
    let item =
        harness.expand_function::<query>(quote!(pub(crate) ByOwner = "select * from accounts"));
    let file: syn::File = syn::parse2(item.without_errors().items).expect("items");
    assert_eq!(file.items.len(), 2);
}
