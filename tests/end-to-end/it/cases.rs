//! Random uses of macros from a seed: as source text for rustc, and as the request that rustc would
//! make of it. Some are right, some are errors of the user, some of the macro.

use anyhow::{Context as _, Result, anyhow};
use cell_tests::random::{Random, stream};
use macro_bridge::order;
use macro_bridge::project::Project;
use macro_bridge::request::{Call, MacroKind, Place, Request};
use macro_bridge::table::{TableBuilder, delimiter};
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

const IDENTITIES: &[&str] = &["identity", "identity_rebuilt", "regrouped"];
const DERIVES: &[&str] = &["Identity", "IdentityRebuilt"];
const FUNCTIONS: &[&str] = &["identity_function", "identity_function_rebuilt", "moved_crate"];
const LOCALS: &[&str] = &["local_mixed", "local_call", "local_resolved", "located"];
const PLACES: &[&str] = &["error_at", "warning_at", "told_at", "token_at"];
const STACK: &[&str] = &[
    "a",
    "b",
    "c",
    "ask_twice",
    "fails_in_plan",
    "field_a",
    "field_b",
    "field_c",
    "place",
    "replace_a",
    "replace_b",
];
const OTHERS: &[&str] = &["identity_items", "ask", "table", "cache", "Model", "query"];
/// Macros of `misbehave`, which has more than there are numbers for.
const CRIMES: &[&str] = &[
    "allowed_words",
    "artifact_path",
    "artifact_source",
    "call_declared",
    "call_repeat",
    "call_undeclared",
    "denied_include",
    "denied_nested",
    "denied_unsafe_block",
    "diagnostic_end",
    "divide",
    "error",
    "field_odd",
    "group_crossing",
    "grow_raw",
    "ident_prefix",
    "level_unknown",
    "literal_negative",
    "out_of_bounds",
    "panic_lines",
    "panic_text",
    "part_twice",
    "parts_inside",
    "plan_control",
    "plan_panic",
    "plan_twice",
    "range_crosses_split",
    "range_twice",
    "recursion",
    "respan_part",
    "spin",
    "text_not_utf8",
    "trap",
];

/// Is a macro one of those that are used here?
pub(crate) fn is_used(name: &str) -> bool {
    let lists = [IDENTITIES, DERIVES, FUNCTIONS, LOCALS, PLACES, STACK, OTHERS, CRIMES];
    lists.iter().any(|list| list.contains(&name))
}

