//! What a record of one kind holds, who may write it, and the steps it takes.

mod field;
mod limit;

use super::expr::Expr;
use super::names::{Label, words};

pub use field::{Field, FieldType, Holds, Merge, Personal, Required};
pub use limit::{Count, Extension, Limit, TimeUnit};

/// A kind of record, such as a patrol or a case.
///
/// Of a loaded catalogue it holds that: names of fields are unique, of the form `[A-Za-z]`
/// `[A-Za-z0-9_]*` and not `removed`, and so are the cells of a table; every role, code list,
/// step and field that is named exists; every step is reached from nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    pub name: String,
    pub label: Label,
    /// The roles that may make such a record, or `member`: everybody.
    pub create: Vec<String>,
    /// The date or instant field that says when it happened; the record's day is its day in the
    /// station's time zone. Without one it is the day the record was made.
    pub clock: Option<String>,
    /// The field that names the record in lists.
    pub title: Option<String>,
    /// From the first of these steps on, every change is an amendment. Empty only where the
    /// kind has no steps: then the record counts as submitted when it is made.
    pub submitted: Vec<String>,
    /// The person field whose people hold the record role `handler`.
    pub handlers: Option<String>,
    pub fields: Vec<Field>,
    pub steps: Vec<Step>,
    pub limits: Vec<Limit>,
}

impl Kind {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub fn step(&self, to: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.to == to)
    }

    /// The limits of a name, in the order in which they are tried.
    pub fn limits_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Limit> {
        self.limits.iter().filter(move |limit| limit.name == name)
    }
}

words!(
    /// Where alone a step can be taken.
    Where, "place" {
        /// On the server: it needs what a phone without signal has not, such as the seal.
        Console = "console",
    }
);

/// A state a record can come into.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub to: String,
    pub label: Label,
    /// The states it may be taken from; `nothing` among them, or none at all: a record may
    /// begin with it.
    pub from: Vec<String>,
    /// Who may take it: roles, `author`, `handler` or `member`.
    pub by: Vec<String>,
    pub where_: Option<Where>,
    /// What must be true of the record.
    pub when: Option<Expr>,
    /// What else must be, each with a sentence that says what to do where it is not.
    pub guards: Vec<Guard>,
    /// Taking it uses up a number of a pre-numbered form.
    pub draws: Option<Draws>,
}

/// Where a record keeps the number that a step uses up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draws {
    /// The text field of the number, as printed.
    pub number: String,
    /// The record field of the block that it is from.
    pub block: String,
}

/// A condition of a step that the law or the station sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    pub when: Expr,
    /// What is wrong, and what to do.
    pub otherwise: Label,
}

impl Step {
    /// The word in `from` for a record that has taken no step yet.
    pub const NOTHING: &str = "nothing";

    /// Whether it may be taken from a state, or as the first step.
    pub fn follows(&self, state: Option<&str>) -> bool {
        match state {
            Some(state) => self.from.iter().any(|from| from == state),
            None => self.from.is_empty() || self.from.iter().any(|from| from == Self::NOTHING),
        }
    }
}
