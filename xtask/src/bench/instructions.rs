//! Instructions of one warm expansion, as callgrind counts them: they hardly depend on what else the
//! machine does, so they show a trend over months.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::effort::Effort;
use super::home::{self, Home};
use super::measure::said;
use super::place::{Place, host};
use super::samples::Samples;
use crate::step;

/// The part's name.
pub(super) const PART: &str = "instructions";

/// What is counted: the profile of the host, the way, and what it means. Of `asked` and `cached`
/// only what rustc does.
pub(super) const COUNTED: [(&str, &str, &str); 5] = [
    ("optimised", "component", "engine inside rustc, all optimised"),
    ("optimised", "native", "native, optimised"),
    ("dev", "native", "native, cargo's default"),
    ("dev", "asked", "rustc's part of a call of the server, cargo's default"),
    ("dev", "cached", "hit of the expansion cache, cargo's default"),
];

/// Fields of the struct.
pub(super) const FIELDS: usize = 10;

/// Counts; without valgrind there is nothing to say.
pub(super) fn run(effort: Effort) -> Result<()> {
    if said(std::process::Command::new("valgrind").arg("--version")).is_err() {
        step::say("   ..", "no valgrind here: no instructions are counted");
        return Ok(());
    }
    let cell = home::command()?;
    let mut home = Home::new(&cell)?;
    home.start()?;
    let places = [Place::prepare(PART, host("optimised")?)?, Place::prepare(PART, host("dev")?)?];
    let [few, many] = [effort.of(10, 5), effort.of(60, 15)];
    let mut samples = Samples::default();
    for (profile, way, what) in COUNTED {
        step::say("   ..", &format!("instructions: {what}"));
        let place = &places[usize::from(profile == "dev")];
        if ["component", "cached"].contains(&way) {
            // Fills caches, with code for valgrind's own machine, which has other instructions.
            count(place, &home, way, 1)?;
        }
        let (few_made, many_made) =
            (count(place, &home, way, few)?, count(place, &home, way, many)?);
        let each = (many_made - few_made) / (many - few) as f64;
        samples.push(format!("instructions/{profile}/{way}"), each);
    }
    samples.write(PART, effort.quick)
}

/// Instructions of a whole rustc that expands so often.
fn count(place: &Place, home: &Home, way: &str, count: usize) -> Result<f64> {
    let plain = place.rustc(&[FIELDS], false)?;
    // The compiler itself, not the program that chooses one.
    let sysroot =
        said(std::process::Command::new(plain.get_program()).args(["--print", "sysroot"]))?;
    let rustc = Path::new(sysroot.trim()).join("bin/rustc");
    let file = place.folder.join("callgrind");
    let mut command = std::process::Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--log-file=callgrind.log"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(rustc)
        .args(plain.get_args());
    if let Some(folder) = plain.get_current_dir() {
        command.current_dir(folder);
    }
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    home.given(&mut command).env("CELL_BENCH", "repeat").env("CELL_BENCH_WAY", way);
    said(command.env("CELL_BENCH_COUNT", count.to_string()))?;
    let log = std::fs::read_to_string(place.folder.join("callgrind.log"))?;
    collected(&log).with_context(|| format!("callgrind says no number: {log}"))
}

/// `==12== Collected : 1234`
fn collected(log: &str) -> Option<f64> {
    let line = log.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn reads_what_callgrind_counted() {
        let log = "==7== Events    : Ir\n==7== Collected : 104958\n==7== \n";
        assert_eq!(collected(log), Some(104_958.0));
        assert_eq!(collected("==7== Events : Ir\n"), None);
    }
}
