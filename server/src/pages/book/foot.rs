//! What stands below a book's rows, and what an empty page says.

use sync_core::book::{self, Page, Period};
use sync_core::catalogue::Book;
use sync_core::ids::Hash;

use crate::pages::ink::Ink;
use crate::pages::sheet::{self, Setter};

pub fn footer(setter: &Setter<'_>, page: &Page) -> Vec<sheet::Line> {
    let w = setter.reader.words();
    let mut lines = Vec::new();
    if let Some(summary) = page.summary.as_ref().filter(|_| !page.rows.is_empty()) {
        let mut parts: Vec<Ink> = [
            (&w.sum_rows, summary.rows),
            (&w.sum_records, summary.records),
            (&w.sum_late, summary.late),
            (&w.sum_amended, summary.amended),
            (&w.sum_conflicts, summary.conflicts),
            (&w.sum_struck, summary.struck),
        ]
        .into_iter()
        .map(|(word, n)| Ink::label(&word.replace("{n}", &n.to_string())))
        .collect();
        let language = setter.reader.catalogue_language();
        parts.extend(
            summary
                .totals
                .iter()
                .map(|total| Ink::label(&format!("{} {}", total.label.get(language), total.text))),
        );
        let text = Ink::joined(&parts, &w.list_between);
        let said = |said: &book::SaidBy| {
            let who = setter.station.who(setter.reader, &said.officer);
            let text = setter.said(&said.text);
            Ink::sentence(&w.summary_said, &[("who", who), ("text", text)])
        };
        let label = match page.period {
            Period::Day(_) => &w.summary_day,
            Period::Month(_) | Period::All => &w.summary,
        };
        lines.push(sheet::Line {
            label: Ink::label(label),
            texts: [text]
                .into_iter()
                .chain(summary.said.iter().map(said))
                .collect(),
        });
    }
    if let Some(amendments) = page.amendments.as_ref().filter(|_| !page.rows.is_empty()) {
        let texts = if amendments.is_empty() {
            vec![Ink::label(&w.amendments_none)]
        } else {
            let note = |note: &book::AmendmentNote| {
                let amended = setter.amended(Ink::default(), &note.amendment);
                Ink::sentence(
                    &w.amendment_line,
                    &[
                        ("serial", Ink::label(&note.serial.to_string())),
                        ("column", setter.said(&note.label)),
                        ("old", amended.old),
                        ("new", amended.new),
                        ("by", amended.by),
                        ("reason", amended.reason),
                    ],
                )
            };
            amendments.iter().map(note).collect()
        };
        lines.push(sheet::Line {
            label: Ink::label(&w.amendments),
            texts,
        });
    }
    lines
}

/// By which a sheet of paper is known again: what stands on it, and how far the station log had
/// come, from which all of it follows.
pub fn proof(setter: &Setter<'_>, page: &Page, now: i64) -> Ink {
    let w = setter.reader.words();
    let station = setter.station;
    let parts = [
        ("page", Ink::label(&hash(page).to_string()[..16])),
        ("entries", Ink::label(&station.entries.to_string())),
        (
            "root",
            Ink::label(station.root.get(..16).unwrap_or_default()),
        ),
        ("at", Ink::label(&setter.moment(now).text)),
    ];
    Ink::sentence(&w.proof, &parts)
}

/// Of what the rows say, masked as they are shown.
fn hash(page: &Page) -> Hash {
    let mut parts: Vec<&[u8]> = vec![page.book.as_bytes(), page.station.as_bytes()];
    let period: &str = match &page.period {
        Period::Day(text) | Period::Month(text) => text,
        Period::All => "",
    };
    parts.push(period.as_bytes());
    for row in &page.rows {
        parts.push(row.key.as_bytes());
        parts.extend(row.records.iter().map(|record| record.0.as_slice()));
        for cell in &row.cells {
            parts.push(cell.text.zh.as_bytes());
            let old = cell.amended.iter().filter(|one| one.replaces());
            parts.extend(old.map(|one| one.old.zh.as_bytes()));
            let struck = cell.parts.iter().filter(|part| part.struck);
            parts.extend(struck.map(|part| part.text.zh.as_bytes()));
        }
    }
    Hash::of_parts("wardbook page", &parts)
}

/// What would stand on the page, who writes it, how.
pub fn empty(setter: &Setter<'_>, page: &Page, book: &Book) -> Vec<Ink> {
    let w = setter.reader.words();
    let language = setter.reader.catalogue_language();
    let kinds = &setter.station.catalogue().kinds;
    let labels: Vec<Ink> = book
        .sources
        .iter()
        .filter_map(|source| kinds.get(&source.kind))
        .map(|kind| Ink::label(kind.label.get(language)))
        .collect();
    let says = match page.period {
        Period::Day(_) => &w.empty_day,
        Period::Month(_) => &w.empty_month,
        Period::All => &w.empty_book,
    };
    let how = [("kinds", Ink::joined(&labels, &w.list_between))];
    vec![Ink::label(says), Ink::sentence(&w.empty_how, &how)]
}
