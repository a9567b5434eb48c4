//! Figures as tables in `benches/README.md`, each between two marks.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};

use super::expansions::{Figures, Time};
use super::fixture::SIZES;
use crate::step;

/// Cores, memory and compiler: no name of the machine.
pub(super) fn machine() -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let (processor, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
    let after = |text: &str, key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or("");
        line.trim_start_matches([' ', '\t', ':']).to_owned()
    };
    let kilobytes: u64 =
        after(&memory, "MemTotal").split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = step::command(rustc, &["--version"]).output()?;
    let text = format!(
        "{cores} cores ({}), {} GiB of memory, {} {}, {}.\n",
        after(&processor, "model name"),
        kilobytes.div_ceil(1 << 20),
        std::env::consts::OS,
        std::env::consts::ARCH,
        String::from_utf8_lossy(&version.stdout).trim(),
    );
    put("machine", &text)
}

/// Expansions: medians, ratios to native, and the aims.
pub(super) fn expansions(figures: &Figures) -> Result<()> {
    let of = |host: &'static str, way: &str, fields| {
        figures.get(&(host, way.to_owned(), fields)).copied()
    };
    let cost = |host, way: &str, fields| of(host, way, fields).map_or(f64::NAN, |t| t.processor);
    let ratio = |host, fields| cost(host, "component", fields) / cost(host, "native", fields);
    let mut text = String::new();
    let heads = SIZES.map(|size| format!("{size} fields")).join(" | ");
    for host in ["optimised", "README's lines", "unoptimised"] {
        writeln!(text, "\nHost: {host}\n\n| | {heads} |\n|---|---:|---:|---:|---:|")?;
        let ways = ["native", "component", "engine", "recorded"];
        let firsts = ["native first", "component first", "recorded first"];
        for way in ways.into_iter().chain(firsts) {
            let times = SIZES.map(|size| both(of(host, way, size))).join(" | ");
            writeln!(text, "| {way} | {times} |")?;
        }
        let ever = both(of(host, "component first ever", 10));
        writeln!(text, "| component first ever | | {ever} | | |")?;
        let ratios = SIZES.map(|size| format!("{:.2}", ratio(host, size))).join(" | ");
        writeln!(text, "| component / native | {ratios} |")?;
    }
    writeln!(text, "\n| aim, in processor time | measured | |\n|---|---:|---|")?;
    let small = cost("optimised", "component", 10);
    let what = "10 fields, component, host optimised: at most 250 µs";
    aim(&mut text, what, time(small), small <= 250_000.0)?;
    let large = ratio("optimised", 1000);
    let what = "1,000 fields, host optimised: component at most 1.2 times native";
    aim(&mut text, what, format!("{large:.2}"), large <= 1.2)?;
    for host in ["unoptimised", "README's lines"] {
        for size in SIZES {
            let ratio = ratio(host, size);
            let what = format!("{size} fields, host {host}: component at most native");
            aim(&mut text, &what, format!("{ratio:.2}"), ratio <= 1.0)?;
        }
    }
    put("expansions", &text)
}

/// Time that passed, and processor time behind it.
fn both(found: Option<Time>) -> String {
    let words =
        found.map(|Time { wall, processor }| format!("{} / {}", time(wall), time(processor)));
    words.unwrap_or_else(|| "not measured".to_owned())
}

/// Medians of one sort of clean build, in seconds.
pub(super) struct Build {
    pub(super) name: &'static str,
    pub(super) runs: usize,
    pub(super) wall: f64,
    pub(super) processor: f64,
}

/// Clean builds: medians, and what each adds to a crate without dependencies.
pub(super) fn builds(builds: &[Build]) -> Result<()> {
    let nothing = builds.iter().find(|build| build.name == "nothing");
    let (wall, processor) = nothing.map_or((f64::NAN, f64::NAN), |b| (b.wall, b.processor));
    let mut text = String::from(
        "\n| dependency | added | processor time added | clean build | runs |\n|---|---:|---:|---:|---:|\n",
    );
    for build in builds {
        let (more, work) = (build.wall - wall, build.processor - processor);
        let Build { name, runs, wall, .. } = build;
        writeln!(text, "| {name} | {more:.2} s | {work:.2} s | {wall:.2} s | {runs} |")?;
    }
    let added = |name: &str| {
        let found = builds.iter().find(|build| build.name.starts_with(name));
        found.map_or(f64::NAN, |build| build.wall - wall)
    };
    let (thin, serde) = (added("thin"), added("`serde`"));
    writeln!(text, "\n| aim | measured | |\n|---|---:|---|")?;
    aim(&mut text, "thin host adds at most 2.0 s", format!("{thin:.2} s"), thin <= 2.0)?;
    let ratio = format!("{:.2} times", thin / serde);
    aim(&mut text, "thin host adds less than `serde` with `derive`", ratio, thin < serde)?;
    put("builds", &text)
}

/// Peaks of rustc.
pub(super) fn memory(rows: &[(&str, String, u64)]) -> Result<()> {
    let mut text = "\n| dependency | rustc on | peak |\n|---|---|---:|\n".to_owned();
    for (name, what, kilobytes) in rows {
        writeln!(text, "| {name} | {what} | {} MiB |", kilobytes / 1024)?;
    }
    put("memory", &text)
}

fn aim(text: &mut String, what: &str, found: String, reached: bool) -> Result<()> {
    let word = if reached { "reached" } else { "**not reached**" };
    Ok(writeln!(text, "| {what} | {found} | {word} |")?)
}

/// Three digits and a unit.
fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        n if n.is_nan() => return "not measured".to_owned(),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

/// Shows a section and replaces it in the README.
fn put(section: &str, text: &str) -> Result<()> {
    step::say("", text);
    let file = step::root().join("benches/README.md");
    let old = fs::read_to_string(&file).context("no benches/README.md")?;
    let new = replaced(&old, section, text)
        .with_context(|| format!("benches/README.md has no marks for `{section}`"))?;
    Ok(fs::write(&file, new)?)
}

fn replaced(old: &str, section: &str, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- {section} -->\n"), format!("<!-- end of {section} -->"));
    let (before, rest) = old.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{text}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let check = |nanoseconds, expected| assert_eq!(time(nanoseconds), expected);
        check(1_234.0, "1.23 µs");
        check(250_000.0, "250 µs");
        check(12_345_678.0, "12.3 ms");
        check(8.1e9, "8.10 s");
        check(f64::NAN, "not measured");
    }

    #[test]
    fn sections_are_replaced_between_their_marks() {
        let old = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n";
        let new = replaced(old, "x", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- x -->\nnew\n<!-- end of x -->\nb\n");
        assert_eq!(replaced(old, "y", "new\n"), None);
    }
}
