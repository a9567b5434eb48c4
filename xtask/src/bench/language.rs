//! What becomes of an expansion between the guest and rustc: the check, the policy, the composition,
//! the spans; and what a stack of macros costs beside each of them alone.

pub(super) mod section;

use anyhow::Result;

use super::effort::Effort;
use super::home;
use super::measure::said;
use super::place::{Place, host};
use super::samples::Samples;
use crate::step;

/// The part's name.
pub(super) const PART: &str = "language";

/// What is expanded: its name in samples, and what it is.
pub(super) const ITEMS: [(&str, &str); 3] = [
    ("Fields10", "derive, 10 fields"),
    ("Fields1000", "derive, 1,000 fields"),
    ("Six", "six attributes on a function"),
];

/// The name of a sample.
pub(super) fn sample(part: &str, item: &str) -> String {
    format!("language/{part}/{item}")
}

/// Measures everything, in an engine that is optimised as the macro server is.
pub(super) fn run(effort: Effort) -> Result<()> {
    let component = home::component(&home::command()?, "stack")?;
    let place = Place::prepare(PART, host("optimised")?)?;
    let mut samples = Samples::default();
    for round in 0..effort.of(5, 1) {
        step::say("   ..", &format!("parts of an expansion, round {}", round + 1));
        let small = effort.of(200, 20);
        for (task, fields, count) in
            [("stages", 10, small), ("stages", 1000, effort.of(40, 5)), ("stack", 1, small)]
        {
            let mut command = place.rustc(&[fields], false)?;
            command.env("CELL_BENCH", task).env("CELL_BENCH_COMPONENT", &component);
            collect(&mut samples, &said(command.env("CELL_BENCH_COUNT", count.to_string()))?);
        }
    }
    samples.write(PART, effort.quick)
}

/// Lines `part/item 1234`, in nanoseconds.
fn collect(samples: &mut Samples, said: &str) {
    for line in said.lines() {
        let Some((name, time)) = line.rsplit_once(' ') else { continue };
        if let (Some((part, item)), Ok(time)) = (name.split_once('/'), time.parse::<f64>()) {
            samples.push(sample(part, item), time / 1e9);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_macros_become_samples() {
        let mut samples = Samples::default();
        collect(&mut samples, "all checks/Six 2000\nnoise\nengine/Six x\nall checks/Six 4000\n");
        assert_eq!(samples.get(&sample("all checks", "Six")), [2e-6, 4e-6]);
        assert!(samples.get(&sample("engine", "Six")).is_empty());
    }
}
