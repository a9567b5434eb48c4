//! What calls between processes were to reach.

use super::{Goal, at_most_alike, ratio_at_least, ratio_at_most};
use crate::bench::calls::{LANES, SIZES};
use crate::bench::samples::Samples;
use crate::bench::statistics::ratio;
use crate::bench::units::{self, bytes, count, time};

/// The lane in which ways are compared that use two cores.
const JUDGED: (&str, &str) = LANES[2];

/// All of them.
pub(super) fn goals(samples: &Samples) -> Vec<Goal> {
    let mut goals = latency(samples);
    goals.extend(load(samples));
    for (peer, name) in [("tarpc", "tarpc"), ("tonic", "tonic")] {
        let both = |way: &str| -> Vec<f64> {
            let [client, server] =
                ["client", "server"].map(|side| samples.get(&format!("calls/idle/{way}/{side}")));
            client.iter().zip(server).map(|(client, server)| client + server).collect()
        };
        let (ours, theirs) = (both("cell"), both(peer));
        let middle = |all: &[f64]| bytes(crate::bench::statistics::median(all));
        goals.push(at_most_alike(
            &format!("Memory of an idle connection of a cell, both sides: not more than {name}'s"),
            ratio(&ours, &theirs),
            format!("{} against {}", middle(&ours), middle(&theirs)),
        ));
    }
    for (peer, name) in [("tarpc", "tarpc"), ("tonic", "tonic")] {
        let of = |way: &str, what: &str| format!("calls/build/{way}/{what}");
        let both = |what: &str, show: fn(f64) -> String| {
            ["cell", peer].map(|way| show(samples.median(&of(way, what)))).join(" against ")
        };
        let found = ratio(samples.get(&of("cell", "seconds")), samples.get(&of(peer, "seconds")));
        goals.push(at_most_alike(
            &format!(
                "Clean debug build of an application with a client: not slower than with {name}"
            ),
            found,
            format!(
                "{}; of processor time {}; {} packages",
                both("seconds", time),
                both("processor", time),
                both("packages", units::whole)
            ),
        ));
    }
    goals
}

fn latency(samples: &Samples) -> Vec<Goal> {
    let goal = |(lane, placed): (&str, &str)| {
        let of = |way: &str, what: &str| format!("calls/latency/{lane}/{way}/{what}");
        let shown = |way: &str, what: &str| time(samples.median(&of(way, what)));
        let found = ratio(samples.get(&of("cell", "p50")), samples.get(&of("raw", "p50")));
        let reason = format!(
            "{} against {}, tarpc {}, tonic {}; of processor time {} against {}, {} and {}",
            shown("cell", "p50"),
            shown("raw", "p50"),
            shown("tarpc", "p50"),
            shown("tonic", "p50"),
            shown("cell", "processor"),
            shown("raw", "processor"),
            shown("tarpc", "processor"),
            shown("tonic", "processor"),
        );
        let what = format!(
            "A call of a cell over its unix socket, 64 bytes, {placed}: p50 at most 1.3 times a raw blocking ping-pong"
        );
        ratio_at_most(&what, found, 1.3, reason)
    };
    LANES.map(goal).into()
}

fn load(samples: &Samples) -> Vec<Goal> {
    let mut goals = Vec::new();
    for size in SIZES {
        for (peer, least) in [("tarpc", 5.0), ("tonic", 15.0)] {
            let of = |lane: &str, way: &str, what: &str| {
                format!("calls/load/{lane}/{size}/{way}/{what}")
            };
            let times = |lane: &str| {
                let [ours, theirs] = ["cell", peer].map(|way| of(lane, way, "rate"));
                ratio(samples.get(&ours), samples.get(&theirs))
            };
            let (judged, placed) = JUDGED;
            let both = |what: &str, show: fn(f64) -> String| {
                ["cell", peer]
                    .map(|way| show(samples.median(&of(judged, way, what))))
                    .join(" against ")
            };
            let reason = format!(
                "{} a second; of processor time {} a call, p99 {}; {}: {}",
                both("rate", count),
                both("processor", time),
                both("p99", time),
                LANES[0].1,
                units::ratio(times(LANES[0].0))
            );
            let what = format!(
                "64 calls in flight on one connection, {size} bytes, {placed}: at least {least} times as many a second as {peer}"
            );
            goals.push(ratio_at_least(&what, times(judged), least, reason));
        }
    }
    goals
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn more_calls_a_second_are_better_and_longer_ones_worse() {
        let mut samples = Samples::default();
        for (name, values) in [
            ("latency/one/cell/p50", [12e-6, 12.2e-6]),
            ("latency/one/raw/p50", [10e-6, 10e-6]),
            ("latency/two/cell/p50", [14e-6, 14e-6]),
            ("latency/two/raw/p50", [10e-6, 10e-6]),
            ("load/awake/64/cell/rate", [600e3, 610e3]),
            ("load/awake/64/tarpc/rate", [100e3, 100e3]),
            ("load/awake/64/tonic/rate", [50e3, 50e3]),
            ("idle/cell/client", [5e3, 5e3]),
            ("idle/cell/server", [4e3, 4e3]),
            ("idle/tonic/client", [5e3, 5e3]),
            ("idle/tonic/server", [3e3, 3e3]),
        ] {
            values.iter().for_each(|value| samples.push(format!("calls/{name}"), *value));
        }
        let goals = goals(&samples);
        let verdict = |parts: [&str; 2]| {
            let found = goals.iter().find(|goal| parts.iter().all(|part| goal.what.contains(part)));
            found.expect(parts[0]).verdict
        };
        assert_eq!(verdict(["one core", "raw"]), Verdict::Reached);
        assert_eq!(verdict(["a core for each:", "raw"]), Verdict::NotReached);
        assert_eq!(verdict(["kept awake", "raw"]), Verdict::NotMeasured);
        assert_eq!(verdict(["flight on one connection, 64", "tarpc"]), Verdict::Reached);
        assert_eq!(verdict(["flight on one connection, 64", "tonic"]), Verdict::NotReached);
        assert_eq!(verdict(["flight on one connection, 4096", "tarpc"]), Verdict::NotMeasured);
        assert_eq!(verdict(["idle connection", "tonic"]), Verdict::NotReached);
        assert_eq!(verdict(["idle connection", "tarpc"]), Verdict::NotMeasured);
    }
}
