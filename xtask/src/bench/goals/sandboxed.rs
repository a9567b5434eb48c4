//! What sandboxed macros were to cost an application at most.

use cell_tests::applications::ALL;

use super::{Goal, Verdict, at_most, ratio_at_most};
use crate::bench::samples::Samples;
use crate::bench::sandboxed::sample;
use crate::bench::sandboxed::section::{BOTH, slowest};
use crate::bench::statistics::{quantile, ratio};
use crate::bench::units::time;

/// Seconds that a crate may take to be added, after the first.
const ADD: f64 = 15.0;

/// All of them.
pub(super) fn goals(samples: &Samples) -> Vec<Goal> {
    ALL.iter().flat_map(|application| of(samples, application.name)).collect()
}

fn of(samples: &Samples, name: &str) -> Vec<Goal> {
    let sides = ["sandboxed", "native"];
    let mut goals: Vec<Goal> = BOTH
        .iter()
        .map(|(key, what)| {
            let both = |key: &str| sides.map(|side| samples.median(&sample(name, key, side)));
            let against = |key: &str| both(key).map(time).join(" against ");
            let [ours, native] = sides.map(|side| samples.get(&sample(name, key, side)));
            ratio_at_most(
                &format!("{name}, {what}, components present: at most 1.0 times native"),
                ratio(ours, native),
                1.0,
                format!("of processor time {}", against(&format!("{key}-processor"))),
            )
        })
        .collect();
    let later = samples.get(&sample(name, "add", "later"));
    let above = later.iter().filter(|took| **took > ADD).count();
    let worst = quantile(later, 1.0);
    let goal = at_most(
        &format!("{name}, `cell sandbox add --all`: at most 15 s for each crate after the first"),
        worst,
        ADD,
        format!("{} of {} above, at most {}", above, later.len(), time(worst)),
        format!("slowest: {}", slowest(samples, name)),
    );
    let measured =
        if goal.verdict == Verdict::NotMeasured { time(f64::NAN) } else { goal.measured };
    goals.push(Goal { measured, ..goal });
    goals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_builds_are_judged_by_their_ratio_and_crates_by_the_slowest() {
        let mut samples = Samples::default();
        for (side, took) in [("native", 10.0), ("sandboxed", 8.0)] {
            samples.push(sample("mdbook", "build", side), took);
            samples.push(sample("mdbook", "edit", side), 2.0 - took / 10.0);
        }
        for (krate, took) in [("a 1.0.0", 9.0), ("b 2.0.0", 21.0), ("c 3.0.0", 10.0)] {
            samples.push(sample("mdbook", "add", "later"), took);
            samples.push(sample("mdbook", "added", krate), took);
        }
        let goals = goals(&samples);
        let of = |what: &str| goals.iter().find(|goal| goal.what.contains(what)).unwrap();
        assert_eq!(of("mdbook, clean debug build").verdict, Verdict::Reached);
        assert_eq!(of("mdbook, `cargo check` after").verdict, Verdict::NotReached);
        assert_eq!(of("mdbook, clean `cargo check`").verdict, Verdict::NotMeasured);
        let add = of("mdbook, `cell sandbox add --all`");
        assert_eq!(
            (add.verdict, &*add.measured),
            (Verdict::NotReached, "1 of 3 above, at most 21.0 s")
        );
        assert_eq!(add.reason, "slowest: `b 2.0.0` 21.0 s, `c 3.0.0` 10.0 s");
        assert_eq!(of("miniserve, `cell sandbox add --all`").measured, "not measured");
    }
}
