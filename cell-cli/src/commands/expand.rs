//! `cell expand`: what macros were given and what they made of it, as Rust source on stdout.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use macro_bridge::digest::Digest;
use macro_bridge::project::Project;

use crate::arguments::{Global, expand::Expand};
use crate::commands::why::{nearest, place};
use crate::engine::Outcome;
use crate::saved::{Case, Listener, Saved};
use crate::shell::{Shell, count};
use crate::trace::{Site, Trace};
use crate::traced_check::TracedCheck;
use crate::{Exit, engine, files, highlight, project, show};

pub(crate) fn run(options: &Expand, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let project = Project::load(&root)?;
    let runtime = engine::runtime()?;
    let check = TracedCheck::new(&root, &options.selection, global, shell)?;
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    let trace = run.trace;
    let all: BTreeSet<&Site> = trace.all_sites().collect();
    if all.is_empty() {
        if !run.success {
            shell.pass_on(&run.output);
            bail!("the project does not compile, for reasons that are above");
        }
        shell.note("the project uses no macro of a cell");
        return Ok(Exit::Done);
    }
    let wanted = chosen(&all, options.filter.as_deref(), shell)?;
    let keys: BTreeSet<Digest> = wanted.iter().map(|site| site.key).collect();
    let open = check.folder().requests(keys)?.into_iter().collect();
    // Whoever reads what is written below may take time.
    drop(check);
    let listener = Listener::new(&project);
    let total = wanted.len();
    let progress = shell.progress("Expanding", format!("0 of {total}"));
    let say = |done: usize| progress.say(format!("{done} of {total}"));
    let outcomes = engine::expand_all(&runtime, &project, &listener, open, &say);
    drop(progress);
    let mut out = shell.stdout();
    let mut failed = false;
    for site in wanted {
        let Some(outcome) = outcomes.iter().find(|outcome| outcome.key == site.key) else {
            continue;
        };
        failed |= outcome.result.is_err();
        let mut text = head(site, outcome, &project);
        text.push_str(&show::given(&outcome.request));
        text.push_str(&show::result(&outcome.request, &outcome.result, options.plan));
        writeln!(out, "{}", highlight::rust(&text))?;
    }
    drop(out);
    if let Some(path) = &options.save {
        save(path, &project, &trace, outcomes, listener, shell)?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

fn head(site: &Site, outcome: &Outcome, project: &Project) -> String {
    let Site { place, title, key } = site;
    let recorded = match project.expansion(key) {
        Ok(Some(_)) => "recorded",
        _ => "not recorded",
    };
    let took = outcome.took.as_secs_f64() * 1000.0;
    let mut text = String::new();
    let line = format!("`{title}` at {place}: {took:.2} ms, {recorded} as {}", key.short());
    show::comment(&mut text, "", &line);
    text
}

/// The calls that a filter means.
fn chosen<'a>(
    all: &BTreeSet<&'a Site>,
    filter: Option<&str>,
    shell: &Shell,
) -> Result<Vec<&'a Site>> {
    let Some(filter) = filter else { return Ok(all.iter().copied().collect()) };
    if let (file, Some(line)) = place(filter) {
        let in_file: BTreeSet<&Site> =
            all.iter().copied().filter(|site| is_file(&site.place.file, file)).collect();
        let (found, exact) = nearest(&in_file, line);
        if let (false, Some(first)) = (exact, found.first()) {
            let there = first.place.line;
            shell.note(format_args!(
                "no call begins on line {line}; the nearest is on line {there}"
            ));
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let fits =
        |site: &&Site| site.title.contains(filter) || site.place.file.contains(plain(filter));
    let found: Vec<&Site> = all.iter().copied().filter(fits).collect();
    if found.is_empty() {
        let all = count(all.len(), "call", "calls");
        bail!(
            "none of {all} of macros has `{filter}` in its path or place\n\
             help: `cell expand` without it shows all"
        );
    }
    Ok(found)
}

/// Is it this file, or one that ends so? rustc names files from the workspace.
fn is_file(known: &str, wanted: &str) -> bool {
    Path::new(known).ends_with(plain(wanted))
}

fn plain(file: &str) -> &str {
    file.strip_prefix("./").unwrap_or(file)
}

fn save(
    path: &Path,
    project: &Project,
    trace: &Trace,
    outcomes: Vec<Outcome>,
    listener: Listener<'_>,
    shell: &Shell,
) -> Result<()> {
    let mut saved = Saved { by: env!("CARGO_PKG_VERSION").to_owned(), ..Saved::default() };
    saved.take_components(outcomes.iter().map(|outcome| &outcome.request), project)?;
    saved.answers = listener.heard();
    saved.cases.extend(outcomes.into_iter().map(|outcome| {
        let place = trace.place(&outcome.key);
        Case { place, request: outcome.request, result: outcome.result }
    }));
    let text = saved.encode();
    files::replace(path, text.as_bytes())?;
    let size = text.len().div_ceil(1024);
    let expansions = count(saved.cases.len(), "expansion", "expansions");
    shell.status("Saved", format_args!("{expansions} in `{}` ({size} KiB)", path.display()));
    shell.note(
        "it has the tokens that the macros were given, the answers that they used, and their \
         components\nhelp: `cell replay FILE` expands it again, on any machine",
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Global;
    use crate::trace::Place;

    #[test]
    fn filters_are_names_files_or_places() {
        let site = |file: &str, line, title: &str| Site {
            place: Place { file: file.into(), line, column: 1 },
            title: title.into(),
            key: Digest::of(b""),
        };
        let sites = [
            site("app/src/main.rs", 1, "ledger::table"),
            site("app/src/main.rs", 12, "ledger::Model"),
            site("app/src/domain.rs", 1, "search::index + ledger::table"),
        ];
        let all: BTreeSet<&Site> = sites.iter().collect();
        let shell = Shell::new(&Global { quiet: true, ..Global::default() });
        let check = |filter: Option<&str>| {
            let found = chosen(&all, filter, &shell).unwrap();
            let mut found: Vec<_> = found
                .iter()
                .map(|site| sites.iter().position(|known| known == *site).unwrap())
                .collect();
            found.sort();
            found
        };
        assert_eq!(check(None), [0, 1, 2]);
        assert_eq!(check(Some("ledger::table")), [0, 2]);
        assert_eq!(check(Some("src/main.rs")), [0, 1]);
        assert_eq!(check(Some("./app")), [0, 1, 2]);
        assert_eq!(check(Some("src/main.rs:1")), [0], "and not line 12");
        assert_eq!(check(Some("main.rs:1")), [0], "and not `domain.rs`");
        assert_eq!(check(Some("main.rs:11:3")), [1], "the nearest");
        let error = chosen(&all, Some("nonsense:7"), &shell).unwrap_err().to_string();
        assert!(error.contains("none of 3 calls") && error.contains("`nonsense:7`"), "{error}");
    }
}
