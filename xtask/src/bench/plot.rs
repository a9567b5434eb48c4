//! Plots as SVG text, readable on light and on dark pages. Bars and lines are all that is needed, so
//! no library draws them, as in `cell timings --svg`.

use std::fmt::Write as _;

const WIDTH: usize = 860;
/// Where bars begin, and the length of the longest.
const LEFT: usize = 300;
const LONGEST: f64 = 400.0;
/// Height of a bar and of the space below it.
const BAR: usize = 18;
const GAP: usize = 8;

/// Colours that people who see few of them can tell apart, for light pages and for dark ones. There
/// is no background: the page has one.
const STYLE: &str = "<style>\n\
    text { fill: #1f2328 }\n\
    .thin { stroke: #1f2328; fill: none }\n\
    .c0 { fill: #0072b2; stroke: #0072b2 } .c1 { fill: #e69f00; stroke: #e69f00 }\n\
    .c2 { fill: #009e73; stroke: #009e73 } .c3 { fill: #cc79a7; stroke: #cc79a7 }\n\
    .c4 { fill: #d55e00; stroke: #d55e00 } .c5 { fill: #8c959f; stroke: #8c959f }\n\
    .line { fill: none; stroke-width: 2 }\n\
    @media (prefers-color-scheme: dark) {\n\
    text { fill: #e6edf3 }\n\
    .thin { stroke: #e6edf3 }\n\
    .c0 { fill: #56b4e9; stroke: #56b4e9 } .c1 { fill: #f0c04a; stroke: #f0c04a }\n\
    .c2 { fill: #2fc49a; stroke: #2fc49a } .c3 { fill: #e3a2c6; stroke: #e3a2c6 }\n\
    .c4 { fill: #ff8a4a; stroke: #ff8a4a } .line { fill: none }\n\
    }\n</style>\n";
/// How many there are.
const COLOURS: usize = 6;

/// A bar: a label, a colour, a length, and between which values half of all samples lie.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) colour: usize,
    pub(super) low: f64,
    pub(super) middle: f64,
    pub(super) high: f64,
}

/// Horizontal bars with the spread on top. What was not measured is left out.
pub(super) fn bars(title: &str, bars: &[Bar], unit: fn(f64) -> String) -> String {
    let known = || bars.iter().filter(|bar| bar.middle.is_finite());
    let most = known().map(|bar| bar.high.max(bar.middle)).fold(0.0, f64::max);
    let scale = if most > 0.0 { LONGEST / most } else { 0.0 };
    let mut out = head(title, known().count());
    for (row, Bar { label, colour, low, middle, high }) in known().enumerate() {
        let y = top(row);
        name(&mut out, label, y);
        let _ = writeln!(
            out,
            "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{:.1}\" height=\"{BAR}\" class=\"c{}\"/>",
            (middle * scale).max(0.0),
            colour % COLOURS
        );
        let (from, to) = (LEFT as f64 + low * scale, LEFT as f64 + high * scale);
        let (up, mid, down) = (y + 4, y + BAR / 2, y + BAR - 4);
        let _ = writeln!(
            out,
            "<path class=\"thin\" d=\"M{from:.1} {up}V{down}M{from:.1} {mid}H{to:.1}M{to:.1} {up}V{down}\"/>"
        );
        let end = LEFT as f64 + middle.max(*high) * scale;
        value(&mut out, end, y, &unit(*middle));
    }
    out.push_str("</svg>\n");
    out
}

/// Horizontal bars of parts, with the names of the parts above.
pub(super) fn stacked(
    title: &str,
    parts: &[&str],
    rows: &[(String, Vec<f64>)],
    unit: fn(f64) -> String,
) -> String {
    let known = || rows.iter().filter(|(_, parts)| parts.iter().all(|part| part.is_finite()));
    let most = known().map(|(_, parts)| parts.iter().sum()).fold(0.0, f64::max);
    let scale = if most > 0.0 { LONGEST / most } else { 0.0 };
    let mut out = head(title, known().count() + 1);
    legend(&mut out, parts);
    for (row, (label, parts)) in known().enumerate() {
        let y = top(row + 1);
        name(&mut out, label, y);
        let mut x = LEFT as f64;
        for (part, length) in parts.iter().enumerate() {
            let width = (length * scale).max(0.0);
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{BAR}\" class=\"c{}\"/>",
                part % COLOURS
            );
            x += width;
        }
        value(&mut out, x, y, &unit(parts.iter().sum()));
    }
    out.push_str("</svg>\n");
    out
}

