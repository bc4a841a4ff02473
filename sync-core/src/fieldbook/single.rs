//! One record that this phone has only heard of, as the server shows it.
//!
//! The log proves what is in it; this answer is proved by nothing but its shape: every change
//! stands on those before it and bears a name that only a device of the charter derives. So it is
//! shown and never stored: the record comes for good with the log.

use std::collections::BTreeMap;

use super::exchange::is_server;
use super::refusal::Refusal;
use super::state::{State, Ticket};
use super::{Fieldbook, RecordView, SignRequest, Word};
use crate::envelope::sign::Signable;
use crate::gate::desk::MAX_GENERATIONS;
use crate::ids::{ActId, ActorName, DeviceId, PersonId, RecordId};
use crate::record::change::Decoded;
use crate::record::history::{History, Origin};
use crate::record::view::View;
use crate::sync::message::Message;
use crate::sync::{RecordRequest, RecordResponse};

/// The request for a record, to be signed.
pub fn ask(state: &mut State, record: RecordId) -> Result<SignRequest, Refusal> {
    let enrolled = state.enrolled()?;
    let request = RecordRequest {
        station: enrolled.station.clone(),
        device: enrolled.device,
        record,
        nonce: state.seen.nonce.ok_or(Refusal::NoNonce)?,
    };
    let bytes = request.sign_bytes();
    let ticket = state.ticket(Ticket::Record(request));
    Ok(SignRequest { ticket, bytes })
}

impl Fieldbook {
    /// Reads the answer to [`super::Input::AskRecord`]. Nothing of it is kept.
    pub fn read_record(&self, record: RecordId, bytes: &[u8]) -> Result<RecordView, Refusal> {
        self.state.enrolled()?;
        let unreadable = |why: String| Refusal::Unreadable {
            what: "record from the server",
            why,
        };
        let answer = RecordResponse::from_wire(bytes).map_err(|bad| unreadable(bad.to_string()))?;
        if answer.record != record {
            return Err(unreadable(format!("it is {}", answer.record)));
        }
        if !is_server(&self.state, |key| answer.head.verify(key)) {
            return Err(Refusal::NotTheServer);
        }
        let authors = Authors::of(&self.state, record);
        let mut history = History::new(record);
        for bytes in &answer.changes {
            let change = Decoded::strict(bytes).map_err(|bad| unreadable(bad.to_string()))?;
            let (device, person) = authors.find(&change.actor).ok_or_else(|| {
                unreadable("a change in it is by no device of the station".to_owned())
            })?;
            let origin = Origin {
                act: ActId { device, n: 0 },
                person,
                at: change.time.saturating_mul(1000),
                received_at: None,
                entry: None,
            };
            history
                .push(change, bytes.to_vec(), origin)
                .map_err(|unsound| unreadable(unsound.to_string()))?;
        }
        if history.is_empty() {
            return Err(Refusal::NoRecord(record));
        }
        let view = View::of(&history);
        Ok(RecordView {
            words: vec![Word::Registered; view.changes.len()],
            view,
            numbers: BTreeMap::new(),
            catalogue: self.catalogue(),
        })
    }
}

/// Whose name a change bears.
struct Authors<'s> {
    state: &'s State,
    record: RecordId,
    /// Under their first generation, which most never leave.
    first: BTreeMap<ActorName, (DeviceId, PersonId)>,
}

impl<'s> Authors<'s> {
    fn of(state: &'s State, record: RecordId) -> Authors<'s> {
        let mut authors = Authors {
            state,
            record,
            first: BTreeMap::new(),
        };
        for (device, person) in authors.devices() {
            let name = authors.name(device, 0);
            authors.first.insert(name, (device, person));
        }
        authors
    }

    fn devices(&self) -> Vec<(DeviceId, PersonId)> {
        let charter = &self.state.charter;
        let members = charter
            .devices()
            .map(|grant| (grant.device, grant.person.clone()));
        let server = charter.now().and_then(|now| now.server());
        let server = server.map(|server| (server.device, PersonId::server()));
        members.chain(server).collect()
    }

    fn name(&self, device: DeviceId, g: u32) -> ActorName {
        ActorName::derive(&self.state.station(), device, self.record, g)
    }

    fn find(&self, actor: &ActorName) -> Option<(DeviceId, PersonId)> {
        if let Some(author) = self.first.get(actor) {
            return Some(author.clone());
        }
        self.devices().into_iter().find(|(device, _)| {
            let mut later = 1..=MAX_GENERATIONS;
            later.any(|g| self.name(*device, g) == *actor)
        })
    }
}
