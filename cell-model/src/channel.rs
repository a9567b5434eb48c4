//! What a frame is about.

/// A channel of a connection. The numbers are on the wire and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Calls of the service's own methods.
    App = 0,
    /// Messages of replicas to each other.
    Consensus = 1,
    /// Health, metrics, what the cell is: see [`crate::ops`].
    Ops = 2,
    /// What macros need to know: see [`crate::coordination`].
    MacroCoordination = 3,
}

impl Channel {
    /// All channels.
    pub const ALL: [Self; 4] = [Self::App, Self::Consensus, Self::Ops, Self::MacroCoordination];

    /// The channel with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| *channel as u8 == number)
    }

    /// Its name in texts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Consensus => "consensus",
            Self::Ops => "ops",
            Self::MacroCoordination => "macro-coordination",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_contract() {
        let numbers = Channel::ALL.map(|channel| channel as u8);
        assert_eq!(numbers, [0x00, 0x01, 0x02, 0x03]);
        for number in 0..=u8::MAX {
            let found = Channel::from_number(number).map(|channel| channel as u8);
            assert_eq!(found, (number < 4).then_some(number));
        }
    }
}
