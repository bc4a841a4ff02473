//! Records made by officers of one station, and what its books say of them.

mod breaches;
mod case_register;
mod duty_log;
mod export;
mod hostile;
mod masked;
mod number_blocks;
mod official;
mod worked;
mod workload;

use std::sync::Arc;

use super::*;
use crate::catalogue::{Catalogue, Sources};
use crate::envelope::{Charter, CharterDelta, Member, Number, ServerKey, SoftKey};
use crate::ids::{ActId, DeviceId, Epoch, Hash, PersonId, RecordId, StationId};
use crate::record::change::{Decoded, Scalar};
use crate::record::history::{History, Origin};
use crate::record::view::View;
use crate::record::write::{self, Birth, Edit, Pen, Spot};

/// 2026-05-11 00:00 in China.
const MIDNIGHT: i64 = 1_778_428_800_000;
const HOUR: i64 = 3_600_000;

pub(crate) fn at(hour: i64, minute: i64) -> i64 {
    MIDNIGHT + hour * HOUR + minute * 60_000
}

pub(crate) fn station(catalogue: Catalogue) -> Station {
    let key = SoftKey::from_secret(&[9; 32]).unwrap();
    let mut delta = CharterDelta::new(Epoch { lineage: 0, n: 0 });
    delta.catalogue = Some(catalogue.hash());
    delta.server = Some(ServerKey {
        device: key.device(),
        sign_key: key.public(),
    });
    delta.station_name = Some("锦华社区城管工作站".into());
    for (code, name) in [("O0001", "王小明"), ("O0002", "李雷"), ("O0003", "韩梅梅")] {
        delta.members.push(Member {
            person: PersonId::new(code).unwrap(),
            name: name.into(),
            post: "队员".into(),
            roles: vec!["stationed_officer".into()],
            active: true,
            certificate: Some(format!("ZF-{code}")),
            certificate_until: None,
        });
    }
    let mut charter = Charter::default();
    charter.apply(&delta).unwrap();
    Station::new(&charter, Arc::new(catalogue))
}

pub(crate) fn default_station() -> Station {
    station(Catalogue::embedded().clone())
}

/// A catalogue folder laid over another, file by file.
pub(crate) fn overlay(base: &Sources, files: &[(&str, &str)]) -> Catalogue {
    let mut sources = base.clone();
    for (path, text) in files {
        sources.insert((*path).into(), (*text).into());
    }
    Catalogue::load(&sources).unwrap_or_else(|mistakes| panic!("{mistakes:#?}"))
}

/// A record and the officers who write it: officer `n` has the code `O000n` and phone `n`.
pub(crate) struct Paper {
    station: StationId,
    catalogue: Arc<Catalogue>,
    kind: String,
    history: History,
    entry: u64,
}

impl Paper {
    pub(crate) fn new(
        station: &Station,
        kind: &str,
        officer: u8,
        n: u64,
        at: i64,
        edits: &[Edit],
    ) -> Paper {
        let code = StationId::new("S00").unwrap();
        let record = RecordId::derive(&code, device(officer), n);
        let catalogue = station.catalogue().clone();
        let mut paper = Paper {
            station: code,
            kind: kind.into(),
            history: History::new(record),
            entry: n,
            catalogue,
        };
        let birth = Birth {
            kind: &paper.catalogue.kinds[kind],
            external_id: None,
        };
        let who = person(officer);
        let bytes = write::create(record, birth, edits, &paper.pen(&who, officer, at)).unwrap();
        paper.push(bytes, officer, at, at + 60_000);
        paper
    }

    pub(crate) fn id(&self) -> RecordId {
        self.history.record
    }

    fn pen<'a>(&'a self, person: &'a PersonId, officer: u8, at: i64) -> Pen<'a> {
        Pen {
            station: &self.station,
            device: device(officer),
            g: 0,
            person,
            at,
        }
    }

    pub(crate) fn push(&mut self, bytes: Vec<u8>, officer: u8, at: i64, received: i64) {
        self.entry += 1;
        let origin = Origin {
            act: ActId {
                device: device(officer),
                n: self.entry,
            },
            person: person(officer),
            at,
            received_at: Some(received),
            entry: Some(self.entry),
        };
        let decoded = Decoded::strict(&bytes).unwrap();
        self.history.push(decoded, bytes, origin).unwrap();
    }

    pub(crate) fn edit(&mut self, officer: u8, at: i64, edits: &[Edit]) {
        let heads = self.history.heads();
        self.edit_at(&heads, officer, at, edits);
    }

    /// An edit by somebody who knew no more than `heads`.
    pub(crate) fn edit_at(&mut self, heads: &[Hash], officer: u8, at: i64, edits: &[Edit]) {
        let who = person(officer);
        let kind = self.catalogue.kinds.get(&self.kind);
        let pen = self.pen(&who, officer, at);
        let bytes = write::change_at(&self.history, heads, kind, edits, &pen).unwrap();
        self.push(bytes, officer, at, at + 60_000);
    }

    pub(crate) fn heads(&self) -> Vec<Hash> {
        self.history.heads()
    }

    pub(crate) fn view(&self) -> View {
        View::of(&self.history)
    }

    pub(crate) fn lines(&self, station: &Station) -> Vec<Line> {
        lines(&self.view(), station)
    }
}

pub(crate) fn device(officer: u8) -> DeviceId {
    DeviceId([officer; 16])
}

pub(crate) fn person(officer: u8) -> PersonId {
    PersonId::new(&format!("O{officer:04}")).unwrap()
}

pub(crate) fn set(field: &str, value: impl Into<Value>) -> Edit {
    Edit::Set {
        spot: Spot::Field(field.into()),
        value: value.into().0,
    }
}

pub(crate) fn add(field: &str, value: &str) -> Edit {
    Edit::Add {
        field: field.into(),
        value: Scalar::Str(value.into()),
    }
}

pub(crate) fn step(to: &str) -> Edit {
    Edit::Step {
        to: to.into(),
        note: None,
    }
}

pub(crate) struct Value(pub(crate) Scalar);

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value(Scalar::Str(text.into()))
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Value {
        Value(Scalar::Int(n))
    }
}

pub(crate) fn number(book: &str, n: u64, record: RecordId) -> Number {
    Number {
        book: book.into(),
        year: 2026,
        n,
        record,
        step: "filed".into(),
        at: 0,
        text: format!("锦城案〔2026〕第{n:04}号"),
    }
}

pub(crate) fn day_facts() -> PageFacts {
    PageFacts {
        station: "锦华社区城管工作站".into(),
        period: Period::Day("2026-05-11".into()),
        offset: 480,
        as_of: at(24, 0),
        ..PageFacts::default()
    }
}

pub(crate) fn cell<'p>(page: &'p Page, row: usize, column: &str) -> &'p PageCell {
    let at = page
        .columns
        .iter()
        .position(|known| known.id == column)
        .unwrap();
    &page.rows[row].cells[at]
}

pub(crate) fn zh<'p>(page: &'p Page, row: usize, column: &str) -> &'p str {
    &cell(page, row, column).text.zh
}
