//! Books: what one record contributes to them, and how contributions become pages.
//!
//! Two pure functions. [`lines`] says what a record, seen through its view, contributes to each
//! book it feeds; [`page`] folds such lines into the rows of a page. A live merge and a rebuild
//! call the same two, and neither depends on the order in which anything arrived.

mod facts;
mod line;
mod lines;
mod station;

pub use facts::{RecordFacts, facts};
pub use line::{
    Amendment, Clocks, Drift, DriftCause, Due, Line, LineCell, LineConflict, LineMarks, Removed,
    Said, Variant,
};
pub use lines::lines;
pub use station::Station;
