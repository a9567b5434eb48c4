//! Times of expansions as a table and as a picture.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::trace::{Took, Trace};

/// What one macro, or one stack of them, cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// `ledger::table + ledger::cache`
    title: String,
    calls: u64,
    /// How often expansions came from where.
    from: BTreeMap<String, u64>,
    /// Microseconds of all calls: walk, find, emit.
    micros: [u64; 3],
}

impl Row {
    fn total(&self) -> u64 {
        self.micros.iter().sum()
    }
}

/// One row for each macro, the dearest first.
pub(crate) fn rows(trace: &Trace) -> Vec<Row> {
    let titles: BTreeMap<_, _> =
        trace.sites.keys().map(|site| (site.key, site.title.as_str())).collect();
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for Took { key, how, micros } in &trace.took {
        let title = titles.get(key).copied().unwrap_or("?");
        let row = rows.entry(title).or_default();
        row.title = title.to_owned();
        row.calls += 1;
        *row.from.entry(how.clone()).or_default() += 1;
        row.micros.iter_mut().zip(micros).for_each(|(all, one)| *all += one);
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.total()));
    rows
}

/// For a terminal.
pub(crate) fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.title.chars().count()).max().unwrap_or(0).max(5);
    let mut out = format!(
        "{:width$} {:>6} {:>10} {:>9} {:>9} {:>9} {:>10}  from\n",
        "macro", "calls", "total", "walk", "find", "emit", "a call"
    );
    let mut all = Row::default();
    for row in rows {
        all.calls += row.calls;
        all.micros.iter_mut().zip(row.micros).for_each(|(all, one)| *all += one);
        line(&mut out, width, row);
    }
    if rows.len() > 1 {
        all.title = "all".to_owned();
        line(&mut out, width, &all);
    }
    out
}

fn line(out: &mut String, width: usize, row: &Row) {
    let Row { title, calls, from, micros: [walk, find, emit] } = row;
    let mean = row.total() / calls.max(&1);
    let from: Vec<String> = from.iter().map(|(how, count)| format!("{how} {count}")).collect();
    let times = [row.total(), *walk, *find, *emit].map(millis);
    let [total, walk, find, emit] = &times;
    let text = format!(
        "{title:width$} {calls:>6} {total:>10} {walk:>9} {find:>9} {emit:>9} {:>7} µs  {}",
        mean,
        from.join(", ")
    );
    let _ = writeln!(out, "{}", text.trim_end());
}

fn millis(micros: u64) -> String {
    format!("{}.{:02} ms", micros / 1000, micros % 1000 / 10)
}

/// Height of a bar and the space below it, in pixels.
const BAR: usize = 18;
const GAP: usize = 10;
/// Where bars begin, and the length of the longest.
const LEFT: usize = 280;
const LONGEST: u64 = 520;
/// Walk, find, emit: colours that people who see few of them can tell apart.
const COLOURS: [&str; 3] = ["#0072b2", "#e69f00", "#009e73"];

/// Bars of total times, each of its three parts.
pub(crate) fn svg(rows: &[Row]) -> String {
    let most = rows.iter().map(Row::total).max().unwrap_or(0).max(1);
    let height = 60 + rows.len() * (BAR + GAP);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (number, name) in ["walk", "find", "emit"].into_iter().enumerate() {
        let (x, colour) = (LEFT + number * 80, COLOURS[number]);
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"14\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"24\">{name}</text>",
            x + 18
        );
    }
    for (number, row) in rows.iter().enumerate() {
        let y = 44 + number * (BAR + GAP);
        let middle = y + BAR - 5;
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{} ({})</text>",
            LEFT - 8,
            escaped(&row.title),
            row.calls
        );
        let mut x = LEFT as u64;
        for (micros, colour) in row.micros.iter().zip(COLOURS) {
            let width = micros.saturating_mul(LONGEST) / most;
            let _ = writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{BAR}\" fill=\"{colour}\"/>"
            );
            x += width;
        }
        let total = millis(row.total());
        let _ = writeln!(out, "<text x=\"{}\" y=\"{middle}\">{total}</text>", x + 6);
    }
    out.push_str("</svg>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use macro_bridge::digest::Digest;

    use super::*;
    use crate::trace::{Place, Site};

    fn trace() -> Trace {
        let [a, b] = ["a", "b"].map(|text| Digest::of(text.as_bytes()));
        let site = |key, title: &str| {
            let site = Site { place: Place::default(), title: title.into(), key };
            (site, BTreeSet::new())
        };
        let took = |key, how: &str, micros| Took { key, how: how.into(), micros };
        Trace {
            sites: [site(a, "x::a"), site(b, "x::<b>")].into(),
            took: vec![
                took(a, "recorded", [100, 10, 1]),
                took(b, "recorded", [1_000, 200, 30]),
                took(a, "macro-server", [100, 3_000, 9]),
            ],
            ..Trace::default()
        }
    }

    #[test]
    fn calls_are_added_and_the_dearest_is_first() {
        let text = table(&rows(&trace()));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[1].starts_with("x::a ") && lines[1].contains("3.22 ms"), "{text}");
        assert!(lines[1].ends_with("1610 µs  macro-server 1, recorded 1"), "{text}");
        assert!(lines[3].starts_with("all ") && lines[3].contains("4.45 ms"), "{text}");
    }

    #[test]
    fn the_picture_has_a_bar_for_each() {
        let text = svg(&rows(&trace()));
        assert_eq!(text.matches(&format!("height=\"{BAR}\"")).count(), 6, "{text}");
        assert!(text.contains("x::&lt;b&gt; (1)") && text.ends_with("</svg>\n"), "{text}");
    }
}
