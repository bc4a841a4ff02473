//! From a code to a member's phone.

use std::sync::Arc;

use super::batch::{Batch, Stop};
use super::door::{Now, Reply, SignRequest};
use super::refusal::Refusal;
use super::rows;
use super::state::{Enrolled, FORMAT, State, Ticket};
use crate::catalogue::Catalogue;
use crate::envelope::sign::{Signable, is_public_key};
use crate::envelope::{Charter, CharterDelta};
use crate::ids::{DeviceId, StationId};
use crate::sync::message::{Message, charter_from_wire};
use crate::sync::{Clock, JoinRequest, JoinResponse};

pub struct Newcomer {
    pub code: String,
    pub station: Option<StationId>,
    pub name: String,
    pub sign_key: Vec<u8>,
    pub agree_key: Vec<u8>,
}

pub fn ask(state: &mut State, now: Now, who: Newcomer) -> Result<SignRequest, Refusal> {
    if let Some(enrolled) = &state.own.enrolled {
        return Err(Refusal::Enrolled(enrolled.device));
    }
    for key in [&who.sign_key, &who.agree_key] {
        if !is_public_key(key) {
            return Err(Refusal::BadKey(key.len()));
        }
    }
    state.own.joining = Some(who.sign_key.clone());
    let request = JoinRequest {
        code: who.code,
        station: who.station,
        sign_key: who.sign_key,
        agree_key: who.agree_key,
        name: who.name,
        clock: clock(now),
    };
    let bytes = request.sign_bytes();
    let ticket = state.ticket(Ticket::Join(request));
    Ok(SignRequest { ticket, bytes })
}

pub fn clock(now: Now) -> Clock {
    Clock {
        wall: now.wall,
        mono: now.mono,
        boot: now.boot,
    }
}

pub fn joined(batch: &mut Batch<'_>, state: &mut State, bytes: &[u8]) -> Result<Reply, Stop> {
    if let Some(enrolled) = &state.own.enrolled {
        return Err(Refusal::Enrolled(enrolled.device).into());
    }
    let sign_key = state.own.joining.clone().ok_or(Refusal::NotJoining)?;
    let unreadable = |why: String| Refusal::Unreadable {
        what: "answer to joining",
        why,
    };
    let answer = JoinResponse::from_wire(bytes).map_err(|bad| unreadable(bad.to_string()))?;
    if answer.device != DeviceId::of_key(&sign_key) {
        return Err(Refusal::OtherKey.into());
    }
    let deltas =
        charter_from_wire(&answer.charter).map_err(|(i, bad)| unreadable(format!("{i}: {bad}")))?;
    let mut charter = Charter::default();
    for delta in &deltas {
        charter
            .apply(delta)
            .map_err(|bad| unreadable(bad.to_string()))?;
    }
    let grant = charter.now().and_then(|now| now.device(answer.device));
    if grant.is_none_or(|grant| grant.person != answer.person || grant.sign_key != sign_key) {
        return Err(Refusal::OtherKey.into());
    }
    if !answer.head.verify(&answer.server.sign_key) {
        return Err(Refusal::NotTheServer.into());
    }
    state.seen.lineage = answer.head.message.lineage;
    state.seen.nonce = Some(answer.nonce);
    state.charter = Arc::new(charter);
    take_catalogue(batch, state, &answer.catalogue)?;
    state.own.joining = None;
    state.own.enrolled = Some(Enrolled {
        station: answer.station.clone(),
        device: answer.device,
        person: answer.person.clone(),
        sign_key,
        server: answer.server,
    });
    batch.put(rows::META.to_owned(), &FORMAT);
    Ok(Reply::Joined {
        station: answer.station,
        device: answer.device,
        person: answer.person,
    })
}

/// Keeps a catalogue that the charter names.
pub fn take_catalogue(
    batch: &mut Batch<'_>,
    state: &mut State,
    bundle: &[u8],
) -> Result<(), Refusal> {
    let unreadable = |why: String| Refusal::Unreadable {
        what: "catalogue",
        why,
    };
    let catalogue = Catalogue::from_bundle(bundle).map_err(|bad| unreadable(bad.to_string()))?;
    let hash = catalogue.hash();
    if state
        .charter
        .now()
        .is_some_and(|now| now.catalogue() != hash)
    {
        return Err(unreadable(format!("the charter does not name {hash}")));
    }
    Arc::make_mut(&mut state.catalogues).insert(hash, Arc::new(catalogue));
    batch.put_bytes(rows::catalogue_key(hash), bundle.to_vec());
    Ok(())
}

/// Takes the deltas that are new here, in order.
pub fn take_charter(state: &mut State, deltas: &[CharterDelta]) -> Result<(), Refusal> {
    for delta in deltas {
        if state
            .charter
            .newest()
            .is_some_and(|newest| delta.epoch <= newest)
        {
            continue;
        }
        Arc::make_mut(&mut state.charter)
            .apply(delta)
            .map_err(|bad| Refusal::Unreadable {
                what: "charter",
                why: bad.to_string(),
            })?;
    }
    Ok(())
}
