//! What the macros generate, and what they say of what is wrong: on which token, and all at once.

use cell_codegen::{Expanded, handler, protein, service};
use proc_macro2::TokenStream;

type Macro = fn(TokenStream, TokenStream) -> Expanded;

fn expand(of: Macro, arguments: &str, item: &str) -> Expanded {
    of(arguments.parse().expect("tokens"), item.parse().expect("tokens"))
}

/// The generated code as people read it.
fn pretty(of: Macro, arguments: &str, item: &str) -> String {
    let Expanded { tokens, errors } = expand(of, arguments, item);
    assert!(errors.is_empty(), "{errors:?}");
    prettyplease::unparse(&syn::parse2(tokens).expect("items"))
}

/// Errors as `line:column text`.
fn errors(of: Macro, arguments: &str, item: &str) -> Vec<String> {
    let errors = expand(of, arguments, item).errors;
    let place = |error: &syn::Error| {
        let start = error.span().start();
        format!("{}:{} {error}", start.line, start.column)
    };
    errors.iter().map(place).collect()
}

const LEDGER: &str = "impl Ledger {
    /// Opens one.
    pub async fn open_account(&self, owner: String) -> Result<u64, Refused> { self.open(owner) }
    async fn entries(&self, account: u64, items: cell::Items<Entry>, r#type: u8) {}
    #[compile_time]
    async fn tables(&self) -> Vec<String> { Vec::new() }
}";

#[test]
fn a_handler() {
    insta::assert_snapshot!(pretty(handler, "", LEDGER));
}

