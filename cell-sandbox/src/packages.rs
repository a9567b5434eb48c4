//! What `Cargo.lock` says of packages. A crate that `[patch]` replaces by a folder has neither source nor
//! checksum there, and what only it needed is gone: so that is kept as lines of `cell.lock`, one for
//! each package, and put back.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

/// A package as `Cargo.lock` names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is from; a folder says nothing.
    pub source: Option<String>,
    /// The checksum of what the registry has.
    pub checksum: Option<String>,
    /// Name and version of what it depends on.
    pub dependencies: Vec<(String, String)>,
}

/// Reads the packages of a `Cargo.lock`.
///
/// # Errors
/// If it is none.
pub fn read(text: &str) -> Result<Vec<Locked>> {
    let document: DocumentMut = text.parse().context("`Cargo.lock` cannot be read")?;
    let none = ArrayOfTables::new();
    let tables = document.get("package").and_then(Item::as_array_of_tables).unwrap_or(&none);
    let text = |table: &Table, key: &str| table.get(key).and_then(Item::as_str).map(str::to_owned);
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for table in tables {
        if let (Some(name), Some(version)) = (text(table, "name"), text(table, "version")) {
            versions.entry(name).or_default().push(version);
        }
    }
    tables
        .iter()
        .map(|table| {
            let dependencies = table.get("dependencies").and_then(Item::as_array);
            let words = dependencies.into_iter().flatten().filter_map(|word| word.as_str());
            let dependencies = words.filter_map(|word| {
                let mut words = word.split(' ');
                let name = words.next()?;
                let version = match words.next() {
                    Some(version) => version.to_owned(),
                    None => versions.get(name)?.first()?.clone(),
                };
                Some((name.to_owned(), version))
            });
            Ok(Locked {
                name: text(table, "name").context("a package in `Cargo.lock` has no name")?,
                version: text(table, "version")
                    .context("a package in `Cargo.lock` has no version")?,
                source: text(table, "source"),
                checksum: text(table, "checksum"),
                dependencies: dependencies.collect(),
            })
        })
        .collect()
}

/// A package and all that it needs, in order.
#[must_use]
pub fn closure(packages: &[Locked], name: &str, version: &str) -> BTreeSet<Locked> {
    let find = |name: &str, version: &str| {
        packages.iter().find(|one| one.name == name && one.version == version)
    };
    let mut open: Vec<&Locked> = find(name, version).into_iter().collect();
    let mut closed = BTreeSet::new();
    while let Some(package) = open.pop() {
        if closed.insert(package.clone()) {
            open.extend(
                package.dependencies.iter().filter_map(|(name, version)| find(name, version)),
            );
        }
    }
    closed
}

/// What components are made of, beside the crates themselves: all that their packages need by the lock files
/// they were compiled with. A package that the project's own `Cargo.lock` has is as it says there, and one that
/// several lock files have needs what it needs in any.
#[must_use]
pub fn of_components(
    components: &[(Vec<Locked>, &str, &str)],
    project: &[Locked],
) -> BTreeSet<Locked> {
    let same = |a: &Locked, b: &Locked| {
        (&a.name, &a.version, &a.source) == (&b.name, &b.version, &b.source)
    };
    let mut all: Vec<Locked> = Vec::new();
    for (packages, name, version) in components {
        for one in closure(packages, name, version) {
            let copied = project
                .iter()
                .any(|it| it.name == one.name && it.version == one.version && it.source.is_some());
            if one.source.is_none() && copied {
                // The copy of a crate, of which the original is kept.
            } else if one.source.is_some() && project.iter().any(|it| same(it, &one)) {
                all.extend(project.iter().filter(|it| same(it, &one)).cloned());
            } else if let Some(there) = all.iter_mut().find(|it| same(it, &one)) {
                there.dependencies.extend(one.dependencies);
                there.dependencies.sort();
                there.dependencies.dedup();
            } else {
                all.push(one);
            }
        }
    }
    all.into_iter().collect()
}

impl Locked {
    /// One line of `cell.lock`, behind the word `package`.
    #[must_use]
    pub fn to_fact(&self) -> String {
        let Self { name, version, source, checksum, dependencies } = self;
        let or_nothing = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let mut fact = format!("{name} {version} {} {}", or_nothing(source), or_nothing(checksum));
        for (name, version) in dependencies {
            fact.push_str(&format!(" {name}@{version}"));
        }
        fact
    }

    /// Reads such a line.
    #[must_use]
    pub fn of_fact(fact: &str) -> Option<Self> {
        let mut words = fact.split(' ');
        let mut word = || words.next().filter(|word| !word.is_empty()).map(str::to_owned);
        let known = |text: String| Some(text).filter(|text| text != "-");
        let (name, version) = (word()?, word()?);
        let (source, checksum) = (known(word()?), known(word()?));
        let dependencies = words.map(|word| {
            let (name, version) = word.split_once('@')?;
            Some((name.to_owned(), version.to_owned()))
        });
        Some(Self {
            name,
            version,
            source,
            checksum,
            dependencies: dependencies.collect::<Option<_>>()?,
        })
    }
}

