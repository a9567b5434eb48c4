//! A cell with one service, in the words of those who start it.

use std::borrow::Cow;
use std::io;

use crate::builder::Builder;
use crate::service::Service;

/// Another way to write a [`Builder`]: `Runtime::builder(service).name("ledger").serve().await`.
#[derive(Clone, Copy, Debug)]
pub enum Runtime {}

impl Runtime {
    /// A cell with this service, named like it, `order-book` for an `OrderBook`, until
    /// [`Builder::name`] says otherwise.
    #[must_use]
    pub fn builder<S: Service>(service: S) -> Builder {
        Builder::new(&named(S::NAME)).with(service)
    }

    /// Serves under a name, and publishes a component with macros: the same as
    /// `Runtime::builder(service).name(name).macros(component)?.serve().await`.
    ///
    /// # Errors
    /// If the bytes are no component; those of [`Builder::serve`].
    pub async fn ignite_with_coordination<S: Service>(
        service: S,
        name: &str,
        component: impl Into<Cow<'static, [u8]>>,
    ) -> io::Result<()> {
        Self::builder(service).name(name).macros(component)?.serve().await
    }
}

/// A type's name as a cell's.
fn named(service: &str) -> String {
    let mut name = String::new();
    for letter in service.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_service_names_its_cell() {
        assert_eq!(super::named("Ledger"), "ledger");
        assert_eq!(super::named("OrderBook"), "order-book");
    }
}
