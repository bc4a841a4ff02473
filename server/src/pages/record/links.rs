//! The records that a record names, and those that name it.

use sync_core::ids::RecordId;

use super::Desk;
use crate::db::{Row, Tx};
use crate::error::Result;
use crate::pages::ink::Ink;
use crate::pages::station::Shown;
use crate::{args, sql};

/// Records that name one record: more are found by its page's search.
pub(super) const MAX_SHOWN: u64 = 100;

/// Another record, and the field that names it.
#[derive(Debug, Clone)]
pub struct Linked {
    pub record: RecordId,
    pub field: String,
    pub kind: String,
    /// Empty: the station does not have it yet.
    pub title: String,
    pub day: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Links {
    /// Those that the record names.
    pub named: Vec<Linked>,
    /// Those that name it.
    pub naming: Vec<Linked>,
}

impl Links {
    pub async fn read(tx: &mut Tx, shown: &Shown, record: &RecordId) -> Result<Links> {
        let mut links = Links::default();
        let key = args![&shown.id, record];
        for row in tx.fetch_all(sql!("link_of_record"), key).await? {
            let target = RecordId(row.bytes("target")?);
            let found = tx
                .fetch_opt(sql!("record_get"), args![&shown.id, &target])
                .await?;
            let field: String = row.get("field")?;
            links.named.push(match found {
                Some(found) => Linked::of(&found, target, field)?,
                None => Linked {
                    record: target,
                    field,
                    kind: String::new(),
                    title: String::new(),
                    day: None,
                },
            });
        }
        let to = args![&shown.id, record, MAX_SHOWN];
        for row in tx.fetch_all(sql!("link_to_record"), to).await? {
            let from = RecordId(row.bytes("record")?);
            links
                .naming
                .push(Linked::of(&row, from, row.get("field")?)?);
        }
        Ok(links)
    }
}

impl Linked {
    fn of(row: &Row, record: RecordId, field: String) -> Result<Linked> {
        Ok(Linked {
            record,
            field,
            kind: row.get("kind")?,
            title: row.get("title")?,
            day: row.get("day")?,
        })
    }
}

#[derive(Debug)]
pub struct LinkView {
    pub field: Ink,
    pub kind: Ink,
    pub title: Ink,
    /// Empty: there is nothing to open yet.
    pub href: String,
    pub day: String,
}

impl Desk<'_> {
    pub(super) fn links(&self, links: &[Linked], is_named: bool) -> Vec<LinkView> {
        let (reader, station) = (self.setter.reader, self.setter.station);
        let language = reader.catalogue_language();
        let times = station.times(reader);
        let view = |linked: &Linked| {
            let kind = station.catalogue().kinds.get(&linked.kind);
            let of = if is_named { self.kind } else { kind };
            let field = of.and_then(|kind| kind.field(&linked.field));
            LinkView {
                field: match field {
                    Some(field) => Ink::label(field.label.get(language)),
                    None => Ink::written(&linked.field),
                },
                kind: match kind {
                    Some(kind) => Ink::label(kind.label.get(language)),
                    None => Ink::written(&linked.kind),
                },
                title: self.title_of(linked),
                href: match linked.title.is_empty() {
                    true => String::new(),
                    false => reader.to(&station.record_path(&linked.record.to_string())),
                },
                day: linked
                    .day
                    .as_deref()
                    .map_or_else(String::new, |day| times.day(day)),
            }
        };
        links.iter().map(view).collect()
    }

    fn title_of(&self, linked: &Linked) -> Ink {
        match linked.title.is_empty() {
            true => Ink::label(&self.words().link_not_here),
            false => self.setter.station.title(self.setter.reader, &linked.title),
        }
    }

    /// A record that a field names, by its title where the station has it.
    pub(super) fn linked(&self, id: &str) -> Option<Ink> {
        let record: RecordId = id.parse().ok()?;
        let linked = self
            .links
            .named
            .iter()
            .find(|linked| linked.record == record)?;
        Some(self.titled(linked))
    }

    /// Its title, which leads to it where the station has it.
    pub(super) fn titled(&self, linked: &Linked) -> Ink {
        let (reader, station) = (self.setter.reader, self.setter.station);
        let title = self.title_of(linked);
        match linked.title.is_empty() {
            true => title,
            false => Ink::link(
                &reader.to(&station.record_path(&linked.record.to_string())),
                &title,
            ),
        }
    }
}
