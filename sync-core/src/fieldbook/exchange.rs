//! What the phone asks the server, and what it makes of the answer.

use std::collections::BTreeMap;

use super::alarm;
use super::anew;
use super::batch::{Batch, Stop};
use super::door::{Input, Now, Reply, SignRequest, Synced};
use super::join::{clock, take_catalogue};
use super::log;
use super::refusal::Refusal;
use super::rows::{self, ActRow, Fate};
use super::shelf::Shelf;
use super::state::{State, Ticket, Unsent};
use crate::envelope::Envelope;
use crate::envelope::log::{Entry, SignedHead};
use crate::envelope::merkle::CompactRange;
use crate::envelope::sign::{Signable, Signed};
use crate::ids::{DeviceId, Hash};
use crate::sync::message::{MAX_ENVELOPES, MAX_REQUEST_ENVELOPES, Message};
use crate::sync::{Receipt, SyncRequest, SyncResponse, Want, WireEnvelope};

/// The server's word for a device that sent two envelopes under one number.
const FROZEN: &str = "frozen";

/// The next request, to be signed. All own envelopes are signed already.
pub fn request(
    batch: &mut Batch<'_>,
    state: &mut State,
    now: Now,
    limit: Option<u32>,
    wait_ms: Option<u32>,
) -> Result<SignRequest, Stop> {
    let enrolled = state.enrolled()?.clone();
    alarm::stands(state)?;
    let nonce = state.seen.nonce.ok_or(Refusal::NoNonce)?;
    let mut chosen: Vec<&Unsent> = Vec::new();
    let mut bytes = 0;
    for unsent in state.seen.unsent.iter().take(MAX_ENVELOPES) {
        bytes += unsent.bytes as usize;
        if !chosen.is_empty() && bytes > MAX_REQUEST_ENVELOPES {
            break;
        }
        chosen.push(unsent);
    }
    let keys: Vec<String> = chosen
        .iter()
        .map(|unsent| rows::envelope_key(unsent.device, unsent.seq))
        .collect();
    for key in &keys {
        batch.want(key);
    }
    batch.ready()?;
    let mut envelopes = Vec::new();
    for key in &keys {
        if let Some(bytes) = batch.bytes(key)? {
            let bytes = bytes.to_vec();
            envelopes.push(WireEnvelope { bytes, sheet: None });
        }
    }
    let vector = state.seen.want_vector.then(|| vector(state));
    let request = SyncRequest {
        station: enrolled.station,
        device: enrolled.device,
        epoch: state.charter.newest().unwrap_or_default(),
        seen: state.head().map(|head| head.seen()),
        nonce,
        clock: clock(now),
        envelopes,
        wait_ms,
        limit,
        vector,
        catalogue: held_catalogue(state),
    };
    let bytes = request.sign_bytes();
    state
        .tickets
        .retain(|_, ticket| !matches!(ticket, Ticket::Request(_)));
    let ticket = state.ticket(Ticket::Request(request));
    Ok(SignRequest { ticket, bytes })
}

/// The newest charter's catalogue, if it is here.
fn held_catalogue(state: &State) -> Option<Hash> {
    let hash = state.charter.now()?.catalogue();
    state.catalogues.contains_key(&hash).then_some(hash)
}

/// The last envelope held of each device.
pub fn vector(state: &State) -> BTreeMap<DeviceId, u64> {
    let peers = state.seen.peers.iter();
    let mut vector: BTreeMap<DeviceId, u64> = peers
        .filter(|(_, peer)| peer.tail.seq > 0)
        .map(|(device, peer)| (*device, peer.tail.seq))
        .collect();
    let signed = match state.own.unsigned.first() {
        Some(first) => first - 1,
        None => state.own.tail.seq,
    };
    if signed > 0 {
        vector.insert(state.device(), signed);
    }
    vector
}

