//! A record: one Automerge document seen through its history.

pub mod canonical;
pub mod change;
mod choice;
pub mod data;
pub mod document;
pub mod export;
pub mod geo;
pub mod history;
pub mod likeness;
pub mod parts;
pub mod past;
pub mod state;
pub mod track;
pub mod value;
pub mod view;
pub mod write;
