//! What the entries of the station log do to the records here.

use std::collections::{BTreeMap, BTreeSet};

use super::anew;
use super::batch::{Batch, Stop};
use super::door::Synced;
use super::exchange::mark_sent;
use super::join::take_charter;
use super::refusal::Refusal;
use super::rows::{self, ActRow, Fate, TrayRow};
use super::shelf::Shelf;
use super::state::{Peer, State};
use crate::envelope::chain::Tail;
use crate::envelope::codec::to_bytes;
use crate::envelope::log::Entry;
use crate::envelope::{Act, Envelope, Frame, Outcome, Statement, Verdict};
use crate::gate::Code;
use crate::gate::desk::Arrival;
use crate::ids::{ActId, DeviceId, Hash, PersonId};

/// A stored envelope.
pub fn stored(batch: &mut Batch<'_>, device: DeviceId, seq: u64) -> Result<Option<Envelope>, Stop> {
    envelope_under(batch, rows::envelope_key(device, seq))
}

pub fn envelope_under(batch: &mut Batch<'_>, key: String) -> Result<Option<Envelope>, Stop> {
    let Some(bytes) = batch.bytes(&key)? else {
        return Ok(None);
    };
    let envelope = Envelope::decode(bytes).map_err(|bad| Refusal::Store {
        key,
        why: bad.to_string(),
    })?;
    Ok(Some(envelope))
}

/// The numbers of the acts in an own envelope.
pub fn own_acts(batch: &mut Batch<'_>, state: &State, seq: u64) -> Result<Vec<u64>, Stop> {
    let envelope = stored(batch, state.device(), seq)?;
    let frame = envelope.and_then(|envelope| envelope.open().ok());
    let acts = frame.iter().flat_map(|frame| frame.acts.iter().flatten());
    Ok(acts.map(|act| act.n).collect())
}

/// Takes entries whose log was proved, with the bodies that came along.
pub fn take(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    entries: &[Entry],
    mut bodies: BTreeMap<Hash, Envelope>,
    synced: &mut Synced,
) -> Result<(), Stop> {
    for entry in entries {
        let is_held = state.seen.peers.get(&entry.device);
        let is_held = is_held.is_some_and(|peer| peer.tail.seq >= entry.seq);
        if entry.device == state.device() || is_held || !bodies.contains_key(&entry.envelope) {
            batch.want(&rows::envelope_key(entry.device, entry.seq));
        }
    }
    batch.ready()?;
    let mut found = Vec::new();
    for entry in entries {
        let envelope = body(batch, state, entry, &mut bodies)?;
        let frame = envelope.as_ref().map(Envelope::open).transpose();
        found.push((envelope, frame.unwrap_or_default().unwrap_or_default()));
    }
    // Everything these entries touch is asked for at once.
    let touched: BTreeSet<_> = found
        .iter()
        .flat_map(|(_, frame)| crate::gate::desk::records_named(frame))
        .collect();
    let fetched = shelf.fetch(batch, &touched);
    for (entry, (_, frame)) in entries.iter().zip(&found) {
        for act in frame.acts.iter().flatten() {
            anew::want(batch, state, entry.device, act);
            if entry.device == state.device() {
                batch.want(&rows::act_key(act.n));
            }
        }
    }
    fetched?;
    batch.ready()?;
    for (entry, (envelope, frame)) in entries.iter().zip(&found) {
        match entry.device == state.device() {
            true => own(batch, state, shelf, entry, envelope.as_ref(), frame, synced)?,
            false => others(batch, state, shelf, entry, envelope.as_ref(), frame, synced)?,
        }
    }
    Ok(())
}

