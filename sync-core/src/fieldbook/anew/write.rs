//! The acts that are written anew, one after the other, in one batch.

use std::collections::BTreeSet;

use super::super::act::{check_size, newest};
use super::super::again::Said;
use super::super::index::Bearer;
use super::super::shelf::Shelf;
use super::super::state::Enrolled;
use super::names::Names;
use super::seen::Old;
use super::{hold, number, read};
use crate::catalogue::Catalogue;
use crate::envelope::{Act, Part};
use crate::fieldbook::batch::{Batch, Stop};
use crate::fieldbook::door::Reply;
use crate::fieldbook::refusal::Refusal;
use crate::fieldbook::rows::{self, ActRow, Fate, WasRow};
use crate::fieldbook::state::State;
use crate::gate::{Code, Held};
use crate::ids::{ActId, Epoch, Hash, RecordId};
use crate::record::change::Decoded;
use crate::record::history::{Clock, History};
use crate::record::likeness::made_names;
use crate::record::view::View;
use crate::record::write::{self as pen, Birth, Edit, Pen};

/// One act that is due, with the row that says so; none where this device itself wrote it before
/// it knew what it would rest on.
struct Due {
    act: Act,
    was: Option<WasRow>,
}

/// Writes anew what the log does not have. Gives how many acts that were, and how many went into
/// the tray.
pub fn write(batch: &mut Batch<'_>, state: &mut State, shelf: &mut Shelf) -> Result<Reply, Stop> {
    let due = due(batch, state)?;
    let device = state.device();
    let touched: BTreeSet<RecordId> = due
        .iter()
        .flat_map(|due| due.act.parts.iter().map(|part| part.record))
        .chain(due.iter().flat_map(Due::records_of_twin))
        .collect();
    let fetched = shelf.fetch(batch, &touched);
    for due in &due {
        batch.want(&rows::act_key(due.act.n));
    }
    fetched?;
    batch.ready()?;
    let mut old = Old::default();
    due.iter().for_each(|due| old.add(&due.act));
    // Everything is read before anything is taken out.
    let said: Vec<Option<Vec<Said>>> = due
        .iter()
        .map(|due| {
            let parts = due.act.parts.iter();
            let id = due.id(state);
            let said = parts.map(|part| old.said(part, id, shelf.history(part.record)));
            said.collect()
        })
        .collect();
    // Under the number of one that is gone already, the log may have another copy's act.
    let here = due.iter().filter(|due| due.is_provisional(shelf));
    let ids = here.map(|due| due.id(state)).collect();
    shelf.take_out(batch, state, ids)?;
    state.own.closed_to = state.own.last_act;
    let (epoch, catalogue) = state.writing().ok_or(Refusal::NoCatalogue(Hash::ZERO))?;
    let mut hand = Hand {
        enrolled: state.enrolled()?.clone(),
        epoch,
        catalogue: &catalogue,
        old: &old,
        now_is: Names::default(),
    };
    let (mut written, mut held) = (0, 0);
    for (due, said) in due.iter().zip(said) {
        let n = due.act.n;
        batch.delete(rows::was_key(n));
        if let Some(twin) = due.was.as_ref().and_then(|was| was.twin.as_ref()) {
            hand.now_is.learn(twin);
            continue;
        }
        let unknown = || Held::new(Code::UnknownDependency, format!("act {n}"));
        let outcome = match said {
            Some(said) => hand.act(batch, state, shelf, due, said)?,
            None => Err(unknown()),
        };
        match (outcome, &due.was) {
            (Ok(()), _) => {
                batch.delete(rows::act_key(n));
                state.own.rewritten += 1;
                written += 1;
            }
            (Err(why), was) => {
                let was = was.clone().unwrap_or_else(|| WasRow {
                    act: crate::envelope::codec::to_bytes(&due.act),
                    device,
                    sent: false,
                    twin: None,
                });
                hold(batch, state, n, &was, (why.code.word(), &why.detail))?;
                held += 1;
            }
        }
    }
    state.own.anew = None;
    Ok(Reply::WrittenAnew { written, held })
}

