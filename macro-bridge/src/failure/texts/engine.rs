//! Texts of what goes wrong while a component is loaded, described or run: kinds 03xx (except what
//! the checks of an output find, see [`super::output`]), 04xx and 0501.
//!
//! Those about a running macro take a [`Subject`], so that each says the same of it: which macro,
//! on which item, out of which component.

use crate::digest::Digest;
use crate::failure::texts::numbers::{size, thousands};
use crate::failure::texts::project;
use crate::failure::{Failure, Kind};
use crate::outside::{is_file, is_folder_name, is_variable};
use crate::request::{CallPermission, Limits, MacroKind, Request};

/// The macro that an error is about, and where it was.
#[derive(Clone, Debug)]
pub struct Subject {
    /// ``macro `ledger::table` `` or ``component of cell `ledger` ``: how the sentence begins.
    pub name: String,
    /// The cell, as `cell.toml` names it; empty if it is not known.
    pub cell: String,
    /// ``while expanding `struct Order` ``.
    pub doing: String,
    /// The component.
    pub component: Digest,
    /// Tokens it was given.
    pub rows: usize,
    /// Its bounds.
    pub limits: Limits,
    /// Questions that are granted.
    pub granted: Vec<CallPermission>,
    /// Are the bounds those of `cell.toml`, so that a user can raise them?
    pub raisable: bool,
}

impl Subject {
    /// Call number `call` of a request.
    #[must_use]
    pub fn of(request: &Request, call: usize) -> Self {
        let one = &request.calls[call];
        let mark = if one.kind == MacroKind::Function { "!" } else { "" };
        Self {
            name: format!("macro `{}{mark}`", one.path()),
            cell: one.cell.clone(),
            doing: project::item_note(request),
            component: one.component,
            rows: one.arguments.len() + request.item().len(),
            limits: one.limits,
            granted: one.granted.clone(),
            raisable: true,
        }
    }

    /// A component that is asked what macros it has; `cell` may be empty.
    #[must_use]
    pub fn describing(cell: &str, component: Digest, limits: Limits) -> Self {
        Self {
            name: component_name(cell, component),
            cell: cell.to_owned(),
            doing: "while asking it which macros it has".to_owned(),
            component,
            rows: 0,
            limits,
            granted: Vec::new(),
            raisable: false,
        }
    }

    fn failure(&self, kind: Kind, what: &str) -> Failure {
        let name = &self.name;
        Failure::new(kind, format!("{name} {what}")).note(format!(
            "{}; component sha256 {}",
            self.doing,
            self.component.short()
        ))
    }

    /// Tells how its author gets to see it. Where no item was expanded there is nothing to save.
    fn can_be_saved(&self, failure: Failure) -> Failure {
        if self.raisable { failure.help(SAVE) } else { failure }
    }

    /// The table of `cell.toml` with what may be asked.
    fn grants(&self) -> String {
        let cell = if self.cell.is_empty() { "<cell>" } else { &self.cell };
        format!("`[cells.{cell}.grants]`")
    }

    fn raise(&self, key: &str, value: u64, or: &str) -> String {
        if !self.raisable {
            return AUTHOR.to_owned();
        }
        let table = project::table_of(&self.cell, "limits");
        format!(
            "if the macro is right, raise `{key}` (now {value}) under {table}, then run `cell lock`{or}"
        )
    }
}

/// ``component of cell `ledger` ``, or its digest if nothing else is known.
#[must_use]
pub fn component_name(cell: &str, component: Digest) -> String {
    match cell {
        "" => format!("component {}", component.short()),
        cell => format!("component of cell `{cell}`"),
    }
}

const SAVE: &str = "to look into it anywhere, without this project: `cell expand --save bug.replay`, then `cell replay bug.replay`";
const AUTHOR: &str = "this is a bug in the macro: report it to the author";

