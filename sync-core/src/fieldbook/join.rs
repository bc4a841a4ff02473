//! From a code to a member's phone.

use std::sync::Arc;

use super::anew;
use super::batch::{Batch, Stop};
use super::door::{Now, Reply, SignRequest};
use super::refusal::Refusal;
use super::rows;
use super::state::{Enrolled, FORMAT, Joining, State, Ticket};
use crate::catalogue::Catalogue;
use crate::envelope::codec::to_bytes;
use crate::envelope::sign::{Signable, is_public_key};
use crate::envelope::{Charter, CharterDelta, Signed};
use crate::ids::{DeviceId, Hash, StationId};
use crate::sync::message::{Message, charter_from_wire};
use crate::sync::{Clock, CodeProof, Enrolment, Fingerprint, JoinCode, JoinRequest, JoinResponse};

pub struct Newcomer {
    pub code: String,
    pub station: Option<StationId>,
    pub name: String,
    pub sign_key: Vec<u8>,
    pub agree_key: Vec<u8>,
    pub anew: bool,
}

pub fn ask(state: &mut State, now: Now, who: Newcomer) -> Result<SignRequest, Refusal> {
    let replaces = state.own.enrolled.as_ref().map(|enrolled| enrolled.device);
    if let Some(device) = replaces {
        let is_same = DeviceId::of_key(&who.sign_key) == device;
        if is_same || !(who.anew || state.own.doubled) {
            return Err(Refusal::Enrolled(device));
        }
    }
    for key in [&who.sign_key, &who.agree_key] {
        if !is_public_key(key) {
            return Err(Refusal::BadKey(key.len()));
        }
    }
    let code = JoinCode::parse(&who.code)?;
    if let Some(given) = who.station.filter(|given| given != code.station()) {
        let of = code.station().clone();
        return Err(Refusal::CodeOfStation { given, of });
    }
    let enrolment = Enrolment {
        station: code.station().clone(),
        server: code.server(),
        sign_key: who.sign_key,
        agree_key: who.agree_key,
        replaces,
    };
    let proof = CodeProof::new(&code, &enrolment);
    state.own.joining = Some(Joining {
        sign_key: enrolment.sign_key.clone(),
        station: enrolment.station.clone(),
        server: enrolment.server,
    });
    let request = JoinRequest {
        station: Some(enrolment.station),
        sign_key: enrolment.sign_key,
        agree_key: enrolment.agree_key,
        name: who.name,
        clock: clock(now),
        replaces,
        code: Some(proof),
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

pub fn joined(
    batch: &mut Batch<'_>,
    state: &mut State,
    now: Now,
    bytes: &[u8],
) -> Result<Reply, Stop> {
    let asked = state.own.joining.clone().ok_or(Refusal::NotJoining)?;
    let unreadable = |why: String| Refusal::Unreadable {
        what: "answer to joining",
        why,
    };
    let signed = Signed::<JoinResponse>::from_wire(bytes);
    let signed = signed.map_err(|bad| unreadable(bad.to_string()))?;
    let server = &signed.message.server;
    if Fingerprint::of(&asked.station, &server.sign_key) != asked.server {
        return Err(Refusal::OtherServer.into());
    }
    let is_theirs = signed.verify(&server.sign_key);
    let (sign_key, answer) = (asked.sign_key, signed.message);
    if !is_theirs || answer.station != asked.station {
        return Err(Refusal::NotTheServer.into());
    }
    if answer.device != DeviceId::of_key(&sign_key) {
        return Err(Refusal::OtherKey.into());
    }
    let deltas =
        charter_from_wire(&answer.charter).map_err(|(i, bad)| unreadable(format!("{i}: {bad}")))?;
    let known = state.charter.newest();
    let mut charter = Charter::default();
    for delta in &deltas {
        // What the signed log has said already, it need not say again, and nothing else may.
        if known.is_some_and(|known| delta.epoch > known) && charter.newest() == known {
            same_charter(&charter, state)?;
        }
        charter
            .apply(delta)
            .map_err(|bad| unreadable(bad.to_string()))?;
    }
    if known.is_some() && charter.newest() <= known {
        same_charter(&charter, state)?;
    }
    let grant = charter.now().and_then(|now| now.device(answer.device));
    if grant.is_none_or(|grant| grant.person != answer.person || grant.sign_key != sign_key) {
        return Err(Refusal::OtherKey.into());
    }
    let server = charter.now().and_then(|now| now.server());
    if server != Some(&answer.server) || !answer.head.verify(&answer.server.sign_key) {
        return Err(Refusal::NotTheServer.into());
    }
    if let Some(old) = &state.own.enrolled {
        // Who the server is, this phone knows; another key is believed from the signed log alone.
        let known = state.charter.now().and_then(|now| now.server());
        if known != Some(&answer.server) {
            return Err(Refusal::NotTheServer.into());
        }
        if old.station != answer.station {
            return Err(Refusal::OtherStation.into());
        }
        if old.person != answer.person {
            return Err(Refusal::OtherPerson {
                own: old.person.to_string(),
                given: answer.person.to_string(),
            }
            .into());
        }
        anew::leave(batch, state)?;
        super::alarm::clear_doubled(state, now);
    } else {
        state.seen.lineage = answer.head.message.lineage;
    }
    let new = deltas
        .iter()
        .filter(|delta| known.is_none_or(|known| delta.epoch > known));
    let new = new.map(|delta| (delta.epoch, Hash::of(&to_bytes(delta))));
    state.seen.unconfirmed.extend(new);
    state.seen.confirmed_by = answer.head.message.index;
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
        // Its charter is further on in the log; it comes again with that.
        return Ok(());
    }
    Arc::make_mut(&mut state.catalogues).insert(hash, Arc::new(catalogue));
    batch.put_bytes(rows::catalogue_key(hash), bundle.to_vec());
    Ok(())
}

/// Takes what a signed envelope of the server states of the charter.
pub fn take_charter(state: &mut State, delta: &CharterDelta) -> Result<(), Refusal> {
    let epoch = delta.epoch;
    if let Some(told) = state.seen.unconfirmed.remove(&epoch) {
        return match told == Hash::of(&to_bytes(delta)) {
            true => Ok(()),
            false => Err(Refusal::OtherCharter { n: epoch.n }),
        };
    }
    if state.charter.newest().is_some_and(|newest| epoch <= newest) {
        return Ok(());
    }
    let taken = Arc::make_mut(&mut state.charter).apply(delta);
    taken.map_err(|bad| Refusal::Unreadable {
        what: "charter",
        why: bad.to_string(),
    })
}

/// The answer to joining anew says of the past what this phone knows of it.
fn same_charter(said: &Charter, state: &State) -> Result<(), Refusal> {
    match *said == *state.charter {
        true => Ok(()),
        false => Err(Refusal::OtherCharter {
            n: state.charter.newest().unwrap_or_default().n,
        }),
    }
}
