//! Why a call of a method that returns a result has no value.

use cell_model::Fault;

/// Either the call did not come to its end, or the service refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError<E> {
    /// The call has no answer.
    Fault(Fault),
    /// The answer is an error of the service.
    Remote(E),
}

impl<E> From<Fault> for CallError<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl<E: std::fmt::Display> std::fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Remote(error) => error.fmt(f),
        }
    }
}

impl<E: std::fmt::Display + std::fmt::Debug> std::error::Error for CallError<E> {}