/// The envelope of an entry, proved to be its device's; none where it is held whole.
fn body(
    batch: &mut Batch<'_>,
    state: &mut State,
    entry: &Entry,
    bodies: &mut BTreeMap<Hash, Envelope>,
) -> Result<Option<Envelope>, Stop> {
    let here = stored(batch, entry.device, entry.seq)?;
    if entry.device == state.device() {
        return match here {
            Some(envelope) if envelope.hash() == entry.envelope => Ok(Some(envelope)),
            Some(_) | None => Err(Refusal::TwoOfUs { seq: entry.seq }.into()),
        };
    }
    if let Some(envelope) = here.filter(|envelope| envelope.hash() == entry.envelope) {
        return Ok(Some(envelope));
    }
    let unreadable = |why: &str| Refusal::Unreadable {
        what: "station log",
        why: format!("entry {}: {why}", entry.index),
    };
    let Some(envelope) = bodies.remove(&entry.envelope) else {
        return match entry.whole {
            true => Ok(None),
            false => Err(unreadable("its envelope is missing").into()),
        };
    };
    let frame = envelope.open();
    if state.charter.server_ever(envelope.body.device).is_some() {
        // The charter that says who signed the next entries may be among its statements.
        if !signed(state, &envelope) {
            return Err(Refusal::NotTheServer.into());
        }
        let statements = frame.iter().flat_map(|frame| &frame.statements);
        for statement in statements {
            if let Statement::Charter(delta) = statement {
                take_charter(state, delta)?;
            }
        }
    } else if !signed(state, &envelope) {
        return Err(unreadable("its envelope is not signed by its device").into());
    }
    if envelope.body.device != entry.device || envelope.body.seq != entry.seq {
        return Err(unreadable("it names another envelope").into());
    }
    Ok(Some(envelope))
}

/// Whether the device's own key signed it.
fn signed(state: &State, envelope: &Envelope) -> bool {
    let device = envelope.body.device;
    let key = match (
        state.charter.ever(device),
        state.charter.server_ever(device),
    ) {
        (Some(grant), _) => &grant.sign_key,
        (None, Some(server)) => &server.sign_key,
        (None, None) => return false,
    };
    envelope.verify(key)
}

fn arrival(entry: &Entry) -> Arrival {
    Arrival {
        received_at: Some(entry.received_at),
        entry: Some(entry.index),
        epoch_before: None,
    }
}

fn own(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    entry: &Entry,
    envelope: Option<&Envelope>,
    frame: &Frame,
    synced: &mut Synced,
) -> Result<(), Stop> {
    // It may have reached the server by another phone, without a receipt for this one.
    synced.sent += mark_sent(batch, state, entry.seq)?;
    state
        .seen
        .unsent
        .retain(|unsent| unsent.hash != entry.envelope);
    anew::pass(state, entry.seq);
    let (device, person) = (state.device(), state.enrolled()?.person.clone());
    for (index, act) in frame.acts.iter().enumerate() {
        let Ok(act) = act else { continue };
        if entry.holds(index as u32) {
            hold(batch, state, shelf, act, &code(entry, index))?;
            if fate(batch, act.n, Fate::Held)? {
                state.own.held += 1;
                synced.held += 1;
            }
            continue;
        }
        let from = (device, &person, envelope.map(Envelope::as_need));
        shelf.take_logged(batch, state, act, from, arrival(entry))?;
        let entry = entry.index;
        if fate(batch, act.n, Fate::Registered { entry })? {
            state.own.registered += 1;
            synced.registered += 1;
        }
    }
    Ok(())
}

fn code(entry: &Entry, index: usize) -> String {
    let held = entry.held.iter().find(|act| act.index as usize == index);
    held.map_or_else(|| "held".to_owned(), |act| act.code.clone())
}

/// Sets an own act's fate; false where it is settled already.
fn fate(batch: &mut Batch<'_>, n: u64, fate: Fate) -> Result<bool, Stop> {
    let key = rows::act_key(n);
    let Some(row) = batch.get::<ActRow>(&key)? else {
        return Ok(false);
    };
    let is_open = matches!(row.fate, Fate::Saved | Fate::Sent);
    if is_open {
        batch.put(key, &ActRow { fate, ..row });
    }
    Ok(is_open)
}

