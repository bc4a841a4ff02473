//! What screens show: read from the store, writing nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::batch::{Batch, Stop};
use super::door::{Deed, Loaded, Needs};
use super::index::IndexRow;
use super::refusal::Refusal;
use super::rows::{self, ActRow, Fate, TrayRow};
use super::shelf::Shelf;
use super::{Fieldbook, again};
use crate::catalogue::{Catalogue, Kind, Language};
use crate::envelope::Act;
use crate::envelope::codec::from_newer;
use crate::gate::Code;
use crate::ids::{ActId, RecordId};
use crate::record::change::Decoded;
use crate::record::state::{Conflict, Progress, amendments, conflicts};
use crate::record::view::View;

/// An answer, or what has to be read first: load it too and ask again.
#[derive(Debug)]
pub enum Asked<T> {
    Done(T),
    More(Needs),
}

/// The four words an officer sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Word {
    /// 已存: durable on this phone.
    Saved,
    /// 已送达: the server has it.
    Sent,
    /// 已入册: in the books.
    Registered,
    /// 待处理: kept, with the reason and what to do.
    Held,
}

impl Word {
    pub fn text(self, language: Language) -> &'static str {
        match self {
            Word::Saved => language.pick("已存", "saved"),
            Word::Sent => language.pick("已送达", "sent"),
            Word::Registered => language.pick("已入册", "registered"),
            Word::Held => language.pick("待处理", "held"),
        }
    }
}

/// One record with everything that is known of it.
#[derive(Debug, Clone)]
pub struct RecordView {
    pub view: View,
    /// By book, as printed.
    pub numbers: BTreeMap<String, String>,
    /// How far each act has come, in the order of the view's changes.
    pub words: Vec<Word>,
    pub(super) catalogue: Option<Arc<Catalogue>>,
}

impl RecordView {
    /// None where this phone's catalogue does not know the record's kind.
    pub fn kind(&self) -> Option<&Kind> {
        self.catalogue.as_ref()?.kinds.get(&self.view.kind)
    }

    pub fn progress(&self) -> Progress<'_> {
        Progress::of(&self.view)
    }

    pub fn conflicts(&self) -> Vec<Conflict<'_>> {
        conflicts(&self.view, self.kind())
    }

    /// The changes that came after the record was submitted.
    pub fn amendments(&self) -> Vec<usize> {
        self.kind()
            .map(|kind| amendments(&self.view, kind))
            .unwrap_or_default()
    }
}

/// A held act.
#[derive(Debug, Clone)]
pub struct HeldItem {
    pub act: ActId,
    /// Milliseconds since 1970, when it was saved.
    pub at: i64,
    pub records: Vec<RecordId>,
    /// The stable word of the rule.
    pub code: String,
    /// What and where.
    pub detail: String,
    /// What it wrote, as it was saved.
    pub content: Act,
}

impl HeldItem {
    /// One sentence: what happened and what the reader can do.
    pub fn explain(&self, language: Language) -> String {
        match Code::from_word(&self.code) {
            Some(code) => code.explain(language).to_owned(),
            None => self.code.clone(),
        }
    }

    /// Its changes in our own words, for a screen that shows them.
    pub fn changes(&self) -> Vec<(RecordId, Decoded)> {
        let parts = self.content.parts.iter();
        parts
            .filter_map(|part| Some((part.record, Decoded::admitted(&part.change).ok()?)))
            .collect()
    }
}

impl Fieldbook {
    /// All records, by their ids.
    pub fn list(&self, loaded: &Loaded) -> Result<Asked<Vec<IndexRow>>, Refusal> {
        ask(loaded, |batch| {
            let rows = batch.scan::<IndexRow>(rows::INDEX)?;
            Ok(rows.into_iter().map(|(_, row)| row).collect())
        })
    }

    /// The records that bear an external id.
    pub fn find(&self, loaded: &Loaded, id: &str) -> Result<Asked<Vec<RecordId>>, Refusal> {
        ask(loaded, |batch| {
            let bearers: Option<Vec<super::index::Bearer>> = batch.get(&rows::external_key(id))?;
            let bearers = bearers.unwrap_or_default().into_iter();
            Ok(bearers.map(|bearer| bearer.record).collect())
        })
    }

