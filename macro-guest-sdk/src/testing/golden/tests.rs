use macro_guest_sdk::{Diagnostic, Error, Expansion, Result, cell_macro};
use proc_macro2::TokenStream;
use quote::quote;

use super::*;

/// Adds a field and a constant, and says so.
#[cell_macro(attribute, helpers(key))]
fn table(name: syn::LitStr, item: syn::DeriveInput) -> Result<Expansion> {
    let ident = &item.ident;
    if name.value().is_empty() {
        return Err(Error::new(&name, "a table has a name"));
    }
    let warning = Diagnostic::warning(ident, "look\nat this").note("n");
    Ok(Expansion::new()
        .field("dirty", quote! { pub dirty: bool })
        .items(quote! { impl #ident { const NAME: &'static str = #name; } })
        .plan_entry("table", name.value(), "create\ntable")
        .artifact("a.py", "class A:\n  pass\n")
        .warn(warning))
}

/// Gives the name of what it stands on.
#[cell_macro(derive, name = "Named")]
fn named(item: syn::DeriveInput) -> TokenStream {
    let (name, attributes) = (item.ident.to_string(), item.attrs.len());
    quote! { const N: (&str, usize) = (#name, #attributes); }
}

/// Gives its input twice.
#[cell_macro(function)]
fn twice(input: TokenStream) -> TokenStream {
    quote! { (#input, #input) }
}

/// Adds an attribute and a parameter, and wraps the body.
#[cell_macro(attribute)]
fn guarded(_arguments: TokenStream, _item: TokenStream) -> Expansion {
    Expansion::new()
        .attribute(quote! { #[must_use] })
        .parameter("auth", quote! { auth: u8 })
        .wrap_body(|body| quote! { check(auth); #body })
}

/// Panics.
#[cell_macro(function)]
fn panics(_input: TokenStream) -> TokenStream {
    panic!("on purpose")
}

fn golden(folder: &Path) -> Golden {
    Golden::new(folder)
        .with::<table>()
        .with::<named>()
        .with::<twice>()
        .with::<guarded>()
        .with::<panics>()
}

/// What comes out of a case.
fn made(text: &str) -> std::result::Result<String, String> {
    let golden = golden(Path::new(""));
    let used = used::find(&text.parse().unwrap(), &golden.macros)?;
    let expanded = golden.harness.expand(used.info, used.info.kind, used.arguments, used.item);
    Ok(Outcome::new(used.info, expanded).text().replace(HEAD, ""))
}

#[test]
fn an_item_is_as_the_host_emits_it() {
    let made = made(
        "/// Doc.\n#[Ledger::table(\"a\")] #[derive(Clone)]
         struct A { #[ledger::key] #[cell(skip)] #[serde(x)] id: Vec<u8> }",
    );
    let expected = "\
//@ warning: look
//@ | at this
//@   at: A
//@   note: n
//@ plan table a: create
//@ | table
//@ artifact a.py
//@ | class A:
//@ |   pass

#[doc = \" Doc.\"]
#[derive(Clone)]
struct A {
    #[cell(skip)]
    #[serde(x)]
    id: Vec<u8>,
    pub dirty: bool,
}
impl A {
    const NAME: &'static str = \"a\";
}
";
    assert_eq!(made.as_deref(), Ok(expected));
}

#[test]
fn a_function_is_as_the_host_emits_it() {
    let made = made("#[guarded] /// Doc.\nfn f(id: u8) -> u8 { id }").unwrap();
    let attributes = "#[doc = \" Doc.\"]\n#[must_use]\nfn f(id: u8, auth: u8,) -> u8 {\n";
    assert!(made.contains(attributes), "{made}");
    assert!(made.contains("    check(auth);\n"), "{made}");
}

#[test]
fn errors_stand_at_their_tokens() {
    let made = made("#[table(\"\")] struct A { #[cell(key)] id: u8 }").unwrap();
    let expected = "//@ error: a table has a name\n//@   at: \"\"\n\nstruct A {\n    id: u8\n}\n";
    assert_eq!(made, expected);
}

#[test]
fn derives_and_calls_give_what_they_add() {
    let derived = made("#[derive(Clone, L::Named)] #[x] struct A;").unwrap();
    assert_eq!(derived, "\nconst N: (&str, usize) = (\"A\", 1usize);\n");
    assert_eq!(made("L::twice!(a + b);").unwrap(), "\n(a + b, a + b)\n");
}

#[test]
fn what_is_no_case_is_refused() {
    let check = |text: &str, expected: &str| {
        let error = made(text).unwrap_err();
        assert!(error.contains(expected), "{error}");
    };
    check("struct A;", "no use of one of the macros table, Named, twice");
    check("#[twice] struct A;", "no use");
    check("#[table(\"a\")] #[derive(Named)] struct A;", "2 uses");
    check("twice!(a) + 1", "no use");
}

#[test]
fn a_folder_is_checked_case_by_case() {
    let folder = std::env::temp_dir().join(format!("cell-golden-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("good.rs", "twice!(a)");
    write("good.expanded.rs", "// laid out otherwise\n(\n  a , a\n)\n");
    golden(&folder).check();

    write("note.rs", "twice!(b)");
    write("note.expanded.rs", "//@ error: none\n(b, b)");
    write("other.rs", "twice!(c)");
    write("other.expanded.rs", "(c, d)");
    write("panic.rs", "panics!()");
    write("alone.rs", "twice!(d)");
    let golden = golden(&folder);
    let panic = catch_unwind(|| golden.check()).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    for part in ["note.rs: not", "other.rs: not", "- (c, d)", "+ (c, c)", "panicked", "alone.exp"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("good.rs") && text.contains("--bless"), "{text}");
    fs::remove_dir_all(folder).unwrap();
}
