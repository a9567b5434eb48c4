//! Questions at compile time: what they cost a build, beside queries that sqlx checks with a
//! PostgreSQL, in the same run.

mod database;
mod queries;
pub(super) mod section;
mod sites;
mod source;

use std::path::Path;

use anyhow::Result;

use super::effort::Effort;
use super::measure::Took;
use super::samples::Samples;
use super::{folder, home};
use crate::step;
use queries::Queries;
use sites::{Many, Sites};

/// The part's name.
pub(super) const PART: &str = "answers";
/// Questions of one build, and queries.
pub(super) const SITES: usize = 200;
/// Recorded answers of the project that is synchronised and checked.
pub(super) const MANY: usize = 1_000;

/// Measures everything in turns.
pub(super) fn run(effort: Effort) -> Result<()> {
    let cell = home::command()?;
    let root = folder()?.join(PART);
    let mut samples = Samples::default();
    let mut sites = Sites::prepare(&cell, &root.join("sites"))?;
    let mut queries = prepared(&root)?;
    for round in 0..effort.of(12, 3) {
        step::say("   ..", &format!("cargo check of {SITES} questions, round {}", round + 1));
        for way in sites::WAYS {
            keep(&mut samples, way, sites.check(way)?);
        }
        if let Some(queries) = &mut queries {
            for way in queries::WAYS {
                keep(&mut samples, way, queries.check(way)?);
            }
        }
        // Once more for what the macros said of themselves: writing that down takes time.
        let [quiet, live] = [sites.times("quiet")?, sites.times("live")?];
        sites.questions(&quiet, &live, &mut samples)?;
    }
    if let Some(queries) = queries {
        samples.push("answers/postgres", queries.version());
    }
    let many = Many::prepare(&sites, &root.join("many"))?;
    for round in 0..effort.of(12, 3) {
        step::say("   ..", &format!("{MANY} recorded answers, round {}", round + 1));
        many.measure(&mut samples)?;
    }
    samples.write(PART, effort.quick)
}

/// The queries, if there is a PostgreSQL and sqlx can be built.
fn prepared(root: &Path) -> Result<Option<Queries>> {
    match Queries::prepare(&root.join("queries")) {
        Ok(queries) => Ok(Some(queries)),
        Err(error) => {
            step::say("   ..", &format!("sqlx is not measured: {error:#}"));
            Ok(None)
        }
    }
}

fn keep(samples: &mut Samples, way: &str, took: Took) {
    samples.push(format!("answers/build/{way}"), took.wall);
    samples.push(format!("answers/processor/{way}"), took.processor);
}
