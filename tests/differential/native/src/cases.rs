//! What is expanded: macros with arguments, and an item. Case number so and so is always the same.

use cell_tests::random::Random;
use macro_guest_sdk::wire;
use native_macro_guest_sdk::Native;
use proc_macro2::{Group, TokenStream, TokenTree};

use crate::broken::broken;
use crate::harvest::Items;

macro_guest_sdk::questions!(ledger = "../../../guests/search/ledger.schema");
use ledger::{Column, ColumnType, NoSuchTable, Table};

/// A macro on the item.
#[derive(Clone)]
pub(crate) struct Called {
    pub(crate) cell: &'static str,
    pub(crate) native: Native,
    pub(crate) arguments: String,
}

/// One expansion.
#[derive(Clone)]
pub(crate) struct Case {
    /// In the order in which they run.
    pub(crate) calls: Vec<Called>,
    pub(crate) item: String,
    /// Is the item as somebody wrote it, but for an attribute that the macro reads?
    pub(crate) is_real: bool,
    /// What a cell says, whatever it is asked.
    pub(crate) answer: Result<Vec<u8>, String>,
    pub(crate) profile: &'static str,
}

/// A cell whose macros ship with Cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guest {
    Auth,
    Cache,
    Ledger,
    Postgres,
    Search,
    Telemetry,
}

/// What a macro of ours is put on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Data,
    Function,
    /// It is no attribute or derive.
    Input,
}

impl Guest {
    pub(crate) const ALL: [Self; 6] =
        [Self::Auth, Self::Cache, Self::Ledger, Self::Postgres, Self::Search, Self::Telemetry];

    pub(crate) fn cell(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Cache => "cache",
            Self::Ledger => "ledger",
            Self::Postgres => "postgres",
            Self::Search => "search",
            Self::Telemetry => "telemetry",
        }
    }

    fn natively(self) -> Vec<Native> {
        match self {
            Self::Auth => native_auth::natively(),
            Self::Cache => native_cache::natively(),
            Self::Ledger => native_ledger::natively(),
            Self::Postgres => native_postgres::natively(),
            Self::Search => native_search::natively(),
            Self::Telemetry => native_telemetry::natively(),
        }
    }

    /// The stacks that its macros are tried in.
    fn stacks(self) -> Vec<(On, Vec<(Self, &'static str)>)> {
        match self {
            Self::Auth => vec![(On::Function, vec![(self, "require")])],
            Self::Cache => vec![
                (On::Function, vec![(self, "memoize")]),
                (On::Data, vec![(Self::Postgres, "table"), (self, "invalidate")]),
            ],
            Self::Ledger => vec![
                (On::Data, vec![(self, "table")]),
                (On::Data, vec![(self, "table"), (self, "cache")]),
                (On::Data, vec![(self, "Model")]),
                (On::Input, vec![(self, "query")]),
            ],
            Self::Postgres => vec![(On::Data, vec![(self, "table")])],
            Self::Search => vec![(On::Data, vec![(self, "index")])],
            Self::Telemetry => vec![(On::Function, vec![(self, "span")])],
        }
    }
}

/// What macros read in an item.
const HELPERS: [&str; 4] =
    ["#[primary_key]", "#[Ledger::primary_key]", "#[Postgres::primary_key]", "#[cell(skip)]"];

/// Of so many cases ...
const ROUND: u64 = 13;
/// ... so many are of items as somebody wrote them.
const REAL: u64 = 10;

/// Makes the cases of a guest.
pub(crate) struct Cases<'a> {
    items: &'a Items,
    stacks: Vec<(On, Vec<Called>)>,
}

impl<'a> Cases<'a> {
    pub(crate) fn of(guest: Guest, items: &'a Items) -> Self {
        let called = |(guest, name): (Guest, &str)| {
            let native = guest.natively().into_iter().find(|native| native.info.name == name);
            let native = native.unwrap_or_else(|| panic!("{guest:?} has no macro {name}"));
            Called { cell: guest.cell(), native, arguments: String::new() }
        };
        let stack = |(on, calls): (On, Vec<_>)| (on, calls.into_iter().map(called).collect());
        Self { items, stacks: guest.stacks().into_iter().map(stack).collect() }
    }

