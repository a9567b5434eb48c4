//! Tokens as text: in one form for what is the same, and laid out for people.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};

/// Two characters that are one operator if nothing is between them.
const OPERATORS: [&str; 22] = [
    "::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "^=", "&=",
    "|=", "<<", ">>", "..", ".=", "<-",
];

/// One blank between tokens, none inside an operator: two streams that the compiler reads in the same way
/// have the same text.
pub(super) fn plain(tokens: &TokenStream) -> String {
    let mut out = String::new();
    let mut glued = true;
    let mut trees = tokens.clone().into_iter().peekable();
    while let Some(tree) = trees.next() {
        if !glued {
            out.push(' ');
        }
        match &tree {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group);
                let inside = plain(&group.stream());
                let blank = if inside.is_empty() || open.is_empty() { "" } else { " " };
                out.push_str(&format!("{open}{blank}{inside}{blank}{close}"));
            }
            other => out.push_str(&unraw(other.to_string())),
        }
        glued = trees.peek().is_some_and(|next| is_operator(&tree, next));
    }
    out
}

fn delimiters(group: &Group) -> (&'static str, &'static str) {
    match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// `quote!` writes doc comments as raw strings, the compiler as plain ones.
fn unraw(token: String) -> String {
    match token.strip_prefix("r\"").filter(|text| !text.contains('\\')) {
        Some(text) => format!("\"{text}"),
        None => token,
    }
}

/// Do the two make an operator, or a lifetime?
fn is_operator(first: &TokenTree, second: &TokenTree) -> bool {
    let TokenTree::Punct(punct) = first else { return false };
    match second {
        TokenTree::Punct(next) => {
            punct.spacing() == Spacing::Joint && is_pair(punct.as_char(), next.as_char())
        }
        TokenTree::Ident(_) => punct.as_char() == '\'',
        _ => false,
    }
}

fn is_pair(first: char, second: char) -> bool {
    OPERATORS.iter().any(|pair| pair.chars().eq([first, second]))
}

/// Laid out, so that a change shows in few lines. Read as tokens it is the same again.
pub(super) fn pretty(tokens: &TokenStream) -> String {
    let mut out = Lines::default();
    out.stream(tokens, true);
    out.end();
    let same = out.text.parse().is_ok_and(|read: TokenStream| plain(&read) == plain(tokens));
    if same { out.text } else { plain(tokens) + "\n" }
}

#[derive(Default)]
struct Lines {
    text: String,
    line: String,
    depth: usize,
}

impl Lines {
    fn end(&mut self) {
        let line = self.line.trim_end();
        if !line.is_empty() {
            self.text.push_str(&"    ".repeat(self.depth));
            self.text.push_str(line);
            self.text.push('\n');
        }
        self.line.clear();
    }

    /// `broken`: a line for each statement, field or item, as in braces.
    fn stream(&mut self, tokens: &TokenStream, broken: bool) {
        let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
        for (index, tree) in trees.iter().enumerate() {
            let before = index.checked_sub(1).map(|before| &trees[before]);
            let next = trees.get(index + 1);
            let behind_path = index >= 2 && is_path(&trees[index - 2]);
            let blank = before.is_some_and(|before| has_blank(before, tree)) && !behind_path;
            if blank && !self.line.is_empty() {
                self.line.push(' ');
            }
            match tree {
                TokenTree::Group(group) => self.group(group, broken),
                other => self.line.push_str(&other.to_string()),
            }
            if broken && ends(before, tree, next) {
                self.end();
            }
        }
    }

    fn group(&mut self, group: &Group, broken: bool) {
        let (open, close) = delimiters(group);
        let inside = group.stream();
        self.line.push_str(open);
        if group.delimiter() == Delimiter::Brace && broken && !inside.is_empty() {
            self.end();
            self.depth += 1;
            self.stream(&inside, true);
            self.end();
            self.depth -= 1;
        } else {
            self.stream(&inside, false);
        }
        self.line.push_str(close);
    }
}

/// Does a line end behind `tree`?
fn ends(before: Option<&TokenTree>, tree: &TokenTree, next: Option<&TokenTree>) -> bool {
    match tree {
        TokenTree::Punct(punct) => matches!(punct.as_char(), ';' | ','),
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Brace => match next {
                Some(TokenTree::Ident(word)) => word != "else",
                Some(TokenTree::Punct(punct)) => punct.as_char() == '#',
                _ => true,
            },
            // An attribute.
            Delimiter::Bracket => {
                matches!(before, Some(TokenTree::Punct(punct)) if matches!(punct.as_char(), '#' | '!'))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Is there a blank between the two? Only for looks, except within what would be an operator.
fn has_blank(first: &TokenTree, second: &TokenTree) -> bool {
    use TokenTree::{Group, Ident, Literal, Punct};
    match (first, second) {
        (Punct(a), Punct(b)) => {
            let (a_char, b_char) = (a.as_char(), b.as_char());
            if is_pair(a_char, b_char) {
                return a.spacing() == Spacing::Alone;
            }
            !matches!(b_char, ',' | ';') && !matches!(a_char, '&' | '#' | '<')
        }
        (Punct(a), Group(_)) if matches!(a.as_char(), '#' | '!' | '&' | '*') => false,
        (Punct(a), _) => !matches!(a.as_char(), '.' | '&' | '\'' | '<'),
        (_, Punct(b)) => !matches!(b.as_char(), ',' | ';' | '.' | '?' | ':' | '<' | '>' | '!'),
        (Ident(_), Group(group)) => group.delimiter() == Delimiter::Brace,
        (Group(_), Group(_)) | (Ident(_) | Group(_) | Literal(_), _) => true,
    }
}

/// The first colon of `::`.
fn is_path(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "
        #![deny(x)] /// Says.
        pub struct A<'a, T: Clone> where T: Copy { #[doc = \"x\"] b: &'a [T], c: Vec<Vec<u8>> }
        impl<'a, T> A<'a, T> { fn f(&self) -> ::std::string::String {
            if self.b.len() == 1 && !self.x() { a += 1; } else { b.c(|x| x << 2)?; }
            let r#type = & &self; match x { 0..=9 => 1.5e3f32, _ => b'\\'' } } }
        union_like! { a b } const X: fn(u8) -> u8 = f;";

    #[test]
    fn what_is_laid_out_is_the_same_when_it_is_read() {
        let tokens: TokenStream = SOURCE.parse().unwrap();
        let pretty = pretty(&tokens);
        let read: TokenStream = pretty.parse().unwrap();
        assert_eq!(plain(&read), plain(&tokens));
        assert!(pretty.lines().count() > 15, "{pretty}");
        assert!(pretty.lines().all(|line| line == line.trim_end()), "{pretty}");
        let expected = "    fn f(&self) -> ::std::string::String {\n";
        assert!(pretty.contains(expected), "{pretty}");
    }

    #[test]
    fn only_what_the_compiler_reads_otherwise_has_another_text() {
        let check = |a: &str, b: &str| {
            let [a, b] = [a, b].map(|text| plain(&text.parse::<TokenStream>().unwrap()));
            a == b
        };
        assert!(check("a<b> ,c", "a < b >, c") && check("f ( x )", "f(x)"));
        assert!(check("r\" a\"", "\" a\"") && !check("r\"\\n\"", "\"\\n\""));
        assert!(check("'a 'b' 1", "'a 'b'  1") && check("x::<u8>()", "x :: < u8 > ()"));
        assert!(!check("a && b", "a & & b") && !check("a..=b", "a.. =b"));
        assert!(!check("(a,)", "(a)") && !check("a", "r#a") && !check("{}", "()"));
    }
}