/// What waits: acts of former devices that no receipt covers, then what was written since.
fn due(batch: &mut Batch<'_>, state: &State) -> Result<Vec<Due>, Stop> {
    let since = state.own.closed_to + 1..=state.own.last_act;
    batch.want_prefix(rows::WAS);
    for n in since.clone() {
        batch.want(&rows::act_key(n));
    }
    batch.ready()?;
    let mut due = Vec::new();
    for (key, was) in batch.scan::<WasRow>(rows::WAS)? {
        if was.sent && was.twin.is_none() {
            continue;
        }
        let act = read(number(&key, rows::WAS), &was.act)?;
        due.push(Due {
            act,
            was: Some(was),
        });
    }
    for n in since {
        let row: Option<ActRow> = batch.get(&rows::act_key(n))?;
        if let Some(bytes) = row.and_then(|row| row.bytes) {
            let act = read(n, &bytes)?;
            due.push(Due { act, was: None });
        }
    }
    Ok(due)
}

impl Due {
    fn id(&self, state: &State) -> ActId {
        let device = self.was.as_ref().map_or(state.device(), |was| was.device);
        let n = self.act.n;
        ActId { device, n }
    }

    /// Whether its changes stand in the records here, and not by the log.
    fn is_provisional(&self, shelf: &Shelf) -> bool {
        self.act.parts.iter().any(|part| {
            let sheet = shelf.sheets.get(&part.record);
            let mut rows = sheet.into_iter().flat_map(|sheet| &sheet.rows);
            rows.any(|(_, row)| row.entry.is_none() && row.change == part.change)
        })
    }

    fn records_of_twin(&self) -> impl Iterator<Item = RecordId> {
        let twin = self.was.as_ref().and_then(|was| was.twin.as_ref());
        twin.into_iter()
            .flat_map(|twin| twin.records.iter().map(|(_, new)| *new))
    }
}

struct Hand<'a> {
    enrolled: Enrolled,
    epoch: Epoch,
    catalogue: &'a Catalogue,
    old: &'a Old,
    now_is: Names,
}

