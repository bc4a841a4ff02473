//! The numbers of pre-numbered forms (号段): what this phone may still hand out, and the next one.
//!
//! A block belongs to the device that asked for it, so two phones of one officer never hand out
//! the same number, and a store that joins anew starts with none.

use std::collections::BTreeSet;

use sync_core::catalogue::block::{NO, REASON, RECORD, USED, VOIDED, sheets};
use sync_core::catalogue::{Catalogue, Draws, Kind};
use sync_core::fieldbook::Deed;
use sync_core::ids::RecordId;
use sync_core::record::change::{Action, Scalar};
use sync_core::record::parts;
use sync_core::record::state::{Progress, value};
use sync_core::record::view::View;
use sync_core::record::write::{Edit, Spot};

use super::{Doing, Phone, Saved};
use crate::error::PhoneError;

/// A block of numbers that was asked for on this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberBlock {
    pub record: RecordId,
    pub kind: String,
    /// Its range, as printed; none until the server has given it one.
    pub range: Option<String>,
    /// Given back: nothing of it is handed out any more.
    pub returned: bool,
    /// In order; none once it was given back.
    pub free: Vec<String>,
    /// Each with the record it was used for.
    pub used: Vec<(String, String)>,
    /// Each with the reason.
    pub voided: Vec<(String, String)>,
}

/// Why a number cannot be treated so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("the catalogue of this station has no pre-numbered forms")]
    NoBlocks,
    #[error("{given} is no free number of this phone; the next is {next}")]
    NotFree { given: String, next: String },
    #[error("{given} is no block of this phone that could be given back")]
    NoBlock { given: String },
    #[error("say why: the reason stands in the register")]
    NoReason,
}

impl Phone {
    /// The blocks that were asked for on this phone, in the order of their numbers.
    pub fn number_blocks(&self) -> Result<Vec<NumberBlock>, PhoneError> {
        let catalogue = self.catalogue()?;
        let device = self.membership()?.device;
        let kinds: BTreeSet<&str> = catalogue
            .block_kinds()
            .map(|one| one.name.as_str())
            .collect();
        let mut blocks = Vec::new();
        if kinds.is_empty() {
            return Ok(blocks);
        }
        let promised = self.promised()?;
        for row in self.list()? {
            if !kinds.contains(row.kind.as_str()) || row.removed {
                continue;
            }
            let shown = self.record_view(row.record)?;
            let first = shown.view.changes.first();
            if first.is_none_or(|first| first.origin.act.device != device) {
                continue;
            }
            let book = catalogue.blocks_of(&row.kind);
            let range = book.and_then(|book| shown.numbers.get(&book.name));
            blocks.push(block(&shown.view, range.cloned(), &promised));
        }
        blocks.sort_by(|a, b| {
            let place = |one: &NumberBlock| (one.range.is_none(), one.range.clone());
            place(a).cmp(&place(b)).then(a.record.cmp(&b.record))
        });
        Ok(blocks)
    }

    /// Asks for a block. It comes with a later sync; of several forms the catalogue's first is
    /// meant where none is named.
    pub fn ask_for_numbers(&mut self, form: Option<&str>) -> Result<Saved, PhoneError> {
        let catalogue = self.catalogue()?;
        let kind = catalogue
            .block_kinds()
            .next()
            .ok_or(NumberError::NoBlocks)?;
        let words = first_form(&catalogue, kind, form);
        let step = kind.steps.iter().find(|step| step.follows(None));
        self.record(Doing::Create {
            kind: kind.name.clone(),
            external_id: None,
            words: words.into_iter().collect(),
            steps: step.map(|step| step.to.clone()).into_iter().collect(),
        })
    }