/// Takes an answer of the server, whole or not at all.
pub fn answer(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    bytes: &[u8],
) -> Result<(Reply, Vec<Input>), Stop> {
    state.enrolled()?;
    alarm::stands(state)?;
    let unreadable = |why: String| Refusal::Unreadable {
        what: "server's answer",
        why,
    };
    let answer = SyncResponse::from_wire(bytes).map_err(|bad| unreadable(bad.to_string()))?;
    let mut synced = Synced::default();
    let charter_before = state.charter.newest();
    // Whoever is answered is no removed device.
    state.own.doubled = false;
    state.seen.nonce = Some(answer.nonce);
    state.seen.want_vector = answer.want_vector;

    // `answer.charter` is passed over: nobody signed it. The same deltas are statements in the
    // server's signed envelopes, and only from there they are believed.
    if let Some(receipt) = &answer.receipt {
        synced.sent += take_receipt(batch, state, receipt)?;
    }
    for want in &answer.need {
        take_want(batch, state, *want)?;
    }
    let mut bodies = BTreeMap::new();
    for wire in &answer.envelopes {
        let envelope = Envelope::decode(&wire.bytes).map_err(|bad| unreadable(bad.to_string()))?;
        bodies.insert(envelope.hash(), envelope);
    }
    let again_from_start = answer
        .head
        .as_ref()
        .is_some_and(|head| head.message.lineage > state.seen.lineage);
    if again_from_start {
        begin_lineage(state, answer.head.as_ref())?;
    }
    let entries = new_entries(state, &answer, again_from_start)?;
    log::take(batch, state, shelf, &entries, bodies, &mut synced)?;
    if let Some(bundle) = &answer.catalogue {
        take_catalogue(batch, state, bundle)?;
    }
    all_confirmed(state)?;
    let moved = !entries.is_empty() || state.charter.newest() != charter_before;
    synced.index = state.seen.range.size();
    synced.more = answer.more || !state.seen.unsent.is_empty() || again_from_start;
    let mut again = match moved {
        true => free_waiting(state),
        false => Vec::new(),
    };
    if anew::is_due(state) {
        again.push(Input::WriteAnew);
        synced.more = true;
    }
    Ok((Reply::Synced(synced), again))
}

/// Once the log is read as far as it was when this phone joined, it has said all that the answer
/// to joining had said.
fn all_confirmed(state: &State) -> Result<(), Refusal> {
    let is_read = state.seen.range.size() >= state.seen.confirmed_by;
    match state.seen.unconfirmed.keys().next() {
        Some(epoch) if is_read => Err(Refusal::OtherCharter { n: epoch.n }),
        Some(_) | None => Ok(()),
    }
}

/// The server will not take these: they stay here, and are not sent again.
pub fn turned_away(state: &mut State, refused: &[(Hash, String)]) -> Result<(), Refusal> {
    let own = state.device();
    for (hash, code) in refused {
        let unsent = state.seen.unsent.iter().find(|unsent| unsent.hash == *hash);
        let Some(Unsent { device, seq, .. }) = unsent.cloned() else {
            continue;
        };
        if device == own && code == FROZEN {
            return Err(Refusal::Frozen { seq });
        }
        if device != own {
            state.seen.unsent.retain(|unsent| unsent.hash != *hash);
        }
    }
    Ok(())
}

/// Every envelope that waits is tried again.
pub fn free_waiting(state: &State) -> Vec<Input> {
    let waiting = state.seen.waiting.iter();
    waiting
        .map(|(device, seq)| Input::Free {
            device: *device,
            seq: *seq,
        })
        .collect()
}

pub fn is_server(state: &State, verify: impl Fn(&[u8]) -> bool) -> bool {
    let of_charter = state.charter.now().and_then(|now| now.server());
    let joined = state.own.enrolled.as_ref().map(|enrolled| &enrolled.server);
    let mut keys = of_charter.into_iter().chain(joined);
    keys.any(|server| verify(&server.sign_key))
}

fn take_receipt(
    batch: &mut Batch<'_>,
    state: &mut State,
    receipt: &Signed<Receipt>,
) -> Result<u64, Stop> {
    if !is_server(state, |key| receipt.verify(key)) {
        return Err(Refusal::NotTheServer.into());
    }
    let stored: Vec<Hash> = receipt
        .message
        .stored
        .iter()
        .map(|stored| stored.envelope)
        .collect();
    let (sent, unsent): (Vec<Unsent>, Vec<Unsent>) = std::mem::take(&mut state.seen.unsent)
        .into_iter()
        .partition(|unsent| stored.contains(&unsent.hash));
    state.seen.unsent = unsent;
    let mut acts = 0;
    let own = state.device();
    for envelope in sent.iter().filter(|unsent| unsent.device == own) {
        acts += mark_sent(batch, state, envelope.seq)?;
    }
    Ok(acts)
}

