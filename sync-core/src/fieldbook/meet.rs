//! Two phones without signal hand over to each other what they have closed.

use std::collections::BTreeMap;

use super::batch::{Batch, Stop};
use super::door::{Absorbed, Input, Reply};
use super::exchange::{free_waiting, vector};
use super::join::take_charter;
use super::log::stored;
use super::refusal::Refusal;
use super::rows;
use super::shelf::Shelf;
use super::state::{Peer, State, Unsent};
use crate::envelope::chain::{self, Place, Tail};
use crate::envelope::{Envelope, SignedHead, Statement};
use crate::gate::Verdict;
use crate::gate::desk::{Arrival, records_named};
use crate::gate::intake::{self, TurnedAway};
use crate::ids::DeviceId;
use crate::sync::message::{MAX_ENVELOPES, Message};
use crate::sync::{Answer, Offer, WireEnvelope};

/// Bytes of envelopes in one message between phones, unless a single one is larger.
const MOST_BYTES: usize = 1024 * 1024;
/// Envelopes that wait for others; more are not kept.
const MOST_WAITING: usize = 1024;

pub fn offer(state: &State) -> Result<Reply, Refusal> {
    let enrolled = state.enrolled()?;
    let offer = Offer {
        station: enrolled.station.clone(),
        device: enrolled.device,
        vector: vector(state),
        head: state.seen.head.clone(),
    };
    Ok(Reply::Message(offer.to_wire()))
}

pub fn answer_offer(batch: &mut Batch<'_>, state: &State, bytes: &[u8]) -> Result<Reply, Stop> {
    let offer = Offer::from_wire(bytes).map_err(|bad| Refusal::Unreadable {
        what: "other phone's offer",
        why: bad.to_string(),
    })?;
    let enrolled = state.enrolled()?;
    if offer.station != enrolled.station {
        return Err(Refusal::OtherStation.into());
    }
    compare(state, offer.head.as_ref())?;
    let (envelopes, more) = lacking(batch, state, &offer.vector)?;
    let answer = Answer {
        station: enrolled.station.clone(),
        device: enrolled.device,
        envelopes,
        vector: vector(state),
        head: state.seen.head.clone(),
        proof: Vec::new(),
        more,
    };
    Ok(Reply::Message(answer.to_wire()))
}

pub fn absorb(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    bytes: &[u8],
) -> Result<(Vec<Reply>, Vec<Input>), Stop> {
    let answer = Answer::from_wire(bytes).map_err(|bad| Refusal::Unreadable {
        what: "other phone's message",
        why: bad.to_string(),
    })?;
    let enrolled = state.enrolled()?.clone();
    if answer.station != enrolled.station {
        return Err(Refusal::OtherStation.into());
    }
    compare(state, answer.head.as_ref())?;
    let mut absorbed = Absorbed {
        more: answer.more,
        ..Absorbed::default()
    };
    let decoded = answer.envelopes.iter().take(MAX_ENVELOPES);
    let envelopes: Vec<Envelope> = decoded
        .filter_map(|wire| Envelope::decode(&wire.bytes).ok())
        .collect();
    for envelope in &envelopes {
        batch.want(&rows::envelope_key(envelope.body.device, envelope.body.seq));
        if let Ok(frame) = envelope.open() {
            for record in records_named(&frame) {
                batch.want(&rows::record_key(record));
                batch.want_prefix(&rows::changes_prefix(record));
            }
        }
    }
    batch.ready()?;
    for envelope in envelopes {
        take(batch, state, shelf, envelope, &mut absorbed)?;
    }
    let mut replies = Vec::new();
    if !answer.vector.is_empty() {
        let (envelopes, more) = lacking(batch, state, &answer.vector)?;
        if !envelopes.is_empty() {
            let third = Answer {
                station: enrolled.station,
                device: enrolled.device,
                envelopes,
                vector: BTreeMap::new(),
                head: state.seen.head.clone(),
                proof: Vec::new(),
                more,
            };
            replies.push(Reply::Message(third.to_wire()));
        }
    }
    let again = match absorbed.stored > absorbed.waiting {
        true => free_waiting(state),
        false => Vec::new(),
    };
    replies.push(Reply::Absorbed(absorbed));
    Ok((replies, again))
}

