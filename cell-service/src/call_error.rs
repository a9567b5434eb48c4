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

/// Errors of services need no `Display`: those of generated clients have none, and `?` works with them.
impl<E: std::fmt::Debug> std::fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fault(fault) => fault.fmt(f),
            Self::Remote(error) => write!(f, "the service refused: {error:?}"),
        }
    }
}

impl<E: std::fmt::Debug> std::error::Error for CallError<E> {}

#[cfg(test)]
mod tests {
    use cell_model::Code;

    use super::*;

    #[test]
    fn any_error_of_a_service_can_be_passed_on() {
        fn passes() -> Result<(), Box<dyn std::error::Error>> {
            Err(CallError::Remote(Some(1)))?
        }
        assert_eq!(passes().unwrap_err().to_string(), "the service refused: Some(1)");
        let fault = CallError::<()>::Fault(Fault::new(Code::Closing, "no new calls"));
        assert_eq!(fault.to_string(), "closing: no new calls");
    }
}