    pub(crate) fn case(&self, number: u64) -> Case {
        let mut random = Random::new(number);
        // The first numbers of neighbouring seeds are neighbours.
        (0..3).for_each(|_| _ = random.below(2));
        let (on, calls) = &self.stacks[(number / ROUND) as usize % self.stacks.len()];
        let form = number % ROUND;
        let Items { data, functions, others } = self.items;
        let list = match (on, random.below(8)) {
            (_, 0) => others,
            (On::Function, 1) | (On::Data, 2..) => data,
            (On::Input, 1..4) => data,
            _ => functions,
        };
        // One after the other, so that few come twice.
        let item = &list[number as usize % list.len()];
        let mut item: TokenStream = item.parse().expect("it was printed");
        match form {
            // A struct that is sure to be good for something, with the names of a real one.
            10 | 11 if *on == On::Data => item = table(&item, &mut random),
            10 | 11 if *on == On::Input => item = query(&mut random),
            12 => item = readable(broken(item.clone(), &mut random)).unwrap_or(item),
            _ => {}
        }
        if *on == On::Data && random.below(4) > 0 {
            item = marked(item, random.one(&HELPERS), &mut random);
        }
        let fields = fields(&item);
        let mut calls = calls.clone();
        for call in &mut calls {
            call.arguments = arguments(call, &fields, &mut random);
        }
        Case {
            calls,
            item: item.to_string(),
            is_real: form < REAL,
            answer: answer(&fields, &mut random),
            profile: if random.below(6) == 0 { "stub" } else { "default" },
        }
    }
}

/// The tokens, if they are such when they are printed: a `'` without a name is none.
fn readable(tokens: TokenStream) -> Option<TokenStream> {
    tokens.to_string().parse().ok()
}

/// A field of a struct, or what looks like one: its name, and the first word of its type.
type Field = (String, String);

fn fields(item: &TokenStream) -> Vec<Field> {
    let last = item.clone().into_iter().last();
    let Some(TokenTree::Group(group)) = last else { return Vec::new() };
    let trees: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_colon =
        |at: usize| matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    let mut fields: Vec<Field> = Vec::new();
    for (at, tree) in trees.iter().enumerate() {
        let TokenTree::Ident(name) = tree else { continue };
        let is_name = is_colon(at + 1) && !is_colon(at + 2) && (at == 0 || !is_colon(at - 1));
        if is_name && fields.len() < 12 && fields.iter().all(|(other, _)| name != other) {
            let word = trees[at + 2..].iter().find(|tree| matches!(tree, TokenTree::Ident(_)));
            fields.push((name.to_string(), word.map(ToString::to_string).unwrap_or_default()));
        }
    }
    fields
}

/// Those that no table knows are the last.
const TYPES: [&str; 12] = [
    "u64",
    "String",
    "i64",
    "Option<i32>",
    "bool",
    "u32",
    "i16",
    "Option<String>",
    "u8",
    "f64",
    "&'static str",
    "T",
];

/// A struct with the name of the item, and the names of its fields.
fn table(item: &TokenStream, random: &mut Random) -> TokenStream {
    let mut names: Vec<String> = fields(item).into_iter().map(|(name, _)| name).collect();
    if names.is_empty() {
        names = ["id", "owner", "r#type"].map(str::to_owned).to_vec();
    }
    let mut text = item.to_string();
    let head = text.rfind("struct ").map_or(0, |at| at + "struct ".len());
    let name: String =
        text.split_off(head).chars().take_while(|ch| ch.is_alphanumeric() || *ch == '_').collect();
    let generics = random.one(&["", "", "", "<T>", "<'a, T: Clone>", "<const N: usize>"]);
    let name = if name.is_empty() { "Row".to_owned() } else { name };
    let mut text = format!("pub struct {name}{generics} {{");
    for name in names {
        let before = ["", "pub ", "/// a\n", "#[cfg(unix)] ", "#[column(\"jsonb\")] "];
        let before = likely(&before, random);
        let ty = if random.below(12) == 0 { random.one(&TYPES) } else { random.one(&TYPES[..9]) };
        text.push_str(&format!("{before}{name}: {ty}, "));
    }
    text.push('}');
    text.parse().unwrap_or_else(|_| item.clone())
}

fn query(random: &mut Random) -> TokenStream {
    let name = ["accounts", "owner", "a1", "Orders", "*", "?", "balance", "\u{e9}"];
    let mut words =
        vec![random.one(&["select", "select", "select", "SELECT", "delete"]).to_owned()];
    words.push(random.one(&["*", "a", "a, b", "owner, balance, id", "a as b", ""]).to_owned());
    words.push(format!("from {}", random.one(&name)));
    for _ in 0..random.below(3) {
        let word = random.one(&["where", "and", "order by", "limit", "or", ","]);
        let rest = random.one(&["= ?", "> 1", "", "desc", "like 'a\\nb'", "= \\\"x\\\""]);
        words.push(format!("{word} {} {rest}", random.one(&name)));
    }
    let text = words.join(" ");
    let input = match random.below(4) {
        0 => format!("pub(crate) ByOwner = \"{text}\""),
        1 => format!("Found = \"{text}\","),
        2 => format!("r#\"{}\"#", text.replace('\\', "")),
        _ => format!("\"{text}\""),
    };
    input.parse().unwrap_or_default()
}