/// Lines over steps that are equally far from each other, each line with its name and last value.
pub(super) fn lines(
    title: &str,
    steps: &[String],
    series: &[(String, Vec<Option<f64>>)],
    unit: fn(f64) -> String,
) -> String {
    const HEIGHT: f64 = 180.0;
    const LENGTH: f64 = 560.0;
    let most = series.iter().flat_map(|(_, values)| values.iter().flatten()).copied();
    let most = most.filter(|value| value.is_finite()).fold(0.0, f64::max);
    let scale = if most > 0.0 { HEIGHT / most } else { 0.0 };
    let wide = LENGTH / steps.len().saturating_sub(1).max(1) as f64;
    let place =
        |step: usize, value: f64| (40.0 + step as f64 * wide, 40.0 + HEIGHT - value * scale);
    let legend = 40 + HEIGHT as usize + 44;
    let mut out = start(title, legend + series.len() * 18);
    let (bottom, right) = (40.0 + HEIGHT, 40.0 + LENGTH);
    let _ = writeln!(out, "<path class=\"thin\" d=\"M40 40V{bottom}H{right}\"/>");
    for (number, (name, values)) in series.iter().enumerate() {
        let points = values.iter().enumerate();
        let points: Vec<(f64, f64)> =
            points.filter_map(|(step, value)| Some(place(step, (*value)?))).collect();
        let colour = number % COLOURS;
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(out, "<polyline class=\"c{colour} line\" points=\"{}\"/>", path.join(" "));
        for (x, y) in points {
            let _ =
                writeln!(out, "<circle class=\"c{colour}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
        }
        let y = legend + number * 18;
        let last =
            values.iter().rev().flatten().next().map_or_else(String::new, |last| unit(*last));
        let _ = writeln!(
            out,
            "<rect class=\"c{colour}\" x=\"40\" y=\"{}\" width=\"12\" height=\"12\"/>\
             <text x=\"60\" y=\"{y}\">{}: {}</text>",
            y - 10,
            escaped(name),
            escaped(&last)
        );
    }
    let ends = [(0, "start"), (steps.len().saturating_sub(1), "end")];
    for (step, anchor) in ends.into_iter().take(steps.len()) {
        let (x, _) = place(step, 0.0);
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            bottom + 18.0,
            escaped(&steps[step])
        );
    }
    out.push_str("</svg>\n");
    out
}

fn head(title: &str, rows: usize) -> String {
    start(title, top(rows) + 4)
}

pub(crate) fn start(title: &str, height: usize) -> String {
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\" \
         role=\"img\">\n<title>{title}</title>\n{STYLE}\
         <text x=\"10\" y=\"20\" font-size=\"14\" font-weight=\"bold\">{title}</text>\n"
    )
}

fn top(row: usize) -> usize {
    36 + row * (BAR + GAP)
}

fn name(out: &mut String, label: &str, y: usize) {
    let (x, y) = (LEFT - 8, y + BAR - 5);
    let _ =
        writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{}</text>", escaped(label));
}

fn value(out: &mut String, x: f64, y: usize, text: &str) {
    let (x, y) = (x + 6.0, y + BAR - 5);
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y}\">{}</text>", escaped(text));
}

fn legend(out: &mut String, parts: &[&str]) {
    for (number, part) in parts.iter().enumerate() {
        let (x, y) = (LEFT + number * 90, top(0));
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"12\" height=\"12\" class=\"c{}\"/>\
             <text x=\"{}\" y=\"{}\">{}</text>",
            number % COLOURS,
            x + 18,
            y + 10,
            escaped(part)
        );
    }
}

pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::units::time;
    use super::*;

    /// Every element that begins ends, in the right order, and attributes have values.
    fn assert_well_formed(svg: &str) {
        let mut open = Vec::new();
        let mut rest = svg;
        while let Some((text, after)) = rest.split_once('<') {
            assert!(!text.contains('>') || open.last() == Some(&"style"), "{text}");
            let (tag, after) = after.split_once('>').expect("a tag ends");
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split([' ', '\n']).next().unwrap_or(""));
            }
            assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        }
        assert!(open.is_empty(), "{open:?}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(svg.contains("prefers-color-scheme: dark") && svg.ends_with("</svg>\n"));
    }

    fn bar(label: &str, middle: f64) -> Bar {
        Bar { label: label.to_owned(), colour: 7, low: middle * 0.9, middle, high: middle * 1.1 }
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let svg =
            bars("a <b> & c", &[bar("x", 1.0), bar("y & z", 2.0), bar("none", f64::NAN)], time);
        assert_well_formed(&svg);
        assert_eq!(svg.matches(&format!("height=\"{BAR}\"")).count(), 2, "{svg}");
        assert!(svg.contains("width=\"181.8\"") && svg.contains("width=\"363.6\""), "{svg}");
        assert!(svg.contains("y &amp; z") && svg.contains("a &lt;b&gt; &amp; c"));
        assert_well_formed(&bars("nothing", &[], time));
    }

    #[test]
    fn parts_stand_beside_each_other() {
        let rows = [("r".to_owned(), vec![1.0, 3.0]), ("n".to_owned(), vec![f64::NAN, 1.0])];
        let svg = stacked("s", &["walk", "emit"], &rows, time);
        assert_well_formed(&svg);
        assert!(svg.contains("x=\"300.0\"") && svg.contains("x=\"400.0\""), "{svg}");
        assert!(svg.contains(">4.00 s<"), "{svg}");
    }

    #[test]
    fn lines_have_a_point_for_each_value() {
        let steps = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let series = [
            ("one".to_owned(), vec![Some(1.0), None, Some(2.0)]),
            ("two".to_owned(), vec![None, None, None]),
        ];
        let svg = lines("trend", &steps, &series, time);
        assert_well_formed(&svg);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert_well_formed(&lines("none", &[], &[], time));
        assert_well_formed(&lines("one", &steps[..1], &[("x".into(), vec![Some(1.0)])], time));
    }
}
