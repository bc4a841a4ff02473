//! What an expression names.

use std::ops::Range;

/// Each name with its place in the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::catalogue) struct Uses {
    pub fields: Vec<(String, Range<usize>)>,
    pub steps: Vec<(String, Range<usize>)>,
    pub facts: Vec<(String, Range<usize>)>,
    pub limits: Vec<(String, Range<usize>)>,
    pub settings: Vec<(String, Range<usize>)>,
    pub filters: Vec<FilterUse>,
    /// A field or fact compared with a text.
    pub compared: Vec<(Path, String, Range<usize>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::catalogue) struct FilterUse {
    pub name: &'static str,
    /// What stands directly before it.
    pub on: Option<Path>,
    pub args: Vec<(String, Range<usize>)>,
    pub at: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::catalogue) enum Path {
    Record,
    Field(String),
    Step(String),
    Fact(String),
    Limit(String),
    Setting(String),
}
