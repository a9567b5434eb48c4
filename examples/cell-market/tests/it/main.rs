//! The market's cells as processes, killed at random moments while they work.

mod crash;
mod market;
mod published;
mod replies;
mod search;