/// The `Cargo.lock` in which these packages are as they were: what is named in `kept` replaces what has
/// its name, version and no source, and is added where it is not there. Cargo itself then writes
/// names in its shortest form and leaves out what nothing needs.
///
/// # Errors
/// If the text is no `Cargo.lock`.
pub fn restored(text: &str, kept: &BTreeSet<Locked>) -> Result<String> {
    let mut document: DocumentMut = text.parse().context("`Cargo.lock` cannot be read")?;
    let mut packages = read(text)?;
    packages.retain(|there| {
        let same = |one: &&Locked| one.name == there.name && one.version == there.version;
        !(there.source.is_none() && kept.iter().any(|one| same(&one) && one.source.is_some()))
    });
    for one in kept {
        let there = packages
            .iter()
            .any(|it| it.name == one.name && it.version == one.version && it.source == one.source);
        if !there {
            packages.push(one.clone());
        }
    }
    packages.sort();
    let several = |name: &str| packages.iter().filter(|one| one.name == name).count() > 1;
    let mut tables = ArrayOfTables::new();
    for one in &packages {
        let mut table = Table::new();
        table["name"] = value(&one.name);
        table["version"] = value(&one.version);
        if let Some(source) = &one.source {
            table["source"] = value(source);
        }
        if let Some(checksum) = &one.checksum {
            table["checksum"] = value(checksum);
        }
        if !one.dependencies.is_empty() {
            let mut list = toml_edit::Array::new();
            for (name, version) in &one.dependencies {
                let word = if several(name) { format!("{name} {version}") } else { name.clone() };
                list.push_formatted(toml_edit::Value::from(word).decorated("\n ", ""));
            }
            list.set_trailing("\n");
            list.set_trailing_comma(true);
            table["dependencies"] = value(list);
        }
        tables.push(table);
    }
    document["package"] = Item::ArrayOfTables(tables);
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n\
version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"serde_derive\",\n \"syn 1.0.0\",\n]\n\n\
[[package]]\nname = \"serde_derive\"\nversion = \"1.0.229\"\nsource = \"registry+https://example.org/index\"\nchecksum = \"aa\"\ndependencies = [\n \"syn 2.0.0\",\n]\n\n\
[[package]]\nname = \"syn\"\nversion = \"1.0.0\"\nsource = \"registry+https://example.org/index\"\nchecksum = \"bb\"\n\n\
[[package]]\nname = \"syn\"\nversion = \"2.0.0\"\nsource = \"registry+https://example.org/index\"\nchecksum = \"cc\"\n";

    /// What cargo makes of it when the crate comes from a folder, and one of ours is there too.
    const PATCHED: &str = "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\n\
version = 4\n\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\ndependencies = [\n \"serde_derive\",\n \"syn\",\n]\n\n\
[[package]]\nname = \"serde_derive\"\nversion = \"1.0.229\"\n\n\
[[package]]\nname = \"syn\"\nversion = \"1.0.0\"\nsource = \"registry+https://example.org/index\"\nchecksum = \"bb\"\n";

    #[test]
    fn what_a_patch_took_away_comes_back() {
        let packages = read(BEFORE).unwrap();
        let kept = closure(&packages, "serde_derive", "1.0.229");
        assert_eq!(kept.len(), 2);
        assert_eq!(restored(PATCHED, &kept).unwrap(), BEFORE);
        assert_eq!(restored(BEFORE, &kept).unwrap(), BEFORE, "nothing is there twice");
    }

    #[test]
    fn components_are_made_of_what_their_lock_files_say() {
        let one = |name: &str, source: Option<&str>, needs: &[&str]| Locked {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            source: source.map(str::to_owned),
            checksum: None,
            dependencies: needs.iter().map(|it| ((*it).to_owned(), "1.0.0".to_owned())).collect(),
        };
        let registry = Some("registry+r");
        let sdk = one("sdk", None, &["quote", "wit"]);
        let (wit, other) = (one("wit", registry, &[]), one("other", registry, &[]));
        let less = vec![
            one("x-component", None, &["sdk", "x"]),
            one("x", None, &["quote"]),
            one("quote", registry, &[]),
            sdk.clone(),
            wit.clone(),
            other.clone(),
        ];
        let mut more = less.clone();
        more[1] = one("x", None, &["more"]);
        more[3] = one("sdk", None, &["quote", "std", "wit"]);
        more.push(one("more", registry, &[]));
        // The project has a feature of it on.
        let project = [one("quote", registry, &["ident"]), one("x", registry, &["quote"])];
        let of = [(less, "x-component", "1.0.0"), (more, "x-component", "1.0.0")];
        let made = of_components(&of, &project);
        let expected = [
            one("more", registry, &[]),
            one("quote", registry, &["ident"]),
            one("sdk", None, &["quote", "std", "wit"]),
            wit,
            one("x-component", None, &["sdk", "x"]),
        ];
        assert_eq!(made.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn facts_are_one_line_and_say_everything() {
        for package in read(BEFORE).unwrap() {
            let fact = package.to_fact();
            assert!(!fact.contains('\n'));
            assert_eq!(Locked::of_fact(&fact), Some(package));
        }
        for bad in ["", "a", "a 1", "a 1 -", "a 1 - - b", "a  - -"] {
            assert_eq!(Locked::of_fact(bad), None, "{bad}");
        }
    }
}
