//! The phone as a whole: what it called SAVED survives, and the terminal says what it did.
#![cfg(feature = "terminal")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[cfg(unix)]
mod bad_input;
#[cfg(unix)]
mod kill;
mod station;
mod terminal;
