//! What the environment says about a cell.
//!
//! Whoever runs cells sets variables: `cell up` those of `[cells.NAME.run.env]` in `cell.toml`. So a
//! cell reads no file of the project that it runs for.

mod value;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use cell_model::frame::MESSAGE_PAYLOAD;
use cell_transport::Limits;

use value::{bytes, count, duration};

/// Where a cell is and how much it takes.
///
/// Three places say it. What stands in code ([`Builder`](crate::Builder)) is said on purpose and goes
/// first; then the environment; else the default. In the environment a variable for one cell goes
/// before the one for all: for the cell `order-book`, `CELL_ORDER_BOOK_CALLS` before `CELL_CALLS`. An
/// empty variable is as none. Names that differ in case or in `-` and `_` alone share their variables:
/// `order-book` and `order_book` do.
///
/// | variable | what it is | default |
/// |---|---|---|
/// | `CELL_NAME` | the name under which it is found | the one in code |
/// | `CELL_FOLDER` | the folder of its socket, an absolute path; clients look in that of the user unless they are told | that of the user |
/// | `CELL_CONNECTIONS` | connections at the same time | `1024` |
/// | `CELL_CALLS` | calls of a connection at the same time | `1024` |
/// | `CELL_BYTES` | bytes of arguments of all calls of a connection | `128MiB` |
/// | `CELL_MESSAGE` | bytes of one payload, 64 MiB at most | `64MiB` |
/// | `CELL_UNWRITTEN` | bytes that wait to be read by a client | `8MiB` |
/// | `CELL_GREETING` | how long a client may take to say who it is | `5s` |
/// | `CELL_READING` | how long a client may take to read what is written for it | `10s` |
/// | `CELL_PATIENCE` | how long calls may take to end when the cell is told to stop | `10s` |
/// | `CELL_DEADLINE` | how long a call may take whose caller would wait for ever | none |
///
/// Durations are written `250ms`, `10s`, `5m` or `1h`, bytes as `4096`, `64KiB` or `8MiB`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CellConfig {
    /// The name.
    pub name: String,
    /// The folder of its socket; `None` for that of the user.
    pub folder: Option<PathBuf>,
    /// The bounds of its connections.
    pub limits: Limits,
    /// How long calls may take to end when it is told to stop.
    pub patience: Duration,
    /// How long a call may take whose caller would wait for ever.
    pub deadline: Option<Duration>,
}

/// A variable whose value is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    variable: String,
    value: String,
    allowed: String,
}

impl ConfigError {
    /// The variable.
    #[must_use]
    pub fn variable(&self) -> &str {
        &self.variable
    }
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { variable, value, allowed } = self;
        write!(f, "the environment variable `{variable}` is `{}`", value.escape_debug())?;
        write!(f, "\nhelp: set it to {allowed}, or not at all")
    }
}

impl std::error::Error for ConfigError {}

impl From<ConfigError> for io::Error {
    fn from(error: ConfigError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

impl CellConfig {
    /// The defaults for a cell of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let (limits, patience) = (Limits::default(), Duration::from_secs(10));
        Self { name: name.to_owned(), folder: None, limits, patience, deadline: None }
    }

    /// What the environment says about the cell of this name, and the defaults where it says nothing.
    ///
    /// # Errors
    /// A value that is not allowed; which variable, and what would be, stands in it.
    pub fn from_env(name: &str) -> Result<Self, ConfigError> {
        Self::read(name, |variable| std::env::var_os(variable))
    }

    /// As [`CellConfig::from_env`], with the variables that `find` knows.
    ///
    /// # Errors
    /// As [`CellConfig::from_env`].
    pub fn read(name: &str, find: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let Self { name: its, mut folder, mut limits, mut patience, mut deadline } =
            Self::new(name);
        let variables = Variables { cell: part(name), find };
        const MOST: usize = u32::MAX as usize;

        let its = variables.one("NAME", CELL_NAME, cell_name)?.unwrap_or(its);
        let path = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
        folder = variables.one("FOLDER", "an absolute path", path)?.or(folder);
        variables.count("CONNECTIONS", 1_000_000, &mut limits.connections)?;
        let mut calls = limits.calls as usize;
        variables.count("CALLS", 1_000_000, &mut calls)?;
        limits.calls = calls as u32;
        let mut all = limits.bytes as usize;
        variables.bytes("BYTES", MOST, &mut all)?;
        limits.bytes = all as u32;
        variables.bytes("MESSAGE", MESSAGE_PAYLOAD, &mut limits.message)?;
        variables.bytes("UNWRITTEN", MOST, &mut limits.unwritten)?;
        variables.duration("GREETING", &mut limits.greeting)?;
        variables.duration("READING", &mut limits.patience)?;
        variables.duration("PATIENCE", &mut patience)?;
        let mut given = Duration::ZERO;
        variables.duration("DEADLINE", &mut given)?;
        if !given.is_zero() {
            deadline = Some(given);
        }
        Ok(Self { name: its, folder, limits, patience, deadline })
    }
}

const CELL_NAME: &str = "1 to 128 letters, digits, `-` and `_`";

fn cell_name(text: &str) -> Option<String> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    ((1..=128).contains(&text.len()) && text.bytes().all(part)).then(|| text.to_owned())
}

