//! One macro per crime, all in one crate: each gives one error on its name, none spoils another,
//! and the items are all there.

use anyhow::{Result, ensure};
use macro_bridge::failure::Kind::{self, *};

use crate::guests::misbehave;
use crate::project::{Host, Project};
use crate::report::{Expected, errors, expect, expect_none, fails};

/// What a macro does and what is said of it. Those of `strict` run under tight limits.
const CRIMES: &[(&str, Kind, &[&str])] = &[
    (
        "misbehave::panic_text",
        Panic,
        &["panicked: the tape ran out at 7", "note: at misbehave-0.1.0/src/stops.rs:"],
    ),
    ("misbehave::panic_value", Panic, &["panicked: a value that is no text"]),
    ("misbehave::panic_long", Panic, &["panicked: long long", " .."]),
    (
        "misbehave::panic_lines",
        Panic,
        &["panicked: first\n    | error: a forged line\n    | \\u{1b}[31mred"],
    ),
    ("misbehave::report_flood", Panic, &["not really", "nowhere.rs"]),
    ("misbehave::trap", Trap, &["note: in misbehave::stops::deliberately_unreachable"]),
    ("misbehave::divide", Panic, &["attempt to divide with overflow"]),
    ("misbehave::out_of_bounds", Panic, &["index out of bounds"]),
    ("misbehave::parts_missing", InvalidOutput, &[]),
    ("misbehave::parts_short", InvalidOutput, &[]),
    ("misbehave::parts_long", InvalidOutput, &[]),
    ("misbehave::parts_overflow", InvalidOutput, &[]),
    ("misbehave::parts_inside", InvalidOutput, &[]),
    ("misbehave::part_unknown", InvalidOutput, &[]),
    ("misbehave::part_twice", InvalidOutput, &[]),
    ("misbehave::field_unnamed", InvalidOutput, &[]),
    ("misbehave::field_odd", InvalidOutput, &[]),
    ("misbehave::level_unknown", InvalidAnswer, &["a diagnostic of level 7"]),
    ("misbehave::note_unknown", InvalidAnswer, &["a note of kind 7"]),
    ("misbehave::artifact_path", InvalidAnswer, &["`../../.bashrc`"]),
    ("misbehave::artifact_absolute", InvalidAnswer, &["`/tmp/x`"]),
    ("misbehave::artifact_twice", InvalidAnswer, &["two artifacts"]),
    ("misbehave::plan_unnamed", InvalidAnswer, &["a plan entry"]),
    ("misbehave::plan_control", InvalidAnswer, &["\\u{1b}"]),
    ("misbehave::plan_twice", InvalidAnswer, &["two plan entries `table accounts` that differ"]),
    ("misbehave::group_past_end", InvalidOutput, &[]),
    ("misbehave::group_overflow", InvalidOutput, &[]),
    ("misbehave::group_crossing", InvalidOutput, &[]),
    ("misbehave::delimiter_unknown", InvalidOutput, &[]),
    ("misbehave::kind_unknown", InvalidOutput, &[]),
    ("misbehave::kind_last", InvalidOutput, &[]),
    ("misbehave::spacing_unknown", InvalidOutput, &[]),
    ("misbehave::raw_unknown", InvalidOutput, &[]),
    ("misbehave::punct_letter", InvalidOutput, &[]),
    ("misbehave::punct_bracket", InvalidOutput, &[]),
    ("misbehave::punct_quote", InvalidOutput, &[]),
    ("misbehave::punct_nul", InvalidOutput, &[]),
    ("misbehave::punct_surrogate", InvalidOutput, &[]),
    ("misbehave::punct_big", InvalidOutput, &[]),
    ("misbehave::quote_alone", InvalidOutput, &[]),
    ("misbehave::range_empty", InvalidOutput, &[]),
    ("misbehave::range_too_long", InvalidOutput, &[]),
    ("misbehave::range_overflow", InvalidOutput, &[]),
    ("misbehave::range_dangling", InvalidOutput, &[]),
    ("misbehave::range_part", InvalidOutput, &[]),
    ("misbehave::range_site", InvalidOutput, &[]),
    ("misbehave::range_reserved", InvalidOutput, &[]),
    ("misbehave::range_operation", InvalidOutput, &[]),
    ("misbehave::range_leaves_group", InvalidOutput, &[]),
    ("misbehave::respan_dangling", InvalidOutput, &[]),
    ("misbehave::respan_part", InvalidOutput, &[]),
    ("misbehave::respan_site", InvalidOutput, &[]),
    ("misbehave::span_dangling", InvalidOutput, &[]),
    ("misbehave::span_last", InvalidOutput, &[]),
    ("misbehave::span_reserved", InvalidOutput, &[]),
    ("misbehave::span_part", InvalidOutput, &[]),
    ("misbehave::span_delimiter", InvalidOutput, &[]),
    ("misbehave::operation_dangling", InvalidOutput, &[]),
    ("misbehave::operation_last", InvalidOutput, &[]),
    ("misbehave::operation_self", InvalidOutput, &[]),
    ("misbehave::operation_later", InvalidOutput, &[]),
    ("misbehave::operation_cycle", InvalidOutput, &[]),
    ("misbehave::operation_unknown", InvalidOutput, &[]),
    ("misbehave::operation_unused", InvalidOutput, &[]),
    ("misbehave::diagnostic_start", InvalidAnswer, &[]),
    ("misbehave::diagnostic_end", InvalidAnswer, &[]),
    ("misbehave::diagnostic_operation", InvalidAnswer, &[]),
    ("misbehave::suggestion_dangling", InvalidAnswer, &[]),
    ("misbehave::text_not_utf8", Trap, &["utf-8"]),
    ("misbehave::text_past_end", InvalidOutput, &[]),
    ("misbehave::text_after_end", InvalidOutput, &[]),
    ("misbehave::text_overflow", InvalidOutput, &[]),
    ("misbehave::text_inside", InvalidOutput, &[]),
    ("misbehave::text_half", InvalidOutput, &[]),
    ("misbehave::ident_empty", InvalidOutput, &[]),
    ("misbehave::ident_digit", InvalidOutput, &[]),
    ("misbehave::ident_space", InvalidOutput, &[]),
    ("misbehave::ident_tokens", InvalidOutput, &[]),
    ("misbehave::ident_comment", InvalidOutput, &[]),
    ("misbehave::ident_prefix", InvalidOutput, &[]),
    ("misbehave::ident_quote", InvalidOutput, &[]),
    ("misbehave::ident_unicode", InvalidOutput, &[]),
    ("misbehave::ident_crate", InvalidOutput, &[]),
    ("misbehave::raw_self", InvalidOutput, &[]),
    ("misbehave::raw_underscore", InvalidOutput, &[]),
    ("misbehave::literal_empty", InvalidOutput, &[]),
    ("misbehave::literal_ident", InvalidOutput, &[]),
    ("misbehave::literal_bool", InvalidOutput, &[]),
    ("misbehave::literal_two", InvalidOutput, &[]),
    ("misbehave::literal_open", InvalidOutput, &[]),
    ("misbehave::literal_tokens", InvalidOutput, &[]),
    ("misbehave::literal_comment", InvalidOutput, &[]),
    ("misbehave::literal_space", InvalidOutput, &[]),
    ("misbehave::literal_negative", InvalidOutput, &[]),
    ("misbehave::literal_escape", InvalidOutput, &[]),
    ("misbehave::literal_doc", InvalidOutput, &[]),
    ("misbehave::deep", InvalidOutput, &[]),
    ("misbehave::denied_unsafe_block", DeniedOutput, &["`unsafe`", "allow = [\"unsafe\"]"]),
    ("misbehave::denied_unsafe_fn", DeniedOutput, &["`unsafe`"]),
    ("misbehave::denied_unsafe_impl", DeniedOutput, &["`unsafe`"]),
    ("misbehave::denied_extern_crate", DeniedOutput, &["`extern`"]),
    ("misbehave::denied_extern_block", DeniedOutput, &["`extern`"]),
    ("misbehave::denied_extern_fn", DeniedOutput, &["`extern`"]),
    ("misbehave::denied_include", DeniedOutput, &["include"]),
    ("misbehave::denied_include_str", DeniedOutput, &["include_str"]),
    ("misbehave::denied_include_bytes", DeniedOutput, &["include_bytes"]),
    ("misbehave::denied_include_renamed", DeniedOutput, &["include_str"]),
    ("misbehave::denied_env", DeniedOutput, &["env"]),
    ("misbehave::denied_option_env", DeniedOutput, &["option_env"]),
    ("misbehave::denied_no_mangle", DeniedOutput, &["no_mangle"]),
    ("misbehave::denied_no_mangle_cfg", DeniedOutput, &["no_mangle"]),
    ("misbehave::denied_export_name", DeniedOutput, &[]),
    ("misbehave::denied_link_section", DeniedOutput, &["link_section"]),
    ("misbehave::denied_link", DeniedOutput, &["link"]),
    ("misbehave::denied_used", DeniedOutput, &["used"]),
    ("misbehave::denied_global_allocator", DeniedOutput, &["global_allocator"]),
    ("misbehave::denied_path", DeniedOutput, &["path"]),
    ("misbehave::denied_mod", DeniedOutput, &["mod"]),
    ("misbehave::denied_asm", DeniedOutput, &["asm"]),
    ("misbehave::denied_global_asm", DeniedOutput, &["global_asm"]),
    ("misbehave::denied_nested", DeniedOutput, &["`unsafe`"]),
];