/// Tries an envelope again that waited.
pub fn free(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    device: DeviceId,
    seq: u64,
) -> Result<(Vec<Reply>, Vec<Input>), Stop> {
    let key = rows::waiting_key(device, seq);
    let envelope = batch
        .bytes(&key)?
        .and_then(|bytes| Envelope::decode(bytes).ok());
    state.seen.waiting.remove(&(device, seq));
    batch.delete(key);
    let Some(envelope) = envelope else {
        return Ok((Vec::new(), Vec::new()));
    };
    let mut absorbed = Absorbed::default();
    take(batch, state, shelf, envelope, &mut absorbed)?;
    if absorbed.waiting > 0 || absorbed.stored == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    Ok((vec![Reply::Absorbed(absorbed)], free_waiting(state)))
}

/// Two heads of one size that the server signed must have one root.
fn compare(state: &State, theirs: Option<&SignedHead>) -> Result<(), Refusal> {
    let (Some(ours), Some(theirs)) = (state.head(), theirs) else {
        return Ok(());
    };
    let head = theirs.message;
    let same = head.lineage == ours.lineage && head.index == ours.index;
    let server = state.charter.now().and_then(|now| now.server());
    let is_servers = server.is_some_and(|server| theirs.verify(&server.sign_key));
    match same && is_servers && head.root != ours.root {
        true => Err(Refusal::TwoHistories {
            index: head.index,
            shown: head.root,
            known: ours.root,
        }),
        false => Ok(()),
    }
}

/// What somebody with `vector` lacks of what is here, each after those it rests on.
fn lacking(
    batch: &mut Batch<'_>,
    state: &State,
    theirs: &BTreeMap<DeviceId, u64>,
) -> Result<(Vec<WireEnvelope>, bool), Stop> {
    let mut reached = theirs.clone();
    let mut left: BTreeMap<DeviceId, std::collections::VecDeque<Envelope>> = BTreeMap::new();
    let mut wanted = Vec::new();
    for (device, last) in vector(state) {
        let from = theirs.get(&device).copied().unwrap_or(0);
        for seq in (from + 1..=last).take(MAX_ENVELOPES) {
            batch.want(&rows::envelope_key(device, seq));
            wanted.push((device, seq));
        }
    }
    batch.ready()?;
    for (device, seq) in wanted {
        if let Some(envelope) = stored(batch, device, seq)? {
            left.entry(device).or_default().push_back(envelope);
        }
    }
    let (mut chosen, mut bytes) = (Vec::new(), 0);
    loop {
        let next = left.iter_mut().find_map(|(device, waiting)| {
            let envelope = waiting.front()?;
            let known = |device: &DeviceId| reached.get(device).copied().unwrap_or(0);
            let follows = known(device) + 1 == envelope.body.seq;
            let needs = envelope.body.needs.iter();
            let rests = needs.clone().all(|need| known(&need.device) >= need.seq);
            (follows && rests).then(|| waiting.pop_front()).flatten()
        });
        let Some(envelope) = next else {
            return Ok((chosen, false));
        };
        let wire = envelope.to_bytes();
        bytes += wire.len();
        if !chosen.is_empty() && (bytes > MOST_BYTES || chosen.len() == MAX_ENVELOPES) {
            return Ok((chosen, true));
        }
        reached.insert(envelope.body.device, envelope.body.seq);
        chosen.push(WireEnvelope {
            bytes: wire,
            sheet: None,
        });
    }
}

