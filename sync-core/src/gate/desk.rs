//! The desk where envelopes are judged act by act, against the records they touch.
//!
//! The host loads every record that an envelope names ([`records_named`]), calls
//! [`Desk::judge`] for one envelope after the other in the order of the station log, proves the
//! touched records ([`Desk::prove`]) and stores what is new ([`Docket::new_changes`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::answers::{Answers, Judged, Named};
use super::docket::Docket;
use super::held::{Code, Held};
use super::policy::{self, Rights};
use super::standing::Standing;
use crate::catalogue::{Catalogue, Kind};
use crate::envelope::change::change_hash;
use crate::envelope::{Act, Charter, Envelope, Frame, HeldAct, Part};
use crate::ids::{ActId, ActorName, DeviceId, Epoch, Hash, PersonId, RecordId, StationId};
use crate::record::change::{self, Action, Decoded, Obj, Scalar};
use crate::record::document;
use crate::record::history::{History, Origin, Unsound};

/// The changes of an envelope may hold this many operations together.
pub const MAX_OPS_AN_ENVELOPE: usize = 100_000;

/// A device may begin again this many times in one record. Each generation is an actor, and every
/// change remembers how much of each actor it rests on: without a bound, 5,000 changes under as
/// many generations are a quarter of a megabyte that takes hundreds to hold.
pub const MAX_GENERATIONS: u32 = 255;

/// What became of one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Admitted,
    Held(Held),
}

/// What became of one envelope: the verdicts on its acts, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub verdicts: Vec<Verdict>,
    /// What the log entry says of the held ones.
    pub held: Vec<HeldAct>,
    /// Nothing of the envelope was admitted: its body need not be sent to anybody.
    pub whole: bool,
}

/// When an envelope came in, and which place in the log it is given.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arrival {
    /// Milliseconds since 1970 by the server's clock; none on a phone that judges provisionally.
    pub received_at: Option<i64>,
    pub entry: Option<u64>,
    /// The epoch of the device's envelope before it, where it is known.
    pub epoch_before: Option<Epoch>,
}

#[derive(Debug)]
pub struct Desk<'a> {
    pub station: &'a StationId,
    pub charter: &'a Charter,
    /// The catalogues of all epochs that envelopes here name, by their hash.
    pub catalogues: &'a BTreeMap<Hash, Arc<Catalogue>>,
    pub records: BTreeMap<RecordId, Docket>,
    /// The last act number judged of each device.
    pub last_act: BTreeMap<DeviceId, u64>,
    /// How many operations the envelope that is judged may still bring.
    operations_left: usize,
    /// Acts that name others, where two copies of a store may say one act anew: at the server. A
    /// phone learns from the log which of the two stands.
    pub answers: Option<Answers>,
    /// Proves every act by itself. Slower; for when a batch has failed its proof.
    pub prove_each: bool,
}

/// The records that the acts of a frame name.
pub fn records_named(frame: &Frame) -> BTreeSet<RecordId> {
    let acts = frame.acts.iter().filter_map(|act| act.as_ref().ok());
    acts.flat_map(|act| act.parts.iter().map(|part| part.record))
        .collect()
}

