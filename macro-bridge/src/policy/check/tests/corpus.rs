//! The corpus against the check. That what is in it does what it says, and that rustc takes it if it is
//! let through, is for `tests/policy`.

use std::collections::BTreeSet;

use super::*;
use crate::policy::corpus::{Emission, RECORDED, holes, tries};

/// What the policy says of it with these words allowed, and the span of the token that was marked.
fn verdict(one: &Emission, words: &[&str]) -> (Result<(), Violation>, Option<u32>) {
    let input = table_of(one.item);
    let made = written(&input, one.parts);
    let valid = output::check(&input, 0, &made.output, 1_000_000);
    assert_eq!(valid, Ok(()), "{}: a guest may not even return it", one.name);
    let allowed = words.iter().fold(0, |bits, word| bits | bit(word).unwrap());
    (check(&input, 0..input.rows.len(), &made.output, Allowed(allowed)), made.marked)
}

#[test]
fn every_try_is_refused_at_its_token() {
    let mut names = BTreeSet::new();
    for one in tries() {
        assert!(names.insert(one.name), "two tries are named `{}`", one.name);
        let (found, marked) = verdict(one, &[]);
        let Err(found) = found else { panic!("`{}` passes: {}", one.name, one.trick) };
        assert_eq!((found.word, &*found.found), (one.words[0], one.found), "{}", one.name);
        match marked {
            Some(marked) => assert_eq!(found.span, marked, "{}", one.name),
            // What is wrong then is where the user's body stands.
            None => assert_eq!(found.found, "code in an unsafe fn", "{}", one.name),
        }
    }
    assert!(names.len() >= 60, "{} tries", names.len());
    let tricks: BTreeSet<_> = tries().map(|one| (one.words[0], one.found, one.trick)).collect();
    assert_eq!(tricks.len(), names.len(), "two tries are the same trick");
}

#[test]
fn every_try_needs_all_of_its_words_and_no_other() {
    for one in tries() {
        assert_eq!(verdict(one, one.words).0, Ok(()), "{}", one.name);
        for word in one.words {
            let others: Vec<_> = all_words().filter(|other| other != word).collect();
            let found = verdict(one, &others).0.map_err(|found| found.word);
            assert_eq!(found, Err(*word), "{}", one.name);
        }
    }
}

#[test]
fn every_word_is_tried_and_every_part() {
    let words: BTreeSet<_> = tries().flat_map(|one| one.words).copied().collect();
    assert_eq!(words, all_words().collect());
    assert!(tries().chain(holes()).all(|one| one.around.contains("HERE")));
    let parts: BTreeSet<_> =
        tries().flat_map(|one| one.parts).map(|(kind, _)| *kind as u8).collect();
    assert_eq!(parts, PartKind::ALL.map(|kind| kind as u8).into());
}

#[test]
fn every_hole_is_one() {
    for one in holes() {
        assert_eq!(verdict(one, &[]).0, Ok(()), "`{}` is closed: {}", one.name, one.trick);
        assert!(!one.proof.is_empty(), "nothing shows what `{}` does", one.name);
    }
    assert!(verdict(&RECORDED, &[]).0.is_err());
}