/// What stands before the items in a source file.
pub(crate) const HEAD: &str = "macro_rules! swallow { ($($any:tt)*) => {} }
cell::cell_remote!(Identity = \"identity\");
cell::cell_remote!(Ledger = \"ledger\");
";

/// One use of one or more macros. No two seeds have the same.
#[derive(Debug)]
pub(crate) struct Case {
    seed: u64,
    form: MacroKind,
    /// Cell, macro and arguments.
    calls: Vec<(&'static str, &'static str, String)>,
    /// The item, or the input of a function-like macro.
    item: String,
}

impl Case {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let random = &mut random;
        let attribute = |calls, item| Self { seed, form: MacroKind::Attribute, calls, item };
        match random.below(16) {
            0..=2 => {
                // `regrouped` takes no arguments and says so.
                let arguments =
                    if random.below(8) == 0 { tokens(random, 8) } else { String::new() };
                let call = ("identity", pick(random, IDENTITIES), arguments);
                attribute(vec![call], swallowed(random, seed))
            }
            3 => {
                let arguments = swallowed(random, seed);
                attribute(
                    vec![("identity", "identity_items", arguments)],
                    structure(random, seed, Helpers::None),
                )
            }
            4 | 5 => Self::function(random, seed),
            6 => {
                let item = structure(random, seed, Helpers::Items);
                let call = ("identity", pick(random, DERIVES), String::new());
                Self { seed, form: MacroKind::Derive, calls: vec![call], item }
            }
            7 => {
                let call = ("identity", pick(random, PLACES), paths(random));
                attribute(vec![call], structure(random, seed, Helpers::None))
            }
            8..=10 => attribute(stack(random), structure(random, seed, Helpers::None)),
            11 | 12 => {
                let mut calls = vec![("ledger", "table", table_arguments(random, seed))];
                if random.below(2) == 0 {
                    let arguments =
                        random.one(&["", "capacity = 100", "capacity = 0", "capacity = \"x\""]);
                    calls.push(("ledger", "cache", arguments.to_owned()));
                }
                attribute(calls, structure(random, seed, Helpers::Columns))
            }
            13 | 14 => {
                let item = structure(random, seed, Helpers::Skip);
                let call = ("ledger", "Model", String::new());
                Self { seed, form: MacroKind::Derive, calls: vec![call], item }
            }
            _ => {
                let call = ("misbehave", pick(random, CRIMES), tokens(random, 4));
                attribute(vec![call], structure(random, seed, Helpers::None))
            }
        }
    }

    fn function(random: &mut Random, seed: u64) -> Self {
        let function = |cell, name, item| Self {
            seed,
            form: MacroKind::Function,
            calls: vec![(cell, name, String::new())],
            item,
        };
        match random.below(8) {
            0..=2 => function("identity", pick(random, FUNCTIONS), swallowed(random, seed)),
            3 => function("identity", pick(random, LOCALS), format!("let s{seed} = x;")),
            // Nobody has recorded what is asked here.
            4 => function("stack", "ask", format!("n{seed}")),
            _ => function("ledger", "query", query(random, seed)),
        }
    }

    /// As rustc reads it, behind [`HEAD`].
    pub(crate) fn source(&self) -> String {
        let Self { seed, form, calls, item } = self;
        let mut out = format!("mod m{seed} {{ use super::*;\n");
        match form {
            MacroKind::Function => {
                let (cell, name, _) = &calls[0];
                out.push_str(&format!("cell::expand! {{ {cell}::{name} {{ {item} }} }}\n"));
            }
            MacroKind::Derive => {
                let (cell, name, _) = &calls[0];
                let alias = if *cell == "ledger" { "Ledger" } else { "Identity" };
                out.push_str(&format!("#[derive({alias}::{name})]\n{item}\n"));
            }
            MacroKind::Attribute => {
                for (cell, name, arguments) in calls {
                    out.push_str(&format!("#[cell::wasm({cell}::{name}({arguments}))]\n"));
                }
                out.push_str(&format!("{item}\n"));
            }
        }
        out + "}\n"
    }

    /// What rustc would ask for, with limits, names and groups that a source cannot have. `None` if
    /// macros are on an item that do not go together: nobody is asked then.
    pub(crate) fn request(&self, project: &Project) -> Result<Option<Request>> {
        let mut random = Random::new(!self.seed);
        let mut calls = Vec::new();
        for (cell, name, arguments) in &self.calls {
            let call = project.call(cell, name).map_err(|failure| anyhow!("{failure}"))?;
            calls.push((call, arguments));
        }
        if order::sort(&mut calls, |(call, _)| call).is_err() {
            return Ok(None);
        }
        // Else everything that was ever read would be kept.
        proc_macro2::extra::invalidate_current_thread_spans();
        let mut table = TableBuilder::default();
        let mut ordered: Vec<Call> = Vec::new();
        for (call, arguments) in calls {
            let start = table.len();
            walk(arguments, &mut table, &mut random)?;
            let mut call = Call { arguments: start..table.len(), ..call };
            if random.below(8) == 0 {
                call.limits.fuel = (1 << (10 + random.below(12))) + random.below(1_000) as u64;
            }
            if random.below(16) == 0 {
                call.limits.memory = (1 + random.below(40) as u64) << 16;
            }
            ordered.push(call);
        }
        walk(&self.item, &mut table, &mut random)?;
        let place = Place {
            package: random.one(&["app", "other-app", ""]).to_owned(),
            krate: random.one(&["app", "other_app"]).to_owned(),
        };
        let table = table.finish().context("every group was closed")?;
        Ok(Some(Request { form: self.form, table, calls: ordered, place }))
    }
}

/// Adds the tokens of a text; some groups become such as macros by example make.
fn walk(text: &str, table: &mut TableBuilder, random: &mut Random) -> Result<()> {
    let stream: TokenStream = text.parse().map_err(|error| anyhow!("{error}: {text}"))?;
    add(stream, table, &mut || random.below(32) == 0);
    Ok(())
}

/// Adds tokens; of each group `invisible` says whether its delimiters are.
pub(crate) fn add(
    stream: TokenStream,
    table: &mut TableBuilder,
    invisible: &mut impl FnMut() -> bool,
) {
    for tree in stream {
        match tree {
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                let plain = text.strip_prefix("r#");
                table.ident(plain.unwrap_or(&text), plain.is_some());
            }
            TokenTree::Punct(punct) => {
                table.punct(punct.as_char(), punct.spacing() == Spacing::Joint);
            }
            TokenTree::Literal(literal) => table.literal(&literal.to_string()),
            TokenTree::Group(group) => {
                table.open(match group.delimiter() {
                    _ if invisible() => delimiter::NONE,
                    Delimiter::Parenthesis => delimiter::PARENTHESIS,
                    Delimiter::Brace => delimiter::BRACE,
                    Delimiter::Bracket => delimiter::BRACKET,
                    Delimiter::None => delimiter::NONE,
                });
                add(group.stream(), table, invisible);
                // One was opened just now.
                let _ = table.close();
            }
        }
    }
}

