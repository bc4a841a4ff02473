//! What a station's work comes to in a period: rates, each with what it counts and out of how
//! many. Never of fines, and never a ranking (处罚法 Art. 74).
//!
//! The facts are the lines of a book (`books/M.toml`): what one record contributes is computed
//! like any other line, live and in a rebuild, and a catalogue may say where its facts stand. The
//! formulas are here, one file a question. A [`Tally`] takes the lines in any order, one at a time,
//! and keeps counts, not lines.

mod fact;
mod findings;
mod ledger;
mod patrols;
mod repeats;
mod report;
mod requests;
mod sessions;
mod tally;
mod timely;
mod trail;

pub use report::{
    Behind, Committee, Figure, Measure, Metric, Note, Officer, Report, Span, SpanError,
};
pub use tally::Tally;

#[cfg(test)]
mod tests;