/// The macro panicked and said why.
#[must_use]
pub fn panic(subject: &Subject, text: &str, file: &str, line: u32) -> Failure {
    let place = if file.is_empty() { String::new() } else { format!("at {file}:{line}") };
    let failure = subject.failure(Kind::Panic, &format!("panicked: {text}"));
    let failure = if place.is_empty() { failure } else { failure.note(place) };
    subject.can_be_saved(failure.help("report it to the author of the macro: what a user can get wrong should be an error, not a panic"))
}

/// The macro stopped with a trap other than those below. `function` is where.
#[must_use]
pub fn trap(subject: &Subject, what: &str, function: Option<&str>) -> Failure {
    let failure = subject.failure(Kind::Trap, &format!("stopped with a wasm trap: {what}"));
    subject.can_be_saved(at_function(failure, function).help(AUTHOR))
}

/// All fuel is used.
#[must_use]
pub fn out_of_fuel(subject: &Subject, function: Option<&str>) -> Failure {
    let fuel = subject.limits.fuel;
    let what = format!("was stopped after using all {} units of fuel", thousands(fuel));
    let failure = subject
        .failure(Kind::OutOfFuel, &what)
        .note(format!("its input has {} tokens", thousands(subject.rows as u64)));
    let raise = subject.raise("fuel", fuel, "; or split the input");
    subject.can_be_saved(at_function(failure, function).help(raise))
}

/// More questions, or longer ones, than any macro needs. `what` says which: `10,000 questions`.
#[must_use]
pub fn too_many_questions(subject: &Subject, what: &str) -> Failure {
    subject.failure(Kind::OutOfFuel, &format!("was stopped after asking {what}")).help(AUTHOR)
}

/// The macro wanted more memory than its limit.
#[must_use]
pub fn out_of_memory(subject: &Subject, wanted: u64) -> Failure {
    let memory = subject.limits.memory;
    let failure = subject
        .failure(Kind::OutOfMemory, &format!("wanted more than {} of memory", size(memory)))
        .note(format!("it asked for {}", size(wanted)))
        .help(subject.raise("memory", memory, "; or split the input"));
    subject.can_be_saved(failure)
}

/// The macro wanted more table entries, memories or instances than any macro needs.
#[must_use]
pub fn out_of_tables(subject: &Subject, what: &str) -> Failure {
    subject.failure(Kind::OutOfMemory, &format!("wanted more than {what}")).help(AUTHOR)
}

const TOO_DEEP: &str = "the macro calls itself without end, or the input nests too deep for it: try a simpler input, then report it to the author";

/// The macro's calls nest too deep.
#[must_use]
pub fn stack_overflow(subject: &Subject, stack: u64, function: Option<&str>) -> Failure {
    let what = format!("used all {} of its stack", size(stack));
    let failure = subject
        .failure(Kind::StackOverflow, &what)
        .note(format!("its input has {} tokens", thousands(subject.rows as u64)));
    subject.can_be_saved(at_function(failure, function).help(TOO_DEEP))
}

/// The same, where the stack that is used up is in the guest's own memory: what the engine sees is an
/// access below it.
#[must_use]
pub fn stack_overflow_in_memory(subject: &Subject, function: Option<&str>) -> Failure {
    let failure = subject
        .failure(Kind::StackOverflow, "called itself until its stack was used up")
        .note(format!("its input has {} tokens", thousands(subject.rows as u64)));
    subject.can_be_saved(at_function(failure, function).help(TOO_DEEP))
}

/// More output than the host takes over from the guest's memory, before any of it is looked at.
#[must_use]
pub fn output_not_taken(subject: &Subject, limit: u64) -> Failure {
    let table = project::table_of(&subject.cell, "limits");
    subject
        .failure(Kind::OutputTooLarge, &format!("returned more than {} in one piece", size(limit)))
        .help(format!(
            "if the macro is right, raise `rows` or `output` under {table}, then run `cell lock`"
        ))
}