/// Takes a held own act out of its records, with what rests on it, and puts it into the tray.
fn hold(
    batch: &mut Batch<'_>,
    state: &State,
    shelf: &mut Shelf,
    act: &Act,
    code: &str,
) -> Result<(), Stop> {
    let id = ActId {
        device: state.device(),
        n: act.n,
    };
    shelf.fetch(batch, act.parts.iter().map(|part| &part.record))?;
    shelf.take_out(batch, state, BTreeSet::from([id]))?;
    shelf.set_aside(batch, state, act, id.device)?;
    let is_open = batch
        .get::<ActRow>(&rows::act_key(act.n))?
        .is_some_and(|row| matches!(row.fate, Fate::Saved | Fate::Sent));
    if is_open {
        let row = TrayRow {
            act: to_bytes(act),
            code: code.to_owned(),
            detail: String::new(),
            device: None,
        };
        batch.put(rows::tray_key(act.n), &row);
    }
    Ok(())
}

fn others(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    entry: &Entry,
    envelope: Option<&Envelope>,
    frame: &Frame,
    synced: &mut Synced,
) -> Result<(), Stop> {
    let device = entry.device;
    give_way(batch, state, shelf, entry)?;
    let is_server = state.charter.server_ever(device).is_some();
    let owner = match (is_server, state.charter.ever(device)) {
        (false, Some(grant)) => grant.person.clone(),
        (true, _) | (false, None) => PersonId::server(),
    };
    for (index, act) in frame.acts.iter().enumerate() {
        let Ok(act) = act else { continue };
        let id = ActId { device, n: act.n };
        if state.was(device) {
            let code = code(entry, index);
            let outcome = match entry.holds(index as u32) {
                true => Err(code.as_str()),
                false => Ok(entry.index),
            };
            anew::settle(batch, state, device, act, outcome, synced)?;
        }
        if entry.holds(index as u32) {
            shelf.fetch(batch, act.parts.iter().map(|part| &part.record))?;
            shelf.take_out(batch, state, BTreeSet::from([id]))?;
            shelf.set_aside(batch, state, act, device)?;
            continue;
        }
        let from = (device, &owner, envelope.map(Envelope::as_need));
        if shelf.take_logged(batch, state, act, from, arrival(entry))? {
            synced.received += 1;
        }
        if owner == state.enrolled()?.person {
            anew::twin(batch, state, act, entry.index, synced)?;
        }
        if let Some(original) = act.original()
            && original.act.device == state.device()
        {
            replaced(batch, state, original.act.n, entry.index, synced)?;
        }
    }
    if is_server {
        for statement in &frame.statements {
            take_statement(batch, state, statement, synced)?;
        }
    }
    state
        .seen
        .unsent
        .retain(|unsent| unsent.hash != entry.envelope);
    state.seen.waiting.remove(&(device, entry.seq));
    batch.delete(rows::waiting_key(device, entry.seq));
    let last_act = frame.acts.iter().flatten().map(|act| act.n).max();
    let peer = state.seen.peers.entry(device).or_insert(Peer {
        tail: Tail::NONE,
        last_act: 0,
    });
    peer.last_act = peer.last_act.max(last_act.unwrap_or(0));
    if peer.tail.seq < entry.seq {
        peer.tail = Tail {
            seq: entry.seq,
            hash: entry.envelope,
        };
    }
    if let Some(envelope) = envelope {
        batch.put_bytes(rows::envelope_key(device, entry.seq), envelope.to_bytes());
    }
    Ok(())
}

