//! Latency and throughput over time, with the moments at which a cell was killed.

use std::fmt::Write as _;

use super::report::Stage;
use super::series::Row;
use crate::bench::plot::{escaped, start};
use crate::bench::units::time;

/// Where both plots begin and end.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 830.0;
/// Top and bottom of latency, and of throughput.
const LATENCY: [f64; 2] = [62.0, 262.0];
const THROUGHPUT: [f64; 2] = [308.0, 428.0];
const HEIGHT: usize = 478;
/// Microseconds at the bottom and the top of the scale, by powers of ten.
const DECADES: [u32; 2] = [1, 7];

const LINES: [&str; 3] = ["p50", "p99", "longest"];

/// The plot of a stage.
pub(super) fn draw(stage: &Stage) -> String {
    let rows = &stage.rows;
    let interval = rows.get(1).map_or(50, |row| row.at.max(1));
    let end = rows.last().map_or(1, |row| row.at + interval) as f64;
    let across = |ms: f64| LEFT + (ms / end).clamp(0.0, 1.0) * (RIGHT - LEFT);
    let middle = |row: &Row| across(row.at as f64 + interval as f64 / 2.0);
    let mut out = start(&format!("{}: latency and throughput", stage.what()), HEIGHT);

    frame(&mut out, LATENCY, "latency");
    for decade in DECADES[0]..=DECADES[1] {
        let y = log(10f64.powi(decade as i32));
        grid(&mut out, y, &time(10f64.powi(decade as i32) / 1e6));
    }
    for (number, name) in LINES.iter().enumerate() {
        let points = rows.iter().map(|row| Some((middle(row), log(row.latency?[number] as f64))));
        line(&mut out, number, points);
        key(&mut out, number, number, name);
    }

    frame(&mut out, THROUGHPUT, "transfers a second");
    let per_second = |row: &Row| row.done as f64 * 1e3 / interval as f64;
    let most = round_up(rows.iter().map(per_second).fold(1.0, f64::max));
    let [top, bottom] = THROUGHPUT;
    let height = |value: f64| bottom - value / most * (bottom - top);
    for part in [0.0, 0.5, 1.0] {
        grid(&mut out, height(most * part), &super::with_commas((most * part) as u64));
    }
    // The last interval was not over when the load was.
    let whole = rows.iter().take(rows.len().saturating_sub(1));
    let points = whole.map(|row| Some((middle(row), height(per_second(row)))));
    line(&mut out, LINES.len(), points);
    key(&mut out, LINES.len(), LINES.len(), "throughput");

    for (cell, at) in &stage.killed {
        mark(&mut out, across(*at as f64), &format!("kill -9 {cell}"));
    }
    for (part, anchor) in [(0.0, "start"), (0.5, "middle"), (1.0, "end")] {
        let (x, y) = (across(end * part), bottom + 18.0);
        let text = format!("{:.1} s", end * part / 1e3);
        let _ =
            writeln!(out, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\">{text}</text>");
    }
    out.push_str("</svg>\n");
    out
}

/// Where so many microseconds are.
fn log(micros: f64) -> f64 {
    let [least, most] = DECADES.map(f64::from);
    let part = (micros.max(1.0).log10() - least) / (most - least);
    let [top, bottom] = LATENCY;
    bottom - part.clamp(0.0, 1.0) * (bottom - top)
}

/// The next number of the sort 1, 2 or 5 with zeros.
fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    let found = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power);
    found.into_iter().find(|round| *round >= value).unwrap_or(value)
}

fn frame(out: &mut String, [top, bottom]: [f64; 2], name: &str) {
    let _ = writeln!(out, "<path class=\"thin\" d=\"M{LEFT} {top}V{bottom}H{RIGHT}\"/>");
    let y = top - 14.0;
    let _ = writeln!(out, "<text x=\"10\" y=\"{y}\">{}</text>", escaped(name));
}

fn grid(out: &mut String, y: f64, text: &str) {
    let (x, below) = (LEFT - 6.0, y + 4.0);
    let _ = writeln!(
        out,
        "<path class=\"thin\" stroke-opacity=\"0.2\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>\
         <text x=\"{x}\" y=\"{below:.1}\" text-anchor=\"end\">{}</text>",
        escaped(text)
    );
}

/// A line with a gap where there is no point.
fn line(out: &mut String, colour: usize, points: impl Iterator<Item = Option<(f64, f64)>>) {
    let mut path = String::new();
    let mut drawn = false;
    for point in points {
        if let Some((x, y)) = point {
            let _ = write!(path, "{}{x:.1} {y:.1}", if drawn { 'L' } else { 'M' });
        }
        drawn = point.is_some();
    }
    let _ = writeln!(out, "<path class=\"c{colour} line\" d=\"{path}\"/>");
}

fn key(out: &mut String, colour: usize, place: usize, name: &str) {
    let x = LEFT + 100.0 * place as f64;
    let (box_y, text_y) = (HEIGHT - 22, HEIGHT - 12);
    let text_x = x + 18.0;
    let _ = writeln!(
        out,
        "<rect class=\"c{colour}\" x=\"{x}\" y=\"{box_y}\" width=\"12\" height=\"12\"/>\
         <text x=\"{text_x}\" y=\"{text_y}\">{}</text>",
        escaped(name)
    );
}

fn mark(out: &mut String, x: f64, text: &str) {
    let ([top, _], [_, bottom]) = (LATENCY, THROUGHPUT);
    let (label_x, label_y) = (x + 4.0, top + 10.0);
    let _ = writeln!(
        out,
        "<path class=\"c4 line\" stroke-dasharray=\"4 3\" d=\"M{x:.1} {top}V{bottom}\"/>\
         <text x=\"{label_x:.1}\" y=\"{label_y}\">{}</text>",
        escaped(text)
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_points_inside() {
        assert_eq!(
            [1.0, 3.0, 42_000.0, 50_000.0, 99.0].map(round_up),
            [1.0, 5.0, 50_000.0, 50_000.0, 100.0]
        );
        for micros in [0.0, 1.0, 1e3, 1e12] {
            assert!((LATENCY[0]..=LATENCY[1]).contains(&log(micros)), "{micros}");
        }
        assert!(log(10.0) > log(100.0));
    }

    #[test]
    fn a_line_has_a_gap_where_nothing_was() {
        let mut out = String::new();
        line(&mut out, 0, [Some((1.0, 1.0)), Some((2.0, 2.0)), None, Some((4.0, 4.0))].into_iter());
        assert!(out.contains("M1.0 1.0L2.0 2.0M4.0 4.0"), "{out}");
    }
}