/// A question that the macro declared and that nobody granted.
#[must_use]
pub fn denied_call(subject: &Subject, cell: &str, function: &str) -> Failure {
    let name = &subject.name;
    let mut questions: Vec<String> =
        subject.granted.iter().map(|g| format!("{}::{}", g.cell, g.function)).collect();
    let granted = match questions.as_slice() {
        [] => "nothing is granted to it".to_owned(),
        some => format!("granted: {}", quoted(some, '`')),
    };
    questions.push(format!("{cell}::{function}"));
    questions.sort();
    questions.dedup();
    let line = quoted(&questions, '"');
    Failure::new(
        Kind::DeniedCall,
        format!("{name} asked `{cell}::{function}`, which is not granted"),
    )
    .note(format!("{}; component sha256 {}", subject.doing, subject.component.short()))
    .note(granted)
    .help(format!(
        "to grant it write `calls = [{line}]` under {} in cell.toml, together with what stands there \
         for other macros, then run `cell lock`",
        subject.grants()
    ))
    .about(cell, function)
}

/// A question that the macro itself does not list in `describe`: granting cannot help.
#[must_use]
pub fn undeclared_call(
    subject: &Subject,
    cell: &str,
    function: &str,
    asked: &[CallPermission],
) -> Failure {
    let name = &subject.name;
    let declared: Vec<String> =
        asked.iter().map(|a| format!("{}::{}", a.cell, a.function)).collect();
    Failure::new(
        Kind::DeniedCall,
        format!("{name} asked `{cell}::{function}`, which it does not say it may ask"),
    )
    .note(format!("{}; component sha256 {}", subject.doing, subject.component.short()))
    .note(match declared.as_slice() {
        [] => "it says that it asks nothing".to_owned(),
        some => format!("it says that it may ask {}", quoted(some, '`')),
    })
    .help("do not use this version of the macro until its author has explained it")
    .about(cell, function)
}

const REBUILD: &str = "build it with `cell build-macros`";

/// Not a component at all. `found` says what the bytes are.
#[must_use]
pub fn not_a_component(name: &str, found: &str, help: &str) -> Failure {
    Failure::new(Kind::NotAComponent, format!("{name} is not a WebAssembly component: {found}"))
        .help(help)
}

/// Bytes of nothing that is known.
#[must_use]
pub fn not_wasm(name: &str, first: &[u8]) -> Failure {
    let begin = match first {
        [] => "the file is empty".to_owned(),
        _ => format!("it begins with `{}`", first.escape_ascii()),
    };
    not_a_component(name, &begin, REBUILD)
}

/// A core module.
#[must_use]
pub fn core_module(name: &str) -> Failure {
    not_a_component(
        name,
        "it is a core module, as cargo leaves it",
        "`cell build-macros` makes a component of it; give the component's path",
    )
}

/// Bytes that begin well and end too soon.
#[must_use]
pub fn truncated(name: &str, length: usize) -> Failure {
    not_a_component(
        name,
        &format!("it ends in the middle of something, after {}", size(length as u64)),
        "the file was cut off while it was copied: fetch it again, or build it again with `cell build-macros`",
    )
}

/// Bytes that begin well and are then not valid.
#[must_use]
pub fn invalid(name: &str, offset: u64, reason: &str) -> Failure {
    not_a_component(name, &format!("it is damaged at byte {offset}"), REBUILD).source(reason)
}

/// An import that is not ours.
#[must_use]
pub fn forbidden_import(name: &str, import: &str) -> Failure {
    let failure = Failure::new(
        Kind::ForbiddenImport,
        format!("{name} imports `{import}`, and macros may import nothing but `cell:macros/host`"),
    );
    if import.starts_with("wasi:") {
        failure
            .note("it was built for a target with WASI: files, clocks and sockets do not exist for macros")
            .help("`cell build-macros` builds it for `wasm32-unknown-unknown`, which has none")
    } else if import.starts_with("cell:sandbox/") {
        let ours = crate::SANDBOX_VERSION;
        failure
            .note(format!("or the interfaces of `cell:sandbox` {ours}, and this is none of them"))
            .help("build it again with this Cell, or update Cell")
    } else {
        failure.help(
            "remove the dependency that wants this import; `cell build-macros` lists all imports",
        )
    }
}

