//! What rests on a held act is written anew by the server, and nothing that has a place is lost.

mod case;
mod stories;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};

use sync_core::catalogue::FieldType;
use sync_core::envelope::{Act, Draft, Envelope, Frame, Part, header};
use sync_core::gate::policy::{Rights, Seat};
use sync_core::gate::rewrite::{Ground, HeldChange, Outcome, Rewritten, Server, Stranded, rewrite};
use sync_core::gate::{Arrival, Code, Verdict};
use sync_core::ids::{ActId, Hash, RecordId};
use sync_core::record::canonical::Canonical;
use sync_core::record::change::{Action, At, Decoded, Scalar};
use sync_core::record::history::History;
use sync_core::record::view::View;
use sync_core::record::write::{self, Birth, Edit, Pen, Spot};

use crate::kit::World;
use crate::kit::station::EPOCH;

const SERVER: usize = 0;

/// A world whose server writes anew what is stranded.
struct Court {
    world: World,
    acts: u64,
    held: BTreeMap<RecordId, Vec<HeldChange>>,
    renamed: BTreeMap<RecordId, BTreeMap<String, String>>,
}

impl Court {
    fn new(world: World) -> Court {
        Court {
            world,
            acts: 0,
            held: BTreeMap::new(),
            renamed: BTreeMap::new(),
        }
    }

    fn note_held(&mut self, act: &Act, id: ActId) {
        for part in &act.parts {
            let decoded = Decoded::strict(&part.change).unwrap();
            self.held.entry(part.record).or_default().push(HeldChange {
                act: id,
                first: None,
                decoded,
            });
        }
    }

    fn outcome(&mut self, phone: usize, act: &Act) -> Outcome {
        let station = self.world.station;
        let device = self.world.device(phone);
        let person = self.world.person(phone).clone();
        let server_device = station.device(SERVER);
        let rights = Rights {
            roles: station.roles(&person).to_vec(),
            person,
            seat: Seat::Phone,
        };
        let none = BTreeMap::new();
        let touched: BTreeSet<RecordId> = act.parts.iter().map(|part| part.record).collect();
        let mut grounds = BTreeMap::new();
        for (record, docket) in &mut self.world.desk.records {
            if touched.contains(record) {
                let kind =
                    sync_core::gate::desk::kind_of(&docket.history, Some(&station.catalogue));
                let ground = Ground {
                    kind,
                    generation: docket.generations.get(&server_device).copied().unwrap_or(0),
                    history: &mut docket.history,
                    held: self.held.get(record).cloned().unwrap_or_default(),
                    renamed: self.renamed.get(record).unwrap_or(&none),
                };
                grounds.insert(*record, ground);
            }
        }
        let before: Vec<String> = grounds
            .values()
            .map(|at| format!("{:?}", at.history))
            .collect();
        let stranded = Stranded {
            act,
            device,
            envelope: Hash::of(b"envelope"),
            rights: &rights,
            moved: &BTreeMap::new(),
        };
        let server = Server {
            station: &station.id,
            device: server_device,
        };
        let outcome = rewrite(&stranded, &mut grounds, &server);
        let after: Vec<String> = grounds
            .values()
            .map(|at| format!("{:?}", at.history))
            .collect();
        assert!(before == after, "the records are left as they were");
        outcome
    }

    /// The server's act goes through its own envelope, as any act does.
    fn enter(&mut self, act: &Act, rewritten: &Rewritten) {
        self.acts += 1;
        let anew = rewritten.act(self.acts, self.world.clock, 0);
        let station = self.world.station;
        let draft = Draft {
            station: station.id.clone(),
            device: station.device(SERVER),
            seq: 1,
            prev: Hash::ZERO,
            epoch: EPOCH,
            needs: Vec::new(),
            beacon: None,
            made_at: self.world.clock,
            mono: 0,
            sheet_root: Hash::ZERO,
        };
        let unsigned = header::close(draft, &[anew], &[]).unwrap();
        let sig = station.keys[SERVER].sign(&unsigned.sign_bytes());
        let envelope = Envelope::decode(&unsigned.signed(sig).unwrap().to_bytes()).unwrap();
        let frame = envelope.open().unwrap();
        let judged = self.world.desk.judge(&envelope, &frame, Arrival::default());
        assert_eq!(judged.verdicts, [Verdict::Admitted]);
        let mut seen = BTreeSet::new();
        for part in act.parts.iter().filter(|part| seen.insert(part.record)) {
            let names = self.renamed.entry(part.record).or_default();
            names.extend(rewritten.renamed().iter().cloned());
        }
        for record in seen {
            let history = &self.world.desk.records[&record].history;
            if !history.is_empty() {
                let canonical = Canonical::of_view(&View::of(history));
                assert_eq!(canonical, Canonical::of_document(history.raw()).unwrap());
            }
        }
    }
}
