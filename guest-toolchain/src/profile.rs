//! How guests are compiled: cargo's profile `release`, with what makes a small module of it.

use toml::Table;

/// What every guest is built with. One unit, so that the order of functions does not depend on how
/// work was divided. Debug information goes, names stay: a trap shall name its function.
const FIXED: [&str; 4] =
    ["codegen-units=1", "debug=false", "strip=\"debuginfo\"", "panic=\"abort\""];

/// What a guest is built with unless the workspace's manifest says otherwise: small, since every
/// user's build loads it.
const DEFAULTS: [(&str, &str); 2] = [("opt-level", "\"s\""), ("lto", "\"fat\"")];

/// What moves tokens is most of an expansion and little of a module: for 24 kB, a tenth of the time.
const QUICK: [&str; 3] = ["macro-guest-sdk", "proc-macro2", "quote"];

/// The values for cargo's `--config`. `manifest` is the text of the workspace's `Cargo.toml`; one
/// that cannot be read says nothing here, and cargo says why.
pub(crate) fn settings(manifest: &str) -> Vec<String> {
    let manifest: Table = manifest.parse().unwrap_or_default();
    let release = manifest.get("profile").and_then(|profiles| profiles.get("release"));
    let said = |key: &str| release.is_some_and(|release| release.get(key).is_some());
    let defaults = DEFAULTS.iter().filter(|(key, _)| !said(key));
    let settings = FIXED.iter().map(|setting| (*setting).to_owned());
    let settings = settings.chain(defaults.map(|(key, value)| format!("{key}={value}")));
    let quick = QUICK.iter().filter(|_| !said("opt-level"));
    let settings = settings.chain(quick.map(|name| format!("package.{name}.opt-level=3")));
    settings.map(|setting| format!("profile.release.{setting}")).collect()
}

#[cfg(test)]
mod tests {
    use super::settings;

    #[test]
    fn small_unless_the_manifest_says_otherwise() {
        let has = |manifest: &str, setting: &str| {
            settings(manifest).contains(&format!("profile.release.{setting}"))
        };
        for silent in ["", "[package]\n", "[profile.release]\nstrip = false\n", "no TOML"] {
            assert!(has(silent, "opt-level=\"s\"") && has(silent, "lto=\"fat\""), "{silent}");
            assert!(has(silent, "package.quote.opt-level=3"), "{silent}");
        }
        let fast = "[profile.release]\nopt-level = 3\n";
        assert!(!has(fast, "opt-level=\"s\"") && !has(fast, "package.quote.opt-level=3"));
        assert!(has(fast, "lto=\"fat\""));
        let other = "[profile.release]\npanic = \"unwind\"\ndebug = true\n";
        assert!(has(other, "panic=\"abort\"") && has(other, "debug=false"));
    }
}
