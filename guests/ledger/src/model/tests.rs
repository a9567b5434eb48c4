//! What `Model` takes and gives. That it works is tested where it is compiled.

use macro_guest_sdk::testing::Harness;
use quote::quote;

use super::model;

#[test]
fn fields_are_compared_in_order() {
    let expanded = Harness::new().expand_derive::<model>(quote! {
        pub struct Account<'a, T> { id: u64, r#type: &'a [T], #[cell(skip)] hidden: bool }
    });
    let code = expanded.without_errors().code();
    for part in [
        "const FIELDS : [& 'static str ; 2usize] = [\"id\" , \"type\"]",
        "impl < 'a , T > Account < 'a , T > where & 'a [T] : :: core :: clone :: Clone",
        "if newer . r#type != self . r#type { changed . push (\"type\") ; }",
        "if fields . contains (& \"id\") { self . id =",
    ] {
        assert!(code.contains(part), "{part} in {code}");
    }
    assert!(!code.contains("hidden") && !code.contains("where u64"), "{code}");
}

#[test]
fn tuple_fields_go_by_number() {
    let expanded = Harness::new().expand_derive::<model>(quote!(
        struct Pair(u8, u8);
    ));
    assert!(expanded.without_errors().code().contains("newer . 1 != self . 1"));
}

#[test]
fn only_structs_with_fields_are_models() {
    let errors = |item| Harness::new().expand_derive::<model>(item).errors();
    let only = "only a struct can be a model: its fields are compared one by one";
    assert_eq!(
        errors(quote!(
            enum E {
                A,
            }
        )),
        [format!("{only} (at `enum`)")]
    );
    assert_eq!(errors(quote!(union U { a: u8 })), [format!("{only} (at `union`)")]);
    assert_eq!(
        errors(quote!(
            struct S;
        )),
        ["a unit struct has no fields to compare (at `S`)"]
    );
    let item = quote!(
        struct S {
            #[cell(jump)]
            a: u8,
            #[cell]
            b: u8,
        }
    );
    assert_eq!(
        errors(item),
        ["`skip` is expected here (at `jump`)", "`cell(skip)` is expected here (at `# [cell]`)",]
    );
}
