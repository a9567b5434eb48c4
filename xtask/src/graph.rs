//! What the packages of a workspace depend on.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

use crate::policy::Policy;
use crate::{licence, step};

pub(crate) fn check(manifest: &str, policy: &Policy) -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(step::root().join(manifest))
        // A lock that tests write anew is not the one that is committed.
        .other_options(["--locked".to_owned()])
        .exec()
        .with_context(|| format!("cargo cannot resolve {manifest} with its lock file"))?;
    let graph = Graph::of(&metadata);
    let problems = graph.problems(manifest, policy);
    if problems.is_empty() {
        return Ok(());
    }
    bail!("{}\nhelp: `xtask/policy.toml` says what is allowed, and why", problems.join("\n"))
}

/// Who depends on whom, tests and benches aside.
#[derive(Default)]
struct Graph {
    /// Name, licence and whether it is ours.
    packages: BTreeMap<String, Package>,
    /// Names of dependencies by name and version.
    edges: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Clone)]
struct Package {
    name: String,
    licence: Option<String>,
    ours: bool,
}

impl Graph {
    fn of(metadata: &Metadata) -> Self {
        let mut graph = Self::default();
        let mut keys: BTreeMap<&PackageId, String> = BTreeMap::new();
        for package in &metadata.packages {
            let key = format!("{} {}", package.name, package.version);
            keys.insert(&package.id, key.clone());
            let (name, licence) = (package.name.to_string(), package.license.clone());
            graph.packages.insert(key, Package { name, licence, ours: package.source.is_none() });
        }
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let wanted = node.deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development)
            });
            let to = wanted.filter_map(|dependency| keys.get(&dependency.pkg).cloned()).collect();
            graph.edges.insert(keys.get(&node.id).cloned().unwrap_or_default(), to);
        }
        graph
    }

    fn problems(&self, manifest: &str, policy: &Policy) -> Vec<String> {
        let mut problems = Vec::new();
        let compared = |name: &str| {
            policy.compared.get(manifest).is_some_and(|compared| compared.contains(name))
        };
        for (key, Package { name, licence, ours }) in &self.packages {
            if let Some(reason) = policy.banned.get(name).filter(|_| !compared(name)) {
                problems.push(format!("`{key}` is banned: {reason}"));
            }
            let expression = licence.as_deref().unwrap_or("");
            if licence::is_allowed(expression, &policy.licences) != Some(true) {
                problems
                    .push(format!("`{key}` has the licence `{expression}`, which is not allowed"));
            }
            if *ours {
                self.check_edges(key, name, policy, &mut problems);
            }
            for unwanted in policy.without.get(name).into_iter().flatten().filter(|_| *ours) {
                if self.reaches(key, unwanted) {
                    problems.push(format!("`{name}` depends on `{unwanted}`, in some way"));
                }
            }
        }
        problems
    }

    fn check_edges(&self, key: &str, name: &str, policy: &Policy, problems: &mut Vec<String>) {
        let allowed = policy.edges.get(name);
        for other in self.edges.get(key).into_iter().flatten().filter_map(|k| self.packages.get(k))
        {
            if other.ours && !allowed.is_some_and(|allowed| allowed.contains(&other.name)) {
                problems.push(format!("`{name}` must not depend on `{}`", other.name));
            }
        }
    }

    fn reaches(&self, from: &str, name: &str) -> bool {
        let (mut open, mut seen) = (vec![from], BTreeSet::new());
        while let Some(key) = open.pop() {
            if !seen.insert(key) {
                continue;
            }
            if self.packages.get(key).is_some_and(|package| package.name == name) {
                return true;
            }
            open.extend(self.edges.get(key).into_iter().flatten().map(String::as_str));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let set = |words: &[&str]| words.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        Policy {
            licences: set(&["MIT"]),
            banned: [("bad".to_owned(), "it is".to_owned())].into(),
            compared: [("beside/Cargo.toml".to_owned(), set(&["bad"]))].into(),
            edges: [("a".to_owned(), set(&["b"]))].into(),
            without: [("a".to_owned(), set(&["heavy"]))].into(),
            unsafe_files: set(&[]),
            long_files: set(&[]),
        }
    }

    fn graph(packages: &[(&str, &str, bool)], edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (name, licence, ours) in packages {
            let licence = Some((*licence).to_owned());
            let package = Package { name: (*name).to_owned(), licence, ours: *ours };
            graph.packages.insert((*name).to_owned(), package);
        }
        for (from, to) in edges {
            graph.edges.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn finds_each_thing_that_is_not_allowed() {
        let check = |packages: &[_], edges: &[_], expected: &[&str]| {
            let found = graph(packages, edges).problems("Cargo.toml", &policy());
            assert_eq!(found.len(), expected.len(), "{found:?}");
            found
                .iter()
                .zip(expected)
                .for_each(|(found, part)| assert!(found.contains(part), "{found}"));
        };
        let ours = [("a", "MIT", true), ("b", "MIT", true), ("c", "MIT", true)];
        check(&ours, &[("a", "b")], &[]);
        check(&ours, &[("a", "c")], &["`a` must not depend on `c`"]);
        check(&ours, &[("c", "a")], &["`c` must not depend on `a`"]);
        check(&[("bad", "MIT", false)], &[], &["banned: it is"]);
        check(&[("x", "GPL-3.0", false)], &[], &["licence `GPL-3.0`"]);
        check(&[("x", "", false)], &[], &["licence ``"]);
        let heavy = [("a", "MIT", true), ("x", "MIT", false), ("heavy", "MIT", false)];
        check(&heavy, &[("a", "x"), ("x", "heavy")], &["`a` depends on `heavy`"]);
        check(&heavy, &[("a", "x")], &[]);
    }

    #[test]
    fn what_is_compared_with_may_be_banned_elsewhere() {
        let bad = graph(&[("bad", "MIT", false)], &[]);
        assert!(bad.problems("beside/Cargo.toml", &policy()).is_empty());
        assert_eq!(bad.problems("Cargo.toml", &policy()).len(), 1);
    }
}
