//! Licence expressions (SPDX, and the older form with slashes).

use std::collections::BTreeSet;

/// Can the terms of `expression` be met with allowed licences only? `None` if it cannot be read.
pub(crate) fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> Option<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = Words { list: spaced.split_whitespace().collect(), at: 0, allowed };
    let good = words.alternatives()?;
    (words.at == words.list.len()).then_some(good)
}

struct Words<'a> {
    list: Vec<&'a str>,
    at: usize,
    allowed: &'a BTreeSet<String>,
}

impl Words<'_> {
    fn eat(&mut self, word: &str) -> bool {
        let found = self.list.get(self.at).is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Option<bool> {
        let mut good = self.both()?;
        while self.eat("OR") {
            good |= self.both()?;
        }
        Some(good)
    }

    fn both(&mut self) -> Option<bool> {
        let mut good = self.one()?;
        while self.eat("AND") {
            good &= self.one()?;
        }
        Some(good)
    }

    fn one(&mut self) -> Option<bool> {
        if self.eat("(") {
            let good = self.alternatives()?;
            return self.eat(")").then_some(good);
        }
        let name = *self.list.get(self.at)?;
        self.at += 1;
        if ["AND", "OR", "WITH", ")"].contains(&name) {
            return None;
        }
        if self.eat("WITH") {
            let exception = *self.list.get(self.at)?;
            self.at += 1;
            // An exception only adds permissions.
            let whole = format!("{name} WITH {exception}");
            return Some(self.allowed.contains(&whole) || self.allowed.contains(name));
        }
        Some(self.allowed.contains(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_expressions_as_they_are_written() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"].map(String::from).into();
        let check = |expression: &str, expected| {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        };
        check("MIT", Some(true));
        check("MIT/Apache-2.0", Some(true));
        check("MIT OR GPL-3.0", Some(true));
        check("MIT AND GPL-3.0", Some(false));
        check("(MIT OR Apache-2.0) AND Unicode-3.0", Some(true));
        check("MIT OR Apache-2.0 AND GPL-3.0", Some(true));
        check("(MIT OR Apache-2.0) AND GPL-3.0", Some(false));
        check("Apache-2.0 WITH LLVM-exception OR GPL-3.0", Some(true));
        check("GPL-2.0 WITH Classpath-exception-2.0", Some(false));
        for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT Apache-2.0", "AND MIT"] {
            check(broken, None);
        }
    }
}
