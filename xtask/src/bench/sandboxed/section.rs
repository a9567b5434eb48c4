//! The report's section about sandboxed applications.

use std::fmt::Write as _;

use cell_tests::applications::ALL;

use super::{Side, sample};
use crate::bench::compose::{Plots, bar, picture};
use crate::bench::plot;
use crate::bench::samples::Samples;
use crate::bench::statistics::{quantile, ratio};
use crate::bench::units::{self, spread, time, whole};

/// What is measured on both sides: its name in samples, and what it is.
pub(in crate::bench) const BOTH: [(&str, &str); 3] = [
    ("build", "clean debug build"),
    ("check", "clean `cargo check`"),
    ("edit", "`cargo check` after a one-line edit"),
];

/// Tables and plot.
pub(in crate::bench) fn write(text: &mut String, samples: &Samples, plots: &mut Plots) {
    let names = ALL.map(|one| format!("{} {}", one.name, one.version)).join(" and ");
    let _ = writeln!(
        text,
        "\n## Applications with sandboxed macros\n\n{names} as they are published, with their `Cargo.lock`, and \
         the same with all macro crates behind `cell sandbox add --all`. Both sides are as cargo has it by \
         default, sources fetched before, in turns. The components are in the repository; the user's caches are \
         warm, as on a machine that has built this before: compiled components and expansions are there, and \
         a macro server runs. An edit adds a function to the root of the application. The thin host is a folder \
         here, which cargo compiles incrementally: those who have it from a registry wait half a second less.\n\n\
         | | | native | sandboxed | ratio |\n|---|---|---:|---:|---:|"
    );
    let mut bars = Vec::new();
    for application in ALL {
        let name = application.name;
        for (key, what) in BOTH {
            let [native, ours] = Side::ALL.map(|side| samples.get(&sample(name, key, side)));
            let found = units::ratio(ratio(ours, native));
            let _ = writeln!(
                text,
                "| {name} | {what} | {} | {} | {found} |",
                spread(native),
                spread(ours)
            );
            let plain = what.replace('`', "");
            bars.push(bar(&format!("{name}, {plain}, native"), 1, native));
            bars.push(bar(&format!("{name}, {plain}, sandboxed"), 0, ours));
        }
        for (key, what) in [
            ("fresh", "clean `cargo check`, no expansion is known"),
            ("cold", "the same, and no component is compiled: the first ever"),
        ] {
            let ours = samples.get(&sample(name, key, Side::SANDBOXED));
            let _ = writeln!(text, "| {name} | {what} | | {} | |", spread(ours));
        }
    }
    let svg = plot::bars("Applications with sandboxed macros", &bars, time);
    picture(text, plots, "sandboxed", "builds of applications with sandboxed macros", svg);
    memory(text, samples);
    added(text, samples);
}

fn memory(text: &mut String, samples: &Samples) {
    text.push_str(
        "\nThe largest resident size of a compiler in a clean debug build, how often one ran, and the largest of the \
         macro server, which stays: after that build, and after the first ever, in which it compiled the \
         components.\n\n\
         | | rustc, native | rustc, sandboxed | crates, native | crates, sandboxed | server | server, first ever |\n\
         |---|---:|---:|---:|---:|---:|---:|\n",
    );
    for application in ALL {
        let of = |what: &str, side: &str| samples.median(&sample(application.name, what, side));
        let size = |what: &str, side: &str| match of(what, side) {
            kilobytes if kilobytes.is_nan() => time(kilobytes),
            kilobytes => format!("{:.0} MiB", kilobytes / 1024.0),
        };
        let sizes = Side::ALL.map(|side| size("rustc-kilobytes", side)).join(" | ");
        let crates = Side::ALL.map(|side| units::count(of("crates", side))).join(" | ");
        let servers = ["warm", "cold"].map(|how| size("server-kilobytes", how)).join(" | ");
        let _ = writeln!(text, "| {} | {sizes} | {crates} | {servers} |", application.name);
    }
}

fn added(text: &mut String, samples: &Samples) {
    text.push_str(
        "\n`cell sandbox add --all`: the first application was added with an empty home, so the standard library \
         for components was built too. What is in the repository afterwards is a component for each macro \
         crate.\n\n\
         | | components | their size | whole | first crate | each later one | slowest |\n\
         |---|---:|---:|---:|---:|---:|---|\n",
    );
    for application in ALL {
        let name = application.name;
        let of = |what: &str| samples.median(&sample(name, "add", what));
        let later = samples.get(&sample(name, "add", "later"));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {} |",
            whole(samples.median(&sample(name, "components", "count"))),
            units::bytes(samples.median(&sample(name, "components", "bytes"))),
            time(of("whole")),
            time(of("first")),
            spread(later),
            slowest(samples, name),
        );
    }
}

/// The later crates that take longest to be added, with their seconds.
pub(in crate::bench) fn slowest(samples: &Samples, application: &str) -> String {
    let begin = sample(application, "added", "");
    let mut all: Vec<(&str, f64)> =
        samples.below(&begin).map(|(name, values)| (name, quantile(values, 0.5))).collect();
    all.sort_by(|one, other| other.1.total_cmp(&one.1));
    let all: Vec<String> =
        all.iter().take(2).map(|(name, took)| format!("`{name}` {}", time(*took))).collect();
    all.join(", ")
}
