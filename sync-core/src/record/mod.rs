//! A record: one Automerge document seen through its history.

pub mod change;
