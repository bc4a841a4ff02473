//! How does an app write?

use sync_core::fieldbook::Deed as CoreDeed;
use sync_core::record::change::Scalar;
use sync_core::record::track::{self, Point};
use sync_core::record::write::Edit;

use super::{Failure, Fieldbook};
use crate::form::Given;
use crate::phone::{Doing, Phone, Saved};

/// `place` is a field, `table.cell` of a new row, or `table[2].cell`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldValue {
    pub place: String,
    pub value: String,
}

/// One thing of an act. A record is named by its id, its beginning, or its external id.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Deed {
    Create {
        kind: String,
        external_id: Option<String>,
        values: Vec<FieldValue>,
        steps: Vec<String>,
    },
    Edit {
        record: String,
        values: Vec<FieldValue>,
        reason: Option<String>,
    },
    Settle {
        record: String,
        value: FieldValue,
    },
    Step {
        record: String,
        step: String,
        note: Option<String>,
    },
}

/// An act that survives anything from here on.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SavedAct {
    /// As people quote it, such as `L-e59fe437-12`.
    pub act: String,
    pub records: Vec<String>,
}

/// A point of a way.
#[derive(Debug, Clone, Copy, PartialEq, uniffi::Record)]
pub struct TrackPoint {
    /// Seconds since the way began; none: by the phone's clock now.
    pub seconds: Option<i64>,
    /// Degrees.
    pub latitude: f64,
    pub longitude: f64,
    /// Metres.
    pub accuracy: f64,
}

#[uniffi::export]
impl Fieldbook {
    pub fn create(&self, kind: String, values: Vec<FieldValue>) -> Result<SavedAct, Failure> {
        self.record(vec![Deed::Create {
            kind,
            external_id: None,
            values,
            steps: Vec::new(),
        }])
    }

    pub fn edit(&self, record: String, values: Vec<FieldValue>) -> Result<SavedAct, Failure> {
        let reason = None;
        self.record(vec![Deed::Edit {
            record,
            values,
            reason,
        }])
    }

    /// Several things as one act.
    pub fn record(&self, deeds: Vec<Deed>) -> Result<SavedAct, Failure> {
        self.save(|phone| {
            let doings = deeds.into_iter().map(|deed| doing(phone, deed));
            let doings = doings.collect::<Result<Vec<_>, Failure>>()?;
            Ok(phone.act(&doings, None)?)
        })
    }

    pub fn step(
        &self,
        record: String,
        step: String,
        note: Option<String>,
    ) -> Result<SavedAct, Failure> {
        self.record(vec![Deed::Step { record, step, note }])
    }

    /// Decides between the values of a conflict.
    pub fn settle(
        &self,
        record: String,
        place: String,
        value: String,
    ) -> Result<SavedAct, Failure> {
        let value = FieldValue { place, value };
        self.record(vec![Deed::Settle { record, value }])
    }

    /// Adds points to the way of a record, as one act; by default to its kind's first track.
    pub fn add_points(
        &self,
        record: String,
        field: Option<String>,
        points: Vec<TrackPoint>,
    ) -> Result<SavedAct, Failure> {
        self.save(|phone| {
            let record = phone.find(&record)?;
            let (field, passed) = phone.track_of(record, field.as_deref())?;
            let bytes = packed(&points, passed)?;
            let value = Scalar::Bytes(bytes);
            let edits = vec![Edit::Add { field, value }];
            Ok(phone.save(vec![CoreDeed::Change { record, edits }], None)?)
        })
    }

    /// Replaces `delete` UTF-16 units from the unit `at` on of a text that several people write
    /// together; `at` none: at its end. Both platforms' strings count in these units.
    pub fn splice(
        &self,
        record: String,
        field: String,
        at: Option<u32>,
        delete: u32,
        insert: String,
    ) -> Result<SavedAct, Failure> {
        self.save(|phone| {
            let record = phone.find(&record)?;
            let at = at.map(|at| at as usize);
            Ok(phone.splice(record, &field, at, delete as usize, insert)?)
        })
    }

    /// Submits a held act again, as a new act that names the old one.
    pub fn submit_again(&self, n: u64) -> Result<SavedAct, Failure> {
        self.save(|phone| Ok(phone.resubmit(n)?))
    }
}

impl Fieldbook {
    /// Saves, and says that there is something to send.
    fn save(
        &self,
        work: impl FnOnce(&mut Phone) -> Result<Saved, Failure>,
    ) -> Result<SavedAct, Failure> {
        let saved = self.with(work)?;
        self.lock_line().wanted = true;
        self.tell();
        Ok(SavedAct {
            act: saved.act.to_string(),
            records: saved.records.iter().map(ToString::to_string).collect(),
        })
    }
}

fn packed(points: &[TrackPoint], passed: i64) -> Result<Vec<u8>, Failure> {
    let micro = |degrees: f64| (degrees * 1e6).round() as i64;
    let points: Vec<Point> = points
        .iter()
        .map(|point| Point {
            seconds: point.seconds.unwrap_or(passed),
            latitude: micro(point.latitude),
            longitude: micro(point.longitude),
            accuracy: point.accuracy.round() as i64,
        })
        .collect();
    let detail = "a point lies outside the earth, or there are more than 10000".to_owned();
    track::pack(&points)
        .filter(|_| !points.is_empty())
        .ok_or(Failure::Input { detail })
}

fn doing(phone: &Phone, deed: Deed) -> Result<Doing, Failure> {
    let given = |value: FieldValue| Given {
        place: value.place,
        value: value.value,
    };
    Ok(match deed {
        Deed::Create {
            kind,
            external_id,
            values,
            steps,
        } => Doing::Create {
            kind,
            external_id,
            words: values.into_iter().map(given).collect(),
            steps,
        },
        Deed::Edit {
            record,
            values,
            reason,
        } => Doing::Edit {
            record: phone.find(&record)?,
            words: values.into_iter().map(given).collect(),
            reason,
        },
        Deed::Settle { record, value } => Doing::Settle {
            record: phone.find(&record)?,
            word: given(value),
        },
        Deed::Step { record, step, note } => Doing::Step {
            record: phone.find(&record)?,
            step,
            note,
        },
    })
}
