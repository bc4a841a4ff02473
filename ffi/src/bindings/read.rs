//! What does an app show?

use std::collections::HashMap;

use sync_core::catalogue::Language as CoreLanguage;
use sync_core::fieldbook::RecordView;
use sync_core::record::change::Scalar;
use sync_core::record::export;
use sync_core::record::state::Conflict as CoreConflict;

use super::{Failure, Fieldbook};
use crate::forms::{self, StepForm};
use crate::phone::{Shown, Word};

/// How far a record has come: as far as its last act has, and held where one act is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Standing {
    /// Durable on this phone.
    Saved,
    /// The server has it.
    Sent,
    /// In the books.
    Registered,
    /// Kept, with the reason and what to do.
    Held,
}

impl From<Word> for Standing {
    fn from(word: Word) -> Standing {
        match word {
            Word::Saved => Standing::Saved,
            Word::Sent => Standing::Sent,
            Word::Registered => Standing::Registered,
            Word::Held => Standing::Held,
        }
    }
}

/// One record in a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecordRow {
    pub record: String,
    pub kind: String,
    pub external_id: Option<String>,
    pub title: String,
    /// `2026-05-11`.
    pub day: String,
    pub state: String,
    pub conflict: bool,
    pub removed: bool,
}

/// The language of sentences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Language {
    Zh,
    En,
}

/// An act of this phone that was held.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HeldAct {
    /// For [`Fieldbook::submit_again`].
    pub n: u64,
    /// As people quote it.
    pub act: String,
    /// Milliseconds since 1970, when it was saved.
    pub at: i64,
    pub records: Vec<String>,
    /// The stable word of the rule.
    pub code: String,
    /// Where.
    pub detail: String,
    /// One sentence: what happened and what to do.
    pub why: String,
}

/// What in a record contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Conflict {
    /// Written without knowing of each other; [`Fieldbook::settle`] says which holds.
    Values {
        place: String,
        values: Vec<ConflictValue>,
    },
    /// Struck out, while others wrote to it. No target: the record itself.
    RemovedEdited { target: Option<String>, by: String },
    /// Steps that were taken without knowing of each other.
    Steps { steps: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ConflictValue {
    pub value: String,
    /// Who wrote it, on which device, when.
    pub by: String,
}

/// That the server showed what cannot be.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Alarm {
    pub what: String,
    /// Milliseconds since 1970.
    pub at: i64,
    /// When somebody said that it was looked into.
    pub cleared: Option<i64>,
}