#[test]
fn a_protein() {
    let item = "/// Why not.
        #[derive(Debug)]
        pub enum Refused { A, B(u64, Vec<String>), C { r#type: u8, #[protein(default)] b: u8 }, #[protein(default)] D }";
    insta::assert_snapshot!(pretty(protein, "", item));
    insta::assert_snapshot!(pretty(protein, "crate = my::cell", "pub struct Id(u64);"));
    let ordered = pretty(protein, "", "#[derive(Clone, std::cmp::Ord)] pub struct Id(u64);");
    assert!(ordered.contains("#[rkyv(derive(PartialEq, Eq, PartialOrd, Ord))]"), "{ordered}");
}

#[test]
fn a_secret_protein() {
    let says = |arguments: &str, item: &str| pretty(protein, arguments, item);
    let password = says("secret", "pub struct Password(String);");
    assert!(password.contains(".secret::<"), "{password}");
    let renamed = says("crate = my::cell, secret", "enum Key { None, Some(u64) }");
    assert!(renamed.contains(".secret::<"), "{renamed}");
    assert!(renamed.contains("impl my::cell::Protein for Key"), "{renamed}");
    let wrong = [errors(protein, "hidden", "struct A;"), errors(handler, "secret", "impl A {}")];
    insta::assert_snapshot!(wrong.concat().join("\n"), @r"
    1:0 there is no such argument; `secret` is one, and `crate = path` names `cell-sdk` where it was renamed
    1:0 there is no such argument; `crate = path` names `cell-sdk` where it was renamed
    ");
}

/// The mark is kept, and what is secret is not printed.
#[test]
fn a_remote_with_a_secret() {
    let text = "cell-schema 1
service Users
method login(password: type) -> bool

secret struct type
  text: string
";
    let clients = |services: &[(&str, &str)]| {
        let own = |(service, text): &(&str, &str)| ((*service).to_owned(), (*text).to_owned());
        cell_codegen::clients("::cell", "users", &services.iter().map(own).collect())
    };
    let tokens = clients(&[("Users", text)]).expect("clients");
    let code = prettyplease::unparse(&syn::parse2(tokens).expect("items"));
    let types = code.split("///Calls").next().expect("types");
    insta::assert_snapshot!(types, @r#"
    #[::cell::protein(crate = ::cell, secret)]
    #[derive(Clone, PartialEq, Eq, Hash)]
    #[allow(missing_docs)]
    pub struct r#type {
        pub text: ::std::string::String,
    }
    impl ::std::fmt::Debug for r#type {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.write_str("type(..)")
        }
    }
    "#);
    let other = text.replace("Users", "Admins").replace("secret ", "");
    let error = clients(&[("Users", text), ("Admins", &other)]).expect_err("two types");
    assert_eq!(error.reason, "another service of the cell has another type `type`");
}

#[test]
fn a_remote() {
    let text = "cell-schema 1
service Ledger
method match(a: tuple<u8, string>, items: map<string, array<u8, 3>>) -> stream type
method open(owner: option<string> or default) -> result<unit, Refused>

enum Refused
  A
  B(Same)
  C with
    loop: char
  D or default

struct Same
  type: set<u64>
  more: bytes or default

type type = list<Same>
";
    let schemas = [("Ledger".to_owned(), text.to_owned())].into();
    let tokens = cell_codegen::clients("::cell", "ledger", &schemas).expect("clients");
    insta::assert_snapshot!(prettyplease::unparse(&syn::parse2(tokens).expect("items")));
}

/// Services of one cell share its types, and each has its client.
#[test]
fn several_services() {
    let text = |service: &str, ty: &str, field: &str| {
        format!(
            "cell-schema 1\nservice {service}\nmethod f(a: {ty}) -> unit\n\nstruct {ty}\n  {field}: u8\n"
        )
    };
    let clients = |services: &[(&str, String)]| {
        let schemas =
            services.iter().map(|(service, text)| ((*service).to_owned(), text.clone())).collect();
        cell_codegen::clients("::cell", "c", &schemas).map(|tokens| tokens.to_string())
    };
    let made = clients(&[("A", text("A", "Same", "a")), ("B", text("B", "Same", "a"))]).unwrap();
    assert_eq!(made.matches("pub struct Same").count(), 1, "{made}");
    assert_eq!(made.matches("pub struct AClient").count(), 1, "{made}");
    assert_eq!(made.matches("pub struct BClient").count(), 1, "{made}");
    assert_eq!(made.matches("pub fn connect").count(), 2, "{made}");
    assert_eq!(clients(&[]).unwrap(), "");
    let refused = |services: &[(&str, String)]| {
        let error = clients(services).unwrap_err();
        format!("{}: {}", error.service, error.reason)
    };
    let errors = [
        refused(&[("A", text("A", "Same", "a")), ("B", text("B", "Same", "b"))]),
        refused(&[("A", text("B", "Same", "a"))]),
        refused(&[("A", "nothing".to_owned())]),
        refused(&[("A", text("A", "AClient", "a"))]),
    ];
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_service() {
    insta::assert_snapshot!(pretty(service, "", "pub struct Ledger { a: u8 }"), @r"
    pub struct Ledger {
        a: u8,
    }
    const _: () = ::cell::__private::is_service::<Ledger>();
    ");
}

#[test]
fn everything_that_is_wrong_with_a_signature_is_said_at_once() {
    let item = "impl Ledger {
    pub unsafe fn place<T>(self, order: &Order, (a, b): (u8, u8), f: impl Fn()) -> &str { }
}";
    insta::assert_snapshot!(errors(handler, "", item).join("\n"), @r"
    2:15 handler `place` must be async
    2:8 a handler is not unsafe
    2:24 a handler has no generic parameters: clients have no such types
    2:27 a handler takes `&self`: many calls share the service
    2:40 a handler owns its arguments: they come from another process
    2:48 an argument of a handler has a name: it is part of the schema
    2:69 a handler's arguments have types of their own
    2:83 a handler returns what it gives away: it goes to another process
    ");
}

#[test]
fn several_methods_and_the_block_itself() {
    let item = "impl<T> Handler for my::Ledger<T> {
    const A: u8 = 1;
    async fn no_self() {}
    async fn mutable(&mut self) {}
    async fn two(&self, a: Items<u8>, b: Items<u8>) -> impl Stream {}
    async fn good(&self) {}
}";
    insta::assert_snapshot!(errors(handler, "krate = x", item).join("\n"), @r"
    1:0 there is no such argument; `crate = path` names `cell-sdk` where it was renamed
    1:8 `#[handler]` stands on the methods of a service, not on a trait's
    1:5 a service has no generic parameters: its schema is one text
    1:20 a service is named where it is: a plain name
    2:4 only handlers stand here; put this into another `impl` block
    3:13 a handler takes `&self`
    4:21 a handler takes `&self`: many calls share the service
    5:41 a handler has one stream of items
    5:55 a handler returns a type with a name; for a stream it takes `Items<T>`
    ");
    // The block is emitted all the same, so that its other uses give no second error.
    let tokens = expand(handler, "", item).tokens.to_string();
    assert!(tokens.contains("async fn good"), "{tokens}");
    assert!(!tokens.contains("__private"), "{tokens}");
}

#[test]
fn methods_that_could_not_be_told_apart() {
    let item = "impl S {
    async fn costarring(&self) {}
    async fn liquid(&self) {}
    async fn get_all(&self) {}
    async fn getAll(&self) {}
}";
    insta::assert_snapshot!(errors(handler, "", item).join("\n"), @r"
    3:13 `costarring` and `liquid` have one number on the wire: rename one of them
    5:13 `get_all` and `getAll` differ in `_` alone: rename one
    ");
}

#[test]
fn what_is_no_service_and_no_protein() {
    let all = [
        errors(handler, "", "struct A;"),
        errors(service, "", "enum A {}"),
        errors(service, "", "struct A<T>(T);"),
        errors(service, "", "fn f() {}"),
        errors(protein, "", "fn f() {}"),
        errors(protein, "", "struct A<'a>(&'a u8);"),
        errors(protein, "", "struct A(u8, u8);"),
        errors(protein, "", "#[rkyv(derive(Debug))] struct A { #[serde(rename = \"c\")] b: u8 }"),
        errors(protein, "", "enum A { #[serde(skip)] B, C(#[rkyv(with = D)] u8) }"),
        errors(protein, "", "enum A { B = 1, #[protein(default)] C(u8), #[protein(other)] D }"),
    ];
    insta::assert_snapshot!(all.concat().join("\n"), @r"
    1:0 `#[handler]` stands on an `impl` block of a service
    1:0 a service is a `struct`
    1:9 a service has no generic parameters: its schema is one text
    1:0 a service is a `struct`
    1:0 a protein is a `struct` or an `enum`
    1:9 a protein has no generic parameters: its schema is one text
    1:8 a protein with several fields gives them names
    1:0 a protein is written as its schema says, and not otherwise
    1:34 a protein is written as its schema says, and not otherwise
    1:9 a protein is written as its schema says, and not otherwise
    1:29 a protein is written as its schema says, and not otherwise
    1:13 variants are known by their names, not by numbers
    1:37 what stands for what is not known holds nothing
    1:53 there is only `#[protein(default)]`
    ");
}
