//! What the console lists, searches and follows by: a record's words, the limits that run in it,
//! and the records it names. Computed where its lines are, and put in their place with them.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::book::{self, Line, RecordFacts, Station as BookStation};
use sync_core::catalogue::{Field, FieldType, Kind, Language, display};
use sync_core::ids::{RecordId, StationId};
use sync_core::letters::is_unseen;
use sync_core::record::change::Scalar;
use sync_core::record::view::View;
use sync_core::record::{data, parts, state};

use crate::db::Tx;
use crate::error::{Error, Result};
use crate::{args, sql};

/// A record's words are cut here: whoever searches knows one of the first thousands.
const MAX_WORDS: usize = 6_000;
/// Records that one record names; a hostile one could name thousands.
const MAX_LINKS: usize = 200;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub words: String,
    /// By the limit's name.
    pub limits: BTreeMap<String, Open>,
    /// The field and the record it names.
    pub links: BTreeSet<(String, RecordId)>,
}

/// A limit that runs, and the column that shows it; both are empty where no book does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    pub book: String,
    pub column: String,
    /// Milliseconds since 1970.
    pub begun: i64,
    pub due: i64,
}

pub fn of(view: &View, facts: &RecordFacts, lines: &[Line], station: &BookStation) -> Listed {
    let kind = station.catalogue().kinds.get(&view.kind);
    Listed {
        words: words(view, facts, kind, station),
        limits: match facts.removed {
            true => BTreeMap::new(),
            false => limits(view, lines, station),
        },
        links: kind.map_or_else(BTreeSet::new, |kind| links(view, kind)),
    }
}

/// A text as it is searched: in small letters, in one width, without what cannot be seen.
pub fn folded(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '\u{3000}' => ' ',
        '！'..='～' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
        _ => letter,
    };
    let seen = |letter: &char| !letter.is_control() && !is_unseen(*letter);
    let letters = text.chars().filter(seen).map(narrow);
    letters.flat_map(char::to_lowercase).collect()
}

/// Personal values are left out until there is somebody who may see them.
fn words(view: &View, facts: &RecordFacts, kind: Option<&Kind>, station: &BookStation) -> String {
    let mut words = Words::default();
    words.add(&facts.title);
    words.add(facts.day.as_deref().unwrap_or_default());
    words.add(view.external_id.as_deref().unwrap_or_default());
    words.add(&view.record.to_string());
    if let Some(first) = view.changes.first() {
        words.add(&first.origin.act.to_string());
        let author = first.origin.person.as_str();
        words.add(author);
        for language in [Language::Zh, Language::En] {
            let name = station.around().people.name(author, language);
            words.add(&name.unwrap_or_default());
        }
    }
    let Some(kind) = kind else {
        words.add(&view.kind);
        return words.all;
    };
    for label in [&kind.label.zh, &kind.label.en] {
        words.add(label);
    }
    for step in facts.state.iter().filter_map(|state| kind.step(state)) {
        words.add(&step.label.zh);
        words.add(&step.label.en);
    }
    for field in kind.fields.iter().filter(|field| is_searched(field)) {
        let datum = data::datum(view, field);
        if !field.is_rows() {
            words.add(&display(field, &datum, station.around(), Language::Zh));
            if field.codes.is_some() {
                words.add(&display(field, &datum, station.around(), Language::En));
            }
            continue;
        }
        for row in parts::rows(view, &field.name)
            .iter()
            .filter(|row| !row.is_gone())
        {
            for cell in field.row_cells().iter().filter(|cell| is_searched(cell)) {
                if let Some(value) = row.cell(&cell.name) {
                    let datum = data::single(cell, value);
                    words.add(&display(cell, &datum, station.around(), Language::Zh));
                }
            }
        }
    }
    words.all
}

/// Whether somebody would look for what stands in a field.
fn is_searched(field: &Field) -> bool {
    let says = match field.ty {
        FieldType::Text
        | FieldType::LongText
        | FieldType::CoText
        | FieldType::Choice
        | FieldType::Date
        | FieldType::Person
        | FieldType::Table => true,
        FieldType::Integer
        | FieldType::Decimal
        | FieldType::Money
        | FieldType::Boolean
        | FieldType::Time
        | FieldType::Instant
        | FieldType::Duration
        | FieldType::Point
        | FieldType::Track
        | FieldType::Phone
        | FieldType::IdNumber
        | FieldType::Record
        | FieldType::Evidence => false,
    };
    says && field.personal.is_none()
}

#[derive(Default)]
struct Words {
    all: String,
    letters: usize,
}

impl Words {
    fn add(&mut self, text: &str) {
        let left = MAX_WORDS.saturating_sub(self.letters);
        if text.trim().is_empty() || left == 0 {
            return;
        }
        let text: String = folded(text).chars().take(left).collect();
        self.letters += text.chars().count() + 1;
        if !self.all.is_empty() {
            self.all.push(' ');
        }
        self.all.push_str(&text);
    }
}

