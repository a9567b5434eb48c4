//! What a run does not see of a project. A record that it does not use is unused only if it sees all.

use std::collections::{BTreeMap, BTreeSet};

use cell_sandbox::sets;
use macro_bridge::lock::Lock;
use macro_bridge::request::OFF;

use crate::arguments::Selection;

/// Features of a package, and what each turns on.
pub(crate) type Features = BTreeMap<String, Vec<String>>;

/// Why a run does not see everything: a sentence each, with what to do about it. None if it does.
///
/// Code for other targets, and code for which a feature has to be off, no single run sees and nobody
/// can tell that it is there.
pub(crate) fn reasons(
    selection: &Selection,
    own: &BTreeMap<String, Features>,
    chosen: Option<&str>,
    lock: &Lock,
) -> Vec<String> {
    let mut reasons = Vec::new();
    if !selection.is_all() {
        reasons.push("only a part of the packages was compiled: name none, to see all".to_owned());
    }
    if let Some(target) = &selection.target {
        reasons.push(format!("it was compiled for `{target}` alone: leave `--target` out"));
    }
    let off = own.iter().filter(|(_, features)| !all_are_on(features, selection));
    let off: Vec<String> = off.map(|(package, _)| format!("`{package}`")).collect();
    if !off.is_empty() {
        let off = off.join(", ");
        reasons.push(format!("not all features of {off} were on: use `--all-features`"));
    }
    let several = lock.cells.iter().filter(|(_, cell)| cell.krate.is_some());
    let several = several.filter_map(|(key, _)| sets::of_key(key)).map(|(of, _)| of);
    let several: BTreeSet<&str> = several.filter(|of| lock.cells.contains_key(*of)).collect();
    if !several.is_empty() {
        let crates: Vec<_> = several.iter().map(|name| format!("`{name}`")).collect();
        reasons.push(format!(
            "parts of the workspace build {} with other features, which no single run sees: remove \
             `.cell/expansions` and record again, also with `-p` for each part that people build",
            crates.join(", ")
        ));
    }
    match chosen.filter(|chosen| *chosen != lock.profile) {
        Some(chosen) => reasons.push(format!(
            "`CELL_PROFILE` is `{chosen}`, and what other profiles use is not known: unset it"
        )),
        None => {
            let is_off = |cell: &&String| lock.profile_of(None, cell) == Some(OFF);
            let off: Vec<&str> = lock.cells.keys().filter(is_off).map(String::as_str).collect();
            if !off.is_empty() {
                let (profile, off) = (&lock.profile, off.join("`, `"));
                reasons.push(format!(
                    "the profile `{profile}`, which cell.toml chooses, switches `{off}` off: \
                     choose another one there"
                ));
            }
        }
    }
    reasons
}

impl Selection {
    /// Are all packages compiled, with all that is in them?
    pub(crate) fn is_all(&self) -> bool {
        self.packages.is_empty() && !self.lib && self.bins.is_empty()
    }
}

/// Are all features of a package on?
fn all_are_on(features: &Features, selection: &Selection) -> bool {
    if selection.all_features {
        return true;
    }
    let named = selection.features.iter().flat_map(|names| names.split([',', ' ']));
    // `package/feature` may mean this package.
    let named = named.map(|name| name.rsplit('/').next().unwrap_or(name));
    let default = (!selection.no_default_features).then_some("default");
    let mut open: Vec<&str> = named.chain(default).collect();
    let mut on = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some((name, more)) = features.get_key_value(name) else { continue };
        if on.insert(name.as_str()) {
            // `dependency/feature` turns the feature of that dependency on as well.
            open.extend(more.iter().map(|one| one.split('/').next().unwrap_or(one)));
        }
    }
    // That there are default features is no code.
    features.keys().all(|name| name == "default" || on.contains(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(lines: &[(&str, &[&str])]) -> Features {
        let owned = |more: &[&str]| more.iter().map(|one| (*one).to_owned()).collect();
        lines.iter().map(|(name, more)| ((*name).to_owned(), owned(more))).collect()
    }

    #[test]
    fn all_features_are_on_if_the_default_ones_and_those_named_turn_them_on() {
        let plain = Selection::default();
        assert!(all_are_on(&features(&[]), &plain));
        assert!(all_are_on(&features(&[("default", &[])]), &plain));
        let all = features(&[
            ("default", &["a"]),
            ("a", &["dep:x", "y/z", "b"]),
            ("b", &[]),
            ("y", &["dep:y"]),
        ]);
        assert!(all_are_on(&all, &plain));
        let none = Selection { no_default_features: true, ..Selection::default() };
        assert!(!all_are_on(&all, &none));
        let more = features(&[("default", &["a"]), ("a", &[]), ("extra", &[])]);
        assert!(!all_are_on(&more, &plain));
        let named = |name: &str| Selection { features: vec![name.to_owned()], ..plain.clone() };
        assert!(all_are_on(&more, &named("extra")));
        assert!(all_are_on(&more, &named("other,app/extra")));
        assert!(!all_are_on(&more, &named("other")));
        assert!(all_are_on(&more, &Selection { all_features: true, ..none }));
    }

    #[test]
    fn each_thing_that_is_not_seen_is_a_reason() {
        let digest = "0".repeat(64);
        let lock = format!(
            "cell-lock 1\nmanifest {digest}\nprofile p\nchoice ui search off\ncell ledger live off\ncell search live off\n"
        );
        let lock = Lock::parse(&lock).unwrap();
        let own: BTreeMap<_, _> = [("app".to_owned(), features(&[("extra", &[])]))].into();
        let all = Selection { all_features: true, ..Selection::default() };
        let reasons = |selection: &Selection, chosen: Option<&str>, lock: &Lock| {
            reasons(selection, &own, chosen, lock).join("\n")
        };
        assert_eq!(reasons(&all, None, &lock), "");
        let component = format!("api 0.1.0\ncell NAME component {digest}\ncell NAME crate x 1.0.0");
        let of = |name: &str| format!("cell {name} {}\n", component.replace("NAME", name));
        let one = Lock::parse(&format!("{lock}{}", of("x"))).unwrap();
        assert_eq!(reasons(&all, None, &one), "");
        let two = Lock::parse(&format!("{lock}{}{}", of("x"), of("x-set1"))).unwrap();
        assert!(reasons(&all, None, &two).contains("build `x` with other features"));
        assert_eq!(reasons(&all, Some("p"), &lock), "");
        assert!(reasons(&all, Some("ui"), &lock).contains("`CELL_PROFILE` is `ui`"));
        assert!(reasons(&Selection::default(), None, &lock).contains("of `app` were on"));
        let target = Selection { target: Some("wasm".to_owned()), ..all.clone() };
        assert!(reasons(&target, None, &lock).contains("for `wasm` alone"));
        let part = Selection { packages: vec!["app".to_owned()], ..all.clone() };
        assert!(reasons(&part, None, &lock).contains("only a part"));
        let quiet = Lock { profile: "ui".to_owned(), ..lock };
        assert!(reasons(&all, None, &quiet).contains("switches `search` off"));
    }
}