/// Crimes that only limits end: the same component in a cell of its own, with limits a user would
/// meet, and the default ones for what is too large even for those.
const EXCESSES: &[(&str, Kind, &[&str])] = &[
    (
        "strict::spin",
        OutOfFuel,
        &[
            "all 50,000,000 units of fuel",
            "note: its input has ",
            "note: in misbehave::stops::spin_forever",
            "raise `fuel`",
        ],
    ),
    ("strict::grow", OutOfMemory, &["more than 32 MiB of memory", "raise `memory`"]),
    (
        "strict::recursion",
        StackOverflow,
        &["called itself until its stack was used up", "note: in misbehave::stops::deeper"],
    ),
    ("misbehave::huge_text", OutputTooLarge, &["raise `output`"]),
    ("misbehave::huge_rows", OutputTooLarge, &["`rows`"]),
    ("misbehave::huge_plan", OutputTooLarge, &["raise `output`"]),
    ("misbehave::huge_artifact", OutputTooLarge, &["raise `output`"]),
    ("misbehave::huge_message", OutputTooLarge, &["raise `output`"]),
];

fn project(name: &str) -> Result<Project> {
    let project = Project::new(name, Host::Embedded)?;
    let path = misbehave()?;
    let cells = format!(
        "[cells.misbehave]\npath = {path:?}\n[cells.strict]\npath = {path:?}\n\
         [cells.strict.limits]\nfuel = 50_000_000\nmemory = \"32 MiB\"\nrows = 1_000\noutput = \"1 MiB\"\n"
    );
    // More than there are numbers for: numbers are for alias modules, which these do not use.
    project.lock_without_numbers(&cells)?;
    Ok(project)
}

