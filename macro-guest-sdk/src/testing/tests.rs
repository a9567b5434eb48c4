//! The harness gives a macro what the host would.

use quote::quote;

use super::*;
use crate::{CallError, Context, Expansion, ItemKind, NoArguments, Result, cell_macro};

/// Tells all that it knows.
#[cell_macro(attribute, context(item_kind, gathered, package, profile))]
fn knows(_arguments: TokenStream, _item: TokenStream, cx: &mut Context) -> TokenStream {
    let gathered = cx.gathered().iter().map(|other| format!("{}::{}", other.cell, other.name));
    let facts =
        cx.facts().iter().map(|fact| format!("{}.{}={}", fact.source, fact.name, fact.value));
    let others: Vec<String> = gathered.chain(facts).collect();
    let kind = format!("{:?}", cx.item_kind());
    let place = format!("{} {} {}", cx.package(), cx.crate_name(), cx.profile());
    quote! { #kind #place #(#others)* }
}

#[test]
fn a_macro_sees_what_the_test_says() {
    let harness = Harness::new()
        .package("my-shop", "my_shop")
        .profile("staging")
        .gathered("ledger", "table")
        .fact("ledger::table", "name", "accounts");
    let expanded = harness.expand_attribute::<knows>(
        quote!(),
        quote!(
            struct S;
        ),
    );
    let expected =
        r#""Struct" "my-shop my_shop staging" "ledger::table" "ledger::table.name=accounts""#;
    assert_eq!(expanded.code(), expected);
}

#[test]
fn the_kind_of_the_item_is_found() {
    for (item, kind) in [
        ("pub(crate) struct S;", ItemKind::Struct),
        ("#[a] enum E {}", ItemKind::Enum),
        ("union U {}", ItemKind::Union),
        ("pub const unsafe extern \"C\" fn f() {}", ItemKind::Fn),
        ("extern \"C\" fn f() {}", ItemKind::Fn),
        ("async fn f() {}", ItemKind::Fn),
        ("unsafe impl A for B {}", ItemKind::Impl),
        ("trait T {}", ItemKind::Trait),
        ("mod m {}", ItemKind::Mod),
        ("const C: u8 = 1;", ItemKind::Const),
        ("static S: u8 = 1;", ItemKind::Static),
        ("type T = u8;", ItemKind::TypeAlias),
        ("use a::b;", ItemKind::Use),
        ("extern \"C\" { fn f(); }", ItemKind::ExternBlock),
        ("macro_rules! m { () => {} }", ItemKind::Macro),
        ("", ItemKind::Unknown),
    ] {
        let tokens: TokenStream = item.parse().expect(item);
        assert_eq!(ItemKind::from_number(item_kind(&tokens)), kind, "{item}");
    }
}

/// Asks, and says where the answer was not good.
#[cell_macro(function, calls(search::schema))]
fn asks(input: proc_macro2::Ident, cx: &mut Context) -> Result<TokenStream> {
    let name = input.to_string();
    let schema = match cx.call_cell("search", "schema", name.as_bytes()) {
        Ok(schema) => schema,
        Err(error) => return Err(error.at(&input).note("asked at expansion").into()),
    };
    Ok(String::from_utf8_lossy(&schema).parse().expect("tokens"))
}

fn panics(run: impl FnOnce() -> Expanded + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(run).expect_err("a panic");
    *panic.downcast::<String>().expect("a text")
}

#[test]
fn questions_are_answered() {
    let harness = Harness::new().answer("search", "schema", "orders", "struct Orders;").refuse(
        "search",
        "schema",
        "ghosts",
        "there is no index `ghosts`",
    );
    assert_eq!(harness.expand_function::<asks>(quote!(orders)).code(), "struct Orders ;");
    let refused = harness.expand_function::<asks>(quote!(ghosts));
    let text = "cell `search` refused `schema`: there is no index `ghosts` (at `ghosts`)";
    assert_eq!(refused.errors(), [text]);
    assert_eq!(refused.diagnostics[0].lines, ["note: asked at expansion"]);
    let text = panics(move || harness.expand_function::<asks>(quote!(other)));
    assert_eq!(text, "the test has no answer to search::schema `other`");
}

/// Does what it did not declare.
#[cell_macro(derive)]
fn undeclared(item: proc_macro2::Ident, cx: &mut Context) -> Result<Expansion, CallError> {
    match item.to_string().as_str() {
        "item_kind" => drop(cx.item_kind()),
        "gathered" => drop(cx.gathered().to_vec()),
        "package" => drop(cx.package().to_owned()),
        "crate_name" => drop(cx.crate_name().to_owned()),
        "profile" => drop(cx.profile().to_owned()),
        _ => drop(cx.call_cell("a", "b", &[])?),
    }
    Ok(Expansion::new())
}

#[test]
fn what_is_not_declared_is_a_mistake_of_the_macro() {
    for (reads, word) in [
        ("item_kind", "item_kind"),
        ("gathered", "gathered"),
        ("package", "package"),
        ("crate_name", "package"),
        ("profile", "profile"),
    ] {
        let item = reads.parse().expect("tokens");
        let text = panics(|| Harness::new().gathered("a", "b").expand_derive::<undeclared>(item));
        let expected =
            format!("macro `undeclared` reads `{word}` and does not declare `context({word})`");
        assert_eq!(text, expected);
    }
    let text = panics(|| Harness::new().expand_derive::<undeclared>(quote!(call)));
    assert_eq!(text, "macro `undeclared` asks `a::b` and does not declare `calls(a::b)`");
}

/// Takes nothing; gives everything.
#[cell_macro(attribute, name = "Full", helpers(key), needs(knows), plan = tells)]
fn full(_nothing: NoArguments, item: syn::ItemStruct) -> Expansion {
    let ident = &item.ident;
    Expansion::new()
        .items(quote! { const _: () = (); })
        .items(quote! { impl #ident {} })
        .replace(quote! { enum #ident {} })
        .field("dirty", quote! { dirty: bool })
        .plan_entry("table", "s", "create")
        .artifact("s.json", "{}")
        .warn(Diagnostic::warning(ident, "short").suggest(ident, "say more", "Shop"))
}

fn tells(_nothing: NoArguments, item: syn::ItemStruct) -> Result<Vec<Fact>> {
    Ok(vec![Fact::new("struct", item.ident.to_string())])
}

#[test]
fn everything_comes_out() {
    let expanded = Harness::new().expand_attribute::<full>(
        quote!(),
        quote!(
            struct S;
        ),
    );
    assert_eq!(expanded.code(), "const _ : () = () ; impl S { }");
    assert!(expanded.replaced);
    assert_eq!(expanded.item.as_ref().map(ToString::to_string).as_deref(), Some("enum S { }"));
    assert_eq!(
        (expanded.fields[0].0.as_str(), expanded.fields[0].1.to_string()),
        ("dirty", "dirty : bool".into())
    );
    assert_eq!(
        (expanded.plan[0].kind.as_str(), expanded.artifacts[0].body.as_slice()),
        ("table", &b"{}"[..])
    );
    assert_eq!(expanded.warnings(), ["short (at `S`)"]);
    assert_eq!(
        expanded.diagnostics[0].suggestions,
        [("S".into(), "say more".into(), "Shop".into())]
    );
    let planned = Harness::new().plan::<full>(
        quote!(),
        quote!(
            struct S;
        ),
    );
    assert_eq!(planned.facts, [Fact::new("struct", "S")]);
}

#[test]
fn bad_arguments_do_not_hide_a_bad_item() {
    let expanded = Harness::new().expand_attribute::<full>(
        quote!(a, b),
        quote!(
            enum S {}
        ),
    );
    assert_eq!(
        expanded.errors(),
        ["this macro takes no arguments (at `a , b`)", "expected `struct` (at `enum`)",]
    );
    assert!(expanded.code().is_empty() && !expanded.replaced);
    let planned = Harness::new().plan::<full>(
        quote!(a),
        quote!(
            enum S {}
        ),
    );
    assert!(planned.facts.is_empty() && planned.diagnostics.is_empty(), "`expand` tells it, once");
}

#[test]
fn a_description_has_what_the_attribute_says() {
    let info = full::MACRO;
    assert_eq!(
        (info.name, info.kind, info.doc),
        ("Full", Kind::Attribute, "Takes nothing; gives everything.")
    );
    assert_eq!((info.helpers, info.needs, info.context), (&["key"][..], &["knows"][..], 0));
    assert_eq!(knows::MACRO.context, 15);
    assert_eq!(asks::MACRO.calls, [("search", "schema")]);
}

/// Adds one of each kind to a function.
#[cell_macro(attribute)]
fn edits(_nothing: NoArguments, item: crate::Function) -> Expansion {
    Expansion::new()
        .attribute(quote! { #[must_use] #[doc = "b"] })
        .parameter("auth", quote! { auth: &Session })
        .wrap_body(|body| quote! { outer(|| #body) })
        .wrap_body(|body| body.value(&item))
}

fn edited(item: TokenStream) -> String {
    Harness::new().expand_attribute::<edits>(quote!(), item).without_errors().edited().to_string()
}

#[test]
fn a_function_is_shown_as_the_host_changes_it() {
    let once = quote! {
        fn __cell_once<T>(body: impl ::core::ops::FnOnce() -> T) -> T { body() }
    };
    let found = edited(quote! { #[a] pub fn f<F: Fn(u8) -> u8>(a: F) -> u8 { a(1) } });
    let expected = quote! {
        #[a] #[must_use] #[doc = "b"]
        pub fn f<F: Fn(u8) -> u8>(a: F, auth: &Session,) -> u8 {
            outer(|| {{ #once __cell_once(|| -> u8 {({ a(1) })}) }})
        }
    };
    assert_eq!(found, expected.to_string());
    let found = edited(quote! { fn f(&self,) -> impl A { b } });
    assert!(found.contains("__cell_once (|| { ({ b }) })"), "{found}");
    let found = edited(quote! { fn f() { g()? } });
    assert!(found.contains("__cell_once (|| -> () { ({ g () ? }) })"), "{found}");
    let found = edited(quote! { fn f() -> ! { loop {} } });
    assert!(found.contains("outer (|| { { ({ loop { } }) } })"), "{found}");
    let found = edited(quote! { async fn f() -> Option<&str> { g()? } });
    let ready = quote! {
        async move {
            if let ::core::option::Option::Some(value) = ::core::option::Option::None::<Option<&str> > {
                return value;
            }
            let value: Option<&str> = {({ g()? })};
            value
        }
        .await
    };
    let ready = ready.to_string().replace(" ", "");
    assert!(found.replace(' ', "").contains(&ready), "{found}\n{ready}");
    let found = edited(quote! { async fn f() -> impl A { b } });
    assert!(found.contains("async move { ({ b }) } . await"), "{found}");
}

/// Does what the host refuses, in the way that the arguments say.
#[cell_macro(attribute)]
fn refused(how: proc_macro2::Ident, _item: TokenStream) -> Expansion {
    let new = Expansion::new();
    match how.to_string().as_str() {
        "twice" => new.wrap_body(|body| quote! { #body #body }),
        "never" => new.wrap_body(|_| quote! {}),
        "both" => new.parameter("a", quote! { a: u8 }).replace(quote! { fn f() {} }),
        "attribute" => new.attribute(quote! { must_use }),
        _ => new.parameter("a", quote! { a: u8 }),
    }
}

#[test]
fn what_the_host_refuses_is_not_shown() {
    let item = || quote! { fn f() {} };
    for (how, item, expected) in [
        (quote!(twice), item(), "what stands around a body holds it 2 times"),
        (quote!(never), item(), "what stands around a body holds it 0 times"),
        (quote!(both), item(), "the macro replaces the item and changes it"),
        (quote!(attribute), item(), "`must_use` is not one attribute"),
        (quote!(parameter), quote! { struct S {} }, "parameters are added to a function"),
        (quote!(twice), quote! { struct S {} }, "the body of a function is wrapped"),
        (quote!(twice), quote! { fn f(); }, "a body is wrapped that is there"),
    ] {
        let expanded = Harness::new().expand_attribute::<refused>(how, item);
        let panic = std::panic::catch_unwind(|| expanded.edited()).expect_err(expected);
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        assert_eq!(text.as_deref(), Some(expected));
    }
}
