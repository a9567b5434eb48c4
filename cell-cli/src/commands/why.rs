//! `cell why FILE:LINE`: what stands there, and where its expansion comes from.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use macro_bridge::answer::Answer;
use macro_bridge::expansion::{AnswerUsed, Expansion};
use macro_bridge::host::{Cached, Engine as _};
use macro_bridge::project::Project;

use crate::arguments::Global;
use crate::arguments::traced::Why;
use crate::shell::{Shell, count};
use crate::trace::{Failed, Made, Site, Trace};
use crate::traced_check::TracedCheck;
use crate::{Exit, files, project};

pub(crate) fn run(options: &Why, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let project = Project::load(&root)?;
    let check = TracedCheck::new(&root, &options.selection, global, shell)?;
    // rustc names files from here.
    let workspace = check.metadata().workspace_root.as_std_path().to_owned();
    let (file, line) = place(&options.place);
    let Some(path) = [Path::new("."), &workspace].iter().find_map(|at| real(at, file)) else {
        bail!(
            "there is no file `{file}`\n\
             help: write it from here, or from `{}`",
            workspace.display()
        );
    };
    let progress = shell.progress("Checking", "the project");
    let run = check.run(&|what| progress.say(what))?;
    drop(progress);
    let in_file = |site: &&Site| real(&workspace, &site.place.file).as_ref() == Some(&path);
    let failed = run.trace.failed.iter().map(|failed| &failed.site);
    let sites: BTreeSet<&Site> = run.trace.sites.keys().chain(failed).filter(in_file).collect();
    if !run.success {
        shell.warning(
            "the project does not compile: what is shown is as far as rustc came\n\
             help: `cargo check` says why",
        );
    }
    if sites.is_empty() {
        let all = count(run.trace.sites.len(), "call", "calls");
        bail!(
            "no macro of a cell is called in `{file}`\nnote: there are {all} in what was compiled"
        );
    }
    let (wanted, exact) = match line {
        Some(line) => nearest(&sites, line),
        None => (sites.into_iter().collect(), true),
    };
    if let (false, Some(first)) = (exact, wanted.first()) {
        shell.note(format_args!(
            "no call begins on line {}; the nearest is on line {}",
            line.unwrap_or_default(),
            first.place.line
        ));
    }
    let known = |site| (site, facts(site, &run.trace, &project, &check));
    let known: Vec<(&Site, Facts)> = wanted.into_iter().map(known).collect();
    // Whoever reads what is written may take time.
    drop(check);
    let mut out = shell.stdout();
    for (index, (site, facts)) in known.into_iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", site.place)?;
        for (name, text) in facts {
            writeln!(out, "    {name:<10} {text}")?;
        }
    }
    Ok(Exit::Done)
}

/// `FILE`, `FILE:LINE` or `FILE:LINE:COLUMN`.
pub(crate) fn place(text: &str) -> (&str, Option<usize>) {
    let number = |text: &str| text.parse::<usize>().ok();
    let Some((file, last)) = text.rsplit_once(':') else { return (text, None) };
    let Some(last) = number(last) else { return (text, None) };
    match file.rsplit_once(':').and_then(|(file, line)| Some((file, number(line)?))) {
        Some((file, line)) => (file, Some(line)),
        None => (file, Some(last)),
    }
}

fn real(folder: &Path, file: &str) -> Option<PathBuf> {
    folder.join(file).canonicalize().ok().filter(|path| path.is_file())
}

/// The calls on the line, or on the line next to it that has some, rather above than below; and if
/// it is the line itself.
pub(crate) fn nearest<'a>(sites: &BTreeSet<&'a Site>, line: usize) -> (Vec<&'a Site>, bool) {
    let far = |site: &Site| (site.place.line.abs_diff(line), site.place.line);
    let Some(least) = sites.iter().map(|site| far(site)).min() else { return (Vec::new(), true) };
    let found = sites.iter().copied().filter(|site| far(site) == least);
    (found.collect(), least.0 == 0)
}