/// The item with a helper attribute on a field, or on two.
fn marked(item: TokenStream, helper: &str, random: &mut Random) -> TokenStream {
    let mut trees: Vec<TokenTree> = item.into_iter().collect();
    let Some(TokenTree::Group(group)) = trees.last().cloned() else {
        return trees.into_iter().collect();
    };
    let mut inside: Vec<TokenTree> = group.stream().into_iter().collect();
    let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ',');
    for _ in 0..1 + random.below(8) / 7 {
        let behind = (1..=inside.len()).filter(|at| is_comma(&inside[at - 1]));
        let begins: Vec<usize> = std::iter::once(0).chain(behind).take(3).collect();
        let at = begins[random.below(begins.len())];
        let helper: TokenStream = helper.parse().expect("an attribute");
        inside.splice(at..at, helper);
    }
    let last = trees.len() - 1;
    trees[last] = Group::new(group.delimiter(), inside.into_iter().collect()).into();
    trees.into_iter().collect()
}

fn arguments(call: &Called, fields: &[Field], random: &mut Random) -> String {
    let said = match (call.cell, call.native.info.name) {
        ("auth", _) => likely(
            &[
                "role = \"admin\"",
                "role = \"admin\", context = shop::Session<'_>",
                "context = (A, B), role = \"\"",
                "role = admin",
                "",
            ],
            random,
        ),
        (_, "memoize") => likely(
            &[
                "ttl = \"5m\"",
                "ttl = \"1d\", capacity = 10, by = self.id",
                "ttl = \"10ms\", until = Account::when_account_update",
                "ttl = \"5m\", by = ()",
                "ttl = \"5\", capacity = 0",
                "",
            ],
            random,
        ),
        (_, "invalidate") => likely(
            &["on = \"account_update\"", "on = \"r#type\"", "on = \"a b\"", "on = 1", ""],
            random,
        ),
        (_, "cache") => likely(&["", "capacity = 10", "capacity = 0", "capacity = \"1\""], random),
        (_, "table") => likely(
            &[
                "name = \"accounts\"",
                "name = \"accounts\"",
                "name = \"Accounts\"",
                "name = \"a\", name = \"b\"",
                "name = 1, nme = 2",
                "",
            ],
            random,
        ),
        (_, "span") => likely(
            &["", "name = \"checkout\"", "to = shop::SEEN, name = \"pay\"", "to = 1 + 1", "name"],
            random,
        ),
        (_, "index") => {
            let some = |random: &mut Random| {
                let field = fields.get(random.below(fields.len().max(1)));
                field.map_or("owner", |(name, _)| name)
            };
            let (one, other) = (some(random), some(random));
            let table =
                likely(&["table = \"accounts\", ", "table = \"a\", ", "table = 1, ", ""], random);
            let text = match random.below(10) {
                0 => format!("{table}fields({one}, {other})"),
                1 => format!("{table}fields()"),
                2 => format!("{table}fields"),
                _ => format!("{table}fields({one})"),
            };
            return wrong_at_times(&text, random);
        }
        _ => return String::new(),
    };
    wrong_at_times(said, random)
}

/// The first half of the time.
fn likely<'a>(of: &[&'a str], random: &mut Random) -> &'a str {
    if random.below(2) == 0 { of[0] } else { random.one(of) }
}

fn wrong_at_times(text: &str, random: &mut Random) -> String {
    let tokens: TokenStream = text.parse().expect("arguments are tokens");
    match random.below(10) {
        0 => readable(broken(tokens.clone(), random)).unwrap_or(tokens).to_string(),
        _ => tokens.to_string(),
    }
}

/// What the ledger says: a table with some of the fields, that there is none, or something else.
fn answer(fields: &[Field], random: &mut Random) -> Result<Vec<u8>, String> {
    let ty = |word: &str, random: &mut Random| match (random.below(8), word.split_at_checked(1)) {
        (0, _) => ColumnType::Integer { bits: 8 << random.below(6), signed: false },
        (1, _) => ColumnType::Other,
        (_, Some((sign @ ("u" | "i"), bits))) => match bits.parse() {
            Ok(bits) => ColumnType::Integer { bits, signed: sign == "i" },
            Err(_) => ColumnType::Other,
        },
        _ => ColumnType::Text,
    };
    let mut columns = Vec::new();
    for (name, word) in fields {
        if random.below(8) > 0 {
            let name = name.trim_start_matches("r#").to_owned();
            columns.push(Column { name, ty: ty(word, random) });
        }
    }
    let known = || vec!["accounts".to_owned(), "movements".to_owned()];
    let reply: Result<Table, NoSuchTable> = match random.below(10) {
        0 => Err(NoSuchTable { known: known() }),
        1 => return Err("not for you".to_owned()),
        2 => return Ok(vec![0xc1, 7]),
        _ => Ok(Table { name: "accounts".to_owned(), columns }),
    };
    Ok(wire::write(&reply))
}
