//! May a build ask cells what is not recorded? What the compiler's process knows about it; whether
//! the developer has opted in to it, the macro server knows.

/// The answer, and the reason if it is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// As far as the compiler knows.
    May = 0,
    /// `CELL_MODE=locked`.
    Locked = 1,
    /// `CI` is set: what is built there is what was committed.
    Ci = 2,
    /// rust-analyzer expands on every key stroke.
    Editor = 3,
    /// The package is a dependency.
    Dependency = 4,
    /// `CELL_MODE` is nothing that is known.
    UnknownMode = 5,
}

impl Asking {
    /// What the environment of a compiler says.
    #[must_use]
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        match variable("CELL_MODE").as_deref() {
            None | Some("") => {}
            Some("locked") => return Self::Locked,
            Some(_) => return Self::UnknownMode,
        }
        let is_ci =
            variable("CI").is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false"));
        if is_ci {
            Self::Ci
        } else if is_set("RUST_ANALYZER_INTERNALS_DO_NOT_USE") {
            Self::Editor
        } else if !is_set("CARGO_PRIMARY_PACKAGE") {
            Self::Dependency
        } else {
            Self::May
        }
    }

    /// What the environment of this process says.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(&|name| std::env::var(name).ok())
    }

    /// Why nobody is asked; nothing if somebody may be.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        Some(match self {
            Self::May => return None,
            Self::Locked => "`CELL_MODE=locked`: a build asks no cell",
            Self::Ci => "`CI` is set: there a build asks no cell",
            Self::Editor => "rust-analyzer asks no cell",
            Self::Dependency => {
                "this package is a dependency of what is built, and dependencies ask no cell"
            }
            Self::UnknownMode => {
                "`CELL_MODE` is no mode that is known (`locked` is), so no cell is asked"
            }
        })
    }

    pub(crate) fn from_number(number: u8) -> Option<Self> {
        use Asking::{Ci, Dependency, Editor, Locked, May, UnknownMode};
        let all = [May, Locked, Ci, Editor, Dependency, UnknownMode];
        all.into_iter().find(|one| *one as u8 == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Asking {
        Asking::of(&|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn only_what_a_developer_builds_may_ask() {
        let primary = ("CARGO_PRIMARY_PACKAGE", "1");
        assert_eq!(of(&[primary]), Asking::May);
        assert_eq!(of(&[]), Asking::Dependency);
        assert_eq!(of(&[primary, ("CI", "true")]), Asking::Ci);
        assert_eq!(of(&[primary, ("CI", "1")]), Asking::Ci);
        assert_eq!(of(&[primary, ("CI", "false")]), Asking::May);
        assert_eq!(of(&[primary, ("CELL_MODE", "locked")]), Asking::Locked);
        assert_eq!(of(&[primary, ("CELL_MODE", "Locked")]), Asking::UnknownMode);
        assert_eq!(of(&[primary, ("CELL_MODE", "")]), Asking::May);
        let editor = ("RUST_ANALYZER_INTERNALS_DO_NOT_USE", "this is unstable");
        assert_eq!(of(&[primary, editor]), Asking::Editor);
    }

    #[test]
    fn all_but_one_have_a_reason_and_come_back() {
        for number in 0..=u8::MAX {
            let Some(asking) = Asking::from_number(number) else { continue };
            assert_eq!(asking as u8, number);
            assert_eq!(asking.reason().is_none(), asking == Asking::May);
        }
        assert_eq!((0..=u8::MAX).filter_map(Asking::from_number).count(), 6);
    }
}