#[uniffi::export]
impl Fieldbook {
    pub fn list(&self) -> Result<Vec<RecordRow>, Failure> {
        let rows = self.with(|phone| Ok(phone.list()?))?;
        let row = |row: crate::IndexRow| RecordRow {
            record: row.record.to_string(),
            kind: row.kind,
            external_id: row.external_id,
            title: row.title,
            day: row.day,
            state: row.state,
            conflict: row.conflict,
            removed: row.removed,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// The register numbers of a record, by book.
    pub fn numbers(&self, record: String) -> Result<HashMap<String, String>, Failure> {
        let shown = self.with(|phone| Ok(phone.record_view(phone.find(&record)?)?))?;
        Ok(shown.numbers.into_iter().collect())
    }

    /// How far a record has come; none of one whose changes are yet to arrive.
    pub fn standing(&self, record: String) -> Result<Option<Standing>, Failure> {
        let shown = self.with(|phone| Ok(phone.show(phone.find(&record)?)?))?;
        Ok(shown.word().map(Standing::from))
    }

    /// A record as exports have it: one JSON object.
    pub fn show(&self, record: String) -> Result<String, Failure> {
        let shown = self.with(|phone| Ok(phone.record_view(phone.find(&record)?)?))?;
        Ok(exported(&shown))
    }

    /// A text that several people write together; empty where nobody has written yet.
    pub fn text(&self, record: String, field: String) -> Result<String, Failure> {
        self.with(|phone| {
            let record = phone.find(&record)?;
            Ok(phone.text_of(record, &field)?)
        })
    }

    /// The steps that can follow where a record stands.
    pub fn next_steps(&self, record: String) -> Result<Vec<StepForm>, Failure> {
        let shown = self.shown(&record)?;
        let progress = shown.record.progress();
        let kind = shown.record.kind();
        let steps = kind.iter().flat_map(|kind| &kind.steps);
        let following = steps.filter(|step| step.follows(progress.state()));
        Ok(following.map(forms::step).collect())
    }

    pub fn conflicts(&self, record: String) -> Result<Vec<Conflict>, Failure> {
        let shown = self.shown(&record)?;
        let conflicts = shown.record.conflicts().into_iter();
        Ok(conflicts.map(|found| conflict(&shown, found)).collect())
    }

    /// What was held and not submitted again, oldest first.
    pub fn tray(&self, language: Language) -> Result<Vec<HeldAct>, Failure> {
        let language = match language {
            Language::Zh => CoreLanguage::Zh,
            Language::En => CoreLanguage::En,
        };
        let tray = self.with(|phone| Ok(phone.tray()?))?.into_iter();
        let held = tray.map(|held| HeldAct {
            n: held.act.n,
            act: held.act.to_string(),
            at: held.at,
            records: held.records.iter().map(ToString::to_string).collect(),
            why: held.explain(language),
            code: held.code,
            detail: held.detail,
        });
        Ok(held.collect())
    }

    /// All alarms there were, oldest first. One that is not cleared stops syncing.
    pub fn alarms(&self) -> Result<Vec<Alarm>, Failure> {
        self.with(|phone| {
            let alarms = phone.alarms().iter().map(|alarm| Alarm {
                what: alarm.what.clone(),
                at: alarm.at,
                cleared: alarm.cleared,
            });
            Ok(alarms.collect())
        })
    }

    /// Somebody has looked into the alarm: syncing goes on, and finds it again if it stands.
    pub fn clear_alarm(&self) -> Result<(), Failure> {
        self.with(|phone| Ok(phone.clear_alarm()?))?;
        self.lock_line().wanted = true;
        self.tell();
        Ok(())
    }

    /// Whether the store is a copy, or its name is used elsewhere or was ended: it joins anew
    /// before it writes and keeps what is on it.
    pub fn must_join_anew(&self) -> Result<bool, Failure> {
        self.with(|phone| Ok(phone.must_join_anew()))
    }
}

impl Fieldbook {
    fn shown(&self, record: &str) -> Result<Shown, Failure> {
        self.with(|phone| Ok(phone.show(phone.find(record)?)?))
    }
}

/// A record as exports have it.
pub(super) fn exported(record: &RecordView) -> String {
    let line = export::line(&record.view, record.kind());
    serde_json::Value::Object(line).to_string()
}

fn conflict(shown: &Shown, found: CoreConflict<'_>) -> Conflict {
    match found {
        CoreConflict::Values { spot, values } => Conflict::Values {
            place: shown.place(&spot),
            values: values
                .into_iter()
                .map(|written| ConflictValue {
                    value: text(&written.value),
                    by: shown.by(written.change),
                })
                .collect(),
        },
        CoreConflict::RemovedEdited {
            target, removal, ..
        } => Conflict::RemovedEdited {
            target: target.map(str::to_owned),
            by: shown.by(removal.change),
        },
        CoreConflict::Steps(steps) => Conflict::Steps {
            steps: steps
                .iter()
                .filter_map(|step| Some(step.text("to")?.to_owned()))
                .collect(),
        },
    }
}

fn text(value: &Scalar) -> String {
    match value {
        Scalar::Null => String::new(),
        Scalar::Bool(yes) => yes.to_string(),
        Scalar::Int(number) => number.to_string(),
        Scalar::Str(text) => text.clone(),
        Scalar::Bytes(bytes) => data_encoding::HEXLOWER.encode(bytes),
    }
}
