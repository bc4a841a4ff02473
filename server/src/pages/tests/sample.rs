//! A station with some days' work.

mod day;
mod extreme;
mod month;
mod paper;

use std::sync::Arc;

use serde_json::Value;
use sync_core::book::Station as BookStation;
use sync_core::catalogue::{Catalogue, FieldType};
use sync_core::envelope::{Charter, CharterDelta, DeviceGrant, Member, Number, ServerKey, SoftKey};
use sync_core::ids::{Epoch, Hash, RecordId};
use sync_core::record::history::History;
use sync_core::record::value::from_json;
use sync_core::record::write::{self, Birth, Edit, Spot};

use super::super::held::HeldRow;
use super::super::station::{Device, Shown};
use crate::station::Station;

pub use extreme::HOSTILE;
pub use paper::{Paper, set, step};
use paper::{code, device, key, person};

/// 2026-05-11 00:00 in China.
const MIDNIGHT: i64 = 1_778_428_800_000;
const MINUTE: i64 = 60_000;

pub fn at(hour: i64, minute: i64) -> i64 {
    MIDNIGHT + (hour * 60 + minute) * MINUTE
}

pub struct Sample {
    pub station: Shown,
    pub papers: Vec<Paper>,
    pub numbers: Vec<Number>,
    pub held: Vec<HeldRow>,
    row: Option<Station>,
}

impl Sample {
    fn new(name: &str, people: &[&str]) -> Sample {
        let catalogue = Catalogue::embedded().clone();
        let server = SoftKey::from_secret(&[99; 32]).unwrap();
        let mut delta = CharterDelta::new(Epoch { lineage: 0, n: 0 });
        delta.catalogue = Some(catalogue.hash());
        delta.server = Some(ServerKey {
            device: server.device(),
            sign_key: server.public(),
        });
        delta.station_name = Some(name.into());
        let mut devices = Vec::new();
        for (n, name) in (1u8..).zip(people) {
            delta.members.push(Member {
                person: person(n),
                name: (*name).into(),
                post: "队员".into(),
                roles: vec!["stationed_officer".into()],
                active: true,
                certificate: Some(format!("川A-2026-{n:04}")),
                certificate_until: None,
            });
            delta.devices.push(DeviceGrant {
                device: device(n),
                person: person(n),
                sign_key: key(n).public(),
                agree_key: Vec::new(),
                removed: false,
            });
            devices.push(Device {
                id: device(n),
                person: person(n),
                last_seen: [Some(at(39, 12)), Some(at(18, 40)), None][usize::from(n - 1) % 3],
                last_seq: 3,
                waiting: if n == 2 { 4 } else { 0 },
                removed: n == 4,
                frozen: n == 3,
                first_seen: at(-48, 0),
            });
        }
        let mut charter = Charter::default();
        charter.apply(&delta).unwrap();
        let books = BookStation::new(&charter, Arc::new(catalogue));
        Sample {
            station: Shown {
                id: code(),
                name: name.into(),
                charter: Arc::new(charter),
                books,
                devices,
                entries: 128,
                root: "3f9ac0de51b7e2684d0a".repeat(3),
            },
            papers: Vec::new(),
            numbers: Vec::new(),
            held: Vec::new(),
            row: Some(Station {
                id: code(),
                name: name.into(),
                word: "锦城".into(),
                zone_minutes: 480,
                epoch: Epoch { lineage: 0, n: 0 },
                entries: 0,
                range: Vec::new(),
                root: Vec::new(),
                server_device: server.device(),
                server_seq: 0,
                server_prev: Hash::ZERO,
                server_acts: 0,
                server_records: 0,
                arrivals: 0,
                created_at: 0,
            }),
        }
    }

    pub fn stations(&self) -> Vec<Station> {
        self.row.iter().cloned().collect()
    }

    /// The edits that fill a record of the kind with these values.
    fn filled(&self, kind: &str, body: &Value) -> Vec<Edit> {
        let kind = &self.station.catalogue().kinds[kind];
        let mut edits = Vec::new();
        for (name, value) in body.as_object().unwrap() {
            let field = kind.field(name).unwrap_or_else(|| panic!("{name}"));
            let add = |value: &Value| Edit::Add {
                field: name.clone(),
                value: from_json(field, value).unwrap(),
            };
            if field.is_rows() {
                edits.extend(value.as_array().unwrap().iter().map(|row| {
                    Edit::AddRow {
                        field: name.clone(),
                        cells: row
                            .as_object()
                            .unwrap()
                            .iter()
                            .map(|(cell, value)| {
                                let field = field.cell(cell).unwrap();
                                (cell.clone(), from_json(field, value).unwrap())
                            })
                            .collect(),
                    }
                }));
            } else if field.many {
                edits.extend(value.as_array().unwrap().iter().map(add));
            } else if field.ty == FieldType::Track {
                edits.push(add(value));
            } else {
                let value = from_json(field, value).unwrap();
                edits.push(Edit::Set {
                    spot: Spot::Field(name.clone()),
                    value,
                });
            }
        }
        edits
    }

    fn make(&mut self, kind: &str, officer: u8, at: i64, received: i64, body: &Value) -> usize {
        let n = self.papers.len() as u64 + 1;
        let record = RecordId::derive(&code(), device(officer), n);
        let catalogue = self.station.books.catalogue().clone();
        let (who, code) = (person(officer), code());
        let birth = Birth {
            kind: &catalogue.kinds[kind],
            external_id: None,
        };
        let edits = self.filled(kind, body);
        let pen = Paper::pen(&code, &who, officer, at);
        let bytes = write::create(record, birth, &edits, &pen).unwrap();
        let history = History::new(record);
        let mut paper = Paper {
            catalogue,
            kind: kind.into(),
            history,
            entry: n * 10,
        };
        paper.push(bytes, officer, at, received);
        self.papers.push(paper);
        self.papers.len() - 1
    }

    fn number(&mut self, paper: usize) {
        let n = self.numbers.len() as u64 + 1;
        self.numbers.push(Number {
            book: "R3".into(),
            year: 2026,
            n,
            record: self.papers[paper].history.record,
            step: "filed".into(),
            at: 0,
            text: format!("锦城案〔2026〕第{n:04}号"),
        });
    }

    fn hold(&mut self, code: &str, officer: u8, detail: &str, whole: bool) {
        let records = self
            .papers
            .first()
            .map(|paper| paper.history.record.to_string());
        self.held.push(HeldRow {
            device: device(officer),
            person: person(officer).to_string(),
            code: code.into(),
            detail: detail.into(),
            at: at(9, 5),
            received: Some(at(17, 31)),
            act: 17,
            whole,
            kind: records.is_some().then(|| "case".to_owned()),
            title: records.is_some().then(|| detail.to_owned()),
            records: records.into_iter().collect(),
        });
    }

    pub fn empty() -> Sample {
        let mut sample = Sample::new("锦华社区城管工作站", &[]);
        sample.row = None;
        sample
    }
}
