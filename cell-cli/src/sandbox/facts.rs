//! What `cell.lock` says of a sandboxed crate beside its macros.

/// What a component was made of: the words behind `cell <key> crate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// The crate.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// The features that it was built with.
    pub(crate) features: Vec<String>,
    /// Who compiled it: what the compiler says of itself.
    pub(crate) compiler: String,
    /// What build scripts were kept from when it was compiled: see [`super::confine`].
    pub(crate) held: String,
}

impl Made {
    /// The words.
    pub(crate) fn to_fact(&self) -> String {
        let Self { name, version, features, compiler, held } = self;
        let (features, compiler) = (features.join(","), compiler.replace(' ', "_"));
        format!("{name} {version} features={features} held={held} compiler={compiler}")
    }

    /// Reads them.
    pub(crate) fn of_fact(fact: &str) -> Option<Self> {
        let words: Vec<&str> = fact.split(' ').collect();
        let [name, version, features, held, compiler] = words.as_slice() else { return None };
        let features = features.strip_prefix("features=")?.split(',');
        Some(Self {
            name: (*name).to_owned(),
            version: (*version).to_owned(),
            features: features.filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            held: held.strip_prefix("held=")?.to_owned(),
            compiler: compiler.strip_prefix("compiler=")?.replace('_', " "),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_they_are_written() {
        for features in [vec![], vec!["default".to_owned(), "std".to_owned()]] {
            let made = Made {
                name: "serde_derive".to_owned(),
                version: "1.0.229".to_owned(),
                features,
                compiler: "rustc 1.96.0 (ac68faa20 2026-05-25)".to_owned(),
                held: "files,network".to_owned(),
            };
            assert_eq!(Made::of_fact(&made.to_fact()), Some(made));
        }
        assert_eq!(Made::of_fact("serde_derive 1.0.229"), None);
    }
}
