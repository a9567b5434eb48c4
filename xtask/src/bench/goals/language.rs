//! What becomes of an expansion behind the guest was to cost at most.

use super::{Goal, at_most, ratio_at_most};
use crate::bench::language::section::{PARTS, policy, stack, whole};
use crate::bench::language::{ITEMS, sample};
use crate::bench::samples::Samples;
use crate::bench::statistics::{Ratio, median};
use crate::bench::units::{share, time};

/// All of them.
pub(super) fn goals(samples: &Samples) -> Vec<Goal> {
    let mut goals: Vec<Goal> =
        ITEMS.iter().map(|(item, what)| share_of(samples, item, what)).collect();
    let of = |part: &str| time(samples.median(&sample(part, "Six")));
    goals.push(ratio_at_most(
        "A stack of six macros: at most 1.3 times the sum of each alone",
        stack(samples),
        1.3,
        format!(
            "{} against {}; in a stack each is asked first what it tells the others, which none is alone",
            of("engine"),
            of("alone"),
        ),
    ));
    goals
}

/// The policy's share, with the others' for comparison.
fn share_of(samples: &Samples, item: &str, what: &str) -> Goal {
    let found = policy(samples, item);
    let value = found.map_or(f64::NAN, |found| found.middle);
    let shown = found.map_or_else(
        || time(f64::NAN),
        |Ratio { middle, low, high }| {
            format!("{} ({} to {})", share(middle), share(low), share(high))
        },
    );
    let all = median(&whole(samples, item));
    let of = |name: &str| {
        let part = PARTS.iter().find(|(part, _)| *part == name);
        share(part.map_or(f64::NAN, |(_, part)| median(&part(samples, item))) / all)
    };
    let reason = format!(
        "{} of {} in the engine; of all of it, rustc's side too, composition is {} and spans are {}",
        time(samples.median(&sample("policy", item))),
        time(samples.median(&sample("engine", item))),
        of("composition"),
        of("spans"),
    );
    let what = format!("The output policy: at most 5 % of a warm expansion, {what}");
    at_most(&what, value, 0.05, shown, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::goals::Verdict;

    #[test]
    fn the_policy_is_judged_by_its_share_and_a_stack_by_its_parts() {
        let mut samples = Samples::default();
        for (part, took) in [("policy", 6e-6), ("engine", 100e-6), ("alone", 80e-6)] {
            (0..5).for_each(|_| samples.push(sample(part, "Six"), took));
        }
        let goals = goals(&samples);
        let of = |what: &str| goals.iter().find(|goal| goal.what.contains(what)).unwrap();
        assert_eq!(of("10 fields").verdict, Verdict::NotMeasured);
        let six = of("six attributes");
        let shown = "6.0 % (6.0 % to 6.0 %)";
        assert_eq!((six.verdict, six.measured.as_str()), (Verdict::NotReached, shown));
        let stack = of("stack of six");
        let shown = "1.25 (1.25 to 1.25)";
        assert_eq!((stack.verdict, stack.measured.as_str()), (Verdict::Reached, shown));
    }
}