impl Hand<'_> {
    /// Writes one act anew; says why it cannot be.
    fn act(
        &mut self,
        batch: &mut Batch<'_>,
        state: &mut State,
        shelf: &mut Shelf,
        due: &Due,
        said: Vec<Said>,
    ) -> Result<Result<(), Held>, Stop> {
        let mut names = self.now_is.clone();
        let (mut parts, mut rests_on) = (Vec::new(), Vec::new());
        for (part, said) in due.act.parts.iter().zip(said) {
            let fetched = names.records.get(&part.record).copied();
            shelf.fetch(batch, &[fetched.unwrap_or(part.record)])?;
            match self.part(state, shelf, due, part, said, &mut names) {
                Ok((part, needs)) => {
                    parts.push(part);
                    rests_on.extend(needs);
                }
                Err(held) => return Ok(Err(held)),
            }
        }
        let Enrolled { device, .. } = self.enrolled;
        let n = state.own.last_act + 1;
        let again = match &due.was {
            Some(was) => Some(ActId {
                device: was.device,
                n: due.act.n,
            }),
            None => due.act.again,
        };
        let act = Act {
            n,
            parts,
            again,
            ..due.act.clone()
        };
        let bytes = match check_size(&act) {
            Ok(bytes) => bytes,
            Err(refusal) => return Ok(Err(Held::new(Code::BadChange, refusal))),
        };
        shelf.carries(&act, device, None);
        let epoch = self.epoch;
        if let Err(held) = shelf.at_desk(state, |desk| desk.judge_own(&act, device, epoch)) {
            return Ok(Err(held));
        }
        state.own.last_act = n;
        let records: Vec<RecordId> = act.parts.iter().map(|part| part.record).collect();
        shelf.keep(batch, records.iter().copied());
        self.bearers(batch, shelf, &due.act, &act)?;
        let row = ActRow {
            at: act.at,
            records,
            epoch,
            rests_on: newest(rests_on),
            bytes: Some(bytes),
            envelope: None,
            fate: Fate::Saved,
        };
        batch.put(rows::act_key(n), &row);
        self.now_is = names;
        Ok(Ok(()))
    }

    fn part(
        &self,
        state: &mut State,
        shelf: &mut Shelf,
        due: &Due,
        part: &Part,
        said: Said,
        names: &mut Names,
    ) -> Result<(Part, Vec<crate::envelope::Need>), Held> {
        let bad = |why: &dyn std::fmt::Display| Held::new(Code::Stranded, why);
        let decoded = Decoded::admitted(&part.change).map_err(|why| bad(&why))?;
        let Said {
            mut edits,
            before,
            after,
        } = said;
        edits.iter_mut().for_each(|edit| names.edit(edit));
        let Enrolled { device, .. } = self.enrolled;
        let kind = self.catalogue.kinds.get(&after.kind);
        let pen_of = |g| Pen {
            station: &self.enrolled.station,
            device,
            g,
            person: &self.enrolled.person,
            at: due.act.at,
        };
        let (record, made, g, change, needs);
        if decoded.deps.is_empty() {
            let kind = kind.ok_or_else(|| Held::new(Code::UnknownPath, &after.kind))?;
            state.own.last_record += 1;
            (made, g, needs) = (Some(state.own.last_record), 0, Vec::new());
            record = RecordId::derive(&self.enrolled.station, device, state.own.last_record);
            shelf.begin(record);
            let external_id = after.external_id.as_deref();
            let birth = Birth { kind, external_id };
            change = pen::create(record, birth, &edits, &pen_of(g)).map_err(|why| bad(&why))?;
            names.record(part.record, record);
        } else {
            record = names
                .records
                .get(&part.record)
                .copied()
                .unwrap_or(part.record);
            let history = shelf.history(record).ok_or_else(|| bad(&part.record))?;
            let base = self.old.base(&decoded, history, &names.changes);
            let heads = history.heads_of(&base);
            if !texts_are_as_they_were(&edits, before.as_ref(), history, &base) {
                return Err(bad(&part.record));
            }
            let mut own = (0..history.changes().len())
                .filter(|at| history.changes()[*at].origin.act.device == device);
            let goes_on = own.all(|at| history.covers(&base, at));
            let sheet = shelf.sheets.get_mut(&record);
            let sheet = sheet.ok_or_else(|| bad(&part.record))?;
            if !goes_on {
                sheet.next_generation(device);
            }
            (made, g) = (None, sheet.row.own_g);
            let history = shelf.history(record).ok_or_else(|| bad(&part.record))?;
            needs = shelf.sheets[&record].rests_on(history);
            change = pen::change_at(history, &heads, kind, &edits, &pen_of(g))
                .map_err(|why| bad(&why))?;
        }
        let new = Decoded::admitted(&change).map_err(|why| bad(&why))?;
        names.changes.insert(decoded.hash, new.hash);
        let renamed = made_names(&decoded).into_iter().zip(made_names(&new));
        names.texts.extend(renamed);
        let part = Part {
            record,
            g,
            change,
            made,
        };
        Ok((part, needs))
    }

    /// An external id is borne by the record as it stands now.
    fn bearers(
        &self,
        batch: &mut Batch<'_>,
        shelf: &Shelf,
        old: &Act,
        new: &Act,
    ) -> Result<(), Stop> {
        for (old, new) in old.parts.iter().zip(&new.parts) {
            if old.record == new.record {
                continue;
            }
            let view = shelf.history(new.record).map(View::of);
            let Some(id) = view.and_then(|view| view.external_id) else {
                continue;
            };
            let key = rows::external_key(&id);
            let mut bearers: Vec<Bearer> = batch.get(&key)?.unwrap_or_default();
            bearers.retain(|bearer| bearer.record != old.record);
            batch.put(key, &bearers);
        }
        Ok(())
    }
}

/// Positions in a co-written text mean what they meant only where the text is the same.
fn texts_are_as_they_were(
    edits: &[Edit],
    before: Option<&View>,
    history: &History,
    base: &Clock,
) -> bool {
    let spliced = edits.iter().filter_map(|edit| match edit {
        Edit::Splice { field, .. } => Some(field),
        _ => None,
    });
    let spliced: Vec<&String> = spliced.collect();
    if spliced.is_empty() {
        return true;
    }
    let mut past = History::new(history.record);
    for (at, change) in history.changes().iter().enumerate() {
        let (decoded, origin) = (change.decoded.clone(), change.origin.clone());
        if history.covers(base, at) && past.push(decoded, change.bytes.clone(), origin).is_err() {
            return false;
        }
    }
    let now = View::of(&past);
    let text = |view: &View, field: &str| view.texts.get(field).map(|text| text.text.clone());
    spliced
        .into_iter()
        .all(|field| before.and_then(|view| text(view, field)) == text(&now, field))
}
