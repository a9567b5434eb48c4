//! What a macro asked in a test, and in words.

use std::fmt;

use crate::wire::{Head, Misfit, Question, Reader, Writer};

/// A question that a macro asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The cell.
    pub cell: String,
    /// Its function.
    pub function: String,
    /// The arguments, as the cell gets them.
    pub arguments: Vec<u8>,
}

impl Asked {
    /// A typed question, as [`questions!`](crate::questions) makes it.
    #[must_use]
    pub fn of<Q: Question>(arguments: Q::Arguments<'_>) -> Self {
        let mut bytes = Writer::default();
        Q::write(&arguments, &mut bytes);
        let (cell, function) = (Q::CELL.into(), Q::FUNCTION.into());
        Self { cell, function, arguments: bytes.into_bytes() }
    }
}

/// `ledger::schema {"table": "accounts"}`.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        let mut from = Reader::new(&self.arguments);
        if show(&mut from, &mut text).is_err() || from.finish().is_err() {
            // No MessagePack: a test may have arguments of its own.
            text = format!("`{}`", String::from_utf8_lossy(&self.arguments));
        }
        write!(f, "{}::{} {text}", self.cell, self.function)
    }
}

fn show(from: &mut Reader<'_>, to: &mut String) -> Result<(), Misfit> {
    let head = from.clone().head()?;
    let text = match head {
        Head::List(_) => {
            to.push('[');
            from.list(&mut |from, index| {
                to.push_str(if index == 0 { "" } else { ", " });
                show(from, to)
            })?;
            "]".to_owned()
        }
        Head::Map(_) => {
            to.push('{');
            from.map(&mut |from, index| {
                to.push_str(if index == 0 { "" } else { ", " });
                show(from, to)?;
                to.push_str(": ");
                show(from, to)
            })?;
            "}".to_owned()
        }
        Head::Text(_) => format!("{:?}", from.text()?),
        other => {
            from.skip()?;
            match other {
                Head::Bool(value) => value.to_string(),
                Head::Integer(value) => value.to_string(),
                Head::Float(value) => value.to_string(),
                Head::Bytes(length) | Head::Extension(length) => format!("<{length} bytes>"),
                _ => "nil".to_owned(),
            }
        }
    };
    to.push_str(&text);
    Ok(())
}
