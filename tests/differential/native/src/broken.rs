//! Tokens as they are while somebody types, and as no somebody would.

use cell_tests::random::Random;
use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};

const WORDS: [&str; 12] =
    ["fn", "struct", "self", "where", "pub", "crate", "dyn", "async", "_", "impl", "mut", "x"];
const CHARACTERS: [char; 10] = [',', ';', ':', '<', '>', '=', '&', '#', '!', '-'];

/// The tokens with a few things wrong.
pub(crate) fn broken(tokens: TokenStream, random: &mut Random) -> TokenStream {
    let times = 1 + random.below(3);
    (0..times).fold(tokens, |tokens, _| once(tokens, random))
}

fn once(tokens: TokenStream, random: &mut Random) -> TokenStream {
    let mut trees: Vec<TokenTree> = tokens.into_iter().collect();
    let groups: Vec<usize> =
        (0..trees.len()).filter(|at| matches!(trees[*at], TokenTree::Group(_))).collect();
    if !groups.is_empty() && random.below(3) > 0 {
        let at = groups[random.below(groups.len())];
        if let TokenTree::Group(group) = &trees[at] {
            let inside = once(group.stream(), random);
            trees[at] = Group::new(group.delimiter(), inside).into();
        }
        return trees.into_iter().collect();
    }
    if trees.is_empty() {
        return TokenStream::from(other(random));
    }
    let at = random.below(trees.len());
    match random.below(9) {
        // As far as it was typed.
        0 | 1 => trees.truncate(at),
        2 => drop(trees.remove(at)),
        3 => {
            let last = trees.len() - 1;
            trees.swap(at, (at + 1).min(last));
        }
        4 => trees.insert(at, trees[at].clone()),
        5 => {
            if let TokenTree::Group(group) = &trees[at] {
                trees[at] = Group::new(group.delimiter(), TokenStream::new()).into();
            } else {
                trees[at] = other(random);
            }
        }
        6 => {
            if let TokenTree::Group(group) = &trees[at] {
                let delimiters = [Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket];
                trees[at] = Group::new(delimiters[random.below(3)], group.stream()).into();
            } else {
                trees[at] = other(random);
            }
        }
        7 => trees.insert(at, other(random)),
        _ => trees[at] = other(random),
    }
    trees.into_iter().collect()
}

fn other(random: &mut Random) -> TokenTree {
    match random.below(4) {
        0 => Punct::new(CHARACTERS[random.below(CHARACTERS.len())], Spacing::Alone).into(),
        1 => [Literal::string("a"), Literal::u8_suffixed(7), Literal::i32_unsuffixed(0)]
            [random.below(3)]
        .clone()
        .into(),
        2 => Group::new(Delimiter::Parenthesis, TokenStream::new()).into(),
        _ => Ident::new(random.one(&WORDS), Span::call_site()).into(),
    }
}

#[test]
fn what_is_wrong_follows_from_the_seed() {
    let item: TokenStream = "pub struct A<T> { a: Vec<T>, b: [u8; 2] }".parse().unwrap();
    let all = |from: u64| -> Vec<String> {
        let one = |seed| broken(item.clone(), &mut Random::new(seed)).to_string();
        (from..from + 100).map(one).collect()
    };
    assert_eq!(all(1), all(1));
    let differing = all(1).iter().filter(|text| **text != item.to_string()).count();
    assert!(differing > 90, "{differing}");
}
