//! What do the screens of a phone show?

use std::sync::Arc;

use sync_core::catalogue::{Catalogue, Field, FieldType, Kind, Label};
use sync_core::fieldbook::{HeldItem, IndexRow, RecordView, Word};
use sync_core::ids::{DeviceId, PersonId, RecordId, StationId};
use sync_core::record::change::Scalar;
use sync_core::record::parts;
use sync_core::record::view::View;
use sync_core::record::write::Spot;

use super::Phone;
use crate::error::PhoneError;
use crate::form::{self, FormError};

/// The header with which a phone asks for one record.
pub const RECORD_HEADER: &str = "wardbook-request";

/// Who this phone is, once it has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub station: StationId,
    pub device: DeviceId,
    pub person: PersonId,
}

/// One record with all that is known of it, and the names of who wrote it.
#[derive(Debug)]
pub struct Shown {
    pub record: RecordView,
    /// The station's minutes east of UTC.
    pub zone: i32,
    catalogue: Arc<Catalogue>,
    /// `name (device)` of each of the view's changes.
    authors: Vec<String>,
}

impl Shown {
    pub fn view(&self) -> &View {
        &self.record.view
    }

    /// How far the record has come: as far as its last act has.
    pub fn word(&self) -> Option<Word> {
        let words = || self.record.words.iter().copied();
        words().find(|word| *word == Word::Held).or(words().min())
    }

    /// A moment in the station's time zone.
    pub fn local(&self, ms: i64) -> String {
        local(ms, self.zone).unwrap_or_else(|| ms.to_string())
    }

    /// Who made a change of the view, on which device, when.
    pub fn by(&self, change: usize) -> String {
        let (author, made) = (&self.authors[change], &self.view().changes[change]);
        format!("{author} {}", self.local(made.origin.at))
    }

    /// A spot as officers write it: `field` or `table[2].cell`.
    pub fn place(&self, spot: &Spot) -> String {
        match spot {
            Spot::Field(field) => field.clone(),
            Spot::Cell { row, cell } => {
                let table = row.split('/').next().unwrap_or(row);
                let rows = parts::rows(self.view(), table);
                let at = rows.iter().position(|part| part.key == row);
                format!("{table}[{}].{cell}", at.map_or(0, |at| at + 1))
            }
        }
    }

    /// How far the act of a change has come.
    pub fn word_of(&self, change: usize) -> Option<Word> {
        self.record.words.get(change).copied()
    }

    /// The label of a code.
    pub fn code(&self, field: &Field, code: &str) -> Option<&Label> {
        let list = self.catalogue.codes.get(field.codes.as_ref()?)?;
        Some(&list.code(code)?.label)
    }
}

impl Phone {
    /// Who this phone is; refused before it has joined.
    pub fn membership(&self) -> Result<Membership, PhoneError> {
        let (station, device, person) = self.host.fieldbook.enrolled().ok_or(
            PhoneError::Refused(sync_core::fieldbook::Refusal::NotEnrolled),
        )?;
        Ok(Membership {
            station: station.clone(),
            device,
            person: person.clone(),
        })
    }

