//! A source file with macros on items, and what the report on it must contain.

use std::collections::BTreeSet;

/// The file as it grows.
#[derive(Default)]
pub(crate) struct Source {
    pub(crate) text: String,
    /// Line and macro of each call, as the report names them.
    pub(crate) expected: BTreeSet<(usize, String)>,
    lines: usize,
    modules: usize,
}

impl Source {
    /// An item under derives, in a module of its own.
    pub(crate) fn derive(&mut self, derives: &[&Derive], item: &str) {
        let names: Vec<_> =
            derives.iter().map(|derive| format!("public::{}", derive.name)).collect();
        self.open();
        self.expect(derives.iter().map(|derive| derive.path.clone()));
        self.push(&format!("#[derive({})] #[public::gone]\n{item}\n}}\n", names.join(", ")));
    }

    /// An item under `async_trait`, with its arguments in parentheses or nothing.
    pub(crate) fn async_trait(&mut self, arguments: &str, item: &str) {
        self.open();
        self.expect([ASYNC_TRAIT.to_owned()]);
        self.push(&format!("#[public::async_trait{arguments}]\n{item}\n}}\n"));
    }

    /// One line that calls these macros.
    pub(crate) fn line(&mut self, macros: impl IntoIterator<Item = String>, line: &str) {
        self.open();
        self.expect(macros);
        self.push(&format!("{line}\n}}\n"));
    }

    fn open(&mut self) {
        self.modules += 1;
        self.push(&format!("mod item{} {{ use super::*;\n", self.modules));
    }

    fn expect(&mut self, macros: impl IntoIterator<Item = String>) {
        let line = self.lines + 1;
        self.expected.extend(macros.into_iter().map(|name| (line, name)));
    }

    fn push(&mut self, text: &str) {
        self.lines += text.matches('\n').count();
        self.text.push_str(text);
    }
}

/// What the report calls it.
pub(crate) const ASYNC_TRAIT: &str = "async_trait::async_trait";

/// A derive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Derive {
    /// Its name in the native crate.
    pub(crate) name: String,
    /// What the report calls it.
    pub(crate) path: String,
}
