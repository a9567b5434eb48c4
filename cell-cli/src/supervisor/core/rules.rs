//! How often and how soon a cell that fails is started again.

use std::time::Duration;

/// How patient a supervisor is.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Before the first restart; it doubles with each failure.
    pub(crate) first: Duration,
    /// No wait is longer, chance aside.
    pub(crate) longest: Duration,
    /// So many failures within `window` are too many.
    pub(crate) failures: usize,
    /// What happened before it is forgotten.
    pub(crate) window: Duration,
    /// A cell that was well for so long has no failures behind it.
    pub(crate) steady: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(200),
            longest: Duration::from_secs(10),
            failures: 5,
            window: Duration::from_secs(60),
            steady: Duration::from_secs(30),
        }
    }
}

/// How long to wait after so many failures: the doubled time, and up to half of it less or more, so
/// that cells that failed together do not come back together.
pub(super) fn delay(rules: &Rules, failures: u32, fraction: f64) -> Duration {
    let doubled = rules.first.saturating_mul(1 << failures.saturating_sub(1).min(20));
    doubled.min(rules.longest).mul_f64(0.5 + fraction)
}
