//! Books: what one record contributes to them, and how contributions become pages.
//!
//! Two pure functions. [`lines`] says what a record, seen through its view, contributes to each
//! book it feeds; [`page`] folds such lines into the rows of a page. A live merge and a rebuild
//! call the same two, and neither depends on the order in which anything arrived.

mod amend;
mod breach;
mod conflict;
mod docs;
mod export;
mod facts;
mod fold;
mod foot;
mod line;
mod lines;
mod marks;
mod mask;
mod names;
mod nobody;
mod page;
mod reading;
mod sheets;
mod station;

pub use crate::catalogue::Due;
pub use breach::{Breaches, breaches};
pub use conflict::conflicts;
pub use docs::books_markdown;
pub use export::{mask_record, row_json};
pub use facts::{RecordFacts, facts};
pub use fold::page;
pub use line::{
    Amendment, Breach, Clocks, Drift, DriftCause, Line, LineCell, LineConflict, LineMarks, Removed,
    Said, Variant, Why,
};
pub use lines::lines;
pub use mask::mask;
pub use page::{
    AmendmentNote, Coverage, DeviceCoverage, Page, PageCell, PageColumn, PageDue, PageFacts,
    PagePart, PageRow, Period, RowMarks, SaidBy, Summary, Total,
};
pub use reading::dues;
pub use station::Station;

#[cfg(test)]
pub(crate) mod tests;
