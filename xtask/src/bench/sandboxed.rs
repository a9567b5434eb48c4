//! Applications that other people published, with all their macro crates behind `cell sandbox`, beside
//! the same ones as they are: clean builds, an edit, memory, and what `add` takes and leaves.

mod add;
pub(super) mod section;
mod side;

use std::fs;

use anyhow::{Context as _, Result};
use cell_tests::applications::{ALL, Application};

use super::effort::Effort;
use super::folder;
use super::home::{self, Home};
use super::measure::Took;
use super::peak;
use super::samples::Samples;
use crate::step;
use side::Side;

/// The part's name.
pub(super) const PART: &str = "sandboxed";

/// The name of a sample.
pub(super) fn sample(application: &str, what: &str, side: &str) -> String {
    format!("sandboxed/{application}/{what}/{side}")
}

/// Is it one of the applications?
pub(super) fn is_application(name: &str) -> bool {
    ALL.iter().any(|application| application.name == name)
}

/// Measures one application behind the other, or `only` one: of the other the report takes what was
/// measured last.
pub(super) fn run(only: Option<&str>, effort: Effort) -> Result<()> {
    let cell = home::command()?;
    let root = folder()?.join(PART);
    let _ = fs::remove_dir_all(&root);
    let mut home = Home::new(&cell)?;
    let mut samples = if only.is_some() { Samples::read(&[PART])? } else { Samples::default() };
    let quick = effort.quick || !samples.quick.is_empty();
    for application in ALL.into_iter().filter(|one| only.is_none_or(|only| only == one.name)) {
        samples.forget(&format!("sandboxed/{}/", application.name));
        let [native, sandboxed] =
            Side::ALL.map(|name| Side::new(name, &application, &root.join(application.name)));
        native.fetch()?;
        add::run(&sandboxed, (&cell, &home), &mut samples)?;
        measure(&application, [native, sandboxed], &mut home, effort, &mut samples)?;
        // What one of them left would be in the way of the next, on a small disk.
        fs::remove_dir_all(root.join(application.name))?;
        samples.write(PART, quick)?;
    }
    Ok(())
}

fn measure(
    application: &Application,
    mut sides: [Side; 2],
    home: &mut Home,
    effort: Effort,
    samples: &mut Samples,
) -> Result<()> {
    let name = application.name;
    let mut keep = |what: &str, side: &str, took: Took| {
        samples.push(sample(name, what, side), took.wall);
        samples.push(sample(name, &format!("{what}-processor"), side), took.processor);
    };
    // Nobody has compiled the components yet, as on a machine that just cloned the repository.
    home.forget_compiled();
    home.start()?;
    step::say("   ..", &format!("{name}: nothing compiled, nothing expanded"));
    let [_, sandboxed] = &sides;
    sandboxed.forget()?;
    keep("cold", sandboxed.name, sandboxed.check(home)?);
    let cold = home.peak().context("no server")?;
    home.stop()?;
    home.start()?;
    let mut peaks = Vec::new();
    for side in &sides {
        step::say("   ..", &format!("{name}: memory, {}", side.name));
        side.forget()?;
        peaks.push((side.name, side.peaks(home)?));
    }
    let warm = home.peak().context("no server")?;
    for round in 0..effort.of(3, 1) {
        step::say("   ..", &format!("{name}: clean builds and edits, round {}", round + 1));
        // Who is first takes turns as well.
        sides.reverse();
        for side in &mut sides {
            side.forget()?;
            keep("build", side.name, side.build(home)?);
            side.forget()?;
            keep("check", side.name, side.check(home)?);
            for _ in 0..effort.of(5, 2) {
                side.edit()?;
                keep("edit", side.name, side.check(home)?);
            }
        }
    }
    step::say("   ..", &format!("{name}: components compiled, nothing expanded"));
    for side in sides.iter().filter(|side| side.name == Side::SANDBOXED) {
        for _ in 0..effort.of(2, 1) {
            home.forget_expansions();
            side.forget()?;
            keep("fresh", side.name, side.check(home)?);
        }
    }
    home.stop()?;
    for (side, list) in peaks {
        let most = list.iter().map(|(_, size)| *size).max().unwrap_or(0);
        samples.push(sample(name, "rustc-kilobytes", side), most as f64);
        samples.push(sample(name, "crates", side), list.len() as f64);
    }
    samples.push(sample(name, "server-kilobytes", "cold"), cold as f64);
    samples.push(sample(name, "server-kilobytes", "warm"), warm as f64);
    Ok(())
}

impl Side {
    /// Names of crates and kilobytes of all compilers of a clean build.
    fn peaks(&self, home: &Home) -> Result<Vec<(String, u64)>> {
        let list = self.folder.join("target/peaks");
        fs::create_dir_all(self.folder.join("target"))?;
        let mut command = self.cargo("build", home);
        command.env("RUSTC_WRAPPER", std::env::current_exe()?).env(peak::FILE, &list);
        super::measure::said(&mut command)?;
        peak::read(&list)
    }
}