/// An item with the macro on it, and a use of the item, which has to be there after all.
fn item(number: usize, path: &str) -> String {
    let (cell, name) = path.split_once("::").unwrap_or_default();
    format!(
        "mod m{number} {{\n    #[cell::wasm({cell}::«{name}»)]\n    pub struct Item {{ pub id: u64 }}\n\
         }}\npub fn f{number}(item: m{number}::Item) -> u64 {{ item.id }}\n"
    )
}

fn check(name: &str, crimes: &[(&str, Kind, &[&str])]) -> Result<()> {
    let source: String = crimes.iter().enumerate().map(|(n, (path, ..))| item(n, path)).collect();
    let expected: Vec<Expected> = crimes
        .iter()
        .map(|(path, kind, words)| {
            let macro_at_fault = format!("macro `{path}`");
            let words = [&[macro_at_fault.as_str(), "`struct Item`", "sha256 "], *words].concat();
            fails(*kind, &words)
        })
        .collect();
    expect(&project(name)?, &source, &expected)
}

#[test]
fn every_crime_is_one_error_on_its_name() -> Result<()> {
    check("crimes", CRIMES)
}

#[test]
fn every_excess_is_ended_by_its_limit() -> Result<()> {
    check("excesses", EXCESSES)
}

#[test]
fn what_only_looks_like_a_crime_is_none() -> Result<()> {
    const LEGAL: [&str; 5] = [
        "misbehave::allowed_mod",
        "misbehave::allowed_words",
        "misbehave::artifact_source",
        "misbehave::grow_at_once",
        "strict::grow_raw",
    ];
    let source: String =
        LEGAL.iter().enumerate().map(|(n, path)| item(n, path).replace(['«', '»'], "")).collect();
    expect_none(&project("legal")?, &source)
}