/// Marks the acts of an own envelope as sent, and counts those that were not.
pub fn mark_sent(batch: &mut Batch<'_>, state: &mut State, seq: u64) -> Result<u64, Stop> {
    let numbers = log::own_acts(batch, state, seq)?;
    for n in &numbers {
        batch.want(&rows::act_key(*n));
    }
    batch.ready()?;
    let mut count = 0;
    for n in numbers {
        let key = rows::act_key(n);
        let row: Option<ActRow> = batch.get(&key)?;
        if let Some(row) = row.filter(|row| row.fate == Fate::Saved) {
            let fate = Fate::Sent;
            batch.put(key, &ActRow { fate, ..row });
            count += 1;
        }
    }
    state.own.sent += count;
    Ok(count)
}

/// The server lacks an envelope: it goes out first, if it is here.
fn take_want(batch: &mut Batch<'_>, state: &mut State, want: Want) -> Result<(), Stop> {
    let known = |unsent: &Unsent| unsent.device == want.device && unsent.seq == want.seq;
    if let Some(at) = state.seen.unsent.iter().position(known) {
        let unsent = state.seen.unsent.remove(at);
        state.seen.unsent.insert(0, unsent);
        return Ok(());
    }
    if let Some(envelope) = log::stored(batch, want.device, want.seq)? {
        let bytes = envelope.to_bytes().len() as u64;
        state.seen.unsent.insert(
            0,
            Unsent {
                device: want.device,
                seq: want.seq,
                hash: envelope.hash(),
                acts: 0,
                bytes,
            },
        );
    }
    Ok(())
}

/// The server was restored and begins anew: its log is read again from the beginning, and what
/// this phone knows of it is settled entry by entry.
fn begin_lineage(state: &mut State, head: Option<&SignedHead>) -> Result<(), Refusal> {
    let Some(head) = head.filter(|head| is_server(state, |key| head.verify(key))) else {
        return Err(Refusal::NotTheServer);
    };
    state.seen.lineage = head.message.lineage;
    state.seen.range = CompactRange::default();
    state.seen.head = None;
    Ok(())
}

/// The entries that are new here, once the log they make is the one the server signed.
fn new_entries(
    state: &mut State,
    answer: &SyncResponse,
    restarted: bool,
) -> Result<Vec<Entry>, Refusal> {
    let unreadable = |why: String| Refusal::Unreadable {
        what: "station log",
        why,
    };
    let mut range = state.seen.range.clone();
    let mut new = Vec::new();
    for wire in &answer.entries {
        let entry = wire.entry().map_err(|bad| unreadable(bad.to_string()))?;
        if entry.index < range.size() {
            continue;
        }
        if entry.index > range.size() {
            let (begins, known) = (entry.index, range.size());
            return match restarted {
                true => Ok(Vec::new()),
                false => Err(Refusal::Gap { begins, known }),
            };
        }
        range.append(wire.leaf());
        new.push(entry);
    }
    let Some(head) = &answer.head else {
        return match new.is_empty() {
            true => Ok(new),
            false => Err(Refusal::NotTheServer),
        };
    };
    if !is_server(state, |key| head.verify(key)) {
        return Err(Refusal::NotTheServer);
    }
    let tree = head.message;
    if tree.index < range.size() && new.is_empty() {
        // An answer that was overtaken by a later one.
        return Ok(new);
    }
    if tree.index != range.size() {
        let (begins, known) = (tree.index, range.size());
        return match restarted && new.is_empty() {
            true => Ok(new),
            false => Err(Refusal::Gap { begins, known }),
        };
    }
    if tree.root != range.root() {
        return Err(Refusal::TwoHistories {
            index: tree.index,
            shown: tree.root,
            known: range.root(),
        });
    }
    state.seen.range = range;
    state.seen.head = Some(head.clone());
    Ok(new)
}
