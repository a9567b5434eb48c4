//! What was to be reached, what was measured, and why the one is not the other.

mod answers;
mod language;
mod sandboxed;
mod services;

use super::samples::Samples;
use super::statistics::{Ratio, interval, quantile, ratio};
use super::units::{self, share, time};

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Reached,
    NotReached,
    NotMeasured,
}

impl Verdict {
    /// For the table.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Reached => "reached",
            Self::NotReached => "**not reached**",
            Self::NotMeasured => "not measured",
        }
    }
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    pub(super) what: String,
    pub(super) measured: String,
    pub(super) verdict: Verdict,
    /// Where the time goes, or what the figure says and does not say.
    pub(super) reason: String,
}

/// A value that is to be at most `limit`.
fn at_most(what: &str, value: f64, limit: f64, shown: String, reason: String) -> Goal {
    let verdict = match value {
        value if value.is_nan() => Verdict::NotMeasured,
        value if value <= limit => Verdict::Reached,
        _ => Verdict::NotReached,
    };
    Goal { what: what.to_owned(), measured: shown, verdict, reason }
}

/// The median of a ratio that is to be at most `limit`; the reason says if the interval holds both.
fn ratio_at_most(what: &str, found: Option<Ratio>, limit: f64, reason: String) -> Goal {
    let value = found.map_or(f64::NAN, |ratio| ratio.middle);
    let reason = reason + &doubt(found, limit);
    at_most(what, value, limit, units::ratio(found), reason)
}

/// The median of a ratio that is to be at least `least`.
fn ratio_at_least(what: &str, found: Option<Ratio>, least: f64, reason: String) -> Goal {
    let goal = ratio_at_most(what, found, least, reason);
    let verdict = match found {
        None => Verdict::NotMeasured,
        Some(found) if found.middle >= least => Verdict::Reached,
        Some(_) => Verdict::NotReached,
    };
    Goal { verdict, ..goal }
}

/// What is to be said where more rounds might say something else.
fn doubt(found: Option<Ratio>, limit: f64) -> String {
    let open = found.is_some_and(|found| found.low <= limit && limit < found.high);
    String::from(if open { "; the interval holds the limit" } else { "" })
}

/// A ratio of two that are to be alike: it is missed only if the interval is above one.
fn at_most_alike(what: &str, found: Option<Ratio>, reason: String) -> Goal {
    let value = found.map_or(f64::NAN, |ratio| ratio.low);
    let reason = reason + &doubt(found, 1.0);
    at_most(what, value, 1.0, units::ratio(found), reason)
}

/// What is known beside samples.
pub(super) struct Facts {
    /// Bytes of the component.
    pub(super) component: u64,
}

/// The goals of a part.
pub(super) fn of(part: &str, samples: &Samples, facts: &Facts) -> Vec<Goal> {
    let mut goals = match part {
        super::builds::PART => builds(samples),
        super::server::PART => {
            let mut goals = calls(samples);
            goals.extend(firsts(samples, facts));
            goals
        }
        super::workspace::PART => workspace(samples),
        super::market::PART => vec![market(samples)],
        super::calls::PART => services::goals(samples),
        super::answers::PART => answers::goals(samples),
        super::sandboxed::PART => sandboxed::goals(samples),
        super::language::PART => language::goals(samples),
        super::instructions::PART => vec![instructions(samples)],
        _ => Vec::new(),
    };
    // What is made of figures that are not there says nothing.
    for goal in goals.iter_mut().filter(|goal| goal.verdict == Verdict::NotMeasured) {
        goal.reason.clear();
    }
    goals
}

fn instructions(samples: &Samples) -> Goal {
    let counted = samples.median("instructions/optimised/component");
    Goal {
        what: "Instruction counts (callgrind) of a warm expansion in the report".to_owned(),
        measured: units::count(counted),
        verdict: if counted.is_nan() { Verdict::NotMeasured } else { Verdict::Reached },
        reason: "all of the call, engine inside rustc, 10 fields".to_owned(),
    }
}

/// What each sample of one is more than that of another of the same round.
pub(super) fn difference(samples: &Samples, more: &str, less: &str) -> Vec<f64> {
    let (more, less) = (samples.get(more), samples.get(less));
    more.iter().zip(less).map(|(more, less)| more - less).collect()
}

