//! The report's section about the parts of an expansion.

use std::fmt::Write as _;

use super::{ITEMS, sample};
use crate::bench::compose::{Plots, picture};
use crate::bench::plot;
use crate::bench::samples::Samples;
use crate::bench::statistics::{self, Ratio, median};
use crate::bench::units::{self, share, spread, time};

/// A part of the table: its name, what it is, and its samples.
type Part = (&'static str, fn(&Samples, &str) -> Vec<f64>);

/// What an expansion consists of, from rustc's tokens to rustc's tokens.
pub(in crate::bench) const PARTS: [Part; 8] = [
    ("rustc's tokens as a table", |samples, item| all(samples, "walk", item)),
    ("the guests' input", |samples, item| all(samples, "input", item)),
    ("the guests", guests),
    ("check of the output", |samples, item| all(samples, "check", item)),
    ("policy", |samples, item| all(samples, "policy", item)),
    ("composition", composition),
    ("spans", spans),
    ("the other tokens, built", |samples, item| all(samples, "emission at one place", item)),
];

fn all(samples: &Samples, part: &str, item: &str) -> Vec<f64> {
    samples.get(&sample(part, item)).to_vec()
}

fn combined(one: &[f64], other: &[f64], with: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    one.iter().zip(other).map(|(one, other)| with(*one, *other)).collect()
}

/// What the engine takes longer than what the host does in it.
fn guests(samples: &Samples, item: &str) -> Vec<f64> {
    let less =
        |one: &[f64], part: &str| combined(one, &all(samples, part, item), |one, part| one - part);
    let engine = all(samples, "engine", item);
    less(&less(&less(&engine, "input"), "all checks"), "compose")
}

/// Handles of the guests become those of the stack, in what is a check otherwise, and then all is joined.
fn composition(samples: &Samples, item: &str) -> Vec<f64> {
    let checks =
        combined(&all(samples, "check", item), &all(samples, "policy", item), |check, policy| {
            check + policy
        });
    let rest = combined(&all(samples, "all checks", item), &checks, |all, known| all - known);
    combined(&rest, &all(samples, "compose", item), |rest, joined| rest.max(0.0) + joined)
}

/// What emission takes longer than with all tokens at one place.
fn spans(samples: &Samples, item: &str) -> Vec<f64> {
    let [real, plain] = ["emission", "emission at one place"].map(|part| all(samples, part, item));
    combined(&real, &plain, |real, plain| (real - plain).max(0.0))
}

/// All of an expansion: what the engine takes, and what rustc's side does before and behind it.
pub(in crate::bench) fn whole(samples: &Samples, item: &str) -> Vec<f64> {
    let engine = all(samples, "engine", item);
    let inside = combined(&engine, &all(samples, "walk", item), |engine, walk| engine + walk);
    combined(&inside, &all(samples, "emission", item), |inside, emission| inside + emission)
}

/// The share of the policy in what the engine takes.
pub(in crate::bench) fn policy(samples: &Samples, item: &str) -> Option<Ratio> {
    statistics::ratio(&all(samples, "policy", item), &all(samples, "engine", item))
}

/// Six macros on one item against the sum of each alone.
pub(in crate::bench) fn stack(samples: &Samples) -> Option<Ratio> {
    statistics::ratio(&all(samples, "engine", "Six"), &all(samples, "alone", "Six"))
}

/// Table and plot.
pub(in crate::bench) fn write(text: &mut String, samples: &Samples, plots: &mut Plots) {
    text.push_str(
        "\n## The parts of an expansion\n\nA warm expansion in an optimised engine, by `benches/macros` in \
         rustc: `#[derive(Ledger::Model)]` on structs, and the six attributes of `tests/guests/stack` on one \
         function, which add an attribute, parameters and constants, wrap its body, and tell each other \
         something. What the host does is timed part by part, behind an expansion as a whole; what is left of \
         the engine is the guests', with making their instances and handing over to their thread. \
         Composition is all that makes one answer of what several returned. *Spans* is what emission takes longer than with all that a macro made at one place.\n\n",
    );
    let heads = ITEMS.map(|(_, what)| format!("{what} | share")).join(" | ");
    let _ = writeln!(text, "| | {heads} |\n|---|{}", "---:|".repeat(2 * ITEMS.len()));
    for (name, part) in PARTS {
        let cells = ITEMS.map(|(item, _)| {
            let (taken, whole) = (median(&part(samples, item)), median(&whole(samples, item)));
            format!("{} | {}", time(taken), share(taken / whole))
        });
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    for (name, of) in [("the engine as a whole", "engine"), ("each macro alone, together", "alone")]
    {
        let cells = ITEMS.map(|(item, _)| match samples.get(&sample(of, item)) {
            [] if of == "alone" => " | ".to_owned(),
            all => format!("{} | ", spread(all)),
        });
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    let names = PARTS.map(|(name, _)| name);
    // The large one would leave nothing of the others to see.
    let rows = ITEMS.iter().filter(|(item, _)| *item != "Fields1000").map(|(item, what)| {
        let parts = PARTS.iter().map(|(_, part)| median(&part(samples, item))).collect();
        ((*what).to_owned(), parts)
    });
    let rows: Vec<_> = rows.collect();
    let svg = plot::stacked("The parts of an expansion", &names, &rows, time);
    picture(text, plots, "language", "the parts of an expansion", svg);
    let _ = writeln!(
        text,
        "\nSix macros together against the sum of each alone: {}.",
        units::ratio(stack(samples))
    );
}
