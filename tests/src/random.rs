//! Random token streams as source text, from a seed.

/// xorshift64*: a seed gives one sequence everywhere.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`, which is not zero.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    /// One of some texts.
    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const IDENTS: &[&str] = &[
    "a",
    "_",
    "_x1",
    "self",
    "Self",
    "crate",
    "super",
    "fn",
    "async",
    "dyn",
    "union",
    "r#fn",
    "r#type",
    "r#async",
    "é",
    "名前",
    "u8",
    "macro_rules",
    "true",
    "auto",
    "gen",
    "unsafe",
    "extern",
];

const LITERALS: &[&str] = &[
    "0",
    "1_000",
    "0xff_u8",
    "0b1010",
    "0o17i64",
    "1.5",
    "1.",
    "2.0e-7f64",
    "1e10",
    "7usize",
    "340282366920938463463374607431768211455u128",
    "\"\"",
    "\"a b\"",
    "\"\\n\\t\\\\\\\"\\u{1F600}\"",
    "\"é\"",
    "\"two\nlines\"",
    "r\"raw\"",
    "r##\"a \"# b\"##",
    "b\"\\xff\"",
    "br#\"x\"#",
    "c\"c\"",
    "'a'",
    "'\\''",
    "'\\u{41}'",
    "b'a'",
    "b'\\\\'",
    "1suffix",
    "\"x\"suffix",
    "/// doc\n",
    "/** block */",
    "//! inner\n",
];

const PUNCTUATION: &[&str] = &[
    "=", "<", ">", "!", "~", "+", "-", "*", "/ ", "%", "^", "&", "|", "@", ".", ",", ";", ":", "#",
    "$", "?", "+=", "==", "<<=", ">>=", "->", "=>", "::", "..", "...", "..=", "&&", "||", "<-",
    "!=", "'a", "'static", "'_", "'a: 'b",
];

/// A stream of at most `size` tokens or so, groups nested.
#[must_use]
pub fn stream(random: &mut Random, size: usize) -> String {
    let mut out = String::new();
    let mut left = size;
    fill(random, &mut out, &mut left, 0);
    out
}

fn fill(random: &mut Random, out: &mut String, left: &mut usize, depth: usize) {
    let count = random.below(12);
    for _ in 0..count {
        if *left == 0 {
            return;
        }
        *left -= 1;
        match random.below(10) {
            0..=2 => out.push_str(random.one(IDENTS)),
            3 | 4 => out.push_str(random.one(LITERALS)),
            5..=7 => out.push_str(random.one(PUNCTUATION)),
            _ if depth < 30 => {
                let (open, close) = [("(", ")"), ("{", "}"), ("[", "]")][random.below(3)];
                out.push_str(open);
                fill(random, out, left, depth + 1);
                out.push_str(close);
            }
            _ => {}
        }
        // Without a blank, neighbours may join: that is spacing too, but some pairs are no tokens.
        out.push_str(if random.below(4) == 0 { "\n" } else { " " });
    }
}
