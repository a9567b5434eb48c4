//! What questions at compile time were to cost at most.

use super::{Goal, at_most};
use crate::bench::answers::section::added_by;
use crate::bench::answers::{MANY, SITES};
use crate::bench::samples::Samples;
use crate::bench::statistics::{median, ratio};
use crate::bench::units::{self, spread, time};

/// All of them.
pub(super) fn goals(samples: &Samples) -> Vec<Goal> {
    let added = |way: &str, without: &str| added_by(samples, way, without);
    let middle = |way: &str, without: &str| time(median(&added(way, without)));
    let (live, recorded) = (added("live", "hand"), added("recorded-cached", "hand"));
    let beside = added("recorded-cached", "quiet-cached");
    let against = |theirs: &str, ours: &[f64]| units::ratio(ratio(&added(theirs, "plain"), ours));
    let mut goals = vec![
        within(
            &format!("{SITES} questions to a running cell: at most 0.5 s added to the build"),
            &live,
            0.5,
            format!(
                "to constants written by hand; {} of it also for as many macro calls that ask nothing; \
                 sqlx online adds {}, {} times as much",
                middle("quiet", "hand"),
                middle("online", "plain"),
                against("online", &live)
            ),
        ),
        within(
            &format!("{SITES} recorded answers: at most 10 ms added, to constants written by hand"),
            &recorded,
            10e-3,
            format!(
                "{} of it are macro calls that are hits of the expansion cache; sqlx offline adds {}, {} \
                 times as much",
                middle("quiet-cached", "hand"),
                middle("offline", "plain"),
                against("offline", &recorded)
            ),
        ),
        within(
            "The same: at most 10 ms added, to macro calls that ask nothing",
            &beside,
            10e-3,
            format!("expanded anew {}", middle("recorded", "quiet")),
        ),
    ];
    let question = |what: &str| time(samples.median(&format!("answers/question/{what}")));
    goals.push(within(
        "One question: at most 200 µs above the cell's own answer time",
        samples.get("answers/question/above"),
        200e-6,
        format!(
            "recorded as well; a macro call takes {} with it and {} without, a client's call of the method {}",
            question("live"),
            question("quiet"),
            question("call")
        ),
    ));
    for command in ["sync", "check"] {
        let work = samples.median(&format!("answers/many-processor/{command}"));
        goals.push(within(
            &format!("`cell {command}` of {MANY} recorded answers, nothing changed: at most 1 s"),
            samples.get(&format!("answers/many/{command}")),
            1.0,
            format!("{} of processor time", time(work)),
        ));
    }
    goals
}

/// The median of samples that is to be at most `limit`, shown with what half of them are.
fn within(what: &str, all: &[f64], limit: f64, reason: String) -> Goal {
    at_most(what, median(all), limit, spread(all), reason)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn what_is_added_is_judged_and_not_the_build() {
        let mut samples = Samples::default();
        for (name, value) in [
            ("build/hand", 2.0),
            ("build/live", 2.4),
            ("build/recorded-cached", 2.05),
            ("build/quiet-cached", 2.045),
            ("build/plain", 3.0),
            ("build/online", 7.0),
            ("question/above", 300e-6),
            ("many/sync", 0.9),
        ] {
            samples.push(format!("answers/{name}"), value);
        }
        let goals = goals(&samples);
        let find = |part: &str| goals.iter().find(|goal| goal.what.contains(part)).expect(part);
        assert_eq!(find("running cell").verdict, Verdict::Reached);
        assert!(find("running cell").reason.contains("adds 4.00 s, 10.00 (10.00 to 10.00) times"));
        assert_eq!(find("by hand").verdict, Verdict::NotReached);
        assert_eq!(find("ask nothing").verdict, Verdict::Reached);
        assert_eq!(find("One question").verdict, Verdict::NotReached);
        assert_eq!(find("cell sync").verdict, Verdict::Reached);
        assert_eq!(find("cell check").verdict, Verdict::NotMeasured);
    }
}
