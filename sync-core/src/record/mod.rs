//! A record: one Automerge document seen through its history.

pub mod canonical;
pub mod change;
pub mod document;
pub mod history;
pub mod track;
pub mod value;
pub mod view;
pub mod write;