impl<'a> Desk<'a> {
    pub fn new(
        station: &'a StationId,
        charter: &'a Charter,
        catalogues: &'a BTreeMap<Hash, Arc<Catalogue>>,
    ) -> Desk<'a> {
        Desk {
            station,
            charter,
            catalogues,
            records: BTreeMap::new(),
            last_act: BTreeMap::new(),
            operations_left: 0,
            answers: None,
            prove_each: false,
        }
    }

    pub fn docket(&mut self, record: RecordId) -> &mut Docket {
        self.records
            .entry(record)
            .or_insert_with(|| Docket::empty(record))
    }

    /// Judges the acts of an envelope whose signature and place in the device log were checked.
    pub fn judge(&mut self, envelope: &Envelope, frame: &Frame, arrival: Arrival) -> Judgement {
        let epoch = envelope.body.epoch;
        let standing = match arrival.epoch_before {
            // Or else who lost a right could go on writing under an older charter.
            Some(before) if epoch < before => Err(Held::new(Code::Epoch, format!("{epoch:?}"))),
            Some(_) | None => self.standing(envelope.body.device, epoch),
        };
        self.operations_left = MAX_OPS_AN_ENVELOPE;
        let honest = frame
            .change_root()
            .is_ok_and(|root| root == envelope.body.change_root)
            || frame.acts.iter().any(Result::is_err);
        let mut verdicts = Vec::new();
        let mut held = Vec::new();
        for (index, act) in frame.acts.iter().enumerate() {
            let device = envelope.body.device;
            let named = act.as_ref().ok().and_then(|act| self.named(act, device));
            let verdict = match (act, &standing) {
                (Err(bad), _) => Err(Held::new(Code::Malformed, bad)),
                (Ok(_), _) if !honest => Err(Held::new(Code::HeaderLies, "change_root")),
                (Ok(act), Err(reason)) => {
                    self.set_aside(act, device);
                    Err(reason.clone())
                }
                (Ok(act), Ok(standing)) => self.act(act, standing, device, arrival, named.as_ref()),
            };
            if let (Ok(act), Some(named)) = (act, named) {
                self.note(named, act, &verdict);
            }
            match verdict {
                Ok(()) => verdicts.push(Verdict::Admitted),
                Err(reason) => {
                    held.push(HeldAct {
                        index: index as u32,
                        code: reason.code.word().to_owned(),
                        leaves: act.as_ref().map(hashes).unwrap_or_default(),
                    });
                    verdicts.push(Verdict::Held(reason));
                }
            }
        }
        let whole = !verdicts.is_empty() && held.len() == verdicts.len();
        Judgement {
            verdicts,
            held,
            whole,
        }
    }

    /// Judges one act that no envelope carries yet, as its own device does before it says SAVED.
    pub fn judge_own(&mut self, act: &Act, device: DeviceId, epoch: Epoch) -> Result<(), Held> {
        let standing = self.standing(device, epoch)?;
        self.operations_left = MAX_OPS_AN_ENVELOPE;
        self.act(act, &standing, device, Arrival::default(), None)
    }

    /// What the charter grants the owner of a device, for what was written under an epoch.
    pub fn rights(&self, device: DeviceId, epoch: Epoch) -> Result<Rights, Held> {
        Ok(self.standing(device, epoch)?.rights)
    }

    /// Takes an act that was judged elsewhere and admitted, as a replica does with an entry of
    /// the station log. It must still stand soundly.
    pub fn replay(
        &mut self,
        act: &Act,
        device: DeviceId,
        person: &PersonId,
        arrival: Arrival,
    ) -> Result<(), Held> {
        let standing = Standing::replayed(person.clone());
        self.operations_left = MAX_OPS_AN_ENVELOPE;
        self.act(act, &standing, device, arrival, None)
    }

    /// Notes the changes of an act that is held, so that what rests on them is known as stranded.
    /// Only those that the device itself could have made: or else whoever sends a colleague's
    /// change as their own, in a forbidden act, would strand everything that rests on it.
    pub fn set_aside(&mut self, act: &Act, device: DeviceId) {
        for part in &act.parts {
            let actor = ActorName::derive(self.station, device, part.record, part.g);
            if let Ok(hash) = change_hash(&part.change)
                && change::actor_of(&part.change) == Some(actor)
            {
                let docket = self.docket(part.record);
                if docket.history.position(&hash).is_none() {
                    docket.held.insert(hash, (device, part.g));
                }
            }
        }
    }

    /// Proves that every record that was touched still loads. Names those that do not.
    pub fn prove(&self) -> Vec<RecordId> {
        self.records
            .iter()
            .filter(|(_, docket)| !docket.new_changes().is_empty())
            .filter(|(_, docket)| document::prove(docket.history.raw()).is_err())
            .map(|(record, _)| *record)
            .collect()
    }

    /// The catalogue by which what was written under an epoch is judged.
    pub fn catalogue_at(&self, epoch: Epoch) -> Option<Arc<Catalogue>> {
        let at = self.charter.at(epoch)?;
        self.catalogues.get(&at.catalogue()).cloned()
    }

    fn act(
        &mut self,
        act: &Act,
        standing: &Standing,
        device: DeviceId,
        arrival: Arrival,
        named: Option<&Named>,
    ) -> Result<(), Held> {
        let before: BTreeMap<RecordId, usize> = act
            .parts
            .iter()
            .map(|part| {
                (
                    part.record,
                    self.docket(part.record).history.changes().len(),
                )
            })
            .collect();
        let outcome = self.act_in_order(act, standing, device).and_then(|()| {
            self.said_already(act, named)?;
            act.parts
                .iter()
                .try_for_each(|part| self.part(act, part, standing, device, arrival))?;
            self.proved(act)
        });
        if let Err(held) = &outcome {
            for (record, length) in before {
                self.docket(record).history.truncate(length);
            }
            self.set_aside(act, device);
            if held.code == Code::Superseded {
                return outcome;
            }
        }
        for part in &act.parts {
            let reached = self
                .docket(part.record)
                .generations
                .entry(device)
                .or_default();
            *reached = (*reached).max(part.g);
        }
        outcome
    }

    /// What an act names in `again`, before it is judged.
    pub fn named(&self, act: &Act, device: DeviceId) -> Option<Named> {
        let person = &self.charter.ever(device)?.person;
        let id = ActId { device, n: act.n };
        self.answers.as_ref()?.of(act, id, person)
    }

    /// What rests on one that was said already is stranded, and is written anew on the first: so
    /// this is found before anything else is said against it.
    fn said_already(&mut self, act: &Act, named: Option<&Named>) -> Result<(), Held> {
        let Some((answers, named)) = self.answers.as_ref().zip(named) else {
            return Ok(());
        };
        if answers.in_place_of(named).next().is_none() {
            return Ok(());
        }
        // To compare them costs what judging them does.
        let counts = act.parts.iter().map(|part| change::measure(&part.change));
        let operations = counts.flatten().fold(0, usize::saturating_add);
        self.operations_left = self
            .operations_left
            .checked_sub(operations)
            .ok_or_else(|| Held::new(Code::BadChange, TOO_MANY))?;
        answers.held(named, act).map_or(Ok(()), Err)
    }

    /// Remembers an act that names another, with what became of it.
    pub fn note(&mut self, named: Named, act: &Act, verdict: &Result<(), Held>) {
        let outcome = match verdict {
            Ok(()) => Judged::InBooks,
            Err(held) if held.code == Code::SaidAlready => Judged::SaidAlready,
            Err(_) => Judged::Held,
        };
        if let Some(answers) = &mut self.answers {
            answers.judged(named, act, outcome);
        }
    }

    fn act_in_order(
        &mut self,
        act: &Act,
        standing: &Standing,
        device: DeviceId,
    ) -> Result<(), Held> {
        if act.on_behalf.is_some() && standing.judged {
            return Err(Held::new(Code::ServerOnly, "on_behalf"));
        }
        let last = self.last_act.entry(device).or_default();
        if act.n <= *last {
            return Err(Held::new(Code::ActOrder, act.n));
        }
        *last = act.n;
        Ok(())
    }

    fn part(
        &mut self,
        act: &Act,
        part: &Part,
        standing: &Standing,
        device: DeviceId,
        arrival: Arrival,
    ) -> Result<(), Held> {
        let station = self.station;
        let docket = self.docket(part.record);
        if docket
            .generations
            .get(&device)
            .is_some_and(|reached| part.g < *reached)
        {
            return Err(Held::new(Code::Superseded, part.g));
        }
        if standing.judged && part.g > MAX_GENERATIONS {
            return Err(Held::new(
                Code::WrongActor,
                format!("generation {}", part.g),
            ));
        }
        let bad = |bad| Held::new(Code::BadChange, bad);
        let operations = change::measure(&part.change).map_err(bad)?;
        self.operations_left = self
            .operations_left
            .checked_sub(operations)
            .ok_or_else(|| Held::new(Code::BadChange, TOO_MANY))?;
        let docket = self.docket(part.record);
        let decoded = Decoded::strict(&part.change).map_err(bad)?;
        if decoded.actor != ActorName::derive(station, device, part.record, part.g) {
            return Err(Held::new(Code::WrongActor, part.record));
        }
        // A change that somebody else sent again in an act of their own is held with that act and
        // stays in the record.
        let is_held = |dep| docket.held.contains_key(dep) && docket.history.position(dep).is_none();
        if decoded.deps.iter().any(is_held) {
            return Err(Held::new(Code::Stranded, part.record));
        }
        if decoded.deps.is_empty() || docket.history.is_empty() {
            birth(station, docket, part, device, &decoded)?;
        }
        let origin = Origin {
            act: act.author_act(device),
            person: act.author(&standing.rights.person).clone(),
            at: act.written_at(),
            received_at: arrival.received_at,
            entry: arrival.entry,
        };
        let (seq, g) = (decoded.seq, part.g);
        let position = docket
            .history
            .push(decoded, part.change.clone(), origin)
            .map_err(|unsound| {
                let own_is_held = docket.held.values().any(|by| *by == (device, g));
                match unsound {
                    Unsound::UnknownDependency(hash) => Held::new(Code::UnknownDependency, hash),
                    Unsound::Sequence { want, .. } if own_is_held && seq > want => {
                        Held::new(Code::Stranded, part.record)
                    }
                    unsound => Held::new(Code::Unsound, unsound),
                }
            })?;
        if !standing.judged {
            return Ok(());
        }
        let docket = &self.records[&part.record];
        let kind = kind_of(&docket.history, standing.catalogue.as_deref());
        policy::check(&docket.history, position, station, kind, &standing.rights)
    }

    fn proved(&self, act: &Act) -> Result<(), Held> {
        if !self.prove_each {
            return Ok(());
        }
        for part in &act.parts {
            if let Some(docket) = self.records.get(&part.record)
                && document::prove(docket.history.raw()).is_err()
            {
                return Err(Held::new(Code::WouldNotLoad, part.record));
            }
        }
        Ok(())
    }
}