    /// Strikes a number that was not used: its sheet was spoilt or lost.
    pub fn void_number(&mut self, no: &str, reason: &str) -> Result<Saved, PhoneError> {
        let reason = said(reason)?;
        let blocks = self.number_blocks()?;
        let holds = |block: &&NumberBlock| block.free.iter().any(|free| free == no);
        let Some(block) = blocks.iter().find(holds) else {
            let mut free = blocks.iter().flat_map(|block| &block.free);
            return Err(NumberError::NotFree {
                given: no.to_owned(),
                next: free.next().cloned().unwrap_or_else(|| "—".to_owned()),
            }
            .into());
        };
        let cells = vec![text(NO, no), text(REASON, reason)];
        let field = VOIDED.to_owned();
        let edits = vec![Edit::AddRow { field, cells }];
        let record = block.record;
        self.save(vec![Deed::Change { record, edits }], None)
    }

    /// Gives back what is left of a block, named by its range or by the beginning of its id.
    pub fn return_numbers(&mut self, given: &str, reason: &str) -> Result<Saved, PhoneError> {
        let note = Some(said(reason)?.to_owned());
        let catalogue = self.catalogue()?;
        let blocks = self.number_blocks()?;
        let is_it = |block: &&NumberBlock| {
            let id = block.record.to_string();
            let by_id = given.len() >= 4 && id.starts_with(given);
            !block.returned && (block.range.as_deref() == Some(given) || by_id)
        };
        let mut fitting = blocks.iter().filter(is_it);
        let (Some(block), None) = (fitting.next(), fitting.next()) else {
            let given = given.to_owned();
            return Err(NumberError::NoBlock { given }.into());
        };
        let kind = catalogue.kinds.get(&block.kind);
        let step = kind.and_then(ending).ok_or(NumberError::NoBlocks)?;
        self.record(Doing::Step {
            record: block.record,
            step: step.to_owned(),
            note,
        })
    }