fn pick(random: &mut Random, of: &[&'static str]) -> &'static str {
    of[random.below(of.len())]
}

/// Any tokens.
fn tokens(random: &mut Random, most: usize) -> String {
    loop {
        let text = stream(random, most);
        // Comments, which are no tokens, may end the line that they are put into.
        if text.parse::<TokenStream>().is_ok() {
            return text;
        }
    }
}

/// Any tokens, as an item that stands for nothing.
fn swallowed(random: &mut Random, seed: u64) -> String {
    format!("swallow! {{ n{seed} {} }}", tokens(random, 40))
}

/// Where the guest shall put something, see `tests/guests/identity`.
fn paths(random: &mut Random) -> String {
    let mut path = || {
        let last = random.one(&["", "", " o", " c", " 0", " 1 0"]);
        format!("{}{last}", random.below(7))
    };
    let (first, second) = (path(), path());
    if random.below(2) == 0 { first } else { format!("{first}, {second}") }
}

/// One to three macros, mostly with those that they need.
fn stack(random: &mut Random) -> Vec<(&'static str, &'static str, String)> {
    let mut names: Vec<_> = (0..1 + random.below(3)).map(|_| pick(random, STACK)).collect();
    if random.below(16) != 0 {
        names.sort_unstable();
        names.dedup();
        for (name, need) in [("c", "b"), ("b", "a")] {
            if names.contains(&name) && !names.contains(&need) {
                names.push(need);
            }
        }
    }
    names.into_iter().map(|name| ("stack", name, tokens(random, 4))).collect()
}

fn table_arguments(random: &mut Random, seed: u64) -> String {
    match random.below(12) {
        0 => String::new(),
        1 => format!("name = \"T {seed}\""),
        2 => format!("nme = \"t{seed}\", name = 1"),
        3 => tokens(random, 6),
        _ => format!("name = \"t{seed}\""),
    }
}

fn query(random: &mut Random, seed: u64) -> String {
    let columns = random.one(&["*", "a", "a, b", "owner, balance, id", "select"]);
    let condition =
        random.one(&["", "where a = ?", "where a = ? and b < 3", "where", "wher a = ?"]);
    let end = random.one(&["", "order by a", "order by a desc limit ?", "limit 5", "limit x"]);
    let text = format!("select {columns} from t{seed} {condition} {end}");
    // In the place of an item an expression is an error.
    let head = if random.below(4) == 0 { String::new() } else { format!("pub Q{seed} = ") };
    format!("{head}{text:?}")
}

/// Attributes of fields.
#[derive(Clone, Copy, PartialEq)]
enum Helpers {
    None,
    Columns,
    Skip,
    Items,
}

const TYPES: &[&str] = &[
    "u64",
    "i32",
    "String",
    "Option<String>",
    "Vec<u8>",
    "[u8; 32]",
    "bool",
    "f64",
    "&'static str",
    "Option<u64>",
    "std::string::String",
];

/// Mostly a struct with named fields.
fn structure(random: &mut Random, seed: u64, helpers: Helpers) -> String {
    let mut out = String::new();
    out.push_str(random.one(&["", "", "/// A row.\n", "#[allow(dead_code)]\n"]));
    out.push_str(random.one(&["", "pub ", "pub(crate) "]));
    let generics = random.one(&["", "", "", "<T>", "<'a, T: Clone + 'a>"]);
    match random.below(20) {
        0 => return out + &format!("enum S{seed}{generics} {{ A, B(u8), C {{ x: u8 }} }}"),
        1 => return out + &format!("struct S{seed};"),
        2 => return out + &format!("struct S{seed}{generics}(pub u64, String);"),
        _ => out.push_str(&format!("struct S{seed}{generics} {{\n")),
    }
    for index in 0..1 + random.below(8) {
        let helper = match helpers {
            Helpers::None => "",
            Helpers::Columns if index == 0 && random.below(12) != 0 => "#[ledger::primary_key] ",
            Helpers::Columns => match random.below(32) {
                0 => "#[ledger::primary_key] ",
                1..=3 => "#[ledger::column(\"jsonb\")] ",
                4 => "#[ledger::column] ",
                5 => "#[cfg(any())] ",
                _ => "",
            },
            Helpers::Skip => match random.below(40) {
                0..=4 => "#[cell(skip)] ",
                5 => "#[cell(keep)] ",
                _ => "",
            },
            Helpers::Items => {
                if random.below(3) == 0 {
                    out.push_str(&format!("#[cell(derive_items({}))] ", swallowed(random, seed)));
                }
                ""
            }
        };
        let name = random.one(&["id", "owner", "balance", "r#type", "größe", "_"]);
        let ty = if random.below(40) == 0 { "(u8, T)" } else { random.one(TYPES) };
        let visible = random.one(&["", "pub "]);
        out.push_str(&format!("{helper}{visible}{name}{index}: {ty},\n"));
    }
    out + "}"
}

#[test]
fn a_seed_is_one_case_and_all_can_be_read() -> Result<()> {
    for seed in 0..2_000 {
        let case = Case::new(seed);
        let source = case.source();
        assert_eq!(source, Case::new(seed).source());
        source.parse::<TokenStream>().map_err(|error| anyhow!("seed {seed}: {error}\n{source}"))?;
    }
    Ok(())
}