const TOO_MANY: &str = "the envelope holds more operations than one may";

/// A record begins with the change of the device that gave it its id.
fn birth(
    station: &StationId,
    docket: &Docket,
    part: &Part,
    device: DeviceId,
    decoded: &Decoded,
) -> Result<(), Held> {
    let wrong = || Held::new(Code::WrongRecord, part.record);
    if decoded.deps.is_empty() {
        let made = part.made.ok_or_else(wrong)?;
        let is_own = part.record == RecordId::derive(station, device, made);
        return if is_own && docket.history.is_empty() {
            Ok(())
        } else {
            Err(wrong())
        };
    }
    // Others' changes arrive before the record exists only if its first change was held.
    match docket.held.is_empty() {
        true => Err(Held::new(Code::UnknownDependency, decoded.deps[0])),
        false => Err(Held::new(Code::Stranded, part.record)),
    }
}

/// The kind of a record, as a catalogue knows it.
pub fn kind_of<'c>(history: &History, catalogue: Option<&'c Catalogue>) -> Option<&'c Kind> {
    let at = history.visible(&Obj::Root, "kind", None).pop()?;
    let Action::Put(Scalar::Str(name)) = &history.op(at).action else {
        return None;
    };
    catalogue?.kinds.get(name)
}

fn hashes(act: &Act) -> Vec<Hash> {
    act.parts
        .iter()
        .filter_map(|part| change_hash(&part.change).ok())
        .collect()
}
