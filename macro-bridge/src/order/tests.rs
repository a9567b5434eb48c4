//! The order of a stack does not depend on how it is written.

use super::*;
use proptest::prelude::*;

type Stack<'a> = &'a [(&'a str, &'a [&'a str])];

fn paths(macros: Stack<'_>) -> Result<Vec<String>, String> {
    let owned = |needs: &[&str]| needs.iter().map(|need| (*need).to_owned()).collect();
    let macros: Vec<_> =
        macros.iter().map(|(path, needs)| ((*path).to_owned(), owned(needs))).collect();
    match order(&macros) {
        Ok(order) => Ok(order.into_iter().map(|index| macros[index].0.clone()).collect()),
        Err((index, failure)) => Err(format!("{}: {}", macros[index].0, failure.message)),
    }
}

#[test]
fn by_need_then_by_path() {
    let check = |macros: Stack<'_>, expected: &[&str]| assert_eq!(paths(macros).unwrap(), expected);
    check(&[], &[]);
    check(&[("b::x", &[]), ("a::y", &[]), ("a::x", &[])], &["a::x", "a::y", "b::x"]);
    check(&[("a::x", &["b::y"]), ("b::y", &[]), ("b::x", &[])], &["b::x", "b::y", "a::x"]);
    check(
        &[("a::a", &["c::c", "b::b"]), ("b::b", &["c::c"]), ("c::c", &[])],
        &["c::c", "b::b", "a::a"],
    );
    check(&[("a::a", &["b::b", "b::b"]), ("b::b", &[])], &["b::b", "a::a"]);
}

#[test]
fn says_which_macro_cannot_run() {
    let check =
        |macros: Stack<'_>, expected: &str| assert_eq!(paths(macros).unwrap_err(), expected);
    check(&[("a::x", &[]), ("a::x", &[])], "a::x: `a::x` stands twice on this item");
    check(&[("a::x", &["a::y"])], "a::x: `a::x` needs `a::y` on the same item");
    check(&[("a::x", &["a::x"])], "a::x: `a::x` needs itself");
    check(&[("b::x", &["a::x"]), ("a::x", &["b::x"])], "a::x: `a::x`, `b::x` need each other");
    // What only waits for a cycle is not blamed.
    check(
        &[
            ("a::a", &["d::d"]),
            ("b::b", &["c::c"]),
            ("c::c", &["d::d"]),
            ("d::d", &["b::b"]),
            ("e::e", &[]),
        ],
        "b::b: `b::b`, `c::c`, `d::d` need each other",
    );
    check(
        &[("a::a", &["e::e", "c::c"]), ("c::c", &["c::c"]), ("e::e", &[])],
        "c::c: `c::c` needs itself",
    );
}

proptest! {
    #[test]
    fn all_permutations_have_one_order(
        needs in prop::collection::vec(prop::collection::vec(0usize..7, 0..3), 1..7),
        shuffled in Just((0usize..7).collect::<Vec<_>>()).prop_shuffle(),
        acyclic: bool,
    ) {
        let count = needs.len();
        let path = |index: usize| format!("cell::{}", char::from(b'a' + (index * 5 % 7) as u8));
        let macros: Vec<(String, Vec<String>)> = needs
            .iter()
            .enumerate()
            .map(|(index, needs)| {
                let bound = if acyclic { index } else { count };
                let known = needs.iter().copied().filter(|need| *need < bound);
                (path(index), known.map(path).collect())
            })
            .collect();
        let permuted: Vec<_> = shuffled
            .into_iter()
            .filter(|index| *index < count)
            .map(|index| macros[index].clone())
            .collect();
        let names = |macros: &[(String, Vec<String>)]| match order(macros) {
            Ok(order) => {
                Ok(order.into_iter().map(|index| macros[index].0.clone()).collect::<Vec<_>>())
            }
            Err((index, failure)) => Err((macros[index].0.clone(), failure.to_string())),
        };
        let found = names(&macros);
        prop_assert!(found.is_ok() || !acyclic);
        if let Ok(order) = &found {
            prop_assert_eq!(order.len(), count);
            for (path, needs) in &macros {
                let place = |path: &String| order.iter().position(|other| other == path);
                prop_assert!(needs.iter().all(|need| place(need) < place(path)));
            }
        }
        prop_assert_eq!(found, names(&permuted));
    }
}