fn builds(samples: &Samples) -> Vec<Goal> {
    let added = |key: &str| difference(samples, &format!("build/{key}"), "build/nothing");
    let (thin, serde) = (added("thin"), added("serde"));
    let work = samples.median("build-processor/thin") - samples.median("build-processor/nothing");
    let middle = quantile(&thin, 0.5);
    let mut goals = vec![
        at_most(
            "Added clean debug build of a crate using one macro through the thin host: at most 2.0 s",
            middle,
            2.0,
            units::spread(&thin),
            format!("{} of processor time; its crates wait for each other", time(work)),
        ),
        ratio_at_most(
            "The same: at most 0.5 times `serde` with derive",
            ratio(&thin, &serde),
            0.5,
            format!("`serde` adds {}", time(quantile(&serde, 0.5))),
        ),
    ];
    for (what, key, count) in [
        ("A second component: at most 0.1 s", "components-2", 1.0),
        ("Each of five components after the first: at most 0.1 s", "components-5", 4.0),
    ] {
        let more = difference(samples, &format!("build/{key}"), "build/thin");
        let each: Vec<f64> = more.iter().map(|more| more / count).collect();
        let found = interval(each);
        let shown = found.map_or_else(
            || time(f64::NAN),
            |Ratio { middle, low, high }| {
                format!("{} ({} to {})", time(middle), time(low), time(high))
            },
        );
        let value = found.map_or(f64::NAN, |found| found.middle);
        let reason = format!("with its interval, from pairs of builds{}", doubt(found, 0.1));
        goals.push(at_most(what, value, 0.1, shown, reason));
    }
    goals
}

fn calls(samples: &Samples) -> Vec<Goal> {
    let name = |profile: &str, way: &str, fields: usize| format!("warm/{profile}/{way}/{fields}");
    let server = name("dev", "server", 10);
    let (p50, p99) = (samples.median(&server), samples.quantile(&server, 0.99));
    let against = |profile: &str, fields| {
        let [server, native] = ["server", "native"].map(|way| name(profile, way, fields));
        ratio(samples.get(&server), samples.get(&native))
    };
    let parts = |profile: &str, fields| {
        let cached = samples.median(&name(profile, "cached", fields));
        let server = samples.median(&name(profile, "server", fields));
        let native = samples.median(&name(profile, "native", fields));
        format!(
            "{}, of which a hit of the cache would take {}, so the server and the way to it {}; native {}",
            time(server),
            time(cached),
            time(server - cached),
            time(native)
        )
    };
    vec![
        at_most(
            "Warm expansion through the server, whole call from inside rustc, 10 fields: p50 at most 250 µs",
            p50,
            250e-6,
            time(p50),
            parts("dev", 10),
        ),
        at_most(
            "The same: p99 at most 600 µs",
            p99,
            600e-6,
            time(p99),
            format!("the slowest tenth begins at {}", time(samples.quantile(&server, 0.9))),
        ),
        ratio_at_most(
            "The same: at most 0.5 times native in cargo's default profile",
            against("dev", 10),
            0.5,
            format!("native {}", time(samples.median(&name("dev", "native", 10)))),
        ),
        ratio_at_most(
            "The same with 1,000 fields: at most 0.5 times native in cargo's default profile",
            against("dev", 1000),
            0.5,
            parts("dev", 1000),
        ),
        ratio_at_most(
            "1,000 fields: at most 1.2 times native optimised (host optimised as well)",
            against("optimised", 1000),
            1.2,
            parts("optimised", 1000),
        ),
    ]
}

fn firsts(samples: &Samples, facts: &Facts) -> Vec<Goal> {
    let [running, starting, compiling] =
        ["running", "starting", "compiling"].map(|how| format!("first/{how}"));
    let ever = super::expansions::name("dev", "component first ever", 10, "wall");
    let size = format!("the component has {} kB", facts.component / 1000);
    let hit = samples.median("hit/dev/whole");
    let steps =
        super::compose::STEPS.map(|step| (samples.median(&format!("hit/dev/{step}")), step));
    let dearest = steps.iter().max_by(|one, other| one.0.total_cmp(&other.0));
    let dearest = dearest.map_or_else(String::new, |(took, step)| {
        let tokens = units::whole(samples.median("hit/dev/tokens"));
        format!("{tokens} tokens; most of it: {step}, {}", time(*took))
    });
    let value = |name: &str| (samples.median(name), units::spread(samples.get(name)));
    let goal = |what: &str, name: &str, limit, reason| {
        let (middle, shown) = value(name);
        at_most(what, middle, limit, shown, reason)
    };
    vec![
        goal(
            "First expansion in a new rustc with a running server: at most 5 ms",
            &running,
            5e-3,
            "10 fields, host in cargo's default profile".to_owned(),
        ),
        goal(
            "With compiled code present and no server, including its start: at most 60 ms",
            &starting,
            60e-3,
            format!(
                "{} more than with a running one",
                time(samples.median(&starting) - samples.median(&running))
            ),
        ),
        at_most(
            "Expansion cache hit for an input of 2 kB, unoptimised host: at most 500 µs",
            hit,
            500e-6,
            units::spread(samples.get("hit/dev/whole")),
            dearest,
        ),
        goal(
            "First-ever expansion of a 400 kB component in the server: at most 0.5 s",
            &compiling,
            0.5,
            size.clone(),
        ),
        goal("The same, unoptimised in rustc: at most 4 s", &ever, 4.0, size),
    ]
}

