//! What the owners of the phones do next.

use sync_core::envelope::{Act, Part};
use sync_core::ids::{ActId, RecordId};
use sync_core::record::change::Decoded;
use sync_core::record::history::{History, Origin};
use sync_core::record::view::View;
use sync_core::record::write::{self, Birth, Pen, Refused};

use super::World;
use crate::kit::edits::{Plan, Planner, may_create};

impl World {
    /// One honest act, or one that the gate will hold, if anything comes to mind.
    pub fn write(&mut self, phone: usize) {
        let mischief = if self.rng.chance(self.mischief) {
            100
        } else {
            0
        };
        let records = if self.rng.chance(20) { 2 } else { 1 };
        if let Some((act, forbidden)) = self.draft(phone, records, mischief) {
            if forbidden {
                let device = self.device(phone);
                self.forbidden.insert(ActId { device, n: act.n });
            }
            self.adopt(phone, act);
        }
    }

    /// Keeps an act as its author's phone does.
    pub fn adopt(&mut self, phone: usize, act: Act) {
        let person = self.person(phone).clone();
        let device = self.device(phone);
        let state = &mut self.phones[phone];
        state.acts = act.n;
        for part in &act.parts {
            if let Some(made) = part.made {
                state.made = state.made.max(made);
            }
            let history = state
                .histories
                .entry(part.record)
                .or_insert_with(|| History::new(part.record));
            let origin = Origin {
                act: ActId { device, n: act.n },
                person: person.clone(),
                at: act.at,
                received_at: None,
                entry: None,
            };
            let decoded = Decoded::strict(&part.change).unwrap();
            history.push(decoded, part.change.clone(), origin).unwrap();
        }
        state.unsent.push(act.clone());
        state.written.push(act);
    }

    /// What the phone's owner would do next, without doing it.
    pub fn draft(&mut self, phone: usize, records: usize, mischief: usize) -> Option<(Act, bool)> {
        self.clock += 1_000 + self.rng.below(100_000) as i64;
        let mut parts = Vec::new();
        let mut forbidden = false;
        for _ in 0..records {
            let made = self.phones[phone].made
                + 1
                + parts.iter().filter(|p: &&Part| p.made.is_some()).count() as u64;
            let known: Vec<RecordId> = self.phones[phone]
                .histories
                .iter()
                .filter(|(record, history)| {
                    !history.is_empty() && parts.iter().all(|part: &Part| part.record != **record)
                })
                .map(|(record, _)| *record)
                .collect();
            let fresh = known.is_empty() || self.rng.chance(12) && known.len() < 5;
            let part = match fresh {
                true => self.first(phone, made, mischief),
                false => {
                    let record = *self.rng.pick(&known);
                    self.further(phone, record, mischief)
                }
            };
            if let Some((part, is_forbidden)) = part {
                parts.push(part);
                forbidden |= is_forbidden;
            }
        }
        if parts.is_empty() {
            return None;
        }
        let act = Act {
            n: self.phones[phone].acts + 1,
            at: self.clock,
            mono: 0,
            parts,
            again: None,
            on_behalf: None,
        };
        Some((act, forbidden))
    }

    fn first(&mut self, phone: usize, made: u64, mischief: usize) -> Option<(Part, bool)> {
        let (station, person, device) = (self.station, self.person(phone), self.device(phone));
        let kind = station.kind(if self.rng.chance(75) { "site" } else { "note" });
        let allowed = may_create(kind, station.roles(person));
        if !allowed && mischief == 0 {
            return None;
        }
        let record = RecordId::derive(&station.id, device, made);
        let planner = Planner {
            roles: station.roles(person),
            rng: &mut self.rng,
            kind,
            person,
            view: None,
            mischief,
        };
        let plan = planner.plan();
        let external_id = self.rng.chance(30).then(|| format!("F-{made}"));
        let birth = Birth {
            kind,
            external_id: external_id.as_deref(),
        };
        let pen = Pen {
            station: &station.id,
            device,
            g: 0,
            person,
            at: self.clock,
        };
        let change = write::create(record, birth, &plan.edits, &pen).unwrap();
        let part = Part {
            record,
            g: 0,
            change,
            made: Some(made),
        };
        Some((part, !allowed || !plan.forbidden.is_empty()))
    }

    pub fn further(
        &mut self,
        phone: usize,
        record: RecordId,
        mischief: usize,
    ) -> Option<(Part, bool)> {
        let (station, person, device) = (self.station, self.person(phone), self.device(phone));
        let history = &self.phones[phone].histories[&record];
        let view = View::of(history);
        let kind = station.kind(&view.kind);
        let planner = Planner {
            roles: station.roles(person),
            rng: &mut self.rng,
            kind,
            person,
            view: Some(&view),
            mischief,
        };
        let Plan { edits, forbidden } = planner.plan();
        let g = self.phones[phone].g.get(&record).copied().unwrap_or(0);
        let pen = Pen {
            station: &station.id,
            device,
            g,
            person,
            at: self.clock,
        };
        match write::change(history, Some(kind), &edits, &pen) {
            Ok(change) => {
                // To write what is there already is no change, and cannot be forbidden.
                let alone = write::change(history, Some(kind), &forbidden, &pen);
                let part = Part {
                    record,
                    g,
                    change,
                    made: None,
                };
                Some((part, alone.is_ok()))
            }
            Err(Refused::Nothing) => None,
            // A field that shows the causally last value needs no settlement.
            Err(Refused::NoConflict(_)) => None,
            Err(refused) => panic!("{refused}: {edits:?}"),
        }
    }
}