/// Tokens that may be returned and that rustc then does not like: its errors, and it ends well.
#[test]
fn what_only_rustc_can_judge_is_left_to_it() -> Result<()> {
    let project = project("odd")?;
    for (name, words) in [
        ("delimiter_none", "expected"),
        ("denied_unsafe_raw", "cannot find macro `r#unsafe`"),
        ("diagnostic_backwards", "wrong"),
        ("operation_chain", "macro expansion ignores `;`"),
        ("range_twice", "the name `Item` is defined multiple times"),
    ] {
        let source = item(0, &format!("misbehave::{name}")).replace(['«', '»'], "");
        let found = errors(&project.check(&source)?)?;
        let said = found.iter().any(|one| one.text.contains(words));
        ensure!(said && found.iter().all(|one| one.kind().is_none()), "{name}: {found:#?}");
    }
    Ok(())
}

#[test]
fn a_range_from_the_arguments_into_the_item() -> Result<()> {
    let source = "#[cell::wasm(misbehave::«range_crosses_split»(a, b))]\npub struct Item;\n";
    expect(&project("split")?, source, &[fails(InvalidOutput, &["range"])])
}

/// In a stack every `plan` runs first; the error is on the one that failed, not on the first.
#[test]
fn crimes_of_a_plan_are_on_the_macro_that_planned() -> Result<()> {
    let stack = |number: usize, bad: &str| {
        format!(
            "mod m{number} {{\n    #[cell::wasm(misbehave::allowed_words)]\n    \
             #[cell::wasm(strict::«{bad}»)]\n    pub struct Item {{ pub id: u64 }}\n}}\n\
             pub fn f{number}(item: m{number}::Item) -> u64 {{ item.id }}\n"
        )
    };
    let source = stack(0, "plan_panic") + &stack(1, "plan_spin") + &stack(2, "plan_huge");
    let expected = [
        fails(Panic, &["macro `strict::plan_panic` panicked: no plan"]),
        fails(OutOfFuel, &["macro `strict::plan_spin`"]),
        fails(OutOfMemory, &["macro `strict::plan_huge`"]),
    ];
    expect(&project("plans")?, &source, &expected)
}

#[test]
fn all_crimes_of_the_guest_are_in_a_list() -> Result<()> {
    let listed = |name: &str| {
        let here = CRIMES.iter().chain(EXCESSES).map(|(path, ..)| *path);
        let mut all = here.filter_map(|path| path.split_once("::")).map(|(_, name)| name);
        all.any(|one| one == name) || ELSEWHERE.contains(&name)
    };
    let lock = String::from_utf8(project("list")?.read("cell.lock")?)?;
    let names = lock.lines().filter_map(|line| line.strip_prefix("cell misbehave macro "));
    let forgotten: Vec<_> =
        names.filter_map(|rest| rest.split(' ').next()).filter(|name| !listed(name)).collect();
    ensure!(forgotten.is_empty(), "no test for {forgotten:?}");
    Ok(())
}

/// Tested in other places: legal, odd, in stacks, in `calls`, in `code`.
const ELSEWHERE: &[&str] = &[
    "allowed_mod",
    "allowed_words",
    "artifact_source",
    "call_declared",
    "call_flood",
    "call_forged",
    "call_huge",
    "call_near",
    "call_other",
    "call_path",
    "call_repeat",
    "call_undeclared",
    "delimiter_none",
    "denied_unsafe_raw",
    "diagnostic_backwards",
    "error",
    "grow_at_once",
    "grow_raw",
    "many_errors",
    "operation_chain",
    "plan_huge",
    "plan_panic",
    "plan_spin",
    "range_crosses_split",
    "range_twice",
];
