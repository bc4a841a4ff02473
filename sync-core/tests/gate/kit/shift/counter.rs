//! What the server says to a phone that asks.

use sync_core::envelope::{Envelope, Signed};
use sync_core::ids::DeviceId;
use sync_core::sync::message::{Message, charter_to_wire};
use sync_core::sync::{
    JoinCode, JoinRequest, JoinResponse, Receipt, Stored, SyncRequest, SyncResponse, WireEntry,
    WireEnvelope, nonce,
};

use crate::kit::Rng;
use crate::kit::office::{Office, Taken};

const NONCE_KEY: [u8; 32] = [9; 32];

impl Office {
    pub fn join(&mut self, bytes: &[u8], grant: impl FnOnce(&mut Office, &JoinRequest)) -> Vec<u8> {
        let request = Signed::<JoinRequest>::from_wire(bytes).unwrap();
        assert!(request.proves_its_key() && request.message.proves_its_code());
        grant(self, &request.message);
        let device = DeviceId::of_key(&request.message.sign_key);
        let now = self.charter.now().unwrap();
        let answer = JoinResponse {
            station: self.station.clone(),
            device,
            person: now.device(device).unwrap().person.clone(),
            server: now.server().unwrap().clone(),
            charter: charter_to_wire(&self.deltas),
            catalogue: self.catalogues[&now.catalogue()].bundle(),
            nonce: nonce::issue(&NONCE_KEY, self.now),
            head: Signed::by(&self.key, self.head(self.log.len())),
        };
        Signed::by(&self.key, answer).to_wire()
    }

    /// What the chief gives to somebody new.
    pub fn code(&self) -> String {
        JoinCode::new(self.station.clone(), [3; 10], &self.key.public()).reveal()
    }

    /// Takes in what a request brings and answers with as much of the log as one answer holds.
    /// A removed device may deliver and is told nothing; with nothing to deliver, none.
    pub fn sync(&mut self, rng: &mut Rng, bytes: &[u8]) -> Option<Vec<u8>> {
        let request = Signed::<SyncRequest>::from_wire(bytes).unwrap();
        let asked = &request.message;
        assert!(request.verify(&self.charter.ever(asked.device).unwrap().sign_key));
        assert!(nonce::valid(&NONCE_KEY, &asked.nonce, self.now));
        let mut answer = SyncResponse::nothing_new(nonce::issue(&NONCE_KEY, self.now));
        let mut stored = Vec::new();
        for wire in &asked.envelopes {
            let envelope = Envelope::decode(&wire.bytes).unwrap();
            let hash = envelope.hash();
            match self.take(envelope) {
                Taken::Stored => stored.push(Stored {
                    envelope: hash,
                    sheet: false,
                }),
                Taken::Need(want) => answer.need.push(want),
                Taken::Away(away) => panic!("an honest envelope was turned away: {away}"),
            }
        }
        answer.need.sort_by_key(|want| (want.device, want.seq));
        answer.need.dedup();
        let brought = !stored.is_empty() || !answer.need.is_empty();
        if !stored.is_empty() {
            let receipt = Receipt {
                stored,
                time: self.now,
                backed_up_to: None,
            };
            answer.receipt = Some(Signed::by(&self.key, receipt));
        }
        if self.charter.now().unwrap().device(asked.device).is_none() {
            return brought.then(|| answer.to_wire());
        }
        self.show_log(rng, asked, &mut answer);
        Some(answer.to_wire())
    }

    fn show_log(&self, rng: &mut Rng, asked: &SyncRequest, answer: &mut SyncResponse) {
        let deltas = self.deltas.iter().filter(|delta| delta.epoch > asked.epoch);
        let deltas: Vec<_> = deltas.cloned().collect();
        answer.charter = charter_to_wire(&deltas);
        let catalogue = self.charter.now().unwrap().catalogue();
        if asked.catalogue != Some(catalogue) {
            answer.catalogue = Some(self.catalogues[&catalogue].bundle());
        }
        let from = asked.seen.map_or(0, |seen| seen.index as usize);
        if let Some(seen) = asked.seen {
            assert_eq!(seen, self.head(from).seen(), "a phone knows another log");
        }
        let page = *rng.pick(&[1, 2, 5, 100]);
        let to = self.log.len().min(from + page);
        for logged in &self.log[from..to] {
            answer.entries.push(WireEntry::of(&logged.entry));
            if logged.entry.device != asked.device && !logged.entry.whole {
                let bytes = logged.envelope.to_bytes();
                answer.envelopes.push(WireEnvelope { bytes, sheet: None });
            }
        }
        if from < to {
            answer.head = Some(Signed::by(&self.key, self.head(to)));
        }
        answer.more = to < self.log.len();
    }
}
