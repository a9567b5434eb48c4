//! How long one expansion takes, inside rustc.

use std::fs;

use anyhow::{Context as _, Result};

use super::effort::Effort;
use super::fixture::SIZES;
use super::measure::said;
use super::place::{HOSTS, Host, Place};
use super::samples::Samples;
use super::{report, statistics};
use crate::step;

/// The parts of what is measured, each in a file of its own: a host can be measured again.
pub(super) const PARTS: [&str; 3] =
    ["expansions-optimised", "expansions-documented", "expansions-dev"];

/// The name of a time: which host, way, number of fields and clock.
pub(super) fn name(profile: &str, way: &str, fields: usize, clock: &str) -> String {
    format!("expansion/{profile}/{way}/{fields}/{clock}")
}

/// Measures all hosts, or the one that cargo's profile `only` builds; of the others the report takes
/// what was measured last.
pub(super) fn run(only: Option<&str>, effort: Effort) -> Result<()> {
    // The README's lines build wasmtime once more, which nobody waits for in a quick run.
    let wanted = |host: &Host| match only {
        Some(only) => only == host.profile,
        None => !effort.quick || host.profile != "documented",
    };
    for host in HOSTS.iter().filter(|host| wanted(host)) {
        let place = Place::prepare("expansions", host)?;
        let mut samples = Samples::default();
        said(place.rustc(&SIZES, false)?.env("CELL_BENCH", "record"))?;
        steady(&place, host, effort, &mut samples)?;
        firsts(&place, host, effort, &mut samples)?;
        first_ever(&place, host, effort, &mut samples)?;
        samples.write(&format!("expansions-{}", host.profile), effort.quick)?;
    }
    report::expansions(&Samples::read(&PARTS)?)
}

fn steady(place: &Place, host: &Host, effort: Effort, samples: &mut Samples) -> Result<()> {
    for way in ["component", "engine", "recorded", "native"] {
        step::say("   ..", &format!("{}: {way}, as criterion has it", host.name));
        let mut command = place.rustc(&SIZES, way == "recorded")?;
        command.envs(effort.quick.then_some(("CELL_BENCH_QUICK", "1")));
        said(command.env("CELL_BENCH", "steady").env("CELL_BENCH_WAY", way))?;
        for fields in SIZES {
            for clock in ["wall", "processor"] {
                let found = format!("criterion/{way}-{clock}_Fields{fields}");
                let file = place.folder.join(&found).join("new/estimates.json");
                let text = fs::read_to_string(file).context(found)?;
                let time = estimate(&text).context("criterion's file has no median")?;
                samples.push(name(host.profile, way, fields, clock), time * 1e-9);
            }
        }
    }
    Ok(())
}

/// What the first expansion of a rustc costs. Compiled code is in the cache.
fn firsts(place: &Place, host: &Host, effort: Effort, samples: &mut Samples) -> Result<()> {
    for way in ["component", "recorded", "native"] {
        step::say("   ..", &format!("{}: {way}, first of a process", host.name));
        for fields in SIZES {
            let times = (0..effort.of(15, 2))
                .map(|_| Place::first(&mut place.rustc(&[fields], way == "recorded")?, way, fields))
                .collect::<Result<Vec<_>>>()?;
            keep(samples, host, &format!("{way} first"), fields, &times);
        }
    }
    Ok(())
}

/// With nothing in the cache: Cranelift runs.
fn first_ever(place: &Place, host: &Host, effort: Effort, samples: &mut Samples) -> Result<()> {
    step::say("   ..", &format!("{}: component, first ever", host.name));
    let once = || {
        fs::remove_dir_all(place.folder.join("home"))?;
        Place::first(&mut place.rustc(&[10], false)?, "component", 10)
    };
    let times = (0..effort.of(5, 1)).map(|_| once()).collect::<Result<Vec<_>>>()?;
    keep(samples, host, "component first ever", 10, &times);
    Ok(())
}

fn keep(samples: &mut Samples, host: &Host, way: &str, fields: usize, times: &[(f64, f64)]) {
    let (wall, processor): (Vec<f64>, Vec<f64>) = times.iter().copied().unzip();
    for (clock, times) in [("wall", wall), ("processor", processor)] {
        let median = statistics::median(&times) * 1e-9;
        samples.push(name(host.profile, way, fields, clock), median);
    }
}

/// The median in criterion's `estimates.json`, in nanoseconds.
fn estimate(text: &str) -> Option<f64> {
    let json: serde_json::Value = serde_json::from_str(text).ok()?;
    json.get("median")?.get("point_estimate")?.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_a_part() {
        let parts: Vec<_> = HOSTS.map(|host| format!("expansions-{}", host.profile)).into();
        assert_eq!(parts, PARTS);
    }

    #[test]
    fn reads_medians_of_criterion() {
        let text = r#"{"mean":{"point_estimate":9.0},"median":{"confidence_interval":{},"point_estimate":12.5}}"#;
        assert_eq!(estimate(text), Some(12.5));
        assert_eq!(estimate("{}"), None);
    }
}