    /// The forms by which this phone writes now.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>, PhoneError> {
        self.membership()?;
        let catalogue = self.host.fieldbook.catalogue();
        // Who has joined has the catalogue that came with it.
        catalogue.ok_or(PhoneError::NoReply)
    }

    /// The station's minutes east of UTC.
    pub fn zone(&self) -> i32 {
        let now = self.host.fieldbook.charter().now();
        now.map_or(480, |charter| charter.zone_minutes())
    }

    /// A moment in the station's time zone.
    pub fn local(&self, ms: i64) -> String {
        local(ms, self.zone()).unwrap_or_else(|| ms.to_string())
    }

    /// Whether something is left to carry to the server.
    pub(super) fn has_unsent(&self) -> bool {
        self.host.fieldbook.has_unsent()
    }

    /// Own acts that the server has and has not judged yet.
    pub fn undecided(&self) -> u64 {
        let status = self.status();
        status
            .sent
            .saturating_sub(status.registered)
            .saturating_sub(status.held)
    }

    /// All records, the newest day first.
    pub fn list(&self) -> Result<Vec<IndexRow>, PhoneError> {
        let mut rows = self.host.ask(|book, loaded| book.list(loaded))?;
        rows.sort_by(|a, b| (&b.day, b.updated, b.record).cmp(&(&a.day, a.updated, a.record)));
        Ok(rows)
    }

    /// The one record whose id begins so, or that bears this external id.
    pub fn find(&self, given: &str) -> Result<RecordId, PhoneError> {
        let mut found = self.host.ask(|book, loaded| book.find(loaded, given))?;
        if found.is_empty() && !given.is_empty() {
            let begins = given.to_ascii_lowercase().replace('-', "");
            let rows = self.host.ask(|book, loaded| book.list(loaded))?;
            let ids = rows.into_iter().map(|row| row.record);
            found = ids
                .filter(|record| record.to_string().starts_with(&begins))
                .collect();
        }
        match found.as_slice() {
            [] => Err(PhoneError::NoRecord(given.chars().take(80).collect())),
            [record] => Ok(*record),
            several => Err(PhoneError::SeveralRecords {
                given: given.to_owned(),
                records: several
                    .iter()
                    .take(8)
                    .map(|record| record.to_string()[..12].to_owned())
                    .collect(),
            }),
        }
    }

    pub fn record_view(&self, record: RecordId) -> Result<RecordView, PhoneError> {
        let shown = self.host.ask(|book, loaded| book.show(loaded, record))?;
        shown.ok_or_else(|| PhoneError::NoRecord(record.to_string()))
    }

    pub fn view(&self, record: RecordId) -> Result<View, PhoneError> {
        Ok(self.record_view(record)?.view)
    }

    /// A record with its history and the names of who wrote it.
    pub fn show(&self, record: RecordId) -> Result<Shown, PhoneError> {
        self.shown(self.record_view(record)?)
    }

    /// Where the server shows one record.
    pub fn record_path(&self, record: RecordId) -> Result<String, PhoneError> {
        let station = self.membership()?.station;
        Ok(format!("/v1/stations/{station}/records/{record}"))
    }

    /// What the server has shown of a record.
    pub fn read_fetched(&self, record: RecordId, answer: &[u8]) -> Result<Shown, PhoneError> {
        self.shown(self.host.fieldbook.read_record(record, answer)?)
    }

    fn shown(&self, record: RecordView) -> Result<Shown, PhoneError> {
        let charter = self.host.fieldbook.charter();
        let authors = record
            .view
            .changes
            .iter()
            .map(|made| {
                let person = &made.origin.person;
                let member = charter.person(person).map(|member| member.name.as_str());
                let name = member.filter(|name| !name.is_empty());
                let device = made.origin.act.device.short();
                format!("{} ({device})", name.unwrap_or(person.as_str()))
            })
            .collect();
        Ok(Shown {
            record,
            zone: self.zone(),
            catalogue: self.catalogue()?,
            authors,
        })
    }

    /// What was held and not submitted again, oldest first.
    pub fn tray(&self) -> Result<Vec<HeldItem>, PhoneError> {
        self.host.ask(|book, loaded| book.tray(loaded))
    }

    /// The key of a row or member that `show` counts as `field[2]`.
    pub fn part(&self, record: RecordId, place: &str) -> Result<String, PhoneError> {
        let view = self.view(record)?;
        let (name, number) = place.split_once('[').unwrap_or((place, ""));
        let number = number.trim_end_matches(']');
        let keys: Vec<&str> = match parts::rows(&view, name) {
            rows if rows.is_empty() => {
                let members = parts::members(&view, name);
                members.iter().map(|member| member.key).collect()
            }
            rows => rows.iter().map(|row| row.key).collect(),
        };
        let at = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let key = at.and_then(|at| keys.get(at));
        key.map(|key| (*key).to_owned()).ok_or_else(|| {
            PhoneError::Form(FormError::NoRow {
                field: name.to_owned(),
                number: number.to_owned(),
                rows: keys.len(),
            })
        })
    }

    /// The track field of a record, and the seconds that have passed since its way began.
    pub fn track_of(
        &self,
        record: RecordId,
        field: Option<&str>,
    ) -> Result<(String, i64), PhoneError> {
        let view = self.view(record)?;
        let field = match field {
            Some(name) => name.to_owned(),
            None => {
                let catalogue = self.catalogue()?;
                let kind = form::kind(&catalogue, &view.kind)?;
                let mut fields = kind.fields.iter();
                let track = fields.find(|field| field.ty == FieldType::Track);
                let missing = || FormError::NoCells {
                    field: kind.name.clone(),
                };
                track.ok_or_else(missing)?.name.clone()
            }
        };
        let catalogue = self.catalogue()?;
        let clock = catalogue
            .kinds
            .get(&view.kind)
            .and_then(|kind| kind.clock.clone());
        let began = clock
            .and_then(|clock| match view.slot(&clock)?.last()?.value {
                Scalar::Int(ms) => Some(ms),
                _ => None,
            })
            .or_else(|| view.changes.first().map(|first| first.origin.at));
        let passed = began.map_or(0, |began| (self.now() - began).div_euclid(1000));
        Ok((field, passed.max(0)))
    }

    /// The field of a record under that name, if it is of the type.
    pub fn field_of(
        &self,
        record: RecordId,
        name: &str,
        ty: FieldType,
    ) -> Result<String, PhoneError> {
        let catalogue = self.catalogue()?;
        let view = self.view(record)?;
        let kind: &Kind = form::kind(&catalogue, &view.kind)?;
        let of_type = kind.fields.iter().filter(|field| field.ty == ty);
        let known: Vec<&Field> = of_type.collect();
        let named = known
            .iter()
            .find(|field| field.name == name || field.label.zh == name || field.label.en == name);
        named.map(|field| field.name.clone()).ok_or_else(|| {
            let names = known.iter().map(|field| field.name.as_str());
            let (nearest, known) = form::nearest(name, names);
            PhoneError::Form(FormError::Field {
                of: kind.name.clone(),
                given: name.to_owned(),
                nearest,
                known,
            })
        })
    }
}

fn local(ms: i64, zone: i32) -> Option<String> {
    let offset = jiff::tz::Offset::from_seconds(zone.checked_mul(60)?).ok()?;
    let at = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(format!("{:.0}", offset.to_datetime(at)).replace('T', " "))
}
