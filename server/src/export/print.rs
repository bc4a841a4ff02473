//! What stands beside a row, in words: so that no file looks cleaner than its page.

use sync_core::book::{
    Amendment, Breach, LineConflict, LineMarks, Page, PageRow, Said, Variant, Why,
};
use sync_core::catalogue::{Language, spoken_moment};

use super::words::{Words, fill};
use crate::messages;
use crate::pages::time::Times;

#[derive(Debug, Clone, Copy)]
pub struct Print {
    pub language: Language,
    /// Minutes east of UTC.
    pub offset: i32,
}

impl Print {
    pub fn words(self) -> &'static Words {
        Words::of(self.language)
    }

    pub fn said(self, text: &Said) -> &str {
        text.get(self.language)
    }

    pub fn at(self, at: i64) -> String {
        spoken_moment(at, self.offset, self.language)
    }

    pub fn times(self) -> Times {
        Times {
            offset: self.offset,
            language: match self.language {
                Language::Zh => messages::Language::Zh,
                Language::En => messages::Language::En,
            },
        }
    }

    /// Above a list: whose it is, when it was written, and for whom.
    pub fn list_heading(self, station: &str, now: i64, kind: &str) -> String {
        let parts = [("station", station), ("at", &self.at(now)), ("kind", kind)];
        fill(&self.words().list_heading, &parts)
    }

    pub fn amendments(self, page: &Page, row: &PageRow) -> Vec<String> {
        let amended = marks(row).flat_map(|marks| &marks.amended);
        amended.map(|one| self.amendment(page, one)).collect()
    }

    fn amendment(self, page: &Page, one: &Amendment) -> String {
        let reason = one.reason.as_deref().unwrap_or_default();
        let sentence = match reason {
            "" => &self.words().amendment,
            _ => &self.words().amendment_why,
        };
        let parts = [
            ("column", self.label(page, &one.column)),
            ("old", self.said(&one.old)),
            ("new", self.said(&one.new)),
            ("by", one.by.as_str()),
            ("at", &self.at(one.at)),
            ("reason", reason),
        ];
        fill(sentence, &parts)
    }

    fn label<'a>(self, page: &'a Page, id: &'a str) -> &'a str {
        let column = page.columns.iter().find(|column| column.id == id);
        column.map_or(id, |column| column.label.get(self.language))
    }

    pub fn conflicts(self, row: &PageRow) -> Vec<String> {
        let conflicts = marks(row).flat_map(|marks| &marks.conflicts);
        conflicts.map(|one| self.conflict(one)).collect()
    }

    fn conflict(self, conflict: &LineConflict) -> String {
        let values: Vec<String> = conflict.values.iter().map(|one| self.value(one)).collect();
        let parts = [
            ("label", self.said(&conflict.label)),
            ("values", &values.join(" / ")),
        ];
        fill(&self.words().conflict, &parts)
    }

    fn value(self, value: &Variant) -> String {
        let parts = [
            ("text", self.said(&value.text)),
            ("by", value.by.as_str()),
            ("device", &value.device.short()),
            ("at", &self.at(value.at)),
        ];
        fill(&self.words().conflict_value, &parts)
    }

    /// Time limits that were passed.
    pub fn overdue(self, page: &Page, row: &PageRow) -> Vec<String> {
        let cells = page.columns.iter().zip(&row.cells);
        let overdue = cells.flat_map(|(column, cell)| {
            let over = cell.due.iter().filter(|due| due.over);
            over.map(move |due| {
                let day = self.times().last_day(due.due.due);
                let parts = [("column", self.said(&column.label)), ("at", day.as_str())];
                let sentence = match due.due.excused {
                    true => &self.words().excused,
                    false => &self.words().overdue,
                };
                fill(sentence, &parts)
            })
        });
        overdue.collect()
    }

    fn breach(self, breach: &Breach) -> String {
        let words = self.words();
        let (sentence, name, what) = match &breach.why {
            Why::Order { from } if from.is_empty() => (&words.breach_first, "from", String::new()),
            Why::Order { from } => (&words.breach_order, "from", self.list(from)),
            Why::Condition => (&words.breach_condition, "rule", String::new()),
            Why::Guard(rule) => (&words.breach_guard, "rule", self.said(rule).to_owned()),
        };
        let at = self.at(breach.at);
        let step = self.said(&breach.step);
        let parts = [
            ("by", breach.by.as_str()),
            ("at", &at),
            ("step", step),
            (name, &what),
        ];
        fill(sentence, &parts)
    }

    fn list(self, said: &[Said]) -> String {
        let said: Vec<&str> = said.iter().map(|one| self.said(one)).collect();
        said.join(self.language.pick("、", ", "))
    }

    pub fn marks(self, row: &PageRow) -> String {
        let words = self.words();
        let any = |test: fn(&LineMarks) -> bool| marks(row).any(test);
        let said = [
            (row.struck, &words.struck),
            (
                !row.struck && any(|marks| marks.removed.is_some()),
                &words.partly_struck,
            ),
            (any(|marks| marks.late), &words.late),
            (any(|marks| marks.drift.is_some()), &words.clocks_apart),
            (any(|marks| marks.unknown), &words.unknown_fields),
            (any(|marks| !marks.unreadable.is_empty()), &words.unreadable),
        ];
        let mut said: Vec<String> = said
            .into_iter()
            .filter(|(is, _)| *is)
            .map(|(_, word)| word.clone())
            .collect();
        for line in marks(row) {
            said.extend(line.breaches.iter().map(|one| self.breach(one)));
            if !line.missing.is_empty() {
                let fields = self.list(&line.missing);
                said.push(fill(&words.missing, &[("fields", &fields)]));
            }
        }
        for removed in marks(row).filter_map(|marks| marks.removed.as_ref()) {
            let parts = [
                ("reason", removed.reason.as_str()),
                ("by", &removed.by),
                ("at", &self.at(removed.at)),
            ];
            said.push(fill(&words.removed, &parts));
        }
        said.join(&words.between)
    }
}

fn marks(row: &PageRow) -> impl Iterator<Item = &LineMarks> {
    row.marks.iter().map(|marks| &marks.marks)
}
