//! `xtask bench`: the figures of `benches/README.md`. Nothing here fails because of a time.

mod builds;
mod expansions;
mod fixture;
pub(crate) mod peak;
mod report;

use std::path::PathBuf;

use anyhow::Result;
use cargo_metadata::MetadataCommand;

use crate::step;

/// All figures, or those of one section; of expansions perhaps only those of one host.
pub(crate) fn run(section: Option<&str>, host: Option<&str>) -> Result<()> {
    let wanted = |name: &str| section.is_none_or(|section| section == name);
    report::machine()?;
    if wanted("expansions") {
        expansions::run(host)?;
    }
    if wanted("builds") {
        builds::times()?;
    }
    if wanted("memory") {
        builds::memory()?;
    }
    Ok(())
}

/// The folder for everything that is made on the way.
fn folder() -> Result<PathBuf> {
    let manifest = step::root().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec()?;
    Ok(metadata.target_directory.into_std_path_buf().join("bench"))
}

/// The middle one; the mean of both if there are two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    match (values.get(low), values.get(high)) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 10.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 10.0]), 3.0);
        assert_eq!(median(vec![7.0]), 7.0);
        assert!(median(Vec::new()).is_nan());
    }
}