/// The component is of an older `cell:macros`.
#[must_use]
pub fn too_old(name: &str, theirs: &str) -> Failure {
    Failure::new(Kind::WrongVersion, wrong_version(name, theirs))
        .note("the component is older than this Cell")
        .help("build it again with the `macro-guest-sdk` of this Cell, or use an older Cell")
}

/// The component is of a newer `cell:macros`.
#[must_use]
pub fn too_new(name: &str, theirs: &str) -> Failure {
    Failure::new(Kind::WrongVersion, wrong_version(name, theirs))
        .note("the component is newer than this Cell")
        .help("update Cell, or use an older version of the cell that publishes the macro")
}

fn wrong_version(name: &str, theirs: &str) -> String {
    let ours = crate::API_VERSION;
    format!("{name} needs macro API {theirs}, this Cell provides {ours}")
}

/// No expander among the exports.
#[must_use]
pub fn missing_export(name: &str, exports: &[String]) -> Failure {
    Failure::new(
        Kind::MissingExport,
        format!("{name} is no macro component: it does not export `cell:macros/expander`"),
    )
    .note(match exports {
        [] => "it exports nothing".to_owned(),
        some => format!("it exports {}", quoted(some, '`')),
    })
    .help("a crate becomes a macro component with `macro_guest_sdk` and `cell build-macros`")
}

/// Functions or types other than those of the version that it names.
#[must_use]
pub fn wrong_shape(name: &str, reason: &str) -> Failure {
    let ours = crate::API_VERSION;
    Failure::new(
        Kind::MissingExport,
        format!("{name} does not speak macro API {ours} as its `cell:macros/expander` says"),
    )
    .help("build it again with the `macro-guest-sdk` of this Cell")
    .source(reason)
}

/// Something is larger than what is compiled. `what` is what was counted: `functions`, `bytes in
/// function 17`.
#[must_use]
pub fn too_large(name: &str, what: &str, found: u64, limit: u64) -> Failure {
    Failure::new(
        Kind::TooLarge,
        format!(
            "{name} has {} {what}, and no more than {} are compiled",
            thousands(found),
            thousands(limit)
        ),
    )
    .note("compiling cannot be interrupted, so its size is bounded before it begins")
    .help("build it in release mode with `cell build-macros`, or split it into two cells")
}

/// `describe` says something that cannot be used.
#[must_use]
pub fn bad_description(name: &str, why: &str) -> Failure {
    Failure::new(Kind::BadDescription, format!("{name} describes its macros wrongly: {why}"))
        .help("this is a mistake in the cell that publishes it: report it to the author")
}

/// wasmtime refused to compile it.
#[must_use]
pub fn not_compiled(name: &str, component: Digest, reason: &str) -> Failure {
    Failure::new(Kind::NotCompiled, format!("{name} could not be compiled"))
        .note(format!("component sha256 {}", component.short()))
        .help(REBUILD)
        .source(reason)
}

/// A mistake of ours, or a machine that refuses what it must not refuse.
#[must_use]
pub fn internal(what: &str, source: &str) -> Failure {
    Failure::new(Kind::Internal, format!("something went wrong inside Cell: {what}"))
        .help("this is a bug in Cell, or the machine is out of memory: please report it with the text above")
        .source(source)
}

