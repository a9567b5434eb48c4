//! The macro server and the expansion cache, from inside rustc: the whole of what a macro call costs.

use anyhow::{Context as _, Result};

use super::effort::Effort;
use super::fixture;
use super::home::{self, Home};
use super::measure::said;
use super::place::{Place, host};
use super::samples::Samples;
use crate::step;

/// The part's name.
pub(super) const PART: &str = "server";
/// Bytes of source that the split of a cache hit is measured with.
const INPUT: usize = 2_048;

/// Measures all of it.
pub(super) fn run(effort: Effort) -> Result<()> {
    let cell = home::command()?;
    let mut samples = Samples::default();
    let places = ["dev", "optimised"]
        .map(|profile| host(profile).and_then(|host| Ok((profile, Place::prepare(PART, host)?))));
    let places = places.into_iter().collect::<Result<Vec<_>>>()?;
    let unoptimised = &places.first().context("there are hosts")?.1;

    let mut home = Home::new(&cell)?;
    home.start()?;
    for round in 0..effort.of(5, 1) {
        step::say("   ..", &format!("warm calls in turns, round {}", round + 1));
        for (profile, place) in &places {
            warm(profile, place, &home, effort, &mut samples)?;
        }
    }
    let fields = fields_of(INPUT);
    samples.push("hit/bytes", fixture::structure("Ledger::Model", fields).len() as f64);
    for _ in 0..effort.of(5, 1) {
        for (profile, place) in &places {
            let mut command = place.rustc(&[fields], false)?;
            home.given(&mut command).env("CELL_BENCH", "split");
            let said = said(command.env("CELL_BENCH_COUNT", effort.of(200, 20).to_string()))?;
            collect(&mut samples, &said, |step, _| format!("hit/{profile}/{step}"));
        }
    }

    step::say("   ..", "first expansions of rustc, the server is there");
    for _ in 0..effort.of(15, 3) {
        home.forget_expansions();
        let first = first(unoptimised, &home, None)?;
        samples.push("first/running", first);
    }
    home.stop()?;
    step::say("   ..", "first expansions of rustc, which starts the server");
    for _ in 0..effort.of(15, 3) {
        home.forget_expansions();
        samples.push("first/starting", first(unoptimised, &home, Some("1"))?);
        home.wait(false)?;
    }
    drop(home);
    step::say("   ..", "first expansions of a component that nobody has compiled");
    for _ in 0..effort.of(7, 2) {
        let mut home = Home::new(&cell)?;
        home.start()?;
        samples.push("first/compiling", first(unoptimised, &home, None)?);
    }
    samples.write(PART, effort.quick)
}

/// Calls of three ways in turns, in one rustc.
fn warm(
    profile: &str,
    place: &Place,
    home: &Home,
    effort: Effort,
    samples: &mut Samples,
) -> Result<()> {
    for (fields, count) in [(10, effort.of(400, 60)), (1000, effort.of(60, 12))] {
        home.forget_expansions();
        let mut command = place.rustc(&[fields], false)?;
        home.given(&mut command).env("CELL_BENCH", "turns");
        command.env("CELL_BENCH_WAY", "native,server,cached");
        let said = said(command.env("CELL_BENCH_COUNT", count.to_string()))?;
        collect(samples, &said, |way, fields| format!("warm/{profile}/{way}/{fields}"));
    }
    Ok(())
}

fn first(place: &Place, home: &Home, idle: Option<&str>) -> Result<f64> {
    let mut command = place.rustc(&[10], false)?;
    home.given(&mut command).envs(idle.map(|idle| ("CELL_SERVER_IDLE", idle)));
    Ok(Place::first(&mut command, "server", 10)?.0 / 1e9)
}

/// Lines `way/Fields10 1234`, in nanoseconds, but for the number of tokens.
fn collect(samples: &mut Samples, said: &str, name: impl Fn(&str, &str) -> String) {
    for line in said.lines() {
        let parts = line.split_once(' ').and_then(|(what, time)| {
            let (way, fields) = what.split_once("/Fields")?;
            Some((way, fields, time.parse::<f64>().ok()?))
        });
        if let Some((way, fields, value)) = parts {
            let units = if way == "tokens" { 1.0 } else { 1e9 };
            samples.push(name(way, fields), value / units);
        }
    }
}

/// The least number of fields whose struct has so many bytes.
fn fields_of(bytes: usize) -> usize {
    let long_enough = |fields: &usize| fixture::structure("Ledger::Model", *fields).len() >= bytes;
    (1..).find(long_enough).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_as_long_as_they_should_be() {
        let length = |fields| fixture::structure("Ledger::Model", fields).len();
        let fields = fields_of(INPUT);
        assert!(length(fields) >= INPUT && length(fields - 1) < INPUT);
    }

    #[test]
    fn lines_of_the_macros_become_samples() {
        let mut samples = Samples::default();
        let text = "server/Fields10 2000\nnoise\nserver/Fields10 4000\nnative/Fields10 x\n";
        collect(&mut samples, text, |way, fields| format!("{way}-{fields}"));
        assert_eq!(samples.get("server-10"), [2e-6, 4e-6]);
        assert!(samples.get("native-10").is_empty());
    }
}
