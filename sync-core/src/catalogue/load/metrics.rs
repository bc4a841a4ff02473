//! Reads by what a station is measured.

use jiff::civil::Date;
use toml::Spanned;

use super::super::metrics::{Baseline, MetricRules, Phases};
use super::super::mistake::File;
use super::super::read::{Reader, parsed, read_file};
use super::super::{Catalogue, Kind};
use super::{known, plain, unique};

/// Kinds and books have been read before.
pub(super) fn read_metrics(file: &File<'_>, catalogue: &mut Catalogue) {
    let rules = read_file(file, |top| {
        let book = top.needed("book", "name the book whose lines are the facts");
        if let Some(book) = &book {
            let names = catalogue.books.keys().map(String::as_str);
            known(file, book, "book", names);
        }
        let mut rules = MetricRules {
            book: book.map(Spanned::into_inner),
            ..MetricRules::default()
        };
        for row in top.tables("baselines") {
            let committee = row.text("committee").map(Spanned::into_inner);
            let day = row.needed("day", "write `day = \"2026-01-01\"`");
            row.finish();
            let day = day
                .and_then(|day| parsed::<Date>(file, &day, "a day", "write it like `2026-01-01`"));
            rules
                .baselines
                .extend(day.map(|day| Baseline { committee, day }));
        }
        phases(file, &top, catalogue, &mut rules);
        top.finish();
        rules
    });
    catalogue.metrics = rules;
}

fn phases(file: &File<'_>, top: &Reader<'_, '_>, catalogue: &Catalogue, rules: &mut MetricRules) {
    let mut names = Vec::new();
    for row in top.tables("phases") {
        let kind = row.needed("kind", "name a kind of record");
        let lists = ["done", "paused", "void", "same", "accepted"].map(|list| row.texts(list));
        row.finish();
        let Some(name) = kind else { continue };
        // A kind that was removed has no steps; whoever removes it need not know of the metrics.
        if let Some(kind) = catalogue.kinds.get(name.get_ref()) {
            lists.iter().flatten().flatten().for_each(|step| {
                is_step(file, kind, step);
            });
        }
        let [done, paused, void, same, accepted] = lists.map(plain);
        let given = Phases {
            done,
            paused,
            void,
            same,
            accepted,
        };
        rules.phases.insert(name.get_ref().clone(), given);
        names.push(name);
    }
    unique(file, "kind", &names);
}

fn is_step(file: &File<'_>, kind: &Kind, step: &Spanned<String>) -> bool {
    let steps = kind.steps.iter().map(|step| step.to.as_str());
    known(file, step, "step", steps)
}