/// A cell's name within a variable's. Keys are single words, so what is of one cell is never for all.
/// Cells whose names differ in case or in `-` and `_` alone share their variables.
fn part(name: &str) -> String {
    name.replace('-', "_").to_ascii_uppercase()
}

/// The variables of a cell.
struct Variables<F> {
    cell: String,
    find: F,
}

impl<F: Fn(&str) -> Option<OsString>> Variables<F> {
    /// The value of a key, if the environment has one.
    fn one<T>(
        &self,
        key: &str,
        allowed: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        for variable in [format!("CELL_{}_{key}", self.cell), format!("CELL_{key}")] {
            let Some(value) = (self.find)(&variable).filter(|value| !value.is_empty()) else {
                continue;
            };
            return match value.to_str().and_then(&read) {
                Some(read) => Ok(Some(read)),
                None => Err(ConfigError {
                    variable,
                    value: value.to_string_lossy().chars().take(100).collect(),
                    allowed: allowed.to_owned(),
                }),
            };
        }
        Ok(None)
    }

    fn count(&self, key: &str, most: usize, into: &mut usize) -> Result<(), ConfigError> {
        let allowed = format!("a number from 1 to {most}");
        let found = self.one(key, &allowed, |text| count(text, most))?;
        *into = found.unwrap_or(*into);
        Ok(())
    }

    fn bytes(&self, key: &str, most: usize, into: &mut usize) -> Result<(), ConfigError> {
        let allowed =
            format!("bytes from {} to {most}, as `4096`, `64KiB` or `8MiB`", value::FEWEST);
        let found = self.one(key, &allowed, |text| bytes(text, most))?;
        *into = found.unwrap_or(*into);
        Ok(())
    }

    fn duration(&self, key: &str, into: &mut Duration) -> Result<(), ConfigError> {
        let allowed = "a duration from `1ms` to `24h`, as `250ms`, `10s`, `5m` or `1h`";
        let found = self.one(key, allowed, duration)?;
        *into = found.unwrap_or(*into);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, variables: &[(&str, &str)]) -> Result<CellConfig, ConfigError> {
        CellConfig::read(name, |asked| {
            let found = variables.iter().find(|(variable, _)| *variable == asked);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn a_variable_of_the_cell_goes_before_that_of_all() {
        let both = [("CELL_CALLS", "7"), ("CELL_ORDER_BOOK_CALLS", "8")];
        assert_eq!(read("order-book", &both).unwrap().limits.calls, 8);
        assert_eq!(read("ledger", &both).unwrap().limits.calls, 7);
        let empty = [("CELL_CALLS", "7"), ("CELL_LEDGER_CALLS", "")];
        assert_eq!(read("ledger", &empty).unwrap().limits.calls, 7);
        assert_eq!(read("ledger", &[]), Ok(CellConfig::new("ledger")));
        // It cannot be told which of the two is meant.
        assert_eq!(read("order_book", &both).unwrap().limits.calls, 8);
    }

    #[test]
    fn an_error_says_what_is_wrong_and_what_would_not_be() {
        let error = read("ledger", &[("CELL_LEDGER_PATIENCE", "10")]).unwrap_err();
        insta::assert_snapshot!(error, @r"
        the environment variable `CELL_LEDGER_PATIENCE` is `10`
        help: set it to a duration from `1ms` to `24h`, as `250ms`, `10s`, `5m` or `1h`, or not at all
        ");
        let error = read("ledger", &[("CELL_FOLDER", "run")]).unwrap_err();
        insta::assert_snapshot!(error, @r"
        the environment variable `CELL_FOLDER` is `run`
        help: set it to an absolute path, or not at all
        ");
    }
}
