//! Errors on chosen tokens: where rustc reports what a guest put on a token.

use proc_macro2::{TokenStream, TokenTree};

/// One case: an item, and a token in it by its path of indices.
pub(super) struct Case {
    pub(super) item: &'static str,
    /// Index in the item, then in the group found there, and so on.
    pub(super) path: Vec<usize>,
    /// Line in the item, from 1, and column, from 1.
    pub(super) line: usize,
    pub(super) column: usize,
}

const ITEMS: &[&str] = &[
    "pub struct Account<'a, T: Clone = u8> {\n    pub owner: &'a str,\n    balance: Vec<Option<T>>,\n}",
    "enum Shape {\n    Circle { radius: f64 },\n    Square(u32, [u8; 4]),\n    Point = 7,\n}",
    "pub(crate) async fn send(to: &str, amount: i64) -> Result<(), String> {\n    let text = format!(\"{to} {}\", amount + 1);\n    if amount > 0 { Ok(()) } else { Err(text) }\n}",
    "impl<T> Iterator for Wrapper<T> where T: Iterator {\n    type Item = T::Item;\n    fn next(&mut self) -> Option<Self::Item> { self.0.next() }\n}",
    "trait Ledger: Send + 'static {\n    const NAME: &'static str = \"ledger\";\n    fn balance(&self, owner: &str) -> i64;\n}",
    "static TABLE: [(&str, u8); 2] = [(\"naïve\", 1), (\"文字\", 2)];",
];

/// Tokens of all items, spread evenly, at least `count` of them.
pub(super) fn cases(count: usize) -> Vec<Case> {
    let mut all = Vec::new();
    for item in ITEMS {
        let Ok(stream) = item.parse::<TokenStream>() else { continue };
        walk(stream, &mut Vec::new(), item, &mut all);
    }
    let step = (all.len() / count).max(1);
    all.into_iter().step_by(step).collect()
}

fn walk(stream: TokenStream, path: &mut Vec<usize>, item: &'static str, all: &mut Vec<Case>) {
    let mut quote = false;
    for (index, tree) in stream.into_iter().enumerate() {
        path.push(index);
        // proc-macro2 gives the two tokens of a lifetime a span each; rustc gives both the same.
        let lifetime = matches!(&tree, TokenTree::Punct(p) if p.as_char() == '\'');
        if !quote && !lifetime {
            let start = tree.span().start();
            all.push(Case { item, path: path.clone(), line: start.line, column: start.column + 1 });
        }
        quote = lifetime;
        if let TokenTree::Group(group) = tree {
            walk(group.stream(), path, item, all);
        }
        path.pop();
    }
}
