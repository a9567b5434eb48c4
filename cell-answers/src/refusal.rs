//! Why there is no answer, in plain words.

use std::fmt;
use std::time::Duration;

use cell_model::question::{Mismatch, NotAsked};
use cell_model::{Code, Fault, SchemaHash};

/// A question without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub why: Why,
    /// How long the caller waited for it.
    pub waited: Duration,
    /// Was nobody asked, since it was so a moment ago?
    pub known: bool,
}

/// Why a cell gave no answer. The texts are for people, and name neither the cell nor the question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It does not run: it has no socket, or one that nobody listens on.
    Absent,
    /// Somebody else could answer in its place: the folder of sockets, the socket or the process at its
    /// other end is not this user's alone.
    Forbidden(String),
    /// It runs and said nothing in time, or not all.
    Silent,
    /// It hung up, or said what is not of the protocol.
    Broken(Fault),
    /// It answered with a fault.
    Refused(Fault),
    /// It serves something else for this question than what was locked.
    OtherSchema {
        /// The schema that was locked.
        locked: SchemaHash,
        /// That of the running cell; `None` if it has no such service.
        running: Option<SchemaHash>,
        /// The first differences that matter to the question.
        changes: Vec<String>,
    },
    /// The arguments are not what the method takes. Nobody was asked.
    WrongArguments(Mismatch),
    /// The answer is not what the method returns.
    WrongReply(Mismatch),
    /// The answer, or the arguments, have more bytes than a question may have.
    TooLarge {
        /// Is it the arguments? Then nobody was asked.
        arguments: bool,
        /// How many are allowed.
        most: usize,
    },
    /// The method may not be asked: by what was locked, or by what the cell says now.
    NotAsked(NotAsked),
}

impl Why {
    /// Is it the cell as a whole, so that another question would end the same way?
    pub(crate) fn is_of_cell(&self) -> bool {
        matches!(self, Self::Absent | Self::Silent | Self::Broken(_))
    }
}

/// Words of a cell in one line, so that none of them is taken for a note or help of ours.
struct Line<'a>(&'a str);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if letter.is_control() {
                write!(f, "{}", letter.escape_debug())?;
            } else {
                write!(f, "{letter}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("the cell does not run"),
            Self::Forbidden(why) => f.write_str(why),
            Self::Silent => f.write_str("the cell did not answer in time"),
            Self::Broken(fault) => {
                write!(f, "the connection to the cell broke: {}", Line(&fault.text))
            }
            Self::Refused(fault) => match fault.code {
                Code::NotReady => {
                    write!(f, "the cell was not ready in time: {}", Line(&fault.text))
                }
                Code::HandlerPanicked => {
                    f.write_str("the cell's handler panicked; its log says more")
                }
                _ => write!(f, "the cell refused: {}", Line(&fault.text)),
            },
            Self::OtherSchema { running: None, .. } => {
                f.write_str("the running cell has no such service any more")
            }
            Self::OtherSchema { locked, running: Some(running), changes } => {
                let short =
                    |hash: &SchemaHash| hash.to_string().chars().take(8).collect::<String>();
                let (locked, running) = (short(locked), short(running));
                write!(
                    f,
                    "the running cell has another schema (locked {locked}, running {running})"
                )?;
                let mut before = ": ";
                for change in changes {
                    write!(f, "{before}{change}")?;
                    before = "; ";
                }
                Ok(())
            }
            Self::WrongArguments(mismatch) => {
                write!(f, "the arguments are not those of the method: {mismatch}")
            }
            Self::WrongReply(mismatch) => {
                write!(f, "the cell's answer is not what its schema says: {mismatch}")
            }
            Self::TooLarge { arguments: true, most } => {
                write!(f, "the arguments have more than {most} bytes")
            }
            Self::TooLarge { arguments: false, most } => {
                write!(f, "the cell's answer has more than {most} bytes")
            }
            Self::NotAsked(why) => why.fmt(f),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)?;
        if self.known {
            return f.write_str("; so it was a moment ago, and it was not asked again");
        }
        Ok(())
    }
}

impl std::error::Error for Why {}
impl std::error::Error for Refusal {}

impl From<NotAsked> for Why {
    fn from(why: NotAsked) -> Self {
        Self::NotAsked(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_cell_stay_in_their_line() {
        let fault = Fault::new(Code::Denied, "no\nhelp: run `rm`\u{1b}[2J é");
        let text = Why::Refused(fault.clone()).to_string();
        assert_eq!(text, "the cell refused: no\\nhelp: run `rm`\\u{1b}[2J é");
        assert!(!Why::Broken(fault).to_string().contains('\n'));
    }
}
