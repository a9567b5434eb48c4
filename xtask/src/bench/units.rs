//! Figures as words.

use super::statistics::{Ratio, quantile};

/// Seconds with three digits and a unit.
pub(crate) fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s.is_nan() => return "not measured".to_owned(),
        s if s.abs() < 1e-3 => (s * 1e6, "µs"),
        s if s.abs() < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    format!("{} {unit}", digits(value))
}

fn digits(value: f64) -> String {
    let digits = if value.abs() < 10.0 { 2 } else { usize::from(value.abs() < 100.0) };
    format!("{value:.digits$}")
}

/// The median, and between which values half of all samples lie.
pub(super) fn spread(samples: &[f64]) -> String {
    spread_in(samples, time)
}

/// The same in another unit than seconds.
pub(super) fn spread_in(samples: &[f64], unit: fn(f64) -> String) -> String {
    if samples.len() < 2 {
        return unit(quantile(samples, 0.5));
    }
    let [low, middle, high] = [0.25, 0.5, 0.75].map(|part| unit(quantile(samples, part)));
    format!("{middle} ({low} to {high})")
}

/// `0.43 (0.41 to 0.45)`
pub(super) fn ratio(found: Option<Ratio>) -> String {
    let text = |Ratio { middle, low, high }| format!("{middle:.2} ({low:.2} to {high:.2})");
    found.map_or_else(|| "not measured".to_owned(), text)
}

/// Many things, with three digits.
pub(super) fn count(number: f64) -> String {
    match number {
        n if n.is_nan() => "not measured".to_owned(),
        n if n < 1e3 => format!("{n:.0}"),
        n if n < 1e6 => format!("{} thousand", digits(n / 1e3)),
        n => format!("{} million", digits(n / 1e6)),
    }
}

/// Bytes, with three digits.
pub(super) fn bytes(number: f64) -> String {
    if number.is_nan() { "not measured".to_owned() } else { format!("{} kB", digits(number / 1e3)) }
}

/// A number of things.
pub(super) fn whole(number: f64) -> String {
    if number.is_nan() { "an unknown number of".to_owned() } else { format!("{number:.0}") }
}

/// `99.9 %`
pub(super) fn share(part: f64) -> String {
    if part.is_nan() { "not measured".to_owned() } else { format!("{:.1} %", part * 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        let check = |seconds, expected| assert_eq!(time(seconds), expected);
        check(1.234e-6, "1.23 µs");
        check(250e-6, "250 µs");
        check(12.345_678e-3, "12.3 ms");
        check(8.1, "8.10 s");
        check(-0.002, "-2.00 ms");
        check(f64::NAN, "not measured");
        assert_eq!(count(1_234_567.0), "1.23 million");
        assert_eq!(count(45_600.0), "45.6 thousand");
        assert_eq!((bytes(5_587.0), bytes(f64::NAN)), ("5.59 kB".into(), "not measured".into()));
        assert_eq!(share(0.9994), "99.9 %");
    }

    #[test]
    fn a_spread_needs_two() {
        assert_eq!(spread(&[1.0]), "1.00 s");
        assert_eq!(spread(&[1.0, 2.0, 3.0]), "2.00 s (1.50 s to 2.50 s)");
        assert_eq!(spread(&[]), "not measured");
        assert_eq!(ratio(None), "not measured");
    }
}
