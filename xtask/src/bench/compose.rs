//! The report: one page of Markdown, and its plots.

use std::fmt::Write as _;

use super::answers::section as answers;
use super::builds::VARIANTS;
use super::calls::section as services;
use super::goals::{self, Facts, Goal};
use super::instructions::COUNTED;
use super::language::section as language;
use super::marks;
use super::plot::{self, Bar};
use super::report::builds_table;
use super::samples::Samples;
use super::sandboxed::section as sandboxed;
use super::trend::Trend;
use super::units::{self, share, spread, time};

/// The steps of a hit of the expansion cache.
pub(super) const STEPS: [&str; 5] = ["walk", "hash", "read", "check", "emit"];

/// The part that the README quotes.
pub(super) const HEADLINES: &str = "headlines";

/// What was measured, and with what.
pub(super) struct Measured<'a> {
    pub(super) samples: &'a Samples,
    pub(super) facts: Facts,
    /// One line.
    pub(super) machine: String,
    /// Names and versions.
    pub(super) versions: Vec<(String, String)>,
    pub(super) trend: &'a Trend,
}

/// A page and its pictures.
pub(super) struct Report {
    pub(super) text: String,
    /// Name and text of each plot, which the page looks for in the folder `benchmarks`.
    pub(super) plots: Vec<(&'static str, String)>,
    /// The short table.
    pub(super) headlines: String,
}

const INTRODUCTION: &str = "# Benchmarks

What Cell costs, beside ordinary proc-macros and what else one may depend on. Written by one command:

```console
$ cargo xtask bench --publish
```

It takes an hour and a half, and nothing else should run on the machine. `cargo xtask bench server
--publish` measures one part again, and the others keep the figures that they had: each section says of
which commit its figures are. `cargo xtask bench --quick` measures everything with few rounds. Nothing
edits this page by hand, and no test asserts a time. Where two things are compared they were measured in
turns, in one run; `a (b to c)` is a median with the quartiles of all samples, and of ratios the median of
the ratios of all pairs with its 95 % interval (bootstrap). Each section ends with what was to be reached.

";

/// What writes about figures.
type Section = fn(&mut String, &Samples, &mut Plots);

/// The parts in the order of the page, each with what is written about it.
pub(super) const SECTIONS: [(&str, &[Section]); 8] = [
    (super::builds::PART, &[builds]),
    (super::server::PART, &[calls, hits]),
    (super::language::PART, &[language::write]),
    (super::workspace::PART, &[checks]),
    (super::market::PART, &[market]),
    (super::calls::PART, &[services::write]),
    (super::answers::PART, &[answers::write]),
    (super::sandboxed::PART, &[sandboxed::write]),
];

/// Composes everything. What was not measured is taken from the page that there was, if it has it.
pub(super) fn report(measured: &Measured<'_>, before: &str) -> Report {
    let Measured { samples, facts, machine, versions, trend } = measured;
    let mut text = INTRODUCTION.to_owned();
    if !samples.quick.is_empty() {
        let _ = writeln!(
            text,
            "**A quick run**: {} had few rounds, on a machine that may have been busy. These figures \
             show that everything works, and little else.\n",
            samples.quick.join(", ")
        );
    }
    let _ = writeln!(text, "{machine}");
    text.push_str("| | version |\n|---|---|\n");
    for (name, version) in versions {
        let _ = writeln!(text, "| {name} | {version} |");
    }
    let old = marks::found(before, HEADLINES).unwrap_or_default();
    let headlines = kept(old, &headlines(samples));
    let _ = write!(text, "\n{}{headlines}{}\n", marks::begin(HEADLINES), marks::end(HEADLINES));
    let mut plots = Vec::new();
    let instructions: &dyn Fn(&mut String, &Samples, &mut Plots) =
        &|text, samples, plots| instructions(text, samples, trend, plots);
    let mut part = |name: &str, write: &dyn Fn(&mut String, &Samples, &mut Plots)| {
        let mut section = String::new();
        match (samples.measured.get(name), marks::found(before, name)) {
            (None, Some(old)) => section.push_str(old),
            (what, _) => {
                write(&mut section, samples, &mut plots);
                goal_table(&mut section, &goals::of(name, samples, facts));
                if let Some(what) = what {
                    let _ = writeln!(section, "\nFigures of {what}.");
                }
            }
        }
        let _ = write!(text, "\n{}{section}{}\n", marks::begin(name), marks::end(name));
    };
    for (name, sections) in SECTIONS {
        part(name, &|text, samples, plots| {
            sections.iter().for_each(|section| section(text, samples, plots));
        });
    }
    part(super::instructions::PART, instructions);
    text.push_str(ENDING);
    Report { text, plots, headlines }
}

/// New lines, but for those that know nothing: they stay as they were.
fn kept(old: &str, new: &str) -> String {
    let old: Vec<&str> = old.lines().collect();
    let lines: Vec<&str> = new.lines().collect();
    let alike = old.len() == lines.len();
    let line = |(number, line): (usize, &&str)| match old.get(number) {
        Some(old) if alike && line.contains("not measured") => format!("{old}\n"),
        _ => format!("{line}\n"),
    };
    lines.iter().enumerate().map(line).collect()
}

const ENDING: &str = "
## One expansion by itself

[benches/README.md](../benches/README.md) has the times of a single expansion for structs of 1 to
1,000 fields, without a server, by each way and for each profile of the host, and the memory of
rustc. `watt` is not measured; that page says why.
";

fn headlines(samples: &Samples) -> String {
    let call = |profile: &str, way: &str, fields: usize| {
        time(samples.median(&format!("warm/{profile}/{way}/{fields}")))
    };
    let check = |what: &str, way: &str| time(samples.median(&format!("check/{what}/{way}")));
    let added = |key: &str| {
        let more = goals::difference(samples, &format!("build/{key}"), "build/nothing");
        time(super::statistics::median(&more))
    };
    let mut text =
        "\n| | Cell | native, cargo's default | native, optimised |\n|---|---:|---:|---:|\n"
            .to_owned();
    for fields in [10, 1000] {
        let _ = writeln!(
            text,
            "| a macro call that nobody has seen, {fields} fields | {} | {} | {} |",
            call("dev", "server", fields),
            call("dev", "native", fields),
            call("optimised", "native", fields)
        );
    }
    let _ = writeln!(
        text,
        "| the same call once more, 10 fields | {} | {} | {} |",
        call("dev", "cached", 10),
        call("dev", "native", 10),
        call("optimised", "native", 10)
    );
    for (what, key) in [
        ("from nothing", "clean"),
        ("after an edit that all crates see", "base"),
        ("with nothing to do", "noop"),
    ] {
        let [ours, native, optimised] =
            ["cached", "native", "optimised"].map(|way| check(key, way));
        let _ = writeln!(
            text,
            "| `cargo check`, 1,000 derives in 20 crates, {what} | {ours} | {native} | {optimised} |"
        );
    }
    let _ = writeln!(
        text,
        "\nA clean debug build with one macro takes {} more than without; with `serde` and its derive {}, \
         with sqlx for PostgreSQL {}.",
        added("thin"),
        added("serde"),
        time(samples.median("build/sqlx") - samples.median("build/nothing"))
    );
    if !samples.quick.is_empty() {
        text.push_str("\nFrom a quick run, on a machine that may have been busy.\n");
    }
    text
}

fn goal_table(text: &mut String, goals: &[Goal]) {
    text.push_str("\n| goal | measured | | |\n|---|---|---|---|\n");
    for goal in goals {
        let (measured, word) = (&goal.measured, goal.verdict.word());
        let _ = writeln!(text, "| {} | {measured} | {word} | {} |", goal.what, goal.reason);
    }
}

/// Name and text of each.
pub(super) type Plots = Vec<(&'static str, String)>;

/// Adds a plot.
pub(super) fn picture(
    text: &mut String,
    plots: &mut Plots,
    name: &'static str,
    about: &str,
    svg: String,
) {
    let _ = writeln!(text, "\n![{about}](benchmarks/{name}.svg)");
    plots.push((name, svg));
}

/// A bar with the quartiles of samples.
pub(super) fn bar(label: &str, colour: usize, samples: &[f64]) -> Bar {
    let [low, middle, high] =
        [0.25, 0.5, 0.75].map(|part| super::statistics::quantile(samples, part));
    Bar { label: label.to_owned(), colour, low, middle, high }
}

fn builds(text: &mut String, samples: &Samples, plots: &mut Plots) {
    text.push_str(
        "\n## Clean builds\n\n`cargo build` of a crate with one dependency and one struct of ten fields that \
         uses one macro of it, in an empty target folder, cargo's `dev` profile, sources fetched before. \
         *Added* is the difference to an empty crate without dependencies. A further component is one more \
         cell in `cell.lock`, with one more struct that uses its macro. Of `sqlx` nothing is used.\n",
    );
    // Writing to a text does not fail.
    text.push_str(&builds_table(samples).unwrap_or_default());
    let bars: Vec<Bar> = VARIANTS
        .iter()
        .filter(|variant| !matches!(variant.key, "embedded" | "advised"))
        .map(|variant| {
            let label = variant.name.replace('`', "");
            let ours = usize::from(!matches!(variant.key, "nothing" | "serde" | "sqlx"));
            bar(&label, 1 - ours, samples.get(&format!("build/{}", variant.key)))
        })
        .collect();
    let svg = plot::bars("Clean debug build of a crate with one dependency", &bars, time);
    picture(text, plots, "builds", "clean builds", svg);
}

/// Ways of a call, with their names and colours.
const WAYS: [(&str, &str, &str, usize); 6] = [
    ("dev", "server", "server", 0),
    ("dev", "cached", "expansion cache", 2),
    ("dev", "native", "native", 1),
    ("optimised", "server", "server, host optimised", 0),
    ("optimised", "cached", "expansion cache, host optimised", 2),
    ("optimised", "native", "native, optimised", 1),
];

fn calls(text: &mut String, samples: &Samples, plots: &mut Plots) {
    text.push_str(
        "\n## A call of a macro, from inside rustc\n\n`#[derive(Ledger::Model)]`, from the tokens that rustc \
         gives to those that it gets, by `benches/macros`. The ways take turns in one rustc. For the server \
         each struct has a new name, so that no cache has it: the host looks for a record, then into the \
         cache, then asks the server, which expands it. Without another word the host, or the native macro, \
         is built as cargo builds proc-macros by default: not optimised.\n\n\
         | | fields | p50 (quartiles) | p99 | calls |\n|---|---:|---:|---:|---:|\n",
    );
    for fields in [10, 1000] {
        for (profile, way, name, _) in WAYS {
            let all = samples.get(&format!("warm/{profile}/{way}/{fields}"));
            let slow = time(super::statistics::quantile(all, 0.99));
            let _ =
                writeln!(text, "| {name} | {fields} | {} | {slow} | {} |", spread(all), all.len());
        }
    }
    for (fields, name) in [(10, "call-10"), (1000, "call-1000")] {
        let bars = WAYS.map(|(profile, way, label, colour)| {
            bar(label, colour, samples.get(&format!("warm/{profile}/{way}/{fields}")))
        });
        let svg = plot::bars(&format!("One call of a macro, {fields} fields"), &bars, time);
        picture(text, plots, name, "one call of a macro", svg);
    }
    text.push_str(
        "\nThe first call of a rustc, 10 fields:\n\n| | whole call | runs |\n|---|---:|---:|\n",
    );
    for (name, what) in [
        ("first/running", "a server is running"),
        ("first/starting", "no server: its start is in the figure; compiled code is there"),
        ("first/compiling", "a server is running, and compiles the component"),
    ] {
        let all = samples.get(name);
        let _ = writeln!(text, "| {what} | {} | {} |", spread(all), all.len());
    }
    for (profile, what) in [("dev", "unoptimised"), ("optimised", "optimised")] {
        let ever = super::expansions::name(profile, "component first ever", 10, "wall");
        let _ = writeln!(
            text,
            "| no server: rustc compiles the component, {what} | {} | |",
            spread(samples.get(&ever))
        );
    }
}

fn hits(text: &mut String, samples: &Samples, plots: &mut Plots) {
    let _ = writeln!(
        text,
        "\n## A hit of the expansion cache\n\nA struct of {} bytes, {} tokens. The steps are timed one by \
         one; the whole call also finds the project, looks for a record first, and lets cargo track the \
         lock. *read* opens the file, checks its seal and reads its lines.\n\n\
         | host | {} | whole call |\n|---|---:|---:|---:|---:|---:|---:|",
        units::whole(samples.median("hit/bytes")),
        units::whole(samples.median("hit/dev/tokens")),
        STEPS.join(" | ")
    );
    let hosts = [("dev", "unoptimised"), ("optimised", "optimised")];
    let mut rows = Vec::new();
    for (profile, host) in hosts {
        let step = |step: &str| samples.median(&format!("hit/{profile}/{step}"));
        let steps = STEPS.map(|name| time(step(name))).join(" | ");
        let whole = spread(samples.get(&format!("hit/{profile}/whole")));
        let _ = writeln!(text, "| {host} | {steps} | {whole} |");
        let mut parts = STEPS.map(step).to_vec();
        parts.push((step("whole") - parts.iter().sum::<f64>()).max(0.0));
        rows.push((format!("host {host}"), parts));
    }
    let names = [&STEPS[..], &["else"]].concat();
    let svg = plot::stacked("A hit of the expansion cache, 2 kB", &names, &rows, time);
    picture(text, plots, "hit", "a hit of the expansion cache in its parts", svg);
}

/// Variants of the workspace, with their names and colours.
const CHECKS: [(&str, &str, usize); 5] = [
    ("records", "Cell, all recorded", 0),
    ("cached", "Cell, all in the cache", 2),
    ("server", "Cell, empty cache, server", 3),
    ("native", "native", 1),
    ("optimised", "native, optimised", 4),
];

fn checks(text: &mut String, samples: &Samples, plots: &mut Plots) {
    text.push_str(
        "\n## 1,000 items in 20 crates\n\n`cargo check` of a generated workspace: 20 crates of 50 structs with \
         `#[derive(Ledger::Model)]`, no two alike, 19 of them depend on the first. Dependencies are built; \
         everything else is as cargo has it. An edit changes one line in the body of a function: in a crate \
         that nothing depends on, or in the first one, after which all crates are checked again and all \
         1,000 macros are called again.\n\n\
         | | all crates | nothing to do | edit in a leaf | edit in the first | runs |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    let of = |what: &str, way: &str| samples.get(&format!("check/{what}/{way}"));
    for (way, name, _) in CHECKS {
        let times = ["clean", "noop", "leaf", "base"].map(|what| {
            let all = of(what, way);
            // Only from nothing: after that the cache has everything.
            if way == "server" && what != "clean" { String::new() } else { spread(all) }
        });
        let _ = writeln!(text, "| {name} | {} | {} |", times.join(" | "), of("clean", way).len());
    }
    for (what, about, name) in [
        ("clean", "cargo check of 1,000 items, all crates", "check-clean"),
        ("base", "cargo check of 1,000 items, edit in the first crate", "check-base"),
    ] {
        let bars = CHECKS.map(|(way, label, colour)| bar(label, colour, of(what, way)));
        picture(text, plots, name, about, plot::bars(about, &bars, time));
    }
    text.push_str(
        "\nWhat macros say of themselves after an edit in the first crate: all 1,000 expansions together, on \
         two cores at a time if there are two, from rustc's tokens to rustc's tokens.\n\n\
         | | expansion phase | read, not made |\n|---|---:|---:|\n",
    );
    for (way, name, _) in CHECKS {
        let phase = spread(samples.get(&format!("phase/base/{way}")));
        let hits = match way {
            "records" | "cached" => share(samples.median(&format!("hits/base/{way}"))),
            "server" => share(0.0),
            _ => String::new(),
        };
        let _ = writeln!(text, "| {name} | {phase} | {hits} |");
    }
}

fn market(text: &mut String, samples: &Samples, _plots: &mut Plots) {
    text.push_str(
        "\n## The example\n\n`examples/cell-market` as it is committed, locked and recorded, and the same crate \
         with what its macros made written in their place, without any dependency.\n\n\
         | | Cell | by hand | ratio |\n|---|---:|---:|---:|\n",
    );
    for (part, what) in
        [("whole", "whole clean build"), ("package", "the package alone, dependencies built")]
    {
        let [cell, hand] =
            ["cell", "hand"].map(|name| samples.get(&format!("market/{part}/{name}")));
        let ratio = units::ratio(super::statistics::ratio(cell, hand));
        let _ = writeln!(text, "| {what} | {} | {} | {ratio} |", spread(cell), spread(hand));
    }
}

fn instructions(text: &mut String, samples: &Samples, trend: &Trend, plots: &mut Plots) {
    text.push_str(
        "\n## Instructions\n\nOf one warm expansion of a struct of ten fields inside rustc, as callgrind counts \
         them: the difference between rustc with many and with few of them. They hardly depend on what else \
         the machine does. [benchmarks/instructions.tsv](benchmarks/instructions.tsv) has those of all \
         published runs.\n\n| | instructions |\n|---|---:|\n",
    );
    for (profile, way, name) in COUNTED {
        let found = samples.median(&format!("instructions/{profile}/{way}"));
        let _ = writeln!(text, "| {name} | {} |", units::count(found));
    }
    let series: Vec<_> = COUNTED
        .iter()
        .map(|(profile, way, name)| ((*name).to_owned(), trend.of(profile, way)))
        .collect();
    let svg =
        plot::lines("Instructions of one warm expansion", &trend.steps(), &series, units::count);
    picture(text, plots, "instructions", "instructions of one warm expansion", svg);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(samples: &Samples) -> Report {
        composed_after(samples, "")
    }

    fn composed_after(samples: &Samples, before: &str) -> Report {
        report(
            &Measured {
                samples,
                facts: Facts { component: 1 },
                machine: "2 cores.\n".to_owned(),
                versions: vec![("cell".to_owned(), "0.1.0".to_owned())],
                trend: &Trend::default(),
            },
            before,
        )
    }

    #[test]
    fn what_was_not_measured_keeps_its_figures() {
        let calls = |samples: &mut Samples, server: f64| {
            for way in ["dev/server", "dev/native", "optimised/native"] {
                samples.push(format!("warm/{way}/10"), server);
            }
        };
        let of = |part: &str, what: &str| (part.to_owned(), what.to_owned());
        let mut samples = Samples::default();
        calls(&mut samples, 200e-6);
        for (variant, took) in [("thin", 2.0), ("nothing", 1.0), ("serde", 5.0), ("sqlx", 9.0)] {
            samples.push(format!("build/{variant}"), took);
        }
        samples.measured.extend([of("server", "commit a"), of("builds", "commit a")]);
        let before = composed(&samples).text;
        let mut samples = Samples::default();
        calls(&mut samples, 300e-6);
        samples.measured.extend([of("server", "commit b")]);
        let after = composed_after(&samples, &before).text;
        assert_eq!(marks::found(&after, "builds"), marks::found(&before, "builds"));
        let server = marks::found(&after, "server").unwrap();
        assert!(server.contains("300 µs") && server.contains("commit b"), "{server}");
        let headlines = marks::found(&after, HEADLINES).unwrap();
        assert!(headlines.contains("300 µs") && headlines.contains("takes 1.00 s"), "{headlines}");
    }

    #[test]
    fn a_report_without_figures_says_so() {
        let report = composed(&Samples::default());
        assert!(!report.text.contains("NaN") && !report.text.contains("quick run"));
        assert!(report.text.contains("not measured") && !report.text.contains("**not reached**"));
        for (name, svg) in &report.plots {
            assert!(report.text.contains(&format!("benchmarks/{name}.svg")), "{name}");
            assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{name}");
        }
    }

    #[test]
    fn the_short_table_stands_between_marks_and_quick_runs_are_named() {
        let mut samples = Samples::default();
        samples.push("warm/dev/server/10", 200e-6);
        samples.quick.push("server".to_owned());
        let report = composed(&samples);
        assert_eq!(marks::found(&report.text, HEADLINES), Some(report.headlines.as_str()));
        assert!(report.headlines.contains("200 µs"), "{}", report.headlines);
        assert!(report.text.contains("**A quick run**: server had"));
    }

    #[test]
    fn every_table_row_has_as_many_cells_as_its_head() {
        let report = composed(&Samples::default());
        let mut cells = None;
        for line in report.text.lines() {
            if !line.starts_with('|') {
                cells = None;
                continue;
            }
            let count = line.matches(" |").count() + usize::from(line.starts_with("|---"));
            let count =
                if line.starts_with("|---") { line.matches('|').count() - 1 } else { count };
            assert_eq!(*cells.get_or_insert(count), count, "{line}");
        }
    }
}
