//! A phone that enrols anew: what it had not sent becomes acts of the new device, once.
//!
//! A store that was copied or restored, or whose signing key is lost, joins as another device and
//! keeps all it knows. Its acts that have no place in the log yet lie in `was/` from then on.
//! The server ends the old device as it grants the new one, so what arrives under the old name
//! later is held and nothing of it enters a book beside what is written anew.
//!
//! What the server has may still wait to be judged when this phone asks. So the new device first
//! closes an envelope that says nothing, the *barrier*: the server judges in the order of arrival,
//! and behind the barrier's entry the log holds everything that came before. Until that entry is
//! read nothing else is closed; then what the log has shown is dropped from `was/` and the rest is
//! written anew ([`write`]), in one batch, with its clocks and with the names of the old acts. A
//! cut anywhere repeats the step before or finds it done.
//!
//! Two copies of a store find each other's acts in the log by those names ([`twin`]).

mod names;
mod seen;
mod write;

use super::batch::{Batch, Stop};
use super::door::Synced;
use super::log;
use super::refusal::Refusal;
use super::rows::{self, ActRow, Fate, TrayRow, Twin, WasRow};
use super::state::{Anew, Peer, State};
use crate::envelope::Act;
use crate::envelope::chain::Tail;
use crate::envelope::codec::{from_newer, to_bytes};
use crate::gate::Code;
use crate::ids::DeviceId;
use crate::record::change::Decoded;
use crate::record::likeness::{likeness, made_names};

pub use names::Names;
pub use seen::Old;
pub use write::write;

/// Ends the device this store was: everything of it without a place in the log is set down.
pub fn leave(batch: &mut Batch<'_>, state: &mut State) -> Result<(), Stop> {
    let old = state.device();
    let acts = batch.scan::<ActRow>(rows::ACTS)?;
    let open = acts
        .into_iter()
        .filter(|(_, row)| matches!(row.fate, Fate::Saved | Fate::Sent));
    let open: Vec<(u64, ActRow)> = open
        .map(|(key, row)| (number(&key, rows::ACTS), row))
        .collect();
    for (n, row) in &open {
        batch.want(&rows::was_key(*n));
        if let Some(seq) = row.envelope {
            batch.want(&rows::envelope_key(old, seq));
            batch.want(&rows::unsigned_key(seq));
        }
    }
    let first_unsent = state
        .seen
        .unsent
        .iter()
        .filter(|unsent| unsent.device == old);
    let first_unsent = first_unsent.map(|unsent| unsent.seq).min();
    let kept = first_unsent.map_or(state.own.tail.seq, |seq| seq - 1);
    batch.want(&rows::envelope_key(old, kept));
    batch.ready()?;
    let mut anew = state.own.anew.take().unwrap_or_default();
    let is_settled = open.is_empty();
    for (n, row) in open {
        // One that waited when this phone enrolled anew before waits on under its first name.
        if batch.bytes(&rows::was_key(n))?.is_some() {
            continue;
        }
        let Some(act) = bytes_of(batch, old, n, &row)? else {
            continue;
        };
        let sent = row.fate == Fate::Sent;
        anew.acts += u64::from(!sent);
        let was = WasRow {
            act,
            device: old,
            sent,
            twin: None,
        };
        batch.put(rows::was_key(n), &was);
    }
    for seq in std::mem::take(&mut state.own.unsigned) {
        batch.delete(rows::unsigned_key(seq));
    }
    // Nobody is offered what the server would hold.
    state.seen.unsent.retain(|unsent| unsent.device != old);
    if let Some(last) = log::stored(batch, old, kept)? {
        let tail = Tail {
            seq: kept,
            hash: last.hash(),
        };
        let last_act = state.own.closed_to;
        state.seen.peers.insert(old, Peer { tail, last_act });
    }
    state.own.former.push(old);
    state.own.tail = Tail::NONE;
    state.own.closed_to = state.own.last_act;
    state.own.anew = (!is_settled).then_some(Anew {
        acts: anew.acts,
        ..Anew::default()
    });
    state.tickets.clear();
    state.then = None;
    Ok(())
}

fn number(key: &str, prefix: &str) -> u64 {
    let digits = key.strip_prefix(prefix);
    digits.and_then(|n| n.parse().ok()).unwrap_or_default()
}

/// The act as it was saved: its own bytes until it is closed, then those in its envelope.
fn bytes_of(
    batch: &mut Batch<'_>,
    device: DeviceId,
    n: u64,
    row: &ActRow,
) -> Result<Option<Vec<u8>>, Stop> {
    if row.bytes.is_some() {
        return Ok(row.bytes.clone());
    }
    if let Some(seq) = row.envelope {
        for key in [rows::envelope_key(device, seq), rows::unsigned_key(seq)] {
            let frame = log::envelope_under(batch, key)?.and_then(|found| found.open().ok());
            let acts = frame.iter().flat_map(|frame| frame.acts.iter().flatten());
            if let Some(act) = acts.into_iter().find(|act| act.n == n) {
                return Ok(Some(to_bytes(act)));
            }
        }
    }
    Ok(None)
}

/// Whether the log was read far enough to write the rest anew.
pub fn is_due(state: &State) -> bool {
    state.own.anew.is_some_and(|anew| anew.passed)
}