fn workspace(samples: &Samples) -> Vec<Goal> {
    let hits = samples.median("hits/base/cached");
    let against = |what: &str, way: &str| {
        let [ours, native] = [way, "native"].map(|way| format!("check/{what}/{way}"));
        let both = |name: fn(&str) -> String| {
            [&ours, &native].map(|of| time(samples.median(&name(of)))).join(" against ")
        };
        let work = both(|name| name.replacen("check/", "check-processor/", 1));
        let found = ratio(samples.get(&ours), samples.get(&native));
        (found, format!("{}; of processor time {work}", both(str::to_owned)))
    };
    let mut goals = vec![
        Goal {
            measured: share(hits),
            verdict: match hits {
                hits if hits.is_nan() => Verdict::NotMeasured,
                hits if hits >= 0.99 => Verdict::Reached,
                _ => Verdict::NotReached,
            },
            what: "After a body-only edit in the 1,000-item workspace at least 99 % hits"
                .to_owned(),
            reason: "an edit in the crate that all others use: all 1,000 are asked for".to_owned(),
        },
        ratio_at_most(
            "The same: expansion phase at most 0.3 times the native macros'",
            ratio(samples.get("phase/base/cached"), samples.get("phase/base/native")),
            0.3,
            format!(
                "{} from the cache, {} from records; native {}, optimised {}",
                time(samples.median("phase/base/cached")),
                time(samples.median("phase/base/records")),
                time(samples.median("phase/base/native")),
                time(samples.median("phase/base/optimised"))
            ),
        ),
    ];
    for (what, key) in [
        ("no-op", "noop"),
        ("one-line edit in a crate that nothing uses", "leaf"),
        ("one-line edit in a crate that all use", "base"),
    ] {
        for (from, way) in [("cache", "cached"), ("records", "records")] {
            let (found, reason) = against(key, way);
            let what = format!(
                "`cargo check` of the 1,000-item workspace, {what}, {from}: not slower than native"
            );
            goals.push(at_most_alike(&what, found, reason));
        }
    }
    goals
}

fn market(samples: &Samples) -> Goal {
    let of = |part: &str| {
        let [cell, hand] = ["cell", "hand"].map(|name| format!("market/{part}/{name}"));
        let more = samples.median(&cell) - samples.median(&hand);
        (ratio(samples.get(&cell), samples.get(&hand)), more)
    };
    let ((whole, more), (package, package_more)) = (of("whole"), of("package"));
    ratio_at_most(
        "Whole build of the locked market example: at most 1.05 times the same crate by hand",
        whole,
        1.05,
        format!(
            "{} more, nearly all of it the thin host, which the crate written by hand has no need of; \
             with dependencies built {}, {} more",
            time(more),
            units::ratio(package),
            time(package_more)
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts = Facts { component: 740_480 };

    fn with(values: &[(&str, &[f64])]) -> Samples {
        let mut samples = Samples::default();
        for (name, values) in values {
            values.iter().for_each(|value| samples.push(*name, *value));
        }
        samples
    }

    fn all(samples: &Samples, facts: &Facts) -> Vec<Goal> {
        let parts = crate::bench::compose::SECTIONS.iter();
        parts.flat_map(|(part, _)| of(part, samples, facts)).collect()
    }

    fn find(samples: &Samples, what: &str) -> Goal {
        let found = all(samples, &FACTS).into_iter().find(|goal| goal.what.contains(what));
        found.expect(what)
    }

    #[test]
    fn what_was_not_measured_is_neither() {
        for goal in all(&Samples::default(), &FACTS) {
            assert_eq!(goal.verdict, Verdict::NotMeasured, "{}", goal.what);
            assert!(goal.measured == "not measured", "{}: {}", goal.what, goal.measured);
            assert!(goal.reason.is_empty(), "{}", goal.what);
        }
    }

    #[test]
    fn limits_are_compared_with_medians() {
        let samples = with(&[
            ("warm/dev/server/10", &[200e-6, 240e-6, 5.0]),
            ("hits/base/cached", &[0.98]),
            ("build/nothing", &[0.1, 0.1]),
            ("build/thin", &[2.3, 2.2]),
            ("build/serde", &[4.9, 4.9]),
        ]);
        assert_eq!(find(&samples, "p50").verdict, Verdict::Reached);
        assert_eq!(find(&samples, "p99").verdict, Verdict::NotReached);
        assert_eq!(find(&samples, "99 % hits").verdict, Verdict::NotReached);
        assert_eq!(find(&samples, "at most 2.0 s").verdict, Verdict::NotReached);
        let serde = find(&samples, "0.5 times `serde`");
        assert_eq!(
            (serde.verdict, serde.measured.as_str()),
            (Verdict::Reached, "0.45 (0.44 to 0.46)")
        );
    }

    #[test]
    fn what_is_alike_is_not_slower() {
        let check = |ours: &[f64], expected| {
            let native = [1.0, 1.0, 1.0, 1.0];
            let samples = with(&[("check/noop/cached", ours), ("check/noop/native", &native)]);
            assert_eq!(find(&samples, "no-op, cache").verdict, expected, "{ours:?}");
        };
        check(&[0.99, 1.01, 1.02, 0.98], Verdict::Reached);
        check(&[1.1, 1.2, 1.1, 1.2], Verdict::NotReached);
    }
}
