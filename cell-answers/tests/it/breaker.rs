//! A cell that does not answer costs one wait.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use cell_answers::Why;

use crate::peer::listen;
use crate::tables::{Cell, LOCKED, schema};
use crate::{LATE, LONG, Place, SHORT};

#[test]
fn fifty_questions_wait_once() {
    let place = Place::new();
    let connections = listen(&place.socket(), |mut peer| peer.wait());
    let began = Instant::now();
    let first = place.columns(&schema(), SHORT).expect_err("silence");
    assert!(!first.known && first.waited >= SHORT, "{first:?}");
    for _ in 0..50 {
        let next = place.columns(&schema(), SHORT).expect_err("silence");
        assert_eq!((next.why, next.waited, next.known), (Why::Silent, Duration::ZERO, true));
    }
    assert!(began.elapsed() < SHORT + LATE);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

/// Whoever has no time left says nothing about the cell.
#[test]
fn a_question_without_time_is_no_sign_of_silence() {
    let place = Place::new();
    let _cell = Cell::start::<LOCKED>(&place.folder());
    for patience in [Duration::ZERO, Duration::from_micros(1)] {
        let refusal = place.columns(&schema(), patience).expect_err("no time");
        assert_eq!((refusal.why, refusal.known), (Why::Silent, false));
    }
    place.columns(&schema(), LONG).expect("an answer");
}

/// Each of those who ask at the same time waits no longer than one.
#[test]
fn threads_wait_together() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| peer.wait());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| assert_eq!(place.why(), Why::Silent));
        }
    });
    assert!(began.elapsed() < SHORT + LATE);
}

#[test]
fn a_cell_that_is_started_is_asked_at_once() {
    let place = Place::new();
    assert_eq!(place.why(), Why::Absent);
    let known = place.columns(&schema(), LONG).expect_err("nobody");
    assert!(known.known);
    let text = "the cell does not run; so it was a moment ago, and it was not asked again";
    assert_eq!(known.to_string(), text);
    let cell = Cell::start::<LOCKED>(&place.folder());
    place.columns(&schema(), LONG).expect("an answer");
    cell.stop();
    let again = Cell::start::<LOCKED>(&place.folder());
    place.columns(&schema(), LONG).expect("an answer");
    again.stop();
    assert_eq!(place.why(), Why::Absent);
}

/// It hangs, and another one takes its place while its connection is open.
#[test]
fn a_cell_that_takes_the_place_of_a_hanging_one_is_asked_at_once() {
    let place = Place::new();
    listen(&place.socket(), |mut peer| {
        peer.until_asked()?;
        peer.wait()
    });
    assert_eq!(place.why(), Why::Silent);
    let _cell = Cell::start::<LOCKED>(&place.folder());
    place.columns(&schema(), LONG).expect("an answer");
}