/// Another envelope of a forked device was taken here provisionally: the log's is the branch.
fn give_way(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    entry: &Entry,
) -> Result<(), Stop> {
    let Some(peer) = state.seen.peers.get(&entry.device).cloned() else {
        return Ok(());
    };
    if peer.tail.seq < entry.seq {
        return Ok(());
    }
    match stored(batch, entry.device, entry.seq)? {
        Some(envelope) if envelope.hash() != entry.envelope => {}
        Some(_) | None => return Ok(()),
    }
    for seq in entry.seq..=peer.tail.seq {
        batch.want(&rows::envelope_key(entry.device, seq));
    }
    batch.ready()?;
    for seq in entry.seq..=peer.tail.seq {
        let Some(envelope) = stored(batch, entry.device, seq)? else {
            continue;
        };
        let frame = envelope.open().unwrap_or_default();
        let device = entry.device;
        let acts: BTreeSet<ActId> = frame
            .acts
            .iter()
            .flatten()
            .map(|act| ActId { device, n: act.n })
            .collect();
        let records = crate::gate::desk::records_named(&frame);
        shelf.fetch(batch, &records)?;
        shelf.take_out(batch, state, acts)?;
        let hash = envelope.hash();
        batch.put_bytes(rows::fork_key(device, hash), envelope.to_bytes());
        batch.delete(rows::envelope_key(device, seq));
        state.seen.unsent.retain(|unsent| unsent.hash != hash);
    }
    if let Some(peer) = state.seen.peers.get_mut(&entry.device) {
        peer.tail.seq = entry.seq - 1;
    }
    Ok(())
}

/// An own act was held and stands in the books now as the server wrote it anew. The verdict that
/// follows says whether all of it does, and so whether the tray keeps it.
fn replaced(
    batch: &mut Batch<'_>,
    state: &mut State,
    n: u64,
    entry: u64,
    synced: &mut Synced,
) -> Result<(), Stop> {
    let key = rows::act_key(n);
    let Some(row) = batch.get::<ActRow>(&key)? else {
        return Ok(());
    };
    if matches!(row.fate, Fate::Registered { .. }) {
        return Ok(());
    }
    let fate = Fate::Registered { entry };
    batch.put(key, &ActRow { fate, ..row });
    state.own.registered += 1;
    synced.registered += 1;
    Ok(())
}

fn take_statement(
    batch: &mut Batch<'_>,
    state: &mut State,
    statement: &Statement,
    synced: &mut Synced,
) -> Result<(), Stop> {
    match statement {
        Statement::Charter(delta) => take_charter(state, delta)?,
        Statement::Verdict(verdict) => take_verdict(batch, state, verdict, synced)?,
        Statement::Number(number) => {
            batch.put(rows::number_key(number.record, &number.book), &number.text);
        }
        // Kept in the envelope, relayed with it.
        Statement::Order(_) | Statement::Seal(_) | Statement::Other { .. } => {}
    }
    Ok(())
}

/// The verdict's words go to the tray; what it does is told by entries and acts. Of what was
/// written anew the tray keeps what had no place left.
fn take_verdict(
    batch: &mut Batch<'_>,
    state: &mut State,
    verdict: &Verdict,
    synced: &mut Synced,
) -> Result<(), Stop> {
    let own = state.device();
    if verdict.act.device != own && !state.was(verdict.act.device) {
        return Ok(());
    }
    let key = rows::tray_key(verdict.act.n);
    let row = batch.get::<TrayRow>(&key)?;
    let Some(row) = row.filter(|row| row.device.unwrap_or(own) == verdict.act.device) else {
        return Ok(());
    };
    let stays = match verdict.outcome {
        Outcome::Held => true,
        Outcome::Rewritten { .. } | Outcome::Released => {
            let entry = state.seen.range.size();
            replaced(batch, state, verdict.act.n, entry, synced)?;
            verdict.code == Code::Partly.word()
        }
    };
    if stays {
        let row = TrayRow {
            code: verdict.code.clone(),
            detail: verdict.detail.clone(),
            ..row
        };
        batch.put(key, &row);
    } else {
        batch.delete(key);
        state.own.held = state.own.held.saturating_sub(1);
        synced.held = synced.held.saturating_sub(1);
    }
    Ok(())
}