/// An own envelope has its place in the log.
pub fn pass(state: &mut State, seq: u64) {
    if let Some(anew) = &mut state.own.anew {
        anew.passed |= anew.barrier.is_some_and(|barrier| seq >= barrier);
    }
}

/// What the log says of an act of the device this phone was: its place, or why it is held.
pub fn settle(
    batch: &mut Batch<'_>,
    state: &mut State,
    device: DeviceId,
    act: &Act,
    outcome: Result<u64, &str>,
    synced: &mut Synced,
) -> Result<(), Stop> {
    let Some(was) = row(batch, act.n)?.filter(|was| was.device == device) else {
        return Ok(());
    };
    if read(act.n, &was.act)?.changes().ok() != act.changes().ok() {
        // Another copy of the store used the number for something else.
        return Ok(());
    }
    match outcome {
        Ok(entry) => {
            registered(batch, state, act.n, &was, entry, synced)?;
            batch.delete(rows::was_key(act.n));
        }
        // It came under a name that had ended: nothing speaks against the act itself.
        Err(code) if code == Code::DeviceRemoved.word() && state.own.anew.is_some() => {
            count(state, was.sent, false);
            batch.put(rows::was_key(act.n), &WasRow { sent: false, ..was });
        }
        Err(code) => {
            count(state, was.sent, true);
            batch.delete(rows::was_key(act.n));
            hold(batch, state, act.n, &was, (code, ""))?;
            synced.held += 1;
        }
    }
    Ok(())
}

/// Whether an act counts as one to be written anew.
fn count(state: &mut State, before: bool, after: bool) {
    if let Some(anew) = &mut state.own.anew {
        anew.acts = anew.acts.saturating_sub(u64::from(!before)) + u64::from(!after);
    }
}

fn registered(
    batch: &mut Batch<'_>,
    state: &mut State,
    n: u64,
    was: &WasRow,
    entry: u64,
    synced: &mut Synced,
) -> Result<(), Stop> {
    count(state, was.sent, true);
    state.own.sent += u64::from(!was.sent);
    synced.sent += u64::from(!was.sent);
    state.own.registered += 1;
    synced.registered += 1;
    let key = rows::act_key(n);
    if let Some(row) = batch.get::<ActRow>(&key)? {
        let fate = Fate::Registered { entry };
        batch.put(key, &ActRow { fate, ..row });
    }
    Ok(())
}

fn hold(
    batch: &mut Batch<'_>,
    state: &mut State,
    n: u64,
    was: &WasRow,
    (code, detail): (&str, &str),
) -> Result<(), Stop> {
    state.own.held += 1;
    let tray = TrayRow {
        act: was.act.clone(),
        code: code.to_owned(),
        detail: detail.to_owned(),
        device: Some(was.device),
    };
    batch.put(rows::tray_key(n), &tray);
    let key = rows::act_key(n);
    if let Some(row) = batch.get::<ActRow>(&key)? {
        let fate = Fate::Held;
        batch.put(key, &ActRow { fate, ..row });
    }
    Ok(())
}

/// Somebody admitted writes anew an act that waits here too: another copy of this store does. It
/// is in the books, and what rests on it here will rest on that.
pub fn twin(
    batch: &mut Batch<'_>,
    state: &mut State,
    act: &Act,
    entry: u64,
    synced: &mut Synced,
) -> Result<(), Stop> {
    let Some(first) = act.again.filter(|first| state.was(first.device)) else {
        return Ok(());
    };
    let was = row(batch, first.n)?.filter(|was| was.device == first.device && was.twin.is_none());
    let Some(was) = was else {
        return Ok(());
    };
    let ours = read(first.n, &was.act)?;
    let is_same = (ours.at, ours.mono) == (act.at, act.mono) && ours.parts.len() == act.parts.len();
    if !is_same {
        return Ok(());
    }
    let mut twin = Twin {
        records: Vec::new(),
        changes: Vec::new(),
        names: Vec::new(),
    };
    for (old, new) in ours.parts.iter().zip(&act.parts) {
        let changes = [old, new].map(|part| Decoded::admitted(&part.change));
        let [Ok(before), Ok(after)] = changes else {
            return Ok(());
        };
        if likeness(&before) != likeness(&after) {
            return Ok(());
        }
        twin.records.push((old.record, new.record));
        twin.changes.push((before.hash, after.hash));
        let [old, new] = [before, after].map(|change| made_names(&change));
        twin.names.extend(old.into_iter().zip(new));
    }
    registered(batch, state, first.n, &was, entry, synced)?;
    let (sent, twin) = (true, Some(twin));
    batch.put(rows::was_key(first.n), &WasRow { sent, twin, ..was });
    Ok(())
}

/// Asks for what the settling of an entry's acts reads.
pub fn want(batch: &mut Batch<'_>, state: &State, device: DeviceId, act: &Act) {
    let again = act.again.filter(|again| state.was(again.device));
    let own = state.was(device).then_some(act.n);
    for n in own.into_iter().chain(again.map(|again| again.n)) {
        batch.want(&rows::was_key(n));
        batch.want(&rows::act_key(n));
    }
}

fn row(batch: &mut Batch<'_>, n: u64) -> Result<Option<WasRow>, Stop> {
    batch.get(&rows::was_key(n))
}

fn read(n: u64, bytes: &[u8]) -> Result<Act, Refusal> {
    from_newer(bytes).map_err(|bad| Refusal::Store {
        key: rows::was_key(n),
        why: bad.to_string(),
    })
}
