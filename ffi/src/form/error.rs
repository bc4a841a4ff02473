//! What a form does not take.

use sync_core::record::value::BadValue;

/// A word that a form does not take, with what it would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("no kind {given}{}", meant(.nearest, .known))]
    Kind {
        given: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("{of} has no field {given}{}", meant(.nearest, .known))]
    Field {
        of: String,
        given: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("{field} has no code {given}{}", meant(.nearest, .known))]
    Code {
        field: String,
        given: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("{field} takes {given} no more; it takes {}", known.join(", "))]
    Withdrawn {
        field: String,
        given: String,
        known: Vec<String>,
    },
    #[error("{kind} has no step {given}{}", meant(.nearest, .known))]
    Step {
        kind: String,
        given: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
    #[error("{field} has rows: write {field}.CELL=value, with a cell of {}", known.join(", "))]
    Rows { field: String, known: Vec<String> },
    #[error("{field} has no cells")]
    NoCells { field: String },
    #[error("{field} has {rows} rows, none of them is number {number}")]
    NoRow {
        field: String,
        number: String,
        rows: usize,
    },
    #[error("{field} is written together: use `write` to change a part of it")]
    Together { field: String },
    #[error(transparent)]
    Value(#[from] BadValue),
}

fn meant(nearest: &Option<String>, known: &[String]) -> String {
    match nearest {
        Some(word) => format!("; did you mean {word}?"),
        None => format!("; known: {}", known.join(", ")),
    }
}