/// Stores a colleague's envelope and judges it provisionally, or lets it wait.
fn take(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    envelope: Envelope,
    absorbed: &mut Absorbed,
) -> Result<(), Stop> {
    let (device, seq) = (envelope.body.device, envelope.body.seq);
    if device == state.device() {
        return Ok(());
    }
    let peer = state.seen.peers.get(&device).cloned().unwrap_or(Peer {
        tail: Tail::NONE,
        last_act: 0,
    });
    let held = match seq <= peer.tail.seq {
        true => stored(batch, device, seq)?.map(|held| held.hash()),
        false => None,
    };
    match intake::check(&state.station(), &state.charter, &envelope) {
        Ok(()) => {}
        // Whoever the charter does not name yet may be named by the next one.
        Err(TurnedAway::Stranger(_)) => {
            wait(batch, state, &envelope, absorbed);
            return Ok(());
        }
        Err(
            TurnedAway::Station(_)
            | TurnedAway::Signature(_)
            | TurnedAway::Frozen(_)
            | TurnedAway::Removed(_),
        ) => return Ok(()),
    }
    let knows_epoch = state.charter.at(envelope.body.epoch).is_some();
    match chain::place(&peer.tail, held, &envelope) {
        Place::Next if knows_epoch && rests(state, &envelope) => {
            admit(batch, state, shelf, &envelope, peer, absorbed)
        }
        Place::Next | Place::Gap { .. } => {
            wait(batch, state, &envelope, absorbed);
            Ok(())
        }
        Place::Fork => {
            let key = rows::fork_key(device, envelope.hash());
            batch.put_bytes(key, envelope.to_bytes());
            Ok(())
        }
        Place::Duplicate | Place::Past => Ok(()),
    }
}

/// Keeps an envelope that lacks what it rests on, or the charter that says who wrote it.
fn wait(batch: &mut Batch<'_>, state: &mut State, envelope: &Envelope, absorbed: &mut Absorbed) {
    let (device, seq) = (envelope.body.device, envelope.body.seq);
    if state.seen.waiting.len() < MOST_WAITING {
        state.seen.waiting.insert((device, seq));
        batch.put_bytes(rows::waiting_key(device, seq), envelope.to_bytes());
        absorbed.stored += 1;
        absorbed.waiting += 1;
    }
}

fn rests(state: &State, envelope: &Envelope) -> bool {
    let held = vector(state);
    let mut needs = envelope.body.needs.iter();
    needs.all(|need| held.get(&need.device).copied().unwrap_or(0) >= need.seq)
}

fn admit(
    batch: &mut Batch<'_>,
    state: &mut State,
    shelf: &mut Shelf,
    envelope: &Envelope,
    peer: Peer,
    absorbed: &mut Absorbed,
) -> Result<(), Stop> {
    let (device, seq) = (envelope.body.device, envelope.body.seq);
    let frame = envelope.open().unwrap_or_default();
    let records = records_named(&frame);
    shelf.fetch(batch, &records)?;
    let is_server = state.charter.server_ever(device).is_some();
    if is_server {
        for statement in &frame.statements {
            if let Statement::Charter(delta) = statement {
                take_charter(state, delta)?;
            }
        }
    }
    for act in frame.acts.iter().flatten() {
        // What the server wrote anew stands in the place of the original.
        if let Some(original) = act.original() {
            let original = std::collections::BTreeSet::from([original.act]);
            shelf.take_out(batch, state, original)?;
        }
        shelf.carries(act, device, Some(envelope.as_need()));
    }
    let judgement = shelf.at_desk(state, |desk| {
        desk.prove_each = true;
        desk.last_act.insert(device, peer.last_act);
        desk.judge(envelope, &frame, Arrival::default())
    });
    shelf.keep(batch, records);
    let admitted = judgement
        .verdicts
        .iter()
        .filter(|verdict| **verdict == Verdict::Admitted)
        .count() as u64;
    absorbed.stored += 1;
    absorbed.acts += admitted;
    absorbed.held += judgement.verdicts.len() as u64 - admitted;
    let last_act = frame.acts.iter().flatten().map(|act| act.n).max();
    let hash = envelope.hash();
    let bytes = envelope.to_bytes();
    state.seen.peers.insert(
        device,
        Peer {
            tail: Tail { seq, hash },
            last_act: peer.last_act.max(last_act.unwrap_or(0)),
        },
    );
    if !is_server {
        state.seen.unsent.push(Unsent {
            device,
            seq,
            hash,
            acts: frame.acts.len() as u64,
            bytes: bytes.len() as u64,
        });
    }
    batch.put_bytes(rows::envelope_key(device, seq), bytes);
    Ok(())
}
