//! Were the planned patrols made, and what did they look at? (巡查覆盖)

use std::collections::BTreeSet;

use super::fact::Fact;
use super::report::{Figure, Measure, Metric, Note, Share, Span};
use super::trail::Stand;
use crate::catalogue::{Book, Catalogue, midnight};

#[derive(Debug)]
pub(super) struct Patrols {
    span: Span,
    now: i64,
    offset: i32,
    done: Share,
    nothing_found: Share,
    patrols: u64,
    findings: u64,
    required: BTreeSet<String>,
    checked: BTreeSet<String>,
}

impl Patrols {
    pub fn new(span: Span, catalogue: &Catalogue, book: &Book, now: i64, offset: i32) -> Patrols {
        Patrols {
            span,
            now,
            offset,
            done: Share::default(),
            nothing_found: Share::default(),
            patrols: 0,
            findings: 0,
            required: categories(catalogue, book),
            checked: BTreeSet::new(),
        }
    }

    pub fn take(&mut self, fact: &Fact<'_>) {
        let is_done = fact.trail.last() == Stand::Done;
        let planned = fact
            .day("planned_on")
            .and_then(|day| midnight(day, self.offset));
        let at = planned.unwrap_or(fact.happened());
        if fact.is("planned") && self.span.holds(at) {
            if at >= self.now && !is_done {
                self.done.note(Note::Ahead);
            } else {
                self.done.count(is_done, at, fact.record());
            }
        }
        if !is_done || !self.span.holds(fact.happened()) {
            return;
        }
        if !fact.is("planned") {
            self.done.note(Note::Unplanned);
        }
        self.patrols += 1;
        let nothing = fact.is("nothing_found");
        self.nothing_found.of += 1;
        self.nothing_found.hits += u64::from(nothing);
        let checked = fact.text("checked").split('、');
        let known = checked.filter(|code| self.required.contains(*code));
        self.checked.extend(known.map(str::to_owned));
    }

    pub fn take_finding(&mut self, fact: &Fact<'_>) {
        let counts = fact.is("on_patrol") && fact.trail.last() != Stand::Void;
        self.findings += u64::from(counts && self.span.holds(fact.happened()));
    }

    pub fn told(self) -> [Metric; 4] {
        let categories = Figure::Rate {
            hits: self.checked.len() as u64,
            of: if self.patrols > 0 {
                self.required.len() as u64
            } else {
                0
            },
        };
        let findings = Figure::Each {
            n: self.findings,
            of: self.patrols,
        };
        [
            self.done.told(Measure::PatrolsDone),
            Share::default().told_as(Measure::Categories, categories),
            Share::default().told_as(Measure::FindingsAPatrol, findings),
            self.nothing_found.told(Measure::NothingFound),
        ]
    }
}

/// Every code that the fields behind the column `checked` may hold.
fn categories(catalogue: &Catalogue, book: &Book) -> BTreeSet<String> {
    let Some(column) = book.column("checked") else {
        return BTreeSet::new();
    };
    let mut codes = BTreeSet::new();
    for source in &book.sources {
        let kind = catalogue.kinds.get(&source.kind);
        let fields = book
            .cell(source, column)
            .into_iter()
            .flat_map(|expr| expr.fields());
        let lists = fields.filter_map(|name| kind?.field(name)?.codes.as_ref());
        for list in lists.filter_map(|name| catalogue.codes.get(name)) {
            codes.extend(list.codes.iter().map(|code| code.code.clone()));
        }
    }
    codes
}
