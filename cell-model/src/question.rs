//! Questions of macros: which method is meant, whether it may be asked, and whether bytes are its
//! arguments and its value.
//!
//! A macro says a name and bytes, and gets bytes. Nobody between it and the cell has the types in Rust,
//! but all have the schema: [`find`] looks a method up, and what it returns compares bytes with the
//! schema as they would be compared by the types.

use std::fmt;

use crate::schema::{Exposed, Method, Schema};

mod check;
mod read;
mod shown;

pub use check::Mismatch;

/// A method that macros may ask.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    schema: &'a Schema,
    name: &'a str,
    method: &'a Method,
}

/// Why there is nothing to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAsked {
    /// No service has such a method.
    Unknown {
        /// What was looked for.
        function: String,
        /// What macros may ask, as they would write it.
        known: Vec<String>,
    },
    /// More than one service has it.
    Ambiguous {
        /// What was looked for.
        function: String,
        /// The services.
        services: Vec<String>,
    },
    /// Its author did not mark it.
    NotMarked {
        /// As `Service::method`.
        method: String,
    },
    /// It returns any number of items.
    Stream {
        /// As `Service::method`.
        method: String,
    },
    /// It takes or returns what no macro may be told.
    Secret {
        /// As `Service::method`.
        method: String,
        /// Where.
        exposed: Exposed,
    },
}

/// Looks for the method that a macro means: its name, or `Service::method` where several services have
/// one of that name.
///
/// # Errors
/// [`NotAsked`] if there is none, or macros may not ask it.
pub fn find<'a>(
    schemas: impl IntoIterator<Item = &'a Schema>,
    function: &str,
) -> Result<Asked<'a>, NotAsked> {
    let schemas: Vec<&Schema> = schemas.into_iter().collect();
    let (service, wanted) = match function.split_once("::") {
        Some((service, method)) => (Some(service), method),
        None => (None, function),
    };
    let of_service =
        schemas.iter().filter(|schema| service.is_none_or(|service| schema.service == service));
    let mut found = of_service.filter_map(|schema| {
        let (name, method) = schema.methods.get_key_value(wanted)?;
        Some(Asked { schema, name, method })
    });
    let Some(asked) = found.next() else {
        return Err(NotAsked::Unknown { function: function.to_owned(), known: known(&schemas) });
    };
    let more: Vec<Asked<'_>> = found.collect();
    if !more.is_empty() {
        let services = std::iter::once(asked).chain(more);
        let services = services.map(|asked| asked.schema.service.clone()).collect();
        return Err(NotAsked::Ambiguous { function: function.to_owned(), services });
    }
    asked.allowed().map(|()| asked)
}

/// What macros may ask of these services, as they would write it.
fn known(schemas: &[&Schema]) -> Vec<String> {
    let mut known = Vec::new();
    for schema in schemas {
        for (name, method) in &schema.methods {
            let asked = Asked { schema, name, method };
            if asked.allowed().is_err() {
                continue;
            }
            let alone =
                schemas.iter().filter(|other| other.methods.contains_key(name)).count() == 1;
            known.push(if alone { name.clone() } else { asked.full_name() });
        }
    }
    known
}

impl<'a> Asked<'a> {
    /// The schema that has the method.
    #[must_use]
    pub fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// The method's name, without its service.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'a Method {
        self.method
    }

    /// `Service::method`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}::{}", self.schema.service, self.name)
    }

    /// Are these bytes, all of them, what the method takes: a map of its arguments by their names, as
    /// [`crate::message::encode`] writes it? Names that the schema does not have are refused.
    ///
    /// # Errors
    /// The first place where they are not.
    pub fn check_arguments(&self, bytes: &[u8]) -> Result<(), Mismatch> {
        check::arguments(self.schema, &self.method.arguments, bytes)
    }

    /// Are these bytes, all of them, a value of the method? A cell that was built later may say more:
    /// fields that the schema does not have are skipped.
    ///
    /// # Errors
    /// The first place where they are not.
    pub fn check_reply(&self, bytes: &[u8]) -> Result<(), Mismatch> {
        check::reply(self.schema, &self.method.returns, bytes)
    }

    fn allowed(&self) -> Result<(), NotAsked> {
        let method = self.full_name();
        if !self.method.compile_time {
            return Err(NotAsked::NotMarked { method });
        }
        if self.method.streams {
            return Err(NotAsked::Stream { method });
        }
        match self.schema.exposed(self.name) {
            Some(exposed) => Err(NotAsked::Secret { method, exposed }),
            None => Ok(()),
        }
    }
}

/// Names that a text lists before it ends.
const LISTED: usize = 20;

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { function, known } if known.is_empty() => {
                let function = shown::shown(function.as_bytes());
                write!(f, "there is no method {function}, and none that macros may ask")
            }
            Self::Unknown { function, known } => {
                let function = shown::shown(function.as_bytes());
                let more = if known.len() > LISTED { ", .." } else { "" };
                let known = list(known.iter().take(LISTED), ", ");
                write!(f, "there is no method {function}; macros may ask {known}{more}")
            }
            Self::Ambiguous { function, services } => {
                let named = services.iter().map(|service| format!("{service}::{function}"));
                let named: Vec<String> = named.take(LISTED).collect();
                write!(f, "`{function}` is a method of several services: write ")?;
                f.write_str(&list(named.iter(), " or "))
            }
            Self::NotMarked { method } => {
                write!(f, "`{method}` is not marked `#[compile_time]`, so macros may not ask it")
            }
            Self::Stream { method } => write!(f, "`{method}` is a stream, which is no answer"),
            Self::Secret { method, exposed } => {
                write!(f, "macros may not ask `{method}`: {exposed}")
            }
        }
    }
}

impl std::error::Error for NotAsked {}

fn list<'a>(names: impl Iterator<Item = &'a String>, between: &str) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
pub(crate) mod value;
