use proptest::prelude::*;

use super::compatible::{Breaks, compare};
use super::strategy::schema;
use super::*;

const LEDGER: &str = "\
cell-schema 1
service Ledger
method entries(account: u64, since: option<u64> or default) -> stream Entry
method open(owner: string) -> result<u64, Refused>
method tables() -> list<string> at compile time

struct Entry
  amount: i64
  note: option<string> or default

enum Refused
  NoSuchAccount(u64)
  Overdraft with
    missing: u64
  Closed
";

fn of(text: &str) -> Schema {
    read(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

#[test]
fn a_text_is_read_and_written() {
    let schema = of(LEDGER);
    assert_eq!(schema.to_string(), LEDGER);
    let entries = &schema.methods["entries"];
    assert!(entries.streams && !entries.compile_time && entries.arguments[1].default);
    assert!(schema.methods["tables"].compile_time);
    let Named::Enum(refused) = &schema.types["Refused"] else { panic!() };
    assert_eq!(refused[0].content, Content::Tuple(vec![Type::Basic(Basic::U64)]));
    assert!(matches!(&refused[1].content, Content::Struct(fields) if fields[0].name == "missing"));
}

/// Recorded answers and other languages hold this hash.
#[test]
fn the_hash_is_that_of_the_text() {
    let hash = of(LEDGER).hash();
    assert_eq!(hash.as_bytes()[..], Sha256::digest(LEDGER)[..]);
    assert_eq!(hash.to_string().len(), 64);
}

#[test]
fn numbers_of_methods_are_fnv() {
    // From the published test vectors of FNV-1a.
    assert_eq!(method_number(""), 0x811c_9dc5);
    assert_eq!(method_number("a"), 0xe40c_292c);
    assert_eq!(method_number("foobar"), 0xbf9c_f968);
    // A known pair with one number.
    assert_eq!(method_number("costarring"), method_number("liquid"));
    let text = "cell-schema 1\nservice S\nmethod costarring() -> unit\nmethod liquid() -> unit\n";
    assert_eq!(read(text), Err(ReadError::SameNumber("costarring".into(), "liquid".into())));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let says = |from: &str, to: &str, expected: &str| {
        assert!(LEDGER.contains(from), "{from}");
        let error = read(&LEDGER.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{from} -> {to}: {error}");
    };
    says("cell-schema 1", "cell-schema 2", "its first line is `cell-schema 2`");
    says("service Ledger\n", "", "line 2: there is no service");
    says("service Ledger", "service Led ger", "line 2: no name");
    says("owner: string", "crate: string", "line 4: no name at `crate: string)");
    says("open(owner: string)", "open(owner string)", "line 4: no `: ` at ` string)");
    says("open(owner: string)", "open(owner: string, owner: u8)", "line 4: `owner` is there twice");
    says("method open", "method entries", "line 4: `entries` is there twice");
    says("list<string>", "list<string", "line 5: no `>`");
    says("list<string>", "lists<string>", "line 5: `lists` has no parameters");
    says("list<string>", "tuple<string>", "line 5: a tuple of one");
    says("list<string>", "array<string, x>", "line 5: an array without a length");
    says("-> stream Entry", "-> stream Entries", "`entries` names `Entries`");
    says("struct Entry\n", "struct Entry\n  amount: u8\n", "line 10: `amount` is there twice");
    says("enum Refused", "enum Entry", "line 11: `Entry` is there twice");
    says("  Closed\n", "  Closed\n   More\n", "line 16: ");
    says("method open", "secret method open", "line 4: `method`");
    says("struct Entry", "secret  struct Entry", "line 7: ``");
    says("struct Entry", "secret secret struct Entry", "line 7: `secret`");
    says("amount: i64", "amount: i64 ", "something follows: ` `");
    says("result<u64, Refused>", "u64", "nothing names the type `Refused`");
    says("method tables", "method a", "canonical");
    says("  Closed\n", "  Closed or default\n  Shut or default\n", "two variants are the default");
    let deep = format!("{}u8{}", "list<".repeat(40), ">".repeat(40));
    says("list<string>", &deep, "nest more than 32 deep");
    assert_eq!(read(&"x".repeat(TEXT + 1)), Err(ReadError::TooLarge(TEXT + 1)));
    assert!(read(&LEDGER[..LEDGER.len() - 1]).is_err());
}

/// What a change of the text breaks, and what is said of it.
fn changed(from: &str, to: &str) -> Vec<(Option<Breaks>, String)> {
    assert!(LEDGER.contains(from), "{from}");
    let new = of(&LEDGER.replacen(from, to, 1));
    compare(&of(LEDGER), &new)
        .into_iter()
        .map(|change| (change.breaks, change.to_string()))
        .collect()
}

#[test]
fn what_may_be_added() {
    let fine = |from: &str, to: &str, expected: &str| {
        let changes = changed(from, to);
        assert!(changes.iter().all(|(breaks, _)| breaks.is_none()), "{changes:?}");
        assert!(changes.iter().any(|(_, text)| text == expected), "{expected}: {changes:?}");
    };
    fine("method tables", "method sum() -> i64\nmethod tables", "sum: the method is new");
    fine("owner: string", "owner: string, limit: u64 or default", "open.limit: it is new");
    fine("owner: string", "owner: option<string>", "open.owner: it may be missing now");
    fine("  amount: i64\n", "  amount: i64\n  day: u32\n", "entries -> Entry.day: it is new");
    fine(
        "  note: option<string> or default",
        "  note: string",
        "entries -> Entry.note: it is always there now",
    );
    fine("  Closed\n", "", "open -> Refused::Closed: it is gone");
}

#[test]
fn what_only_looks_different() {
    let none = |from: &str, to: &str| assert_eq!(changed(from, to), [], "{from} -> {to}");
    none(
        "account: u64, since: option<u64> or default",
        "since: option<u64> or default, account: u64",
    );
    none(
        "  NoSuchAccount(u64)\n  Overdraft with\n    missing: u64\n",
        "  Overdraft with\n    missing: u64\n  NoSuchAccount(u64)\n",
    );
    let renamed = of(&LEDGER.replace("Entry", "Posting"));
    assert_eq!(compare(&of(LEDGER), &renamed), []);
    let wrapped = LEDGER
        .replace("result<u64, R", "result<Id, R")
        .replace("enum Ref", "type Id = u64\n\nenum Ref");
    assert_eq!(compare(&of(LEDGER), &of(&wrapped)), []);
}

#[test]
fn what_breaks_clients() {
    let breaks = |from: &str, to: &str, expected: &str| {
        let changes = changed(from, to);
        let found = changes.iter().any(|(breaks, text)| {
            *breaks == Some(Breaks::Clients) && *text == format!("breaks clients: {expected}")
        });
        assert!(found, "{from} -> {to}: {changes:?}");
    };
    breaks("service Ledger", "service Book", "Ledger: the service is called `Book` now");
    breaks("method tables() -> list<string> at compile time\n", "", "tables: the method is gone");
    breaks("-> list<string>", "-> stream list<string>", "tables: it is a stream now");
    breaks("-> stream Entry", "-> Entry", "entries: it is no stream any more");
    breaks("owner: string", "owner: u64", "open.owner: it was `string` and is `u64`");
    breaks("owner: string", "", "open.owner: it is gone, and clients still send it");
    breaks(
        "owner: string",
        "owner: string, limit: u64",
        "open.limit: it is new and has no default, and clients do not send it",
    );
    breaks(
        "since: option<u64> or default",
        "since: option<u64>",
        "entries.since: it has no default any more, and clients may leave it out",
    );
    breaks("  amount: i64\n", "", "entries -> Entry.amount: it is gone, and clients need it");
    breaks(
        "amount: i64",
        "amount: option<i64>",
        "entries -> Entry.amount: it was `i64` and is `option<i64>`",
    );
    breaks(
        "amount: i64",
        "amount: i64 or default",
        "entries -> Entry.amount: it may be missing now, and clients need it",
    );
    breaks(
        "  Closed\n",
        "  Closed\n  Frozen\n",
        "open -> Refused::Frozen: it is new, and clients have no default to take it for",
    );
    breaks(
        "NoSuchAccount(u64)",
        "NoSuchAccount",
        "open -> Refused::NoSuchAccount: it holds something else",
    );
    breaks(
        "NoSuchAccount(u64)",
        "NoSuchAccount(u32)",
        "open -> Refused::NoSuchAccount.0: it was `u64` and is `u32`",
    );
    breaks(
        "-> list<string>",
        "-> set<string>",
        "tables ->: it was `list<string>` and is `set<string>`",
    );
    breaks(
        "-> list<string>",
        "-> array<string, 3>",
        "tables ->: it was `list<string>` and is `array<string, 3>`",
    );
    breaks(
        "struct Entry\n  amount: i64\n  note: option<string> or default",
        "enum Entry\n  One",
        "entries -> Entry: it is another sort of type",
    );
}

#[test]
fn what_breaks_macros_alone() {
    let changes = changed(" at compile time", "");
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].0, Some(Breaks::Macros));
}

const SECRETS: &str = "\
cell-schema 1
service Users
method keys(of: User) -> list<option<Keys>> at compile time
method name(of: u64) -> string at compile time

enum Keys
  Main(Password)
  Others with
    all: list<Keys>

secret type Password = string

struct User
  friends: list<User>
  keys: map<string, Keys>
";

#[test]
fn a_secret_is_found_wherever_it_is() {
    let users = of(SECRETS);
    assert_eq!(users.to_string(), SECRETS);
    assert_eq!(users.secret, BTreeSet::from(["Password".to_owned()]));
    let plain = of(&SECRETS.replace("secret ", ""));
    assert_ne!(plain.hash(), users.hash());
    assert_eq!(plain.exposed("keys"), None);
    assert_eq!(users.exposed("name"), None);
    assert_eq!(users.exposed("nothing"), None);
    let says = |text: &str| of(text).exposed("keys").expect("a secret").to_string();
    assert_eq!(
        says(SECRETS),
        "its value holds the secret type `Password`, through `Keys::Main`",
        "the nearest one"
    );
    assert_eq!(
        says(&SECRETS.replace("list<option<Keys>>", "unit")),
        "its argument `of` holds the secret type `Password`, through `User.keys`, `Keys::Main`"
    );
    assert_eq!(
        says(&SECRETS.replace("struct User", "secret struct User")),
        "its argument `of` holds the secret type `User`"
    );
}

/// From a long way the middle is left out: schemas come from anybody.
#[test]
fn a_long_way_to_a_secret_is_shortened() {
    let mut text = "cell-schema 1\nservice S\nmethod f() -> T00 at compile time\n".to_owned();
    for number in 0..30 {
        text += &format!("\nstruct T{number:02}\n  a: list<T{:02}>\n", number + 1);
    }
    text += "\nsecret struct T30\n";
    assert_eq!(
        of(&text).exposed("f").expect("a secret").to_string(),
        "its value holds the secret type `T30`, through `T00.a`, `T01.a`, `T02.a`, `T03.a`, .., \
         `T26.a`, `T27.a`, `T28.a`, `T29.a`"
    );
}

#[test]
fn becoming_secret_is_a_change() {
    let compared = |from: &str, to: &str| -> Vec<String> {
        compare(&of(from), &of(to)).iter().map(ToString::to_string).collect()
    };
    let plain = SECRETS.replace("secret ", "");
    assert_eq!(
        compared(&plain, SECRETS),
        [
            "breaks macros: keys: macros may not ask it any more: its value holds the secret type \
             `Password`, through `Keys::Main`",
            "keys -> Keys::Main.0: it is secret now",
            "keys.of Keys::Main.0: it is secret now",
        ]
    );
    assert_eq!(
        compared(SECRETS, &plain),
        [
            "keys -> Keys::Main.0: it is not secret any more",
            "keys.of Keys::Main.0: it is not secret any more",
        ]
    );
    // Another name, and no wrapper any more: still the same to those who read it.
    let other = SECRETS
        .replace("Main(Password)", "Main(string)")
        .replace("secret type Password = string\n\n", "");
    let said = "keys -> Keys::Main.0: it is not secret any more".to_owned();
    assert!(compared(SECRETS, &other).contains(&said));
    // What is in a wrapper stands elsewhere too, without it.
    let text = "cell-schema 1\nservice S\nmethod f(a: A, b: B) -> unit\n\n\
                type A = string\n\nsecret type B = A\n";
    assert_eq!(compared(text, &text.replace("secret ", "")), ["f.b: it is not secret any more"]);
}

#[test]
fn one_method_alone_is_a_schema() {
    let ledger = of(LEDGER);
    assert_eq!(ledger.only("nothing"), None);
    assert_eq!(
        ledger.only("entries").expect("a method").to_string(),
        "cell-schema 1\nservice Ledger\n\
         method entries(account: u64, since: option<u64> or default) -> stream Entry\n\n\
         struct Entry\n  amount: i64\n  note: option<string> or default\n"
    );
    let users = of(SECRETS);
    assert_eq!(users.only("keys").expect("a method").secret, users.secret);
    assert!(users.only("name").expect("a method").types.is_empty());
    // What others can be asked does not matter, what this one can be asked does.
    let changed = |from: &str, to: &str| of(&LEDGER.replacen(from, to, 1)).only("open");
    assert_eq!(changed("amount: i64", "amount: i128"), ledger.only("open"));
    assert_ne!(changed("missing: u64", "missing: u32"), ledger.only("open"));
    assert_ne!(changed("service Ledger", "service Book"), ledger.only("open"));
}

/// Types that contain themselves, and wrappers that end nowhere.
#[test]
fn endless_types_are_compared() {
    let text = |field: &str| {
        format!(
            "cell-schema 1\nservice S\nmethod f(a: Tree) -> Loop\n\ntype Loop = Loop\n\nstruct Tree\n  next: list<Tree>\n{field}"
        )
    };
    let (old, new) = (of(&text("")), of(&text("  more: u8\n")));
    assert_eq!(compare(&old, &old), []);
    assert_eq!(compare(&old, &new).len(), 1);
    let text = "cell-schema 1\nservice S\nmethod f() -> T\n\ntype T = list<T>\n";
    assert_eq!(compare(&of(text), &of(text)), []);
}

proptest! {
    #[test]
    fn any_schema_reads_back(schema in schema()) {
        let text = schema.to_string();
        prop_assert_eq!(read(&text), Ok(schema.clone()), "{}", text);
        prop_assert_eq!(compare(&schema, &schema), []);
    }

    #[test]
    fn any_method_alone_is_canonical(schema in schema()) {
        for name in schema.methods.keys() {
            let only = schema.only(name).expect("a method");
            prop_assert_eq!(read(&only.to_string()), Ok(only.clone()));
            prop_assert_eq!(only.only(name), Some(only.clone()));
            prop_assert_eq!(only.exposed(name), schema.exposed(name));
        }
    }

    #[test]
    fn other_schemas_have_other_hashes(one in schema(), other in schema()) {
        prop_assert_eq!(one == other, one.hash() == other.hash());
    }

    #[test]
    fn any_two_can_be_compared(one in schema(), other in schema()) {
        let _ = compare(&one, &other);
    }

    #[test]
    fn any_text_is_a_schema_or_an_error(text: String, at in 0..LEDGER.len(), cut in 0..LEDGER.len()) {
        let _ = read(&text);
        let _ = read(&format!("cell-schema 1\nservice S\n{text}"));
        let damaged = format!("{}{text}{}", &LEDGER[..at], &LEDGER[cut..]);
        if let Ok(schema) = read(&damaged) {
            prop_assert_eq!(schema.to_string(), damaged);
        }
    }
}
