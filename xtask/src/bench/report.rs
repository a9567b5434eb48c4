//! Figures as tables in `benches/README.md`, each between two marks.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};

use super::builds::VARIANTS;
use super::effort::Effort;
use super::expansions::name;
use super::fixture::SIZES;
use super::place::HOSTS;
use super::samples::Samples;
use super::units::{spread, time};
use super::{machine, marks};
use crate::step;

/// Expansions: medians, ratios to native, and the aims.
pub(super) fn expansions(samples: &Samples) -> Result<()> {
    let of = |profile: &str, way: &str, fields, clock: &str| {
        samples.median(&name(profile, way, fields, clock))
    };
    let both = |profile: &str, way: &str, fields| {
        let clocks = ["wall", "processor"].map(|clock| of(profile, way, fields, clock));
        if clocks[0].is_nan() { time(f64::NAN) } else { clocks.map(time).join(" / ") }
    };
    let cost = |profile: &str, way: &str, fields| of(profile, way, fields, "processor");
    let ratio = |profile: &str, fields| {
        cost(profile, "component", fields) / cost(profile, "native", fields)
    };
    let mut text = String::new();
    let heads = SIZES.map(|size| format!("{size} fields")).join(" | ");
    for host in &HOSTS {
        let profile = host.profile;
        writeln!(text, "\nHost: {}\n\n| | {heads} |\n|---|---:|---:|---:|---:|", host.name)?;
        let ways = ["native", "component", "engine", "recorded"];
        let firsts = ["native first", "component first", "recorded first"];
        for way in ways.into_iter().chain(firsts) {
            let cells = SIZES.map(|size| both(profile, way, size)).join(" | ");
            writeln!(text, "| {way} | {cells} |")?;
        }
        let ever = both(profile, "component first ever", 10);
        writeln!(text, "| component first ever | | {ever} | | |")?;
        let ratios = SIZES.map(|size| times(ratio(profile, size))).join(" | ");
        writeln!(text, "| component / native | {ratios} |")?;
    }
    writeln!(text, "\n| aim, in processor time | measured | |\n|---|---:|---|")?;
    let small = cost("optimised", "component", 10);
    let what = "10 fields, component, host optimised: at most 250 µs";
    aim(&mut text, what, time(small), small, 250e-6)?;
    let large = ratio("optimised", 1000);
    let what = "1,000 fields, host optimised: component at most 1.2 times native";
    aim(&mut text, what, times(large), large, 1.2)?;
    for (profile, host) in [("dev", "unoptimised"), ("documented", "README's lines")] {
        for size in SIZES {
            let ratio = ratio(profile, size);
            let what = format!("{size} fields, host {host}: component at most native");
            aim(&mut text, &what, times(ratio), ratio, 1.0)?;
        }
    }
    put("expansions", &text, !samples.quick.is_empty())
}

/// Clean builds: medians, and what each adds to a crate without dependencies.
pub(super) fn builds(samples: &Samples, effort: Effort) -> Result<()> {
    let text = builds_table(samples)?;
    put("builds", &text, effort.quick)
}

/// The table of clean builds.
pub(super) fn builds_table(samples: &Samples) -> Result<String> {
    let wall = |key: &str| samples.median(&format!("build/{key}"));
    let processor = |key: &str| samples.median(&format!("build-processor/{key}"));
    let mut text = String::from(
        "\n| dependency | added | processor time added | clean build | runs |\n|---|---:|---:|---:|---:|\n",
    );
    for variant in &VARIANTS {
        let all = samples.get(&format!("build/{}", variant.key));
        if all.is_empty() {
            writeln!(text, "| {} | not measured | | | 0 |", variant.name)?;
            continue;
        }
        let more = wall(variant.key) - wall("nothing");
        let work = processor(variant.key) - processor("nothing");
        let (name, runs) = (variant.name, all.len());
        writeln!(text, "| {name} | {more:.2} s | {work:.2} s | {} | {runs} |", spread(all))?;
    }
    Ok(text)
}

/// Peaks of rustc.
pub(super) fn memory(rows: &[(&str, String, u64)], effort: Effort) -> Result<()> {
    let mut text = "\n| dependency | rustc on | peak |\n|---|---|---:|\n".to_owned();
    for (name, what, kilobytes) in rows {
        writeln!(text, "| {name} | {what} | {} MiB |", kilobytes / 1024)?;
    }
    put("memory", &text, effort.quick)
}

fn aim(text: &mut String, what: &str, shown: String, value: f64, limit: f64) -> Result<()> {
    let word = match value {
        value if value.is_nan() => "",
        value if value <= limit => "reached",
        _ => "**not reached**",
    };
    Ok(writeln!(text, "| {what} | {shown} | {word} |")?)
}

/// How many times as much.
fn times(ratio: f64) -> String {
    if ratio.is_nan() { time(ratio) } else { format!("{ratio:.2}") }
}

/// Shows a section and replaces it in the document, with the machine; figures of a quick run are
/// only shown.
fn put(section: &str, text: &str, quick: bool) -> Result<()> {
    step::say("", text);
    if quick {
        return Ok(());
    }
    let file = step::root().join("benches/README.md");
    let mut document = fs::read_to_string(&file).context("no benches/README.md")?;
    for (section, text) in [("machine", &*machine::machine()?), (section, text)] {
        document = marks::replaced(&document, section, text)
            .with_context(|| format!("benches/README.md has no marks for `{section}`"))?;
    }
    Ok(fs::write(&file, document)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_a_place_for_each_table() {
        let document = fs::read_to_string(step::root().join("benches/README.md")).unwrap();
        for section in ["machine", "expansions", "builds", "memory"] {
            assert!(marks::replaced(&document, section, "x\n").is_some(), "{section}");
        }
    }

    #[test]
    fn what_was_not_measured_missed_no_aim() {
        let mut text = String::new();
        aim(&mut text, "a", times(f64::NAN), f64::NAN, 1.0).unwrap();
        aim(&mut text, "b", times(0.5), 0.5, 1.0).unwrap();
        aim(&mut text, "c", times(1.5), 1.5, 1.0).unwrap();
        let expected =
            "| a | not measured |  |\n| b | 0.50 | reached |\n| c | 1.50 | **not reached** |\n";
        assert_eq!(text, expected);
    }
}