/// Those that have begun and whose clock runs.
fn limits(view: &View, lines: &[Line], station: &BookStation) -> BTreeMap<String, Open> {
    let dues = book::dues(view, station).into_iter();
    let running = dues.filter(|due| due.done.is_none() && due.stopped.is_none());
    let open = running.map(|due| {
        let shows = |line: &&Line| line.limits.values().any(|shown| shown.limit == due.limit);
        let line = lines.iter().find(shows);
        let column = line.and_then(|line| {
            let mut shown = line.limits.iter();
            shown.find(|(_, shown)| shown.limit == due.limit)
        });
        let open = Open {
            book: line.map_or_else(String::new, |line| line.book.clone()),
            column: column.map_or_else(String::new, |(column, _)| column.clone()),
            begun: due.from,
            due: due.due,
        };
        (due.limit, open)
    });
    open.collect()
}

fn links(view: &View, kind: &Kind) -> BTreeSet<(String, RecordId)> {
    let mut links = BTreeSet::new();
    let mut add = |name: &str, value: Option<&Scalar>| {
        let target = value
            .and_then(Scalar::as_str)
            .and_then(|id| id.parse().ok());
        if let Some(target) = target.filter(|_| links.len() < MAX_LINKS) {
            links.insert((name.to_owned(), target));
        }
    };
    for field in &kind.fields {
        if field.ty == FieldType::Record && field.many {
            for value in parts::values(view, &field.name) {
                add(&field.name, Some(value));
            }
        } else if field.ty == FieldType::Record {
            add(&field.name, state::value(view, &field.name));
        }
        let cells = field.row_cells().iter();
        for cell in cells.filter(|cell| cell.ty == FieldType::Record) {
            for row in parts::rows(view, &field.name)
                .iter()
                .filter(|row| !row.is_gone())
            {
                add(&field.name, row.cell(&cell.name));
            }
        }
    }
    links
}

/// Puts what is listed of a record in the place of what was.
pub async fn replace(
    tx: &mut Tx,
    station: &StationId,
    record: &RecordId,
    listed: &Listed,
) -> Result<()> {
    tx.exec(sql!("search_put"), args![station, record, &listed.words])
        .await?;
    tx.exec(sql!("open_limit_delete"), args![station, record])
        .await?;
    for (name, open) in &listed.limits {
        let row = args![
            station,
            record,
            name,
            &open.book,
            &open.column,
            open.begun,
            open.due
        ];
        tx.exec(sql!("open_limit_insert"), row).await?;
    }
    tx.exec(sql!("link_delete"), args![station, record]).await?;
    for (field, target) in &listed.links {
        tx.exec(sql!("link_insert"), args![station, record, field, target])
            .await?;
    }
    Ok(())
}

/// Empties the lists of a station before they are written anew.
pub async fn clear(tx: &mut Tx, station: &StationId) -> Result<()> {
    for clear in [
        sql!("search_clear"),
        sql!("open_limit_clear"),
        sql!("link_clear"),
    ] {
        tx.exec(clear, args![station]).await?;
    }
    Ok(())
}

/// What is listed of a record in the store.
pub async fn read(tx: &mut Tx, station: &StationId, record: &RecordId) -> Result<Listed> {
    let mut listed = Listed::default();
    let key = args![station, record];
    if let Some(row) = tx.fetch_opt(sql!("search_of_record"), key).await? {
        listed.words = row.get("words")?;
    }
    for row in tx.fetch_all(sql!("open_limit_of_record"), key).await? {
        let open = Open {
            book: row.get("book")?,
            column: row.get("column_id")?,
            begun: row.get("begun")?,
            due: row.get("due")?,
        };
        listed.limits.insert(row.get("name")?, open);
    }
    for row in tx.fetch_all(sql!("link_of_record"), key).await? {
        let target = RecordId(row.bytes("target")?);
        listed.links.insert((row.get("field")?, target));
    }
    Ok(listed)
}

/// How many rows the lists have: of searched records, running limits and links.
pub async fn count(tx: &mut Tx, station: &StationId) -> Result<[u64; 3]> {
    let mut counts = [0; 3];
    let queries = [
        sql!("search_count"),
        sql!("open_limit_count"),
        sql!("link_count"),
    ];
    for (count, query) in counts.iter_mut().zip(queries) {
        let row = tx.fetch_opt(query, args![station]).await?;
        *count = row.ok_or(Error::Damaged("count"))?.count("n")?;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn what_is_searched_has_one_width_and_one_case() {
        assert_eq!(folded("ＡＢＣ　１２ Straße\u{200b}\n"), "abc 12 straße");
        assert_eq!(folded("锦华路12号（东）"), "锦华路12号(东)");
    }
}