/// What a macro tried before it ended, which may be why: pairs of a sort and which one.
#[must_use]
pub fn tried(subject: &Subject, failure: Failure, attempts: &[(String, String)]) -> Failure {
    const SHOWN: usize = 8;
    if attempts.is_empty() {
        return failure;
    }
    let mut list: Vec<String> =
        attempts.iter().take(SHOWN).map(|(what, detail)| format!("{what} `{detail}`")).collect();
    if attempts.len() > SHOWN {
        list.push(format!("{} more", attempts.len() - SHOWN));
    }
    let failure = failure.note(format!("it tried what it is not granted: {}", list.join(", ")));
    // A path that does not begin at the root begins in the package's folder.
    let inside = |path: &str| {
        let path = path.strip_prefix("/package/").unwrap_or(path);
        let parts = path.split('/').skip_while(|part| *part == ".");
        parts.collect::<Vec<_>>().join("/")
    };
    let of = |sort: &str, is_one: fn(&str) -> bool| -> Vec<String> {
        let all = attempts.iter().filter(|(what, _)| what == sort);
        all.map(|(_, detail)| inside(detail)).filter(|detail| is_one(detail)).collect()
    };
    let variables = of("variable", |name| is_variable(name) && !is_folder_name(name));
    let mut files = of("file", is_file);
    // Who asks where the package is, and then for no file there, got no further. Most want the manifest.
    let lost = attempts.iter().any(|(what, name)| what == "variable" && is_folder_name(name));
    if lost && files.is_empty() {
        files.push("Cargo.toml".to_owned());
    }
    let lines: Vec<String> = [("env", variables), ("files", files)]
        .into_iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(key, words)| format!("`{key} = [{}]`", quoted(&words, '"')))
        .collect();
    if lines.is_empty() {
        return failure;
    }
    failure.help(format!(
        "if it shall have that, write {} under {}, beside what stands there, then run `cell lock`",
        lines.join(" and "),
        project::grants_of(&subject.cell)
    ))
}

fn at_function(failure: Failure, function: Option<&str>) -> Failure {
    match function {
        Some(function) => failure.note(format!("in {function}")),
        None => failure,
    }
}

fn quoted(list: &[String], quote: char) -> String {
    list.iter().map(|one| format!("{quote}{one}{quote}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(attempts: &[(&str, &str)]) -> Failure {
        let subject = Subject::describing("clap_derive", Digest::of(b"c"), Limits::default());
        let attempts: Vec<_> =
            attempts.iter().map(|(what, detail)| ((*what).into(), (*detail).into())).collect();
        tried(&subject, Failure::new(Kind::Panic, "macro `a` panicked"), &attempts)
    }

    #[test]
    fn what_was_tried_is_said_with_what_would_grant_it() {
        let failure = after(&[
            ("file", "/etc/passwd"),
            ("file", "/package/Cargo.toml"),
            ("network", "example.org:80"),
            ("variable", "CARGO_MANIFEST_DIR"),
            ("variable", "MY_VAR"),
        ]);
        assert!(failure.notes[0].contains("network `example.org:80`"), "{failure}");
        let help = &failure.help[0];
        assert!(help.contains("`env = [\"MY_VAR\"]` and `files = [\"Cargo.toml\"]`"), "{help}");
        assert!(help.contains("`[sandbox.clap_derive.grants]`"), "{help}");
    }

    #[test]
    fn files_are_named_from_the_package() {
        let help = after(&[("file", "./src/a.pest"), ("file", "b.css"), ("file", "../c")]).help;
        assert!(help[0].contains("write `files = [\"src/a.pest\", \"b.css\"]` under"), "{help:?}");
    }

    #[test]
    fn who_asks_for_the_package_wants_a_file_of_it() {
        let lost = ("variable", "CARGO_MANIFEST_DIR");
        let help = &after(&[lost]).help[0];
        assert!(help.contains("write `files = [\"Cargo.toml\"]` under"), "{help}");
        let help = &after(&[lost, ("file", "./a.txt")]).help[0];
        assert!(help.contains("write `files = [\"a.txt\"]` under"), "{help}");
    }

    #[test]
    fn where_no_grant_helps_none_is_named() {
        let failure = after(&[("file", "/etc/passwd"), ("process", "sh")]);
        assert_eq!((failure.notes.len(), failure.help.len()), (1, 0), "{failure}");
        assert!(after(&[]).notes.is_empty());
        let many: Vec<_> = (0..20).map(|n| n.to_string()).collect();
        let many: Vec<_> = many.iter().map(|name| ("process", name.as_str())).collect();
        assert!(after(&many).notes[0].ends_with("process `7`, 12 more"));
    }
}
