//! The part of Wardbook that phone, browser, server and simulator share.
//!
//! It does no input or output and has neither clock nor randomness: what it needs of them is
//! passed in, so that every failure replays. From the ground up, each module knowing only those
//! before it:
//!
//! `letters` → `ids` → `catalogue` → `record` → `envelope` → `gate` → `sync` → `book` → `metrics` →
//! `fieldbook`.

pub mod book;
pub mod catalogue;
pub mod envelope;
pub mod fieldbook;
pub mod gate;
pub mod ids;
pub mod letters;
pub mod metrics;
pub mod record;
pub mod sync;
