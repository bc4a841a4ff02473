//! What stands below a row: amendments, conflicts, and what else its reader should know.

use sync_core::book::{Amendment, Breach, Page, RowMarks, Said, Why};

use super::{AmendedNote, ConflictNote, Link, Note, SentenceNote, Setter};
use crate::pages::ink::Ink;
use crate::pages::mark::Mark;

impl Setter<'_> {
    pub(super) fn notes(&self, page: &Page, marks: &RowMarks) -> Vec<Note> {
        let words = self.reader.words();
        let language = self.reader.catalogue_language();
        let line = &marks.marks;
        let mut notes = Vec::new();
        for amendment in line.amended.iter().filter(|amendment| amendment.replaces()) {
            let column = page
                .columns
                .iter()
                .find(|column| column.id == amendment.column);
            let label = column.map_or(amendment.column.as_str(), |column| {
                column.label.get(language)
            });
            notes.push(Note::Amended(self.amended(Ink::label(label), amendment)));
        }
        for conflict in &line.conflicts {
            notes.push(Note::Conflict(ConflictNote {
                label: self.said(&conflict.label),
                of: Some(Link {
                    href: self
                        .reader
                        .to(&self.station.record_path(&marks.record.to_string())),
                    label: Ink::written(&marks.provisional),
                }),
                values: conflict
                    .values
                    .iter()
                    .map(|value| self.value(value))
                    .collect(),
            }));
        }
        if let Some(removed) = &line.removed {
            let sentence = if removed.disputed {
                &words.removed_disputed
            } else {
                &words.removed_by
            };
            let parts = [
                ("by", self.station.who(self.reader, &removed.by)),
                ("at", Ink::label(&self.moment(removed.at).text)),
                ("reason", self.reason(Some(&removed.reason))),
            ];
            let text = Ink::sentence(sentence, &parts);
            notes.push(Note::Sentence(SentenceNote {
                mark: Mark::Removed,
                text,
            }));
        }
        if line.unknown {
            let text = Ink::label(&words.unknown_note);
            notes.push(Note::Sentence(SentenceNote {
                mark: Mark::Unknown,
                text,
            }));
        }
        notes.extend(
            self.breaches(&line.breaches, &line.missing)
                .map(Note::Sentence),
        );
        if !line.unreadable.is_empty() {
            let columns: Vec<Ink> = line
                .unreadable
                .iter()
                .map(|column| Ink::written(column))
                .collect();
            let parts = [("columns", Ink::joined(&columns, &words.list_between))];
            let text = Ink::sentence(&words.unreadable_note, &parts);
            notes.push(Note::Sentence(SentenceNote {
                mark: Mark::Unreadable,
                text,
            }));
        }
        notes
    }

    /// What a record came to against the rules of its kind, each in a sentence.
    pub fn breaches<'m>(
        &'m self,
        steps: &'m [Breach],
        missing: &'m [Said],
    ) -> impl Iterator<Item = SentenceNote> + 'm {
        let words = self.reader.words();
        let listed = |said: &[Said]| {
            let said: Vec<Ink> = said.iter().map(|one| self.said(one)).collect();
            Ink::joined(&said, &words.list_between)
        };
        let steps = steps.iter().map(move |breach| {
            let (sentence, name, what) = match &breach.why {
                Why::Order { from } if from.is_empty() => {
                    (&words.breach_first, "from", Ink::default())
                }
                Why::Order { from } => (&words.breach_order, "from", listed(from)),
                Why::Condition => (&words.breach_condition, "rule", Ink::default()),
                Why::Guard(rule) => (&words.breach_guard, "rule", self.said(rule)),
            };
            let parts = [
                ("by", self.station.who(self.reader, &breach.by)),
                ("at", Ink::label(&self.moment(breach.at).text)),
                ("step", self.said(&breach.step)),
                (name, what),
            ];
            SentenceNote {
                mark: Mark::Breach,
                text: Ink::sentence(sentence, &parts),
            }
        });
        let fields = (!missing.is_empty()).then(|| SentenceNote {
            mark: Mark::Missing,
            text: Ink::sentence(&words.missing_note, &[("fields", listed(missing))]),
        });
        steps.chain(fields)
    }

    pub fn amended(&self, column: Ink, amendment: &Amendment) -> AmendedNote {
        let device = self.station.device(self.reader, amendment.device);
        let parts = [
            ("by", self.station.who(self.reader, &amendment.by)),
            ("device", Ink::written(&device.id)),
            ("at", Ink::label(&self.moment(amendment.at).text)),
        ];
        AmendedNote {
            column,
            old: self.said(&amendment.old),
            new: self.said(&amendment.new),
            by: Ink::sentence(&self.reader.words().amended_by, &parts),
            reason: self.reason(amendment.reason.as_deref()),
        }
    }

    fn reason(&self, reason: Option<&str>) -> Ink {
        match reason {
            Some(reason) if !reason.trim().is_empty() => Ink::written(reason),
            Some(_) | None => Ink::label(&self.reader.words().no_reason),
        }
    }
}