/// What is said of a call: name and text of each line.
type Facts = Vec<(&'static str, String)>;

fn facts(site: &Site, trace: &Trace, project: &Project, check: &TracedCheck) -> Facts {
    let Site { title, key, .. } = site;
    let mut facts = vec![("macros", title.replace(" + ", ", "))];
    for krate in trace.sites.get(site).into_iter().flatten() {
        facts.push(("crate", format!("`{}` of the package `{}`", krate.name, krate.package)));
    }
    let cells: BTreeSet<&str> =
        title.split(" + ").filter_map(|path| Some(path.split_once("::")?.0)).collect();
    for cell in cells {
        let locked = project.lock.cells.get(cell).and_then(|cell| cell.component.as_ref());
        let digest =
            locked.map_or("has none".to_owned(), |found| format!("sha256 {}", found.digest));
        facts.push(("component", format!("`{cell}`, {digest}")));
    }
    facts.push(("key", key.to_string()));
    let recorded = project.expansion(key);
    let cached = || {
        let request = check.folder().requests([*key]).ok()?.remove(key)?;
        Cached.expand(project, &request, key)?.ok()
    };
    let path = shown(project, &project.expansion_path(key));
    let now = match recorded {
        Ok(Some(found)) => {
            facts.push(("expansion", format!("recorded in {path}")));
            Some(found)
        }
        Err(failure) => {
            facts.push(("expansion", failure.to_string().replace('\n', "\n               ")));
            None
        }
        Ok(None) => {
            let found = cached();
            let how = match (&found, project.expansion_path(key).exists()) {
                (_, true) => "recorded with other answers; `cell vendor` makes it again",
                (Some(_), false) => "in this user's cache; `cell vendor` records it",
                (None, false) => "must be made; `cell vendor` makes and records it",
            };
            facts.push(("expansion", how.to_owned()));
            found
        }
    };
    let failed = trace.failed.iter().filter(|failed| failed.site == *site);
    facts.extend(failed.map(|failed| ("fails", failure(failed))));
    let made = now.map(|now| made(&now)).or_else(|| trace.made.get(key).cloned());
    let made = made.unwrap_or_default();
    facts.extend(made.answers.iter().map(|used| ("answer", answer(used, project))));
    let plan = made.plan.iter();
    facts.extend(plan.map(|[cell, kind, name]| ("plan", format!("{kind} `{name}` of `{cell}`"))));
    facts.extend(
        made.artifacts.iter().map(|[cell, name]| ("artifact", format!("`{name}` of `{cell}`"))),
    );
    facts.extend(made.attempts.iter().map(|[cell, what, detail]| {
        ("refused", format!("`{cell}` tried: {what} `{}`", detail.escape_debug()))
    }));
    facts
}

/// The same as of a trace, from the expansion that there is now.
fn made(expansion: &Expansion) -> Made {
    let plan = expansion.plan.iter();
    let artifacts = expansion.artifacts.iter();
    let attempts = expansion.attempts.iter();
    Made {
        answers: expansion.answers.clone(),
        plan: plan.map(|e| [e.cell.clone(), e.kind.clone(), e.name.clone()]).collect(),
        artifacts: artifacts.map(|a| [a.cell.clone(), a.name.clone()]).collect(),
        attempts: attempts.map(|a| [a.cell.clone(), a.what.clone(), a.detail.clone()]).collect(),
    }
}

fn failure(failed: &Failed) -> String {
    let Failed { code, question, .. } = failed;
    match question {
        Some(question) => {
            format!("{code}, about the question `{question}`; see `cell explain {code}`")
        }
        None => format!("{code}; see `cell explain {code}`"),
    }
}

/// `search::schema(orders)`, and where what the cell said is kept.
fn answer(used: &AnswerUsed, project: &Project) -> String {
    let path = project.answer_path(&used.cell, &used.key);
    let place = shown(project, &path);
    let read = files::read(&path).ok().and_then(|bytes| Answer::decode(&bytes).ok());
    let Some(found) = read else {
        return format!("of `{}`, which is not recorded any more: {place}", used.cell);
    };
    let question = crate::live::title(&found.question);
    let changed = if found.digest() == used.digest { "" } else { ", which has changed since" };
    format!("{question}, sha256 {}, in {place}{changed}", found.digest().short())
}

/// A file of the project, from its folder.
fn shown(project: &Project, path: &Path) -> String {
    format!("`{}`", path.strip_prefix(&project.root).unwrap_or(path).display())
}

#[cfg(test)]
mod tests {
    use macro_bridge::answer::Question;
    use macro_bridge::digest::Digest;
    use macro_bridge::lock::Lock;

    use super::*;
    use crate::trace::Place;

    #[test]
    fn places_are_files_with_or_without_a_line() {
        assert_eq!(place("src/a.rs"), ("src/a.rs", None));
        assert_eq!(place("src/a.rs:7"), ("src/a.rs", Some(7)));
        assert_eq!(place("src/a.rs:7:3"), ("src/a.rs", Some(7)));
        assert_eq!(place("C:/a.rs:7"), ("C:/a.rs", Some(7)));
        assert_eq!(place("C:/a.rs"), ("C:/a.rs", None));
    }

    #[test]
    fn the_nearest_call_is_rather_above_than_below() {
        let site = |line, column| Site {
            place: Place { file: "a.rs".into(), line, column },
            title: "x::y".into(),
            key: Digest::of(b""),
        };
        let sites = [site(3, 1), site(9, 1), site(9, 5), site(15, 1)];
        let sites: BTreeSet<&Site> = sites.iter().collect();
        let check = |line| {
            let (found, exact) = nearest(&sites, line);
            (found.iter().map(|s| (s.place.line, s.place.column)).collect::<Vec<_>>(), exact)
        };
        assert_eq!(check(9), (vec![(9, 1), (9, 5)], true));
        assert_eq!(check(6), (vec![(3, 1)], false));
        assert_eq!(check(7), (vec![(9, 1), (9, 5)], false));
        assert_eq!(check(99), (vec![(15, 1)], false));
        assert_eq!(nearest(&BTreeSet::new(), 1).0.len(), 0);
    }

    #[test]
    fn an_answer_is_shown_with_its_question() {
        let folder = tempfile::tempdir().unwrap();
        let lock = Lock {
            manifest: Digest::of(b""),
            profile: String::new(),
            profiles: Default::default(),
            cells: Default::default(),
            packages: Default::default(),
        };
        let project = Project { root: folder.path().to_owned(), lock };
        let arguments = b"or\x01ders".to_vec();
        let question = Question { cell: "search".into(), function: "schema".into(), arguments };
        let record = Answer { question, reply: Ok(b"x".to_vec()), source: Default::default() };
        let key = record.question.key();
        let used = AnswerUsed { cell: "search".into(), key, digest: record.digest() };
        let path = project.answer_path("search", &key);
        assert!(answer(&used, &project).contains("is not recorded any more"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, record.encode()).unwrap();
        let text = answer(&used, &project);
        assert!(text.starts_with("search::schema or\\x01ders, sha256 "), "{text}");
        assert!(text.ends_with(&format!("in `.cell/answers/search/{key}`")), "{text}");
        let other = Answer { reply: Ok(b"y".to_vec()), ..record };
        std::fs::write(&path, other.encode()).unwrap();
        assert!(answer(&used, &project).ends_with("which has changed since"));
    }
}