    /// One record; none where this phone does not hold it.
    pub fn show(
        &self,
        loaded: &Loaded,
        record: RecordId,
    ) -> Result<Asked<Option<RecordView>>, Refusal> {
        ask(loaded, |batch| {
            let mut shelf = Shelf::default();
            batch.want_prefix(&rows::numbers_prefix(record));
            shelf.fetch(batch, [&record])?;
            let Some(history) = shelf.history(record) else {
                return Ok(None);
            };
            let view = View::of(history);
            let is_own = |act: ActId| {
                let state = &self.state;
                act.device == state.device() || state.was(act.device)
            };
            for change in &view.changes {
                let origin = &change.origin;
                if is_own(origin.act) && origin.entry.is_none() {
                    batch.want(&rows::act_key(origin.act.n));
                }
            }
            batch.ready()?;
            let mut words = Vec::new();
            for change in &view.changes {
                let origin = &change.origin;
                words.push(match (origin.entry, is_own(origin.act)) {
                    (Some(_), _) => Word::Registered,
                    (None, false) => Word::Saved,
                    (None, true) => {
                        let row = batch.get::<ActRow>(&rows::act_key(origin.act.n))?;
                        row.map_or(Word::Saved, |row| word(row.fate))
                    }
                });
            }
            let prefix = rows::numbers_prefix(record);
            let numbers = batch.scan::<String>(&prefix)?.into_iter();
            let book = |key: String| key[prefix.len()..].to_owned();
            Ok(Some(RecordView {
                view,
                numbers: numbers.map(|(key, text)| (book(key), text)).collect(),
                words,
                catalogue: self.catalogue(),
            }))
        })
    }

    /// What was held and not submitted again, oldest first.
    pub fn tray(&self, loaded: &Loaded) -> Result<Asked<Vec<HeldItem>>, Refusal> {
        let device = self.state.device();
        ask(loaded, |batch| {
            let mut items = Vec::new();
            for (key, row) in batch.scan::<TrayRow>(rows::TRAY)? {
                let content: Act = from_newer(&row.act).map_err(|bad| Refusal::Store {
                    key,
                    why: bad.to_string(),
                })?;
                let mut records: Vec<RecordId> =
                    content.parts.iter().map(|part| part.record).collect();
                records.dedup();
                items.push(HeldItem {
                    act: ActId {
                        device: row.device.unwrap_or(device),
                        n: content.n,
                    },
                    at: content.at,
                    records,
                    code: row.code,
                    detail: row.detail,
                    content,
                });
            }
            Ok(items)
        })
    }

    /// What a held act said, to be recorded again in its place.
    pub fn again(&self, loaded: &Loaded, act: ActId) -> Result<Asked<Vec<Deed>>, Refusal> {
        ask(loaded, |batch| {
            let row: Option<TrayRow> = batch.get(&rows::tray_key(act.n))?;
            let own = self.state.device();
            let row = row.filter(|row| act.device == row.device.unwrap_or(own));
            let row = row.ok_or(Refusal::NotInTray(act))?;
            again::deeds(batch, act, &row)
        })
    }

    /// The catalogue by which this phone writes now; none before it has joined.
    pub fn catalogue(&self) -> Option<Arc<Catalogue>> {
        self.state.writing().map(|(_, catalogue)| catalogue)
    }
}

fn word(fate: Fate) -> Word {
    match fate {
        Fate::Saved => Word::Saved,
        Fate::Sent => Word::Sent,
        Fate::Registered { .. } => Word::Registered,
        Fate::Held => Word::Held,
    }
}

fn ask<T>(
    loaded: &Loaded,
    work: impl FnOnce(&mut Batch<'_>) -> Result<T, Stop>,
) -> Result<Asked<T>, Refusal> {
    let mut batch = Batch::new(loaded);
    match work(&mut batch) {
        Ok(done) => Ok(Asked::Done(done)),
        Err(Stop::Missing) => Ok(Asked::More(batch.into_needs())),
        Err(Stop::Refused(refusal)) => Err(refusal),
    }
}