    /// Adds to an act the numbers that its steps use up, where nobody has written one.
    pub(super) fn draw(&self, act: &mut Vec<Deed>) -> Result<(), PhoneError> {
        // Whatever is wrong with the act or the store, the state machine says it better.
        let Ok(catalogue) = self.catalogue() else {
            return Ok(());
        };
        let mut wanted: Vec<(usize, Draws, String, RecordId)> = Vec::new();
        for (at, deed) in act.iter().enumerate() {
            // A record that is only just being made has no name yet that a block could note.
            let Deed::Change { record, edits } = deed else {
                continue;
            };
            let mut steps = edits.iter().filter_map(|edit| match edit {
                Edit::Step { to, .. } => Some(to),
                _ => None,
            });
            if steps.clone().next().is_none() {
                continue;
            }
            let Ok(view) = self.view(*record) else {
                continue;
            };
            let Some(kind) = catalogue.kinds.get(&view.kind) else {
                continue;
            };
            let draws = steps.find_map(|to| kind.step(to)?.draws.clone());
            let Some(draws) = draws else { continue };
            let has_one = value(&view, &draws.number).is_some() || sets(act, *record, &draws);
            let links = kind
                .field(&draws.block)
                .and_then(|field| field.links.clone());
            let is_known = wanted.iter().any(|(.., known)| known == record);
            if let Some(links) = links.filter(|_| !has_one && !is_known) {
                wanted.push((at, draws, links, *record));
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut blocks = self.number_blocks()?;
        for (at, draws, links, record) in wanted {
            let is_fit = |block: &&mut NumberBlock| block.kind == links && !block.free.is_empty();
            // Without one the step's own guard says what to do.
            let Some(block) = blocks.iter_mut().find(is_fit) else {
                continue;
            };
            let no = block.free.remove(0);
            if let Some(Deed::Change { edits, .. }) = act.get_mut(at) {
                let set = |field: &str, value: String| Edit::Set {
                    spot: Spot::Field(field.to_owned()),
                    value: Scalar::Str(value),
                };
                let before = [
                    set(&draws.number, no.clone()),
                    set(&draws.block, block.record.to_string()),
                ];
                edits.splice(0..0, before);
            }
            let cells = vec![text(NO, &no), text(RECORD, &record.to_string())];
            let field = USED.to_owned();
            act.push(Deed::Change {
                record: block.record,
                edits: vec![Edit::AddRow { field, cells }],
            });
        }
        Ok(())
    }

    /// Texts of held acts: a number that stands in one was handed out, and may be submitted again.
    fn promised(&self) -> Result<BTreeSet<String>, PhoneError> {
        let mut promised = BTreeSet::new();
        for held in self.tray()? {
            let changes = held.changes().into_iter();
            let ops = changes.flat_map(|(_, change)| change.ops);
            promised.extend(ops.filter_map(|op| match op.action {
                Action::Put(Scalar::Str(text)) => Some(text),
                _ => None,
            }));
        }
        Ok(promised)
    }
}

fn block(view: &View, range: Option<String>, promised: &BTreeSet<String>) -> NumberBlock {
    let pairs = |table: &str, other: &str| -> Vec<(String, String)> {
        let rows = parts::rows(view, table);
        // A row that was struck out still names a number that was handed out.
        let cell = |row: &parts::RowPart<'_>, name: &str| {
            let written = row.row.cells.get(name).and_then(|slot| slot.last());
            let text = written.and_then(|written| written.value.as_str());
            text.unwrap_or_default().to_owned()
        };
        let pairs = rows.iter().map(|row| (cell(row, NO), cell(row, other)));
        pairs.collect()
    };
    let (used, voided) = (pairs(USED, RECORD), pairs(VOIDED, REASON));
    let returned = match Progress::of(view) {
        Progress::Nothing => false,
        Progress::At(_) | Progress::Contested(_) => view.steps.len() > 1,
    };
    let gone: BTreeSet<&str> = used
        .iter()
        .chain(&voided)
        .map(|(no, _)| no.as_str())
        .collect();
    let mut free = sheets(range.as_deref().unwrap_or_default());
    free.retain(|no| !returned && !gone.contains(no.as_str()) && !promised.contains(no));
    NumberBlock {
        record: view.record,
        kind: view.kind.clone(),
        range,
        returned,
        free,
        used,
        voided,
    }
}

/// Whether the act itself writes the number.
fn sets(act: &[Deed], of: RecordId, draws: &Draws) -> bool {
    let edits = act.iter().filter_map(|deed| match deed {
        Deed::Change { record, edits } if *record == of => Some(edits),
        Deed::Change { .. } | Deed::Create { .. } => None,
    });
    edits.flatten().any(|edit| match edit {
        Edit::Set { spot, .. } | Edit::Settle { spot, .. } => {
            *spot == Spot::Field(draws.number.clone())
        }
        _ => false,
    })
}

/// The step that ends a block: the one that follows the first.
fn ending(kind: &Kind) -> Option<&str> {
    let first = kind.steps.iter().find(|step| step.follows(None))?;
    let mut steps = kind.steps.iter();
    let next = steps.find(|step| step.follows(Some(&first.to)));
    next.map(|step| step.to.as_str())
}

/// The form that the numbers are for: the one given, else the first of the list.
fn first_form(
    catalogue: &Catalogue,
    kind: &Kind,
    given: Option<&str>,
) -> Option<crate::form::Given> {
    let field = kind.fields.iter().find(|field| field.codes.is_some())?;
    let codes = catalogue.codes.get(field.codes.as_ref()?)?;
    let value = given.or_else(|| codes.codes.first().map(|code| code.code.as_str()))?;
    crate::form::Given::split(&format!("{}={value}", field.name))
}

fn said(reason: &str) -> Result<&str, NumberError> {
    let reason = reason.trim();
    match reason.is_empty() {
        true => Err(NumberError::NoReason),
        false => Ok(reason),
    }
}

fn text(cell: &str, text: &str) -> (String, Scalar) {
    (cell.to_owned(), Scalar::Str(text.to_owned()))
}
