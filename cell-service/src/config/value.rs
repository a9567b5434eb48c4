//! Values as people write them into variables.

use std::time::Duration;

/// The fewest bytes that a bound on bytes may have: less than a small call would end all of them.
pub(super) const FEWEST: usize = 1024;

/// A number from 1 on.
pub(super) fn count(text: &str, most: usize) -> Option<usize> {
    digits(text)
        .and_then(|number| usize::try_from(number).ok())
        .filter(|it| (1..=most).contains(it))
}

/// `4096`, `64KiB`, `8MiB` or `1GiB`.
pub(super) fn bytes(text: &str, most: usize) -> Option<usize> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    let unit = units.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)));
    let (number, size) = unit.unwrap_or((text, 1));
    let bytes = digits(number)?.checked_mul(size)?;
    usize::try_from(bytes).ok().filter(|bytes| (FEWEST..=most).contains(bytes))
}

/// `250ms`, `10s`, `5m` or `1h`, a day at most.
pub(super) fn duration(text: &str) -> Option<Duration> {
    // `ms` before `s`, which it ends with.
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let (number, size) =
        units.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)))?;
    let milliseconds = digits(number)?.checked_mul(size)?;
    (1..=24 * 3_600_000).contains(&milliseconds).then(|| Duration::from_millis(milliseconds))
}

/// Digits alone: `+1` and ` 1` are mistakes.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let milliseconds = |text| duration(text).map(|it| it.as_millis());
        for (text, expected) in [("1ms", 1), ("10s", 10_000), ("5m", 300_000), ("24h", 86_400_000)]
        {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
        for text in ["", "s", "0s", "10", "-1s", "+1s", " 1s", "1 s", "25h", "1.5s", "1d"] {
            assert_eq!(duration(text), None, "{text}");
        }
        assert_eq!(duration("99999999999999999999h"), None);
    }

    #[test]
    fn bytes_and_counts() {
        assert_eq!(bytes("4096", 1 << 30), Some(4096));
        assert_eq!(bytes("64KiB", 1 << 30), Some(64 << 10));
        assert_eq!(bytes("1GiB", 1 << 30), Some(1 << 30));
        for text in ["", "1023", "2GiB", "1MB", "1 MiB", "-4096", "99999999999999GiB"] {
            assert_eq!(bytes(text, 1 << 30), None, "{text}");
        }
        assert_eq!((count("1", 9), count("9", 9)), (Some(1), Some(9)));
        for text in ["", "0", "10", "+1", "1.0", "one"] {
            assert_eq!(count(text, 9), None, "{text}");
        }
    }
}
