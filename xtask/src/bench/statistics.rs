//! Medians, quartiles, and how sure a ratio is.

/// The middle one; the mean of both if there are two.
pub(super) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The value below which a part of all values lies, between two of them in proportion.
pub(super) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = part.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    low + (high - low) * place.fract()
}

/// A ratio of pairs that were measured in turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ratio {
    /// The median of the ratios of the pairs.
    pub(super) middle: f64,
    /// Where that median lies in 95 of 100 repetitions of all this.
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Draws of the bootstrap: enough for two digits of an interval.
const DRAWS: usize = 1_000;

/// How often the first is as large as the second. `None` without pairs.
pub(super) fn ratio(first: &[f64], second: &[f64]) -> Option<Ratio> {
    interval(first.iter().zip(second).map(|(first, second)| first / second).collect())
}

/// The median of values and its interval, by the bootstrap: medians of as many values drawn from
/// these, again and again. The draws are the same in each run.
pub(super) fn interval(values: Vec<f64>) -> Option<Ratio> {
    if values.is_empty() {
        return None;
    }
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        // xorshift64: plain, and good enough to choose samples with.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % values.len()
    };
    let medians: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let mut drawn: Vec<f64> = (0..values.len()).map(|_| values[next()]).collect();
            let middle = drawn.len() / 2;
            *drawn.select_nth_unstable_by(middle, f64::total_cmp).1
        })
        .collect();
    let (low, high) = (quantile(&medians, 0.025), quantile(&medians, 0.975));
    Some(Ratio { middle: median(&values), low, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 10.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 10.0]), 3.0);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn quantiles_are_between_values() {
        let values = [4.0, 1.0, 3.0, 2.0, 5.0];
        assert_eq!(quantile(&values, 0.25), 2.0);
        assert_eq!(quantile(&values, 0.75), 4.0);
        assert_eq!(quantile(&values, 1.0), 5.0);
        assert!((quantile(&values, 0.99) - 4.96).abs() < 1e-9);
    }

    #[test]
    fn ratios_are_of_pairs() {
        // Both slow down together; their ratio does not.
        let (first, second) = ([1.0, 2.0, 10.0, 4.0], [2.0, 4.0, 20.0, 8.0]);
        assert_eq!(ratio(&first, &second), Some(Ratio { middle: 0.5, low: 0.5, high: 0.5 }));
        assert_eq!(ratio(&[], &second), None);
    }

    #[test]
    fn intervals_hold_the_median_and_grow_with_the_spread() {
        let values = |spread: f64| (0..20).map(|n| 1.0 + spread * f64::from(n % 5)).collect();
        let (calm, wild) = (interval(values(0.01)).unwrap(), interval(values(0.2)).unwrap());
        for found in [calm, wild] {
            assert!(found.low <= found.middle && found.middle <= found.high, "{found:?}");
        }
        assert!(wild.high - wild.low > calm.high - calm.low);
        assert_eq!(interval(values(0.2)), interval(values(0.2)));
    }
}
