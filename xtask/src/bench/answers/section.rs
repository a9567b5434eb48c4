//! The report's section about questions at compile time.

use std::fmt::Write as _;

use super::{MANY, SITES};
use crate::bench::compose::{Plots, bar, picture};
use crate::bench::goals::difference;
use crate::bench::plot;
use crate::bench::samples::Samples;
use crate::bench::statistics;
use crate::bench::units::{self, spread, time, whole};

/// A way to compile, the one without questions beside it, and its name.
const WAYS: [(&str, &str, &str); 11] = [
    ("hand", "", "constants written by hand"),
    ("quiet", "hand", "macro calls that ask nothing, expanded"),
    ("quiet-cached", "hand", "the same, from the expansion cache"),
    ("live", "hand", "questions to a running cell"),
    ("recorded", "hand", "recorded answers, expanded"),
    ("recorded-cached", "hand", "recorded answers, from the expansion cache"),
    ("plain", "", "functions without queries"),
    ("online", "plain", "`query!`, online"),
    ("offline", "plain", "`query!`, offline"),
    ("online-advised", "plain-advised", "`query!`, online, sqlx's profile"),
    ("offline-advised", "plain-advised", "`query!`, offline, sqlx's profile"),
];

/// Tables and a plot.
pub(in crate::bench) fn write(text: &mut String, samples: &Samples, plots: &mut Plots) {
    let postgres = whole(samples.median("answers/postgres"));
    let postgres =
        if samples.get("answers/postgres").is_empty() { "not measured" } else { &*postgres };
    let _ = write!(
        text,
        "\n## Questions at compile time\n\n`cargo check` of one crate of {SITES} sites, its dependencies \
         built. Each site asks something else: a macro of the component `asks` a running cell, `query!` of \
         sqlx a PostgreSQL (version: {postgres}) over a unix socket, with `fsync` off, on the same machine. \
         Nothing was recorded before *live* and *online*; what is *offline* reads what was recorded. \
         Proc-macros are built as cargo does it if it is told nothing, but for *sqlx's profile*, which has \
         `opt-level = 3` for `sqlx-macros`, as sqlx's documents recommend. *Added* is to the crate without \
         questions, by pairs of one round. Processor time is that of cargo and its compilers, not of those \
         who answer.\n\n\
         | {SITES} sites | `cargo check` | added | per site | processor time | rounds |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    let of = |way: &str| samples.get(&format!("answers/build/{way}"));
    for (way, without, name) in WAYS {
        let [mut added, mut each] = [String::new(), String::new()];
        if !without.is_empty() {
            let more = added_by(samples, way, without);
            added = spread(&more);
            each = time(statistics::median(&more) / SITES as f64);
        }
        let work = time(samples.median(&format!("answers/processor/{way}")));
        let (all, rounds) = (spread(of(way)), of(way).len());
        let _ = writeln!(text, "| {name} | {all} | {added} | {each} | {work} | {rounds} |");
    }
    let bars = [("live", 1), ("recorded-cached", 1), ("online", 2), ("offline", 2)];
    let bars = bars.map(|(way, colour)| {
        let name = WAYS.iter().find(|(key, ..)| *key == way).map_or("", |(.., name)| name);
        bar(name, colour, of(way))
    });
    let about = format!("cargo check of {SITES} questions");
    picture(text, plots, "answers", &about, plot::bars(&about, &bars, time));
    against(text, samples);
    let question = |what: &str| time(samples.median(&format!("answers/question/{what}")));
    let _ = write!(
        text,
        "\nWhat macro calls say of themselves, from rustc's tokens to rustc's tokens, medians: {} without \
         a question, {} with one that was asked and recorded. A call of the same method of the same cell by \
         a client takes {}.\n\n\
         | {MANY} recorded answers, nothing changed | |\n|---|---:|\n",
        question("quiet"),
        question("live"),
        question("call"),
    );
    for command in ["sync", "check"] {
        let all = samples.get(&format!("answers/many/{command}"));
        let _ = writeln!(text, "| `cell {command}` | {} |", spread(all));
    }
}

/// How often sqlx adds as much.
fn against(text: &mut String, samples: &Samples) {
    text.push_str(
        "\n| added by sqlx / added by Cell | sqlx | Cell | ratio |\n|---|---:|---:|---:|\n",
    );
    for (theirs, without, ours, name) in [
        ("online", "plain", "live", "nothing recorded"),
        ("offline", "plain", "recorded", "recorded, expanded"),
        ("offline", "plain", "recorded-cached", "recorded, from the expansion cache"),
        ("online-advised", "plain-advised", "live", "nothing recorded, sqlx's profile"),
        ("offline-advised", "plain-advised", "recorded-cached", "recorded, sqlx's profile"),
    ] {
        let (theirs, ours) = (added_by(samples, theirs, without), added_by(samples, ours, "hand"));
        let ratio = units::ratio(statistics::ratio(&theirs, &ours));
        let _ = writeln!(text, "| {name} | {} | {} | {ratio} |", spread(&theirs), spread(&ours));
    }
}

/// What a way adds to another, round by round.
pub(in crate::bench) fn added_by(samples: &Samples, way: &str, without: &str) -> Vec<f64> {
    let [way, without] = [way, without].map(|way| format!("answers/build/{way}"));
    difference(samples, &way, &without)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::answers::{queries, sites};

    #[test]
    fn every_way_that_is_measured_has_a_name() {
        let measured = sites::WAYS.into_iter().chain(queries::WAYS);
        // It is only what others are compared with.
        for way in measured.filter(|way| *way != "plain-advised") {
            assert!(WAYS.iter().any(|(key, ..)| *key == way), "{way}");
        }
        let is_measured = |way: &str| sites::WAYS.contains(&way) || queries::WAYS.contains(&way);
        for (way, without, _) in WAYS {
            assert!(is_measured(way) && (without.is_empty() || is_measured(without)), "{way}");
        }
    }

    #[test]
    fn what_is_added_is_of_one_round() {
        let mut samples = Samples::default();
        for (hand, live, online) in [(1.0, 1.5, 6.0), (2.0, 2.5, 7.0)] {
            samples.push("answers/build/hand", hand);
            samples.push("answers/build/live", live);
            samples.push("answers/build/plain", hand);
            samples.push("answers/build/online", online);
        }
        assert_eq!(added_by(&samples, "live", "hand"), [0.5, 0.5]);
        let mut text = String::new();
        write(&mut text, &samples, &mut Vec::new());
        assert!(text.contains("| 500 ms (500 ms to 500 ms) | 2.50 ms |"), "{text}");
        assert!(text.contains("| nothing recorded | 5.00 s (5.00 s to 5.00 s) | 500 ms"), "{text}");
        assert!(text.contains("version: not measured"), "{text}");
    }
}
