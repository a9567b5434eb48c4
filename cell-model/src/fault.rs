//! Why a call ended without a value, as the two ends of a connection tell each other.

use crate::schema::SchemaHash;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $word:literal;)+) => {
        /// A sort of fault. The numbers are on the wire and never change; new ones may come, which
        /// an older reader takes for [`Code::Unknown`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name = $number,)+
        }

        impl Code {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name in texts and metrics.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

codes! {
    /// A code of a later release.
    Unknown = 0, "unknown";
    /// The channel is none of [`crate::Channel`].
    UnknownChannel = 1, "unknown-channel";
    /// The cell has no service of this name.
    UnknownService = 2, "unknown-service";
    /// The service has no method of this number.
    UnknownMethod = 3, "unknown-method";
    /// The bytes are not a frame; the connection ends, since where the next one begins is unknown.
    BadFrame = 4, "bad-frame";
    /// The payload is not what the method takes, or returns.
    BadPayload = 5, "bad-payload";
    /// The payload, or all that is under way, is larger than allowed.
    TooLarge = 6, "too-large";
    /// The other side speaks another version of the protocol.
    OldVersion = 7, "old-version";
    /// The other side has another schema, and no common encoding.
    Incompatible = 8, "incompatible";
    /// There was no answer in time.
    DeadlineExceeded = 9, "deadline-exceeded";
    /// The caller did not want it any more.
    Cancelled = 10, "cancelled";
    /// More is under way than the cell takes.
    Overloaded = 11, "overloaded";
    /// The cell is about to end, and takes no new calls.
    Closing = 12, "closing";
    /// The handler panicked. Other calls are not concerned.
    HandlerPanicked = 13, "handler-panicked";
    /// The caller may not do this.
    Denied = 14, "denied";
    /// The cell has started and is not ready yet.
    NotReady = 15, "not-ready";
    /// Nobody is at the other end, or no longer.
    Disconnected = 16, "disconnected";
    /// The question went through too many cells.
    TooManyHops = 17, "too-many-hops";
}

impl Code {
    /// The code with this number; [`Code::Unknown`] if it is of a later release.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        let found = Self::ALL.iter().find(|code| **code as u32 == number);
        found.copied().unwrap_or(Self::Unknown)
    }

    /// May the same call succeed later, or elsewhere, without a change of either side? Whether it
    /// was carried out is another question: see [`Code::was_not_begun`].
    #[must_use]
    pub fn is_transient(self) -> bool {
        use Code::{Closing, DeadlineExceeded, Disconnected, NotReady, Overloaded};
        matches!(self, DeadlineExceeded | Overloaded | Closing | NotReady | Disconnected)
    }

    /// Is it certain that no handler saw the call? Then repeating it does nothing twice.
    #[must_use]
    pub fn was_not_begun(self) -> bool {
        !matches!(
            self,
            Self::Unknown
                | Self::DeadlineExceeded
                | Self::Cancelled
                | Self::HandlerPanicked
                | Self::Disconnected
                | Self::TooLarge
                | Self::BadPayload
        )
    }
}

/// A fault with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {text}", code.word())]
pub struct Fault {
    /// Its sort.
    pub code: Code,
    /// What happened, for people.
    pub text: String,
}

impl Fault {
    /// Bytes of a text that are kept: whoever writes more does not fill the reader's log.
    pub const TEXT: usize = 1 << 10;

    /// A fault with a text.
    #[must_use]
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        let mut text: String = text.into();
        if text.len() > Self::TEXT {
            text.truncate(text.floor_char_boundary(Self::TEXT));
            text.shrink_to_fit();
        }
        Self { code, text }
    }

    /// The two sides have other schemas.
    #[must_use]
    pub fn incompatible(ours: SchemaHash, theirs: SchemaHash) -> Self {
        Self::new(Code::Incompatible, format!("our schema is {ours}, theirs {theirs}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_are_each_codes_own() {
        for (index, code) in Code::ALL.iter().enumerate() {
            assert_eq!(*code as usize, index);
            assert_eq!(Code::from_number(index as u32), *code);
            let same = Code::ALL.iter().filter(|other| other.word() == code.word());
            assert_eq!(same.count(), 1, "{code:?}");
        }
        assert_eq!(Code::from_number(Code::ALL.len() as u32), Code::Unknown);
        assert_eq!(Code::from_number(u32::MAX), Code::Unknown);
    }

    #[test]
    fn what_may_be_repeated_is_known() {
        assert!(Code::Overloaded.is_transient() && Code::Overloaded.was_not_begun());
        assert!(Code::DeadlineExceeded.is_transient() && !Code::DeadlineExceeded.was_not_begun());
        assert!(!Code::UnknownMethod.is_transient() && Code::UnknownMethod.was_not_begun());
    }

    #[test]
    fn texts_are_short() {
        let fault = Fault::new(Code::BadPayload, "é".repeat(Fault::TEXT));
        assert_eq!(fault.text.len(), Fault::TEXT);
        assert_eq!(Fault::new(Code::Closing, "x").to_string(), "closing: x");
    }
}
