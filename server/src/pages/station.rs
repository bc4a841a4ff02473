//! What all pages of a station need: its members and devices by name, and its catalogue.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use sync_core::book::{Coverage, DeviceCoverage, Line, Station as BookStation};
use sync_core::catalogue::{Book, Catalogue};
use sync_core::envelope::Charter;
use sync_core::ids::{DeviceId, PersonId, StationId};

use super::frame::Crumb;
use super::ink::Ink;
use super::reader::Reader;
use super::time::Times;
use crate::db::{Row, Tx};
use crate::error::Result;
use crate::known::Known;
use crate::station::Station;
use crate::{args, sql};

/// A station as a page shows it.
#[derive(Debug)]
pub struct Shown {
    pub id: StationId,
    pub name: String,
    pub charter: Arc<Charter>,
    pub books: BookStation,
    pub devices: Vec<Device>,
    /// How far the station log has come, and its root in hexadecimal.
    pub entries: u64,
    pub root: String,
}

/// A phone that is or was the station's.
#[derive(Debug, Clone)]
pub struct Device {
    pub id: DeviceId,
    pub person: PersonId,
    /// When it was last heard of; none before its first delivery.
    pub last_seen: Option<i64>,
    /// The last envelope of its log that has arrived.
    pub last_seq: u64,
    /// How many acts it said were still waiting on it.
    pub waiting: u64,
    pub removed: bool,
    /// Its log has forked: nothing more is taken from it.
    pub frozen: bool,
    /// When it joined.
    pub first_seen: i64,
}

impl Shown {
    /// What a limit of a kind waits for: the step or field that ends it.
    pub fn awaited(&self, reader: &Reader, kind: &str, limit: &str) -> String {
        let kind = self.catalogue().kinds.get(kind);
        let found = kind.and_then(|kind| Some((kind, kind.limits_of(limit).next()?)));
        let label = found.and_then(|(kind, limit)| {
            let step = limit.until.first().and_then(|step| kind.step(step));
            let field = limit.filled.as_ref().and_then(|field| kind.field(field));
            let step = step.map(|step| &step.label);
            step.or(field.map(|field| &field.label))
        });
        match label {
            Some(label) => label.get(reader.catalogue_language()).to_owned(),
            None => limit.to_owned(),
        }
    }

    /// Whether the line stands in a book that people read.
    pub fn prints(&self, line: &Line) -> bool {
        let book = self.catalogue().books.get(&line.book);
        book.is_none_or(Book::has_pages)
    }

    /// For a command, which reads a station once.
    pub async fn read(tx: &mut Tx, id: &str) -> Result<Shown> {
        Shown::with(tx, &Known::default(), id).await
    }

    /// For a page, with what the server knows already.
    pub async fn with(tx: &mut Tx, known: &Known, id: &str) -> Result<Shown> {
        let id = StationId::new(id)?;
        let station = Station::find(tx, &id).await?;
        let holding = known.holding_in(&station, tx).await?;
        let devices = tx.fetch_all(sql!("device_list"), args![&id]).await?;
        Ok(Shown {
            name: station.name,
            devices: devices.iter().map(Device::read).collect::<Result<_>>()?,
            books: holding.books.clone(),
            charter: holding.charter.clone(),
            id,
            entries: station.entries,
            root: HEXLOWER.encode(&station.root),
        })
    }

    /// What the server knows of the phones that are the station's now.
    pub fn device_coverage(&self) -> Vec<DeviceCoverage> {
        let devices = self.devices.iter().filter(|device| !device.removed);
        devices
            .map(|device| DeviceCoverage {
                device: device.id,
                name: self
                    .charter
                    .person(&device.person)
                    .map_or_else(String::new, |m| m.name.clone()),
                person: device.person.clone(),
                last_contact: device.last_seen,
                last_seq: device.last_seq,
                waiting: Some(device.waiting),
            })
            .collect()
    }

    /// Which phones have not been heard of today, or have something left.
    pub fn coverage_now(&self, now: i64) -> Coverage {
        let devices = self.device_coverage();
        let times = Times {
            offset: self.books.offset(),
            language: crate::messages::Language::Zh,
        };
        let today = times.day_of(now);
        let behind = devices.iter().enumerate().filter(|(_, device)| {
            let heard = device
                .last_contact
                .is_some_and(|at| times.day_of(at) >= today);
            !heard || device.waiting.is_some_and(|waiting| waiting > 0)
        });
        Coverage {
            behind: behind.map(|(at, _)| at).collect(),
            devices,
        }
    }

    pub fn catalogue(&self) -> &Catalogue {
        self.books.catalogue()
    }

    pub fn times(&self, reader: &Reader) -> Times {
        Times {
            offset: self.books.offset(),
            language: reader.language,
        }
    }

    pub fn path(&self) -> String {
        format!("/s/{}", self.id)
    }

    pub fn book_path(&self, book: &str) -> String {
        format!("/s/{}/books/{book}", self.id)
    }

    pub fn record_path(&self, record: &str) -> String {
        format!("/s/{}/records/{record}", self.id)
    }

    /// A member's name as the charter has it.
    pub fn name_of<'a>(&'a self, reader: &'a Reader, person: &'a str) -> &'a str {
        if person.is_empty() {
            return &reader.words().somebody;
        }
        if person == PersonId::server().as_str() {
            return &reader.words().server_device;
        }
        let member = PersonId::new(person)
            .ok()
            .and_then(|person| self.charter.person(&person));
        member.map_or(person, |member| &member.name)
    }

    /// A record's title; one that is a day as days are printed.
    pub fn title(&self, reader: &Reader, title: &str) -> Ink {
        Ink::written(&self.times(reader).day(title))
    }

    pub fn who(&self, reader: &Reader, person: &str) -> Ink {
        Ink::written(self.name_of(reader, person))
    }

    /// A device beside its writer's name, which need not be said twice.
    pub fn device_beside(&self, reader: &Reader, device: DeviceId, person: &str) -> DeviceName {
        match self.charter.ever(device) {
            Some(grant) if grant.person.as_str() == person => DeviceName {
                owner: Ink::label(&reader.words().phone),
                id: device.short(),
            },
            Some(_) | None => self.device(reader, device),
        }
    }

    /// Whose device it is and its short id.
    pub fn device(&self, reader: &Reader, device: DeviceId) -> DeviceName {
        let words = reader.words();
        if self.charter.server_ever(device).is_some() {
            return DeviceName {
                owner: Ink::label(&words.server_device),
                id: String::new(),
            };
        }
        let owner = match self.charter.ever(device) {
            Some(grant) => self.who(reader, grant.person.as_str()),
            None => Ink::label(&words.nobodys),
        };
        DeviceName {
            owner,
            id: device.short(),
        }
    }
}

/// The way to a station's own page.
pub fn crumb(reader: &Reader, station: &Shown) -> Crumb {
    Crumb::new(Ink::written(&station.name), reader.to(&station.path()))
}

/// A device as a margin names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceName {
    pub owner: Ink,
    pub id: String,
}

impl Device {
    fn read(row: &Row) -> Result<Device> {
        let last_seen: i64 = row.get("last_seen")?;
        Ok(Device {
            id: DeviceId(row.bytes("device")?),
            person: row.parse("person")?,
            last_seen: (last_seen > 0).then_some(last_seen),
            last_seq: row.count("last_seq")?,
            waiting: row.count("waiting")?,
            removed: row.get::<Option<i64>>("removed_seq")?.is_some(),
            frozen: row.get("frozen")?,
            first_seen: row.get("first_seen")?,
        })
    }
}
